/* Batches made value by value, in growing buffers that the batch takes over. */
#include "table_builder.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "table_bytes.h"

struct column {
	uint64_t rows;
	uint64_t nulls;
	struct table_bytes validity;
	struct table_bytes values; // fixed width, or bits
	struct table_bytes offsets;
	struct table_bytes bytes;
};

struct table_builder {
	const struct table_schema *schema;
	uint64_t rows;
	uint64_t bytes;     // of utf8 and binary values
	uint64_t row_bytes; // of all else in a row
	struct column *columns;
};

/* A batch whose buffers are its own. */
struct built {
	struct table_batch batch;
	uint32_t count;
	struct column *columns;
};

static void columns_free(struct column *columns, uint32_t count)
{
	for (uint32_t i = 0; columns != NULL && i < count; i++) {
		table_bytes_free(&columns[i].validity);
		table_bytes_free(&columns[i].values);
		table_bytes_free(&columns[i].offsets);
		table_bytes_free(&columns[i].bytes);
	}
	free(columns);
}

int table_builder_create(const struct table_schema *schema, struct table_builder **builder)
{
	struct table_builder *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return -ENOMEM;
	b->schema = schema;
	for (uint32_t i = 0; i < schema->count; i++)
		b->row_bytes += table_type_is_text(schema->fields[i].kind.type)
				    ? sizeof(int32_t)
				    : table_type_bytes(schema->fields[i].kind.type);
	b->columns = calloc(schema->count, sizeof(*b->columns));
	if (b->columns == NULL) {
		free(b);
		return -ENOMEM;
	}
	*builder = b;
	return 0;
}

void table_builder_destroy(struct table_builder **builder)
{
	if (*builder != NULL)
		columns_free((*builder)->columns, (*builder)->schema->count);
	free(*builder);
	*builder = NULL;
}

static int bit_add(struct table_bytes *bits, uint64_t row, bool set)
{
	if (row % 8 == 0) {
		int rc = table_bytes_add(bits, &(uint8_t){0}, 1);

		if (rc < 0)
			return rc;
	}
	bits->at[row / 8] |= (uint8_t)(set << (row % 8));
	return 0;
}

/* Bits of validity begin with the first null: most columns have none. */
static int validity_add(struct column *column, bool valid)
{
	int rc = 0;

	if (column->validity.count == 0) {
		if (valid)
			return 0;
		for (uint64_t row = 0; row < column->rows && rc == 0; row++)
			rc = bit_add(&column->validity, row, true);
	}
	return rc < 0 ? rc : bit_add(&column->validity, column->rows, valid);
}

static int fixed_add(struct table_builder *b, uint32_t index, const void *value, bool valid)
{
	struct column *column = &b->columns[index];
	enum table_type type = b->schema->fields[index].kind.type;
	int rc = validity_add(column, valid);

	assert(column->rows == b->rows && !table_type_is_text(type));
	if (rc == 0 && type == TABLE_BOOL)
		rc = bit_add(&column->values, column->rows, *(const uint8_t *)value != 0);
	else if (rc == 0)
		rc = table_bytes_add(&column->values, value, table_type_bytes(type));
	column->rows += rc == 0;
	return rc;
}

static int bytes_add(struct table_builder *b, uint32_t index, const void *bytes, uint64_t count,
		     bool valid)
{
	struct column *column = &b->columns[index];
	int32_t end;
	int rc;

	assert(column->rows == b->rows && table_type_is_text(b->schema->fields[index].kind.type));
	if (count > (uint64_t)INT32_MAX - column->bytes.count)
		return -E2BIG;
	rc = column->rows == 0 ? table_bytes_add(&column->offsets, &(int32_t){0}, 4) : 0;
	if (rc == 0)
		rc = validity_add(column, valid);
	if (rc == 0)
		rc = table_bytes_add(&column->bytes, bytes, count);
	end = (int32_t)column->bytes.count;
	if (rc == 0)
		rc = table_bytes_add(&column->offsets, &end, sizeof(end));
	column->rows += rc == 0;
	b->bytes += count;
	return rc;
}

int table_builder_value(struct table_builder *builder, uint32_t column, const void *value)
{
	return fixed_add(builder, column, value, true);
}

int table_builder_bytes(struct table_builder *builder, uint32_t column, const void *bytes,
			uint64_t count)
{
	return bytes_add(builder, column, bytes, count, true);
}

int table_builder_null(struct table_builder *builder, uint32_t column)
{
	static const uint8_t zero[16];
	int rc = table_type_is_text(builder->schema->fields[column].kind.type)
		     ? bytes_add(builder, column, zero, 0, false)
		     : fixed_add(builder, column, zero, false);

	builder->columns[column].nulls += rc == 0;
	return rc;
}

bool table_builder_has(const struct table_builder *builder, uint32_t column)
{
	return builder->columns[column].rows > builder->rows;
}

int table_builder_end_row(struct table_builder *builder)
{
	for (uint32_t i = 0; i < builder->schema->count; i++) {
		int rc = table_builder_has(builder, i) ? 0 : table_builder_null(builder, i);

		if (rc < 0)
			return rc;
	}
	builder->rows++;
	return 0;
}

uint64_t table_builder_rows(const struct table_builder *builder)
{
	return builder->rows;
}

bool table_builder_full(const struct table_builder *builder)
{
	return builder->rows >= MR_TABLE_BATCH_ROWS ||
	       builder->bytes + builder->rows * builder->row_bytes >= MR_TABLE_BATCH_BYTES;
}

static void built_release(struct table_batch *batch)
{
	struct built *built = (struct built *)(void *)batch;

	columns_free(built->columns, built->count);
	free(batch->columns);
	free(built);
}

static void column_view(struct table_column *view, const struct column *column)
{
	static const int32_t no_offsets[1];
	static const uint8_t no_bytes[1];

	*view = (struct table_column){
	    .validity = column->nulls > 0 ? column->validity.at : NULL,
	    .values = column->values.at,
	    .offsets = column->offsets.at != NULL ? (const int32_t *)(void *)column->offsets.at
						  : no_offsets,
	    .bytes = column->bytes.at != NULL ? column->bytes.at : no_bytes,
	    .nulls = column->nulls,
	};
}

int table_builder_take(struct table_builder *builder, struct table_batch **batch)
{
	uint32_t count = builder->schema->count;
	struct built *built = calloc(1, sizeof(*built));
	struct column *next = calloc(count, sizeof(*next));
	struct table_column *views = calloc(count, sizeof(*views));

	if (built == NULL || next == NULL || views == NULL) {
		free(built);
		free(next);
		free(views);
		return -ENOMEM;
	}
	*built = (struct built){
	    .batch = {builder->schema, builder->rows, views, built_release},
	    .count = count,
	    .columns = builder->columns,
	};
	for (uint32_t i = 0; i < count; i++)
		column_view(&views[i], &builder->columns[i]);
	builder->columns = next;
	builder->rows = 0;
	builder->bytes = 0;
	*batch = &built->batch;
	return 0;
}
