/* What `aggregate` keeps of each group: rows are added, a column and a block at a time. */
#include "group_measures.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "group_state.h"
#include "row_word.h"

#define SIGN (1ull << 63)

struct group_measures {
	const struct operator_aggregate *aggregate;
	struct row_budget *budget;
	const struct group_kernels *kernels;
	uint32_t groups;
	struct table_bytes rows; /* uint64_t, of each group */
	struct group_measure *list;
};

/* Rows of a block that have a value, with their groups. */
struct block {
	const struct table_column *column;
	uint32_t first, count; /* of the column's rows */
	const uint32_t *rows;  /* NULL: all of them have one */
	const uint32_t *groups;
	uint32_t values;
};

int group_measures_create(const struct operator_aggregate *aggregate, struct row_budget *budget,
			  struct group_measures **measures)
{
	struct group_measures *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return -ENOMEM;
	*m = (struct group_measures){aggregate, budget, CPU_PICK(group_kernels), 0, {0}, NULL};
	m->list = calloc(aggregate->measure_count + 1, sizeof(*m->list));
	if (m->list == NULL) {
		free(m);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < aggregate->measure_count; i++) {
		const struct operator_measure *spec = &aggregate->measures[i];

		m->list[i].spec = spec;
		if (spec->function != AGGREGATE_COUNT_ROWS)
			m->list[i].from = aggregate->input->fields[spec->column].kind;
		m->list[i].kind = group_state_kind(spec->function, &m->list[i].from);
	}
	*measures = m;
	return 0;
}

static void texts_free(struct group_measures *m, struct group_measure *measure)
{
	struct group_text *texts = (struct group_text *)(void *)measure->states.at;

	for (uint32_t g = 0; g < measure->states.count / sizeof(*texts); g++) {
		row_budget_give(m->budget, texts[g].room);
		free(texts[g].bytes);
	}
}

void group_measures_destroy(struct group_measures **measures)
{
	struct group_measures *m = *measures;

	*measures = NULL;
	if (m == NULL)
		return;
	for (uint32_t i = 0; i < m->aggregate->measure_count; i++) {
		if (m->list[i].kind == STATE_TEXT)
			texts_free(m, &m->list[i]);
		row_bytes_free(m->budget, &m->list[i].states);
		row_bytes_free(m->budget, &m->list[i].nulls);
	}
	row_bytes_free(m->budget, &m->rows);
	free(m->list);
	free(m);
}

static int zeros_add(struct group_measures *m, struct table_bytes *bytes, uint64_t count)
{
	int rc = row_bytes_reserve(m->budget, bytes, count);

	if (rc == 0 && count > 0) {
		memset(bytes->at + bytes->count, 0, count);
		bytes->count += count;
	}
	return rc;
}

static int groups_add(struct group_measures *m, uint32_t count)
{
	uint64_t more = count - m->groups;
	int rc = zeros_add(m, &m->rows, more * sizeof(uint64_t));

	for (uint32_t i = 0; i < m->aggregate->measure_count && rc == 0; i++) {
		struct group_measure *measure = &m->list[i];
		uint32_t bytes = group_state_bytes(measure->kind);

		rc = zeros_add(m, &measure->nulls, more * sizeof(uint64_t));
		if (rc == 0)
			rc = zeros_add(m, &measure->states, more * bytes);
		for (uint64_t g = m->groups; rc == 0 && bytes > 0 && g < count; g++)
			group_state_begin(measure, measure->states.at + g * bytes);
	}
	m->groups = count;
	return rc;
}

/* The values of a block of 8-byte values, where they are or put together in room. */
static const uint64_t *values_pick(const struct block *block, const uint64_t *values,
				   uint64_t *room)
{
	if (block->rows == NULL)
		return values;
	for (uint32_t i = 0; i < block->values; i++)
		room[i] = values[block->rows[i] - block->first];
	return room;
}

static void integers_add(const struct group_measures *m, struct group_measure *measure,
			 const struct block *block)
{
	uint64_t values[MR_OPERATOR_ROWS_MAX], room[MR_OPERATOR_ROWS_MAX];
	struct group_sum *sums = (struct group_sum *)(void *)measure->states.at;
	const uint64_t *picked = values;

	if (table_type_bytes(measure->from.type) == 8) {
		picked = (const uint64_t *)block->column->values + block->first;
	} else {
		row_words(&measure->from, block->column, block->first, block->count, values);
		for (uint32_t i = 0; measure->kind == STATE_SIGNED && i < block->count; i++)
			values[i] ^= SIGN;
	}
	picked = values_pick(block, picked, room);
	if (measure->kind == STATE_SIGNED)
		m->kernels->sum_signed(block->groups, (const int64_t *)picked, block->values, sums);
	else
		m->kernels->sum_unsigned(block->groups, picked, block->values, sums);
}

static void reals_add(const struct group_measures *m, struct group_measure *measure,
		      const struct block *block, uint64_t chunk)
{
	double values[MR_OPERATOR_ROWS_MAX];
	const double *wide = (const double *)block->column->values;
	const float *narrow = block->column->values;
	bool is_wide = measure->from.type == TABLE_FLOAT64;

	for (uint32_t i = 0; i < block->values && !(is_wide && block->rows == NULL); i++) {
		uint32_t row = block->rows != NULL ? block->rows[i] : block->first + i;

		values[i] = is_wide ? wide[row] : (double)narrow[row];
	}
	m->kernels->sum_real(block->groups,
			     is_wide && block->rows == NULL ? wide + block->first : values,
			     block->values, chunk, (struct group_real *)(void *)measure->states.at);
}

static void words_add(const struct group_measures *m, struct group_measure *measure,
		      const struct block *block)
{
	uint64_t words[MR_OPERATOR_ROWS_MAX], room[MR_OPERATOR_ROWS_MAX];
	uint64_t *edges = (uint64_t *)(void *)measure->states.at;

	row_words(&measure->from, block->column, block->first, block->count, words);
	(measure->spec->function == AGGREGATE_MIN ? m->kernels->min : m->kernels->max)(
	    block->groups, values_pick(block, words, room), block->values, edges);
}

static void decimals_add(struct group_measure *measure, const struct block *block)
{
	struct group_decimal *sums = (struct group_decimal *)(void *)measure->states.at;
	__int128 *edges = (__int128 *)(void *)measure->states.at;
	bool min = measure->spec->function == AGGREGATE_MIN;

	for (uint32_t i = 0; i < block->values; i++) {
		uint64_t row = block->rows != NULL ? block->rows[i] : block->first + i;
		uint32_t group = block->groups[i];
		__int128 value;

		memcpy(&value, (const uint8_t *)block->column->values + 16 * row, sizeof(value));
		if (measure->kind == STATE_DECIMAL_EDGE)
			edges[group] = (min ? value < edges[group] : value > edges[group])
					   ? value
					   : edges[group];
		else if (__builtin_add_overflow(sums[group].low, value, &sums[group].low))
			sums[group].high += value < 0 ? -1 : 1;
	}
}

static int text_keep(struct group_measures *m, struct group_text *text, const uint8_t *bytes,
		     uint64_t count)
{
	if (text->bytes == NULL || text->room < count) {
		uint64_t room = 2 * count + 16;
		int rc = row_budget_take(m->budget, room - text->room);
		uint8_t *at = rc == 0 ? realloc(text->bytes, room) : NULL;

		if (at == NULL) {
			if (rc == 0)
				row_budget_give(m->budget, room - text->room);
			return rc == 0 ? -ENOMEM : rc;
		}
		text->bytes = at;
		text->room = room;
	}
	if (count > 0)
		memcpy(text->bytes, bytes, count);
	text->count = count;
	return 0;
}

static int text_compare(const uint8_t *a, uint64_t a_count, const uint8_t *b, uint64_t b_count)
{
	uint64_t common = a_count < b_count ? a_count : b_count;
	int order = common > 0 ? memcmp(a, b, common) : 0;

	return order != 0 ? order : (a_count > b_count) - (a_count < b_count);
}

static int texts_add(struct group_measures *m, struct group_measure *measure,
		     const struct block *block)
{
	struct group_text *texts = (struct group_text *)(void *)measure->states.at;
	const struct table_column *column = block->column;
	int sign = measure->spec->function == AGGREGATE_MIN ? 1 : -1, rc = 0;

	for (uint32_t i = 0; i < block->values && rc == 0; i++) {
		uint64_t row = block->rows != NULL ? block->rows[i] : block->first + i;
		struct group_text *text = &texts[block->groups[i]];
		const uint8_t *bytes = column->bytes + column->offsets[row];
		uint64_t count = (uint64_t)(column->offsets[row + 1] - column->offsets[row]);

		if (text->bytes == NULL ||
		    text_compare(bytes, count, text->bytes, text->count) * sign < 0)
			rc = text_keep(m, text, bytes, count);
	}
	return rc;
}

static int block_add(struct group_measures *m, struct group_measure *measure,
		     const struct block *block, uint64_t chunk)
{
	switch (measure->kind) {
	case STATE_NONE:
		break;
	case STATE_SIGNED:
	case STATE_UNSIGNED:
		integers_add(m, measure, block);
		break;
	case STATE_REAL:
		reals_add(m, measure, block, chunk);
		break;
	case STATE_WORD:
		words_add(m, measure, block);
		break;
	case STATE_DECIMAL:
	case STATE_DECIMAL_EDGE:
		decimals_add(measure, block);
		break;
	case STATE_TEXT:
		return texts_add(m, measure, block);
	}
	return 0;
}

/* Rows without a value are counted, the others put together. */
static int measure_add(struct group_measures *m, struct group_measure *measure,
		       const struct table_column *column, const uint32_t *groups, uint32_t first,
		       uint32_t count, uint64_t chunk)
{
	uint32_t rows[MR_OPERATOR_ROWS_MAX], kept[MR_OPERATOR_ROWS_MAX];
	struct block block = {column, first, count, NULL, groups, count};
	uint64_t *nulls = (uint64_t *)(void *)measure->nulls.at;

	if (column->validity != NULL && column->nulls > 0) {
		block.values = 0;
		for (uint32_t i = 0; i < count; i++) {
			if (table_is_null(column, first + i)) {
				nulls[groups[i]]++;
				continue;
			}
			rows[block.values] = first + i;
			kept[block.values++] = groups[i];
		}
		block.rows = rows;
		block.groups = kept;
	}
	return block_add(m, measure, &block, chunk);
}

int group_measures_add(struct group_measures *measures, const struct table_batch *batch,
		       const uint32_t *groups, uint32_t group_count, uint64_t first)
{
	struct group_measures *m = measures;
	uint32_t rows = (uint32_t)batch->rows;
	int rc = group_count > m->groups ? groups_add(m, group_count) : 0;

	for (uint32_t from = 0, some; from < rows && rc == 0; from += some) {
		uint64_t chunk = (first + from) / MR_SUM_CHUNK_ROWS;
		uint64_t left = (chunk + 1) * MR_SUM_CHUNK_ROWS - (first + from);

		some = rows - from < left ? rows - from : (uint32_t)left;
		m->kernels->count(groups + from, some, (uint64_t *)(void *)m->rows.at);
		for (uint32_t i = 0; i < m->aggregate->measure_count && rc == 0; i++)
			if (m->list[i].spec->function != AGGREGATE_COUNT_ROWS)
				rc = measure_add(m, &m->list[i],
						 &batch->columns[m->list[i].spec->column],
						 groups + from, from, some, chunk + 1);
	}
	return rc;
}

int group_measures_put(const struct group_measures *measures, uint32_t measure, uint32_t group,
		       struct row_column *to)
{
	const struct group_measure *m = &measures->list[measure];
	const uint64_t *nulls = (const uint64_t *)(const void *)m->nulls.at;
	uint64_t rows = ((const uint64_t *)(const void *)measures->rows.at)[group];
	uint64_t values = rows - nulls[group];

	if (m->spec->function == AGGREGATE_COUNT_ROWS)
		values = rows;
	if (m->kind == STATE_NONE)
		return row_column_put(to, &m->spec->kind, &values, sizeof(values), NULL);
	if (values == 0)
		return row_column_put(to, &m->spec->kind, NULL, 0, NULL);
	return group_state_put(m, group, values, to);
}
