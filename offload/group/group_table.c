/* Numbers of distinct keys: which table, and nulls. */
#include "group_table.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "group_keys.h"
#include "group_words.h"
#include "row_word.h"

struct group_table {
	struct row_budget *budget;
	bool word; /* keys are one word each */
	struct group_words words;
	struct group_keys keys;
	uint32_t null_group; /* of words: null is none */
	uint32_t count;
	struct row_order *order; /* of keys of bytes: which columns, any direction */
	uint32_t key_count;
	struct row_keys block; /* of the rows at hand */
	uint32_t made_count;   /* groups of the last insertion, and their rows: */
	uint32_t made[MR_OPERATOR_ROWS_MAX];
};

int group_table_create(const struct table_schema *schema, const uint32_t *columns,
		       uint32_t key_count, struct row_budget *budget, struct group_table **table)
{
	struct group_table *t = calloc(1, sizeof(*t));
	int rc = -ENOMEM;

	if (t == NULL)
		return rc;
	t->budget = budget;
	t->null_group = GROUP_NONE;
	t->key_count = key_count;
	t->word = key_count == 1 && row_kind_has_word(&schema->fields[columns[0]].kind);
	t->order = calloc(key_count + 1, sizeof(*t->order));
	if (t->order != NULL)
		rc = t->word ? group_words_init(&t->words, budget)
			     : group_keys_init(&t->keys, budget);
	if (rc < 0) {
		free(t->order);
		free(t);
		return rc;
	}
	*table = t;
	return 0;
}

void group_table_destroy(struct group_table **table)
{
	struct group_table *t = *table;

	*table = NULL;
	if (t == NULL)
		return;
	if (t->word)
		group_words_free(&t->words);
	else
		group_keys_free(&t->keys);
	row_keys_free(&t->block, t->budget);
	free(t->order);
	free(t);
}

static uint32_t group_make(struct group_table *t, uint32_t row)
{
	t->made[t->made_count++] = row;
	return t->count++;
}

static uint32_t null_find(struct group_table *t, uint32_t row, bool insert)
{
	if (t->null_group == GROUP_NONE && insert)
		t->null_group = group_make(t, row);
	return t->null_group;
}

static uint32_t word_find(struct group_table *t, uint64_t word, uint32_t row, bool insert)
{
	uint32_t group = group_words_put(&t->words, word, insert ? t->count : GROUP_NONE);

	if (group == t->count)
		group_make(t, row);
	if (group != GROUP_NONE)
		group_words_note(&t->words, word, group);
	return group;
}

/* Where the words are: int64 are words but for a bias. */
static const uint64_t *words_of(const struct table_kind *kind, const struct table_column *column,
				uint32_t rows, uint64_t *room, uint64_t *bias)
{
	if (kind->type == TABLE_INT64 || kind->type == TABLE_TIMESTAMP ||
	    kind->type == TABLE_UINT64) {
		*bias = kind->type == TABLE_UINT64 ? 0 : 1ull << 63;
		return column->values;
	}
	*bias = 0;
	row_words(kind, column, 0, rows, room);
	return room;
}

static int words_find(struct group_table *t, const struct table_kind *kind,
		      const struct table_column *column, uint32_t rows, bool insert,
		      uint32_t *groups)
{
	uint64_t room[MR_OPERATOR_ROWS_MAX], bias;
	bool nulls = column->validity != NULL && column->nulls > 0;
	const uint64_t *values;
	int rc = insert ? group_words_reserve(&t->words, t->count, rows) : 0;

	if (rc < 0 || rows == 0)
		return rc;
	values = words_of(kind, column, rows, room, &bias);
	if (!nulls && !group_words_look_up(&t->words, values, bias, rows, groups))
		return 0;
	for (uint32_t i = 0; i < rows; i++) {
		if (nulls && table_is_null(column, i))
			groups[i] = null_find(t, i, insert);
		else if (nulls || groups[i] == GROUP_NONE)
			groups[i] = word_find(t, values[i] + bias, i, insert);
	}
	return 0;
}

static int keys_find(struct group_table *t, const uint32_t *columns,
		     const struct table_batch *batch, bool insert, uint32_t *groups)
{
	int rc;

	for (uint32_t i = 0; i < t->key_count; i++)
		t->order[i] = (struct row_order){.column = columns[i]};
	row_keys_clear(&t->block);
	rc = row_keys_add(&t->block, batch->schema, t->order, t->key_count, batch, 0, batch->rows,
			  t->budget);
	return rc < 0 ? rc
		      : group_keys_find(&t->keys, &t->block, (uint32_t)batch->rows, insert,
					&t->count, groups, t->made, &t->made_count);
}

static int table_find(struct group_table *t, const uint32_t *columns,
		      const struct table_batch *batch, bool insert, uint32_t *groups)
{
	assert(batch->rows <= MR_OPERATOR_ROWS_MAX);
	t->made_count = 0;
	if (!t->word)
		return keys_find(t, columns, batch, insert, groups);
	return words_find(t, &batch->schema->fields[columns[0]].kind, &batch->columns[columns[0]],
			  (uint32_t)batch->rows, insert, groups);
}

int group_table_insert(struct group_table *table, const uint32_t *columns,
		       const struct table_batch *batch, uint32_t *groups)
{
	return table_find(table, columns, batch, true, groups);
}

int group_table_find(struct group_table *table, const uint32_t *columns,
		     const struct table_batch *batch, uint32_t *groups)
{
	return table_find(table, columns, batch, false, groups);
}

const uint32_t *group_table_new(const struct group_table *table, uint32_t *count)
{
	*count = table->made_count;
	return table->made;
}

uint32_t group_table_count(const struct group_table *table)
{
	return table->count;
}
