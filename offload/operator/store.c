/* Rows that are kept: columns that grow at their end. */
#include "operator_store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "table_bytes.h"

#define ROW_NULL UINT32_MAX /* of a gather: no row */

struct column {
	uint64_t rows;
	uint64_t nulls;
	struct table_bytes validity; // none while nulls is 0
	struct table_bytes values;   // fixed width, bits or indices
	struct table_bytes offsets;
	struct table_bytes bytes;
	struct table_dictionary *dictionary; // a reference
};

struct operator_store {
	const struct table_schema *schema;
	uint64_t rows;
	struct column *columns;
	struct table_batch view;
};

/* What a batch that was taken owns. */
struct taken {
	struct table_batch batch;
	struct column *columns;
	uint32_t count;
};

/* Where values come from. */
struct source {
	const struct table_field *field;
	const struct table_column *column;
	const uint32_t *order; // NULL: from row 0 on
	uint64_t count;
	bool decode;
};

int operator_store_create(const struct table_schema *schema, struct operator_store **store)
{
	uint32_t count = schema->count > 0 ? schema->count : 1;
	struct operator_store *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return -ENOMEM;
	s->schema = schema;
	s->columns = calloc(count, sizeof(*s->columns));
	s->view.columns = calloc(count, sizeof(*s->view.columns));
	*store = s;
	if (s->columns != NULL && s->view.columns != NULL)
		return 0;
	operator_store_destroy(store);
	return -ENOMEM;
}

static void columns_free(struct column *columns, uint32_t count)
{
	for (uint32_t i = 0; columns != NULL && i < count; i++) {
		table_bytes_free(&columns[i].validity);
		table_bytes_free(&columns[i].values);
		table_bytes_free(&columns[i].offsets);
		table_bytes_free(&columns[i].bytes);
		table_dictionary_unref(&columns[i].dictionary);
	}
	free(columns);
}

void operator_store_destroy(struct operator_store **store)
{
	struct operator_store *s = *store;

	*store = NULL;
	if (s == NULL)
		return;
	columns_free(s->columns, s->schema->count);
	free(s->view.columns);
	free(s);
}

/* Bits from bit at on become 0, up to bits behind it. */
static int bits_grow(struct table_bytes *bits, uint64_t at, uint64_t count)
{
	size_t need = (size_t)((at + count + 7) / 8);
	int rc = need > bits->count ? table_bytes_reserve(bits, need - bits->count) : 0;

	if (rc == 0 && need > bits->count) {
		memset(bits->at + bits->count, 0, need - bits->count);
		bits->count = need;
	}
	return rc;
}

static void bits_fill(uint8_t *bits, uint64_t at, uint64_t count)
{
	for (; count > 0 && at % 8 != 0; at++, count--)
		bits[at / 8] |= (uint8_t)(1u << at % 8);
	memset(bits + at / 8, 0xff, count / 8);
	at += count / 8 * 8;
	for (count %= 8; count > 0; at++, count--)
		bits[at / 8] |= (uint8_t)(1u << at % 8);
}

/* The row of the values that row i means: ROW_NULL when it is null. */
static inline uint64_t source_row(const struct source *s, uint64_t i)
{
	uint64_t row = s->order != NULL ? s->order[i] : i;

	if (row == ROW_NULL && s->order != NULL)
		return ROW_NULL;
	if (table_is_null(s->column, row))
		return ROW_NULL;
	if (!s->decode)
		return row;
	row = table_index(s->column, s->field->index, row);
	return table_is_null(&s->column->dictionary->values, row) ? ROW_NULL : row;
}

static bool source_has_nulls(const struct source *s)
{
	if (s->column->validity != NULL ||
	    (s->decode && s->column->dictionary->values.validity != NULL))
		return true;
	for (uint64_t i = 0; s->order != NULL && i < s->count; i++)
		if (s->order[i] == ROW_NULL)
			return true;
	return false;
}

static int validity_append(struct column *to, const struct source *s)
{
	bool had = to->nulls > 0;
	int rc;

	if (!had && !source_has_nulls(s))
		return 0;
	rc = bits_grow(&to->validity, to->rows, s->count);
	if (rc < 0)
		return rc;
	if (!had)
		bits_fill(to->validity.at, 0, to->rows);
	for (uint64_t i = 0; i < s->count; i++) {
		bool valid = source_row(s, i) != ROW_NULL;
		uint64_t at = to->rows + i;

		to->validity.at[at / 8] |= (uint8_t)(valid << at % 8);
		to->nulls += !valid;
	}
	if (to->nulls == 0)
		to->validity.count = 0;
	return 0;
}

static int bools_append(struct column *to, const struct source *s, const struct table_column *from)
{
	int rc = bits_grow(&to->values, to->rows, s->count);

	for (uint64_t i = 0; i < s->count && rc == 0; i++) {
		uint64_t row = source_row(s, i), at = to->rows + i;
		bool set = row != ROW_NULL && table_bit(from->values, row);

		to->values.at[at / 8] |= (uint8_t)(set << at % 8);
	}
	return rc;
}

/* Values of one width in another order; nulls become 0. */
#define GATHER(type)                                                               \
	for (uint64_t i = 0; i < s->count; i++) {                                  \
		uint64_t row = source_row(s, i);                                   \
		type value = 0;                                                    \
                                                                                   \
		if (row != ROW_NULL)                                               \
			memcpy(&value, values + row * sizeof(type), sizeof(type)); \
		memcpy(at + i * sizeof(type), &value, sizeof(type));               \
	}
#define GATHER_VALID(type)                                                                   \
	for (uint64_t i = 0; i < s->count; i++)                                              \
		memcpy(at + i * sizeof(type), values + (uint64_t)s->order[i] * sizeof(type), \
		       sizeof(type));

static void fixed_copy(uint8_t *at, const struct source *s, const uint8_t *values, uint32_t bytes)
{
	bool plain = !s->decode && !source_has_nulls(s);

	if (plain && s->order == NULL)
		memcpy(at, values, s->count * bytes);
	else if (bytes == 1)
		GATHER(uint8_t)
	else if (bytes == 2)
		GATHER(uint16_t)
	else if (bytes == 4 && plain)
		GATHER_VALID(uint32_t)
	else if (bytes == 4)
		GATHER(uint32_t)
	else if (bytes == 8 && plain)
		GATHER_VALID(uint64_t)
	else if (bytes == 8)
		GATHER(uint64_t)
	else if (plain)
		GATHER_VALID(unsigned __int128)
	else
		GATHER(unsigned __int128)
}

static int fixed_append(struct column *to, const struct source *s, const struct table_column *from,
			uint32_t bytes)
{
	int rc = table_bytes_reserve(&to->values, s->count * bytes);

	if (rc < 0 || s->count == 0)
		return rc;
	fixed_copy(to->values.at + to->values.count, s, from->values, bytes);
	to->values.count += s->count * bytes;
	return 0;
}

static uint64_t text_bytes(const struct source *s, const struct table_column *from)
{
	uint64_t bytes = 0;

	for (uint64_t i = 0; i < s->count; i++) {
		uint64_t row = source_row(s, i);

		if (row != ROW_NULL)
			bytes += (uint64_t)(from->offsets[row + 1] - from->offsets[row]);
	}
	return bytes;
}

static int text_append(struct column *to, const struct source *s, const struct table_column *from)
{
	uint64_t bytes = text_bytes(s, from);
	int rc = 0;

	if (bytes > INT32_MAX - to->bytes.count)
		return -E2BIG;
	if (to->offsets.count == 0)
		rc = table_bytes_add(&to->offsets, &(int32_t){0}, sizeof(int32_t));
	if (rc == 0)
		rc = table_bytes_reserve(&to->offsets, s->count * sizeof(int32_t));
	if (rc == 0)
		rc = table_bytes_reserve(&to->bytes, bytes);
	for (uint64_t i = 0; i < s->count && rc == 0; i++) {
		uint64_t row = source_row(s, i);
		int32_t end;

		if (row != ROW_NULL)
			rc = table_bytes_add(&to->bytes, from->bytes + from->offsets[row],
					     (size_t)(from->offsets[row + 1] - from->offsets[row]));
		end = (int32_t)to->bytes.count;
		if (rc == 0)
			rc = table_bytes_add(&to->offsets, &end, sizeof(end));
	}
	return rc;
}

static int source_append(struct operator_store *store, uint32_t index, struct source *s)
{
	const struct table_field *field = &store->schema->fields[index];
	struct column *to = &store->columns[index];
	enum table_type type = field->dictionary ? field->index : field->kind.type;
	const struct table_column *from = s->column;
	int rc;

	s->decode = s->field->dictionary && !field->dictionary;
	if (s->decode)
		from = &s->column->dictionary->values;
	if (field->dictionary && to->dictionary == NULL && s->column->dictionary != NULL)
		to->dictionary = table_dictionary_ref(s->column->dictionary);
	if (type == TABLE_BOOL)
		rc = bools_append(to, s, from);
	else if (table_type_is_text(type))
		rc = text_append(to, s, from);
	else
		rc = fixed_append(to, s, from, table_type_bytes(type));
	if (rc == 0)
		rc = validity_append(to, s);
	to->rows += rc == 0 ? s->count : 0;
	return rc;
}

int operator_store_gather(struct operator_store *store, uint32_t column,
			  const struct table_field *field, const struct table_column *from,
			  const uint32_t *order, uint64_t count)
{
	struct source s = {field, from, order, count, false};

	return source_append(store, column, &s);
}

void operator_store_count(struct operator_store *store, uint64_t rows)
{
	store->rows += rows;
}

bool operator_store_fits(const struct operator_store *store, const struct operator_rows *rows)
{
	const struct table_schema *schema = store->schema;

	for (uint32_t i = 0; i < schema->count && store->rows > 0; i++) {
		const struct table_column *from = &rows->batch->columns[i];
		const struct table_field *field = &rows->batch->schema->fields[i];
		struct source s = {field, from, rows->selection, rows->count, false};

		if (schema->fields[i].dictionary &&
		    store->columns[i].dictionary != from->dictionary)
			return false;
		if (!table_type_is_text(field->kind.type) || schema->fields[i].dictionary)
			continue;
		s.decode = field->dictionary;
		if (text_bytes(&s, s.decode ? &from->dictionary->values : from) >
		    INT32_MAX - store->columns[i].bytes.count)
			return false;
	}
	return true;
}

int operator_store_append(struct operator_store *store, const struct operator_rows *rows,
			  const uint32_t *source)
{
	int rc = 0;

	for (uint32_t i = 0; i < store->schema->count && rc == 0; i++) {
		uint32_t from = source != NULL ? source[i] : i;

		rc = operator_store_gather(store, i, &rows->batch->schema->fields[from],
					   &rows->batch->columns[from], rows->selection,
					   rows->count);
	}
	store->rows += rc == 0 ? rows->count : 0;
	return rc;
}

uint64_t operator_store_rows(const struct operator_store *store)
{
	return store->rows;
}

uint64_t operator_store_bytes(const struct operator_store *store)
{
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < store->schema->count; i++) {
		const struct column *column = &store->columns[i];

		bytes += column->validity.room + column->values.room + column->offsets.room +
			 column->bytes.room;
	}
	return bytes;
}

static void views_make(const struct table_schema *schema, const struct column *columns,
		       struct table_column *views)
{
	static const int32_t no_offsets[1];
	static const _Alignas(16) uint8_t no_bytes[16];

	for (uint32_t i = 0; i < schema->count; i++) {
		const struct column *c = &columns[i];

		views[i] = (struct table_column){
		    .validity = c->nulls > 0 ? c->validity.at : NULL,
		    .values = c->values.at != NULL ? c->values.at : no_bytes,
		    .offsets =
			c->offsets.at != NULL ? (const int32_t *)(void *)c->offsets.at : no_offsets,
		    .bytes = c->bytes.at != NULL ? c->bytes.at : no_bytes,
		    .dictionary = c->dictionary,
		    .nulls = c->nulls,
		};
	}
}

const struct table_batch *operator_store_view(struct operator_store *store)
{
	views_make(store->schema, store->columns, store->view.columns);
	store->view.schema = store->schema;
	store->view.rows = store->rows;
	return &store->view;
}

void operator_store_clear(struct operator_store *store)
{
	for (uint32_t i = 0; i < store->schema->count; i++) {
		struct column *column = &store->columns[i];

		column->rows = column->nulls = 0;
		column->validity.count = column->values.count = 0;
		column->offsets.count = column->bytes.count = 0;
		table_dictionary_unref(&column->dictionary);
	}
	store->rows = 0;
}

static void taken_release(struct table_batch *batch)
{
	struct taken *taken = (struct taken *)(void *)batch;

	columns_free(taken->columns, taken->count);
	free(batch->columns);
	free(taken);
}

int operator_store_take(struct operator_store *store, struct table_batch **batch)
{
	uint32_t count = store->schema->count, room = count > 0 ? count : 1;
	struct taken *taken = calloc(1, sizeof(*taken));
	struct column *next = calloc(room, sizeof(*next));
	struct table_column *views = calloc(room, sizeof(*views));

	if (taken == NULL || next == NULL || views == NULL) {
		free(taken);
		free(next);
		free(views);
		return -ENOMEM;
	}
	views_make(store->schema, store->columns, views);
	*taken = (struct taken){
	    {store->schema, store->rows, views, taken_release}, store->columns, count};
	store->columns = next;
	store->rows = 0;
	*batch = &taken->batch;
	return 0;
}
