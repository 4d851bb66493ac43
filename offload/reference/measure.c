/* count, sum, min, max and avg, as docs/operators.md has them. */
#include "reference_measure.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "reference_parts.h"

static bool is_real(const struct reference_measure *m)
{
	return m->kind.type == TABLE_FLOAT32 || m->kind.type == TABLE_FLOAT64;
}

static void lanes_clear(struct reference_measure *m)
{
	for (uint32_t i = 0; i < SUM_LANES; i++)
		m->lane[i] = -0.0; /* what adds nothing, not even a sign */
	m->any_lane = false;
}

void reference_measure_open(struct reference_measure *m, const struct operator_measure *measure,
			    const struct table_kind *kind, bool lanes)
{
	*m = (struct reference_measure){.measure = measure, .kind = *kind, .lanes = lanes};
	m->best.null = true;
	lanes_clear(m);
}

/* The chunk's lanes by halves, onto the total of those before it. */
static void chunk_end(struct reference_measure *m)
{
	double sum;

	if (!m->any_lane)
		return;
	for (uint32_t half = SUM_LANES / 2; half > 0; half /= 2)
		for (uint32_t i = 0; i < half; i++)
			m->lane[i] += m->lane[i + half];
	sum = m->lane[0];
	m->total = m->any_chunk ? m->total + sum : sum;
	m->any_chunk = true;
	lanes_clear(m);
}

void reference_measure_chunk(struct reference_measure *m, uint64_t row)
{
	if (row / MR_SUM_CHUNK_ROWS != m->chunk)
		chunk_end(m);
	m->chunk = row / MR_SUM_CHUNK_ROWS;
}

static void real_add(struct reference_measure *m, uint64_t row, double value)
{
	reference_measure_chunk(m, row);
	m->lane[m->lanes ? row % SUM_LANES : 0] += value;
	m->any_lane = true;
}

void reference_measure_exact(struct reference_measure *m, __int128 value)
{
	m->low += (uint64_t)value;
	m->high += (int64_t)(value >> 64);
}

static int best_add(struct reference_measure *m, const struct reference_value *value)
{
	int wanted = m->measure->function == AGGREGATE_MIN ? -1 : 1;
	uint8_t *bytes;

	if (!m->best.null && reference_compare(&m->kind, value, &m->best) != wanted)
		return 0;
	if (!table_type_is_text(m->kind.type)) {
		m->best = *value;
		return 0;
	}
	bytes = malloc(value->count + 1);
	if (bytes == NULL)
		return -ENOMEM;
	if (value->count > 0)
		memcpy(bytes, value->bytes, value->count);
	free((void *)(uintptr_t)m->best.bytes);
	m->best = *value;
	m->best.bytes = bytes;
	return 0;
}

int reference_measure_add(struct reference_measure *m, uint64_t row,
			  const struct reference_value *value)
{
	enum operator_function function = m->measure->function;

	if (function != AGGREGATE_COUNT_ROWS && value->null)
		return 0;
	m->count++;
	if (function == AGGREGATE_MIN || function == AGGREGATE_MAX)
		return best_add(m, value);
	if (function == AGGREGATE_COUNT || function == AGGREGATE_COUNT_ROWS)
		return 0;
	if (is_real(m))
		real_add(m, row, value->real);
	else if (m->kind.type == TABLE_DECIMAL128)
		reference_measure_exact(m, value->decimal);
	else if (m->kind.type >= TABLE_UINT8 && m->kind.type <= TABLE_UINT64)
		reference_measure_exact(m, (__int128)value->natural);
	else
		reference_measure_exact(m, value->integer);
	return 0;
}

/* high times 2^64 plus low, where 128 bits hold it. */
static int exact_total(const struct reference_measure *m, __int128 *total)
{
	__int128 high = m->high + (__int128)(m->low >> 64);

	*total = (__int128)((unsigned __int128)high << 64 | (uint64_t)m->low);
	return high == (int64_t)high ? 0 : -ERANGE;
}

static int sum_end(const struct reference_measure *m, struct reference_value *result)
{
	__int128 total;
	int rc;

	if (is_real(m)) {
		result->real = reference_real(m->total);
		return 0;
	}
	rc = exact_total(m, &total);
	if (m->kind.type == TABLE_DECIMAL128) {
		result->decimal = total;
		return rc < 0 || reference_decimal_large(total, REFERENCE_DECIMAL_DIGITS) ? -ERANGE
											  : 0;
	}
	result->natural = (uint64_t)total;
	if (m->measure->kind.type == TABLE_UINT64)
		return total != (__int128)(uint64_t)total ? -ERANGE : 0;
	return total != (int64_t)total ? -ERANGE : 0;
}

static int avg_end(const struct reference_measure *m, struct reference_value *result)
{
	__int128 total;
	double sum = m->total;

	if (!is_real(m)) {
		if (exact_total(m, &total) < 0)
			return -ERANGE;
		sum = m->kind.type == TABLE_DECIMAL128
			  ? reference_decimal_real(total, m->kind.scale)
			  : (double)total;
	}
	result->real = reference_real(sum / (double)m->count);
	return 0;
}

int reference_measure_end(struct reference_measure *m, struct reference_value *result)
{
	enum operator_function function = m->measure->function;

	chunk_end(m);
	*result = (struct reference_value){.null = m->count == 0};
	if (function == AGGREGATE_COUNT || function == AGGREGATE_COUNT_ROWS) {
		*result = (struct reference_value){.integer = (int64_t)m->count};
		return 0;
	}
	if (m->count == 0)
		return 0;
	if (function == AGGREGATE_SUM)
		return sum_end(m, result);
	if (function == AGGREGATE_AVG)
		return avg_end(m, result);
	*result = m->best;
	if (is_real(m)) /* one zero, one NaN */
		result->real = m->best.real == 0 ? 0 : reference_real(m->best.real);
	return 0;
}

void reference_measure_close(struct reference_measure *m)
{
	if (table_type_is_text(m->kind.type))
		free((void *)(uintptr_t)m->best.bytes);
	m->best.bytes = NULL;
}
