/* What is kept of a group: how it begins, and the value that it is in the end. */
#include "group_state.h"

#include <errno.h>
#include <string.h>

#include "row_word.h"

#define INT128_MAX ((__int128)(~(unsigned __int128)0 >> 1))

enum group_state_kind group_state_kind(enum operator_function function,
				       const struct table_kind *from)
{
	if (function == AGGREGATE_COUNT || function == AGGREGATE_COUNT_ROWS)
		return STATE_NONE;
	if (function == AGGREGATE_MIN || function == AGGREGATE_MAX)
		return table_type_is_text(from->type)   ? STATE_TEXT
		       : from->type == TABLE_DECIMAL128 ? STATE_DECIMAL_EDGE
							: STATE_WORD;
	if (from->type == TABLE_DECIMAL128)
		return STATE_DECIMAL;
	if (from->type == TABLE_FLOAT32 || from->type == TABLE_FLOAT64)
		return STATE_REAL;
	return from->type >= TABLE_UINT8 ? STATE_UNSIGNED : STATE_SIGNED;
}

uint32_t group_state_bytes(enum group_state_kind kind)
{
	static const uint8_t bytes[] = {
	    [STATE_SIGNED] = sizeof(struct group_sum),
	    [STATE_UNSIGNED] = sizeof(struct group_sum),
	    [STATE_REAL] = sizeof(struct group_real),
	    [STATE_DECIMAL] = sizeof(struct group_decimal),
	    [STATE_WORD] = sizeof(uint64_t),
	    [STATE_DECIMAL_EDGE] = sizeof(__int128),
	    [STATE_TEXT] = sizeof(struct group_text),
	};

	return bytes[kind];
}

void group_state_begin(const struct group_measure *measure, void *state)
{
	bool min = measure->spec->function == AGGREGATE_MIN;

	memset(state, 0, group_state_bytes(measure->kind));
	if (measure->kind == STATE_REAL)
		*(struct group_real *)state = (struct group_real){-0.0, -0.0, 0};
	else if (measure->kind == STATE_WORD)
		*(uint64_t *)state = min ? UINT64_MAX : 0;
	else if (measure->kind == STATE_DECIMAL_EDGE)
		*(__int128 *)state = min ? INT128_MAX : -INT128_MAX - 1;
}

/* A computed NaN has one form, whatever its sign was on the way. */
static int real_put(const struct group_measure *measure, double value, struct row_column *to)
{
	uint64_t bits = 0x7ff8000000000000;

	if (value == value)
		memcpy(&bits, &value, sizeof(bits));
	return row_column_put(to, &measure->spec->kind, &bits, sizeof(bits), NULL);
}

static int sum_put(const struct group_measure *measure, const struct group_sum *sum,
		   uint64_t values, struct row_column *to)
{
	__int128 total = (__int128)((unsigned __int128)(uint64_t)sum->high << 64);
	bool is_signed = measure->kind == STATE_SIGNED;

	total += is_signed ? (__int128)(int64_t)sum->low : (__int128)sum->low;
	if (measure->spec->function == AGGREGATE_AVG)
		return real_put(measure, (double)total / (double)values, to);
	if (is_signed ? total != (int64_t)total : total != (__int128)(uint64_t)total)
		return -ERANGE;
	return row_column_put(to, &measure->spec->kind, &sum->low, sizeof(sum->low), NULL);
}

static int decimal_put(const struct group_measure *measure, const struct group_decimal *sum,
		       uint64_t values, struct row_column *to)
{
	__int128 most = 1, scale = 1;

	for (int i = 0; i < 38; i++)
		most *= 10;
	for (uint8_t i = 0; i < measure->from.scale; i++)
		scale *= 10;
	if (sum->high != 0)
		return -ERANGE;
	if (measure->spec->function == AGGREGATE_AVG)
		return real_put(measure, (double)sum->low / (double)scale / (double)values, to);
	if (sum->low >= most || sum->low <= -most)
		return -ERANGE;
	return row_column_put(to, &measure->spec->kind, &sum->low, sizeof(sum->low), NULL);
}

int group_state_put(const struct group_measure *measure, uint32_t group, uint64_t values,
		    struct row_column *to)
{
	const void *state = measure->states.at + (uint64_t)group * group_state_bytes(measure->kind);
	const struct group_real *real = state;
	const struct group_text *text = state;
	_Alignas(16) uint8_t fixed[16];
	double total;

	switch (measure->kind) {
	case STATE_SIGNED:
	case STATE_UNSIGNED:
		return sum_put(measure, state, values, to);
	case STATE_DECIMAL:
		return decimal_put(measure, state, values, to);
	case STATE_REAL:
		total = real->total + real->partial;
		if (measure->spec->function == AGGREGATE_AVG)
			total /= (double)values;
		return real_put(measure, total, to);
	case STATE_WORD:
		row_word_value(&measure->spec->kind, *(const uint64_t *)state, fixed);
		return row_column_put(to, &measure->spec->kind, fixed, sizeof(fixed), NULL);
	case STATE_DECIMAL_EDGE:
		return row_column_put(to, &measure->spec->kind, state, sizeof(__int128), NULL);
	default:
		return row_column_put(to, &measure->spec->kind, text->bytes, text->count, NULL);
	}
}
