/* Casts that are common, a register at a time; none of these but that of decimals can fail. */
#include <errno.h>
#include <string.h>

#include "instruction.h"

#define INPUT(instruction) ((instruction)->arguments[0]->out.values)

/* Values of one lane as another. */
#define WIDEN(name, from, to)                                           \
	static int name(struct instruction *instruction, uint32_t rows, \
			struct reference_scratch *scratch)              \
	{                                                               \
		const from *restrict in = INPUT(instruction);           \
		to *restrict out = instruction->out.room;               \
                                                                        \
		instruction_validity(instruction, rows);                \
		for (uint32_t i = 0; i < rows; i++)                     \
			out[i] = (to)in[i];                             \
		return 0;                                               \
	}

WIDEN(i32_i64, int32_t, int64_t)
WIDEN(u32_i64, uint32_t, int64_t)
WIDEN(u32_u64, uint32_t, uint64_t)
WIDEN(i32_f64, int32_t, double)
WIDEN(u32_f64, uint32_t, double)
WIDEN(i64_f64, int64_t, double)
WIDEN(u64_f64, uint64_t, double)

/* A NaN that is computed is always the same. */
static int f32_f64(struct instruction *instruction, uint32_t rows,
		   struct reference_scratch *scratch)
{
	const float *restrict in = INPUT(instruction);
	double *restrict out = instruction->out.room;

	instruction_validity(instruction, rows);
	for (uint32_t i = 0; i < rows; i++) {
		double value = (double)in[i];

		out[i] = value != value ? __builtin_nan("") : value;
	}
	return 0;
}

/* Columns of decimals are aligned to 8 bytes only. */
typedef __int128 decimal __attribute__((aligned(8)));

static __int128 power_of_ten(unsigned n)
{
	__int128 power = 1;

	for (; n > 0; n--)
		power *= 10;
	return power;
}

static int decimal_f64(struct instruction *instruction, uint32_t rows,
		       struct reference_scratch *scratch)
{
	double power = (double)power_of_ten(instruction->expression->arguments[0]->kind.scale);
	const decimal *in = INPUT(instruction);
	double *restrict out = instruction->out.room;

	instruction_validity(instruction, rows);
	for (uint32_t i = 0; i < rows; i++)
		out[i] = (double)in[i] / power;
	return 0;
}

/* To a larger scale: digits are added as zeros. */
static int decimal_rescale(struct instruction *instruction, uint32_t rows,
			   struct reference_scratch *scratch)
{
	const struct table_kind *from = &instruction->expression->arguments[0]->kind;
	const struct table_kind *to = &instruction->expression->kind;
	__int128 power = power_of_ten((unsigned)(to->scale - from->scale));
	__int128 bound = power_of_ten((unsigned)(to->precision - (to->scale - from->scale)));
	const decimal *in = INPUT(instruction);
	decimal *out = instruction->out.room;

	instruction_validity(instruction, rows);
	for (uint32_t i = 0; i < rows; i++) {
		__int128 value = in[i];

		if ((value >= bound || value <= -bound) && !vector_is_null(&instruction->out, i))
			return -ERANGE;
		out[i] = (__int128)((unsigned __int128)value * (unsigned __int128)power);
	}
	return 0;
}

/* Integers of up to 64 bits, in as many digits as they may have. */
#define DECIMAL(name, from)                                                                       \
	static int name(struct instruction *instruction, uint32_t rows,                           \
			struct reference_scratch *scratch)                                        \
	{                                                                                         \
		const struct table_kind *to = &instruction->expression->kind;                     \
		__int128 power = power_of_ten(to->scale);                                         \
		__int128 bound = power_of_ten((unsigned)(to->precision - to->scale));             \
		const from *in = INPUT(instruction);                                              \
		decimal *out = instruction->out.room;                                             \
                                                                                                  \
		instruction_validity(instruction, rows);                                          \
		for (uint32_t i = 0; i < rows; i++) {                                             \
			__int128 value = in[i];                                                   \
                                                                                                  \
			if ((value >= bound || value <= -bound) &&                                \
			    !vector_is_null(&instruction->out, i))                                \
				return -ERANGE;                                                   \
			out[i] = (__int128)((unsigned __int128)value * (unsigned __int128)power); \
		}                                                                                 \
		return 0;                                                                         \
	}

DECIMAL(i32_decimal, int32_t)
DECIMAL(u32_decimal, uint32_t)
DECIMAL(i64_decimal, int64_t)
DECIMAL(u64_decimal, uint64_t)

instruction_run *instruction_cast(const struct table_kind *from, const struct table_kind *to)
{
	static instruction_run *const decimals[] = {[VECTOR_I32] = i32_decimal,
						    [VECTOR_U32] = u32_decimal,
						    [VECTOR_I64] = i64_decimal,
						    [VECTOR_U64] = u64_decimal};
	static instruction_run *const reals[] = {
	    [VECTOR_I32] = i32_f64,     [VECTOR_U32] = u32_f64, [VECTOR_I64] = i64_f64,
	    [VECTOR_U64] = u64_f64,     [VECTOR_F32] = f32_f64, [VECTOR_F64] = NULL,
	    [VECTOR_I128] = decimal_f64};
	enum vector_lane lane = vector_lane_of(from);

	if (to->type == TABLE_DECIMAL128 && from->type == TABLE_DECIMAL128)
		return to->scale >= from->scale && to->precision >= to->scale - from->scale
			   ? decimal_rescale
			   : NULL;
	if (to->type == TABLE_DECIMAL128 && table_type_is_integer(from->type))
		return to->precision >= to->scale ? decimals[lane] : NULL;
	if (to->type == TABLE_FLOAT64 && lane < VECTOR_FIXED)
		return from->type == TABLE_DATE32 || from->type == TABLE_TIMESTAMP ? NULL
										   : reals[lane];
	if (to->type == TABLE_INT64 && (lane == VECTOR_I32 || lane == VECTOR_U32))
		return lane == VECTOR_I32 ? i32_i64 : u32_i64;
	return to->type == TABLE_UINT64 && lane == VECTOR_U32 ? u32_u64 : NULL;
}
