/* A register's rows into one aggregate. */
#include "aggregate_measure.h"

#include <string.h>

static void integers_sum(struct reference_measure *m, const struct sum_kernels *kernels,
			 const struct vector *v, uint32_t rows)
{
	int64_t high = 0;
	uint64_t low = 0, natural = 0;

	switch (v->lane) {
	case VECTOR_I32:
		kernels->i32(v->values, rows, v->validity, &high);
		reference_measure_exact(m, high);
		break;
	case VECTOR_U32:
		kernels->u32(v->values, rows, v->validity, &natural);
		reference_measure_exact(m, (__int128)natural);
		break;
	case VECTOR_I64:
		kernels->i64(v->values, rows, v->validity, &high, &low);
		reference_measure_exact(m, (__int128)high * ((__int128)1 << 32) + low);
		break;
	default:
		kernels->u64(v->values, rows, v->validity, &natural, &low);
		reference_measure_exact(m, ((__int128)natural << 32) + low);
	}
}

/* Columns of decimals are aligned to 8 bytes only. */
typedef __int128 decimal __attribute__((aligned(8)));

/* Halves of 64 bits: 4,096 of them fit 128. */
static void decimals_sum(struct reference_measure *m, const struct vector *v, uint32_t rows)
{
	const decimal *values = v->values;
	unsigned __int128 low = 0;
	__int128 high = 0;

	for (uint32_t i = 0; i < rows; i++) {
		__int128 value = vector_is_null(v, i) ? 0 : values[i];

		low += (uint64_t)value;
		high += (int64_t)(value >> 64);
	}
	m->low += low;
	m->high += high;
}

/* As float64, in the lanes of the chunk that each row is in. */
static void reals_sum(struct reference_measure *m, const struct sum_kernels *kernels, uint64_t row,
		      const struct vector *v, uint32_t rows)
{
	double wide[MR_OPERATOR_ROWS_MAX], turned[SUM_LANES];
	const double *values = v->values;

	if (v->lane == VECTOR_F32) {
		for (uint32_t i = 0; i < rows; i++)
			wide[i] = (double)((const float *)v->values)[i];
		values = wide;
	}
	for (uint32_t at = 0, end; at < rows; at = end) {
		uint64_t first = row + at, left = MR_SUM_CHUNK_ROWS - first % MR_SUM_CHUNK_ROWS;
		uint32_t turn = (uint32_t)(first % SUM_LANES);
		bool any = v->validity == NULL;

		end = rows - at < left ? rows : at + (uint32_t)left;
		for (uint32_t i = at; i < end && !any; i++)
			any = !vector_is_null(v, i);
		if (!any)
			continue;
		reference_measure_chunk(m, first);
		m->any_lane = true;
		for (uint32_t i = 0; i < SUM_LANES; i++)
			turned[i] = m->lane[(i + turn) % SUM_LANES];
		kernels->f64(turned, values + at, end - at, v->validity, at);
		for (uint32_t i = 0; i < SUM_LANES; i++)
			m->lane[(i + turn) % SUM_LANES] = turned[i];
	}
}

/* The least or greatest of a register, which alone is then compared with what there was. */
#define BEST(type, member, is_better)                                      \
	{                                                                  \
		const type *values = v->values;                            \
		type best = 0;                                             \
		bool any = false;                                          \
                                                                           \
		for (uint32_t i = 0; i < rows; i++) {                      \
			if (vector_is_null(v, i) || (any && !(is_better))) \
				continue;                                  \
			best = values[i];                                  \
			any = true;                                        \
		}                                                          \
		if (!any)                                                  \
			return 0;                                          \
		value.member = best;                                       \
		break;                                                     \
	}
#define BETTER (least ? values[i] < best : values[i] > best)

static int best_add(struct reference_measure *m, uint64_t row, const struct vector *v,
		    uint32_t rows)
{
	struct reference_value value = {.null = false};
	bool least = m->measure->function == AGGREGATE_MIN;
	int rc = 0;

	switch (v->lane) {
	case VECTOR_I32:
		BEST(int32_t, integer, BETTER)
	case VECTOR_U32:
		BEST(uint32_t, natural, BETTER)
	case VECTOR_I64:
		BEST(int64_t, integer, BETTER)
	case VECTOR_U64:
		BEST(uint64_t, natural, BETTER)
	case VECTOR_I128:
		BEST(decimal, decimal, BETTER)
	default:
		for (uint32_t i = 0; i < rows && rc == 0; i++) {
			vector_get(v, &m->kind, i, &value);
			rc = reference_measure_add(m, row + i, &value);
		}
		return rc;
	}
	return reference_measure_add(m, row, &value);
}

int aggregate_measure_add(struct reference_measure *m, const struct sum_kernels *kernels,
			  uint64_t row, const struct vector *v, uint32_t rows)
{
	uint32_t count = vector_count(v, rows);

	if (m->measure->function == AGGREGATE_MIN || m->measure->function == AGGREGATE_MAX)
		return best_add(m, row, v, rows);
	m->count += count;
	if (m->measure->function == AGGREGATE_COUNT ||
	    m->measure->function == AGGREGATE_COUNT_ROWS || count == 0)
		return 0;
	if (v->lane == VECTOR_F32 || v->lane == VECTOR_F64)
		reals_sum(m, kernels, row, v, rows);
	else if (v->lane == VECTOR_I128)
		decimals_sum(m, v, rows);
	else
		integers_sum(m, kernels, v, rows);
	return 0;
}
