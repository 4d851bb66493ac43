/* Random tables of every fixed-width type. */
#include "columns.h"

#include <math.h>

#include "test.h"

static const struct {
	const char *name;
	struct table_kind kind;
} fields[] = {
    {"i8", {.type = TABLE_INT8}},
    {"i16", {.type = TABLE_INT16}},
    {"i32", {.type = TABLE_INT32}},
    {"i64", {.type = TABLE_INT64}},
    {"u8", {.type = TABLE_UINT8}},
    {"u16", {.type = TABLE_UINT16}},
    {"u32", {.type = TABLE_UINT32}},
    {"u64", {.type = TABLE_UINT64}},
    {"f32", {.type = TABLE_FLOAT32}},
    {"f64", {.type = TABLE_FLOAT64}},
    {"b", {.type = TABLE_BOOL}},
    {"d", {.type = TABLE_DATE32}},
    {"t", {.type = TABLE_TIMESTAMP, .unit = TABLE_MICROSECOND}},
    {"m", {.type = TABLE_DECIMAL128, .precision = 20, .scale = 2}},
};

void columns_schema(struct table_schema *schema)
{
	*schema = (struct table_schema){.count = 0};
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		CHECK(table_schema_add(schema, fields[i].name, strlen(fields[i].name),
				       &fields[i].kind) == 0);
}

static double real_random(struct random *random)
{
	static const double special[] = {0.0, -0.0, 1e308, -1e308, 5e-324, 1e-40, 0.1, 1.0};
	uint64_t n = random_next(random);

	if (n % 64 == 0)
		return n & 64 ? (double)NAN : -(double)NAN;
	if (n % 64 == 1)
		return n & 64 ? (double)INFINITY : -(double)INFINITY;
	if (n % 4 == 0)
		return special[n / 4 % (sizeof(special) / sizeof(special[0]))];
	return ((double)(n >> 11) - 0x1p52) * 0x1p-40;
}

static void value_put(struct random *random, const struct table_kind *kind, bool wide, void *to)
{
	int64_t n = (int64_t)random_next(random);
	double real = real_random(random);
	float narrow = (float)real;
	__int128 decimal = (__int128)n * (wide ? 1000 : 1);

	if (!wide)
		n = n % 50;
	if (!wide && kind->type >= TABLE_UINT8 && kind->type <= TABLE_UINT64)
		n &= 63;
	if (kind->type == TABLE_TIMESTAMP)
		n = (int64_t)((uint64_t)n * 86399999999u);
	if (kind->type == TABLE_FLOAT32)
		memcpy(to, &narrow, sizeof(narrow));
	else if (kind->type == TABLE_FLOAT64)
		memcpy(to, &real, sizeof(real));
	else if (kind->type == TABLE_DECIMAL128)
		memcpy(to, &decimal, sizeof(decimal));
	else
		memcpy(to, &n, table_type_bytes(kind->type));
}

static void *bytes_new(size_t bytes)
{
	void *new = aligned_alloc(64, (bytes + 64 + 63) / 64 * 64);

	CHECK(new != NULL);
	memset(new, 0, bytes);
	return new;
}

static void column_make(struct random *random, const struct table_kind *kind, uint64_t rows,
			const struct columns_options *options, struct table_column *column)
{
	uint32_t width = table_type_bytes(kind->type);
	uint8_t *values = bytes_new(width > 0 ? rows * width : rows / 8 + 1);
	uint8_t *validity = bytes_new(rows / 8 + 1);
	uint64_t often = random_below(random, 4);

	for (uint64_t i = 0; i < rows; i++) {
		if (width > 0)
			value_put(random, kind, options->wide, values + i * width);
		else
			values[i / 8] |= (uint8_t)((random_next(random) & 1) << (i % 8));
		if (random_below(random, 4) >= often)
			validity[i / 8] |= (uint8_t)(1 << (i % 8));
	}
	*column = (struct table_column){.values = values};
	if (options->nulls && random_below(random, 4) != 0) {
		column->validity = validity;
		column->nulls = table_nulls(validity, rows);
	} else {
		free(validity);
	}
}

static void batch_release(struct table_batch *batch)
{
	for (uint32_t i = 0; i < batch->schema->count; i++) {
		free((void *)(uintptr_t)batch->columns[i].values);
		free((void *)(uintptr_t)batch->columns[i].validity);
	}
	free(batch->columns);
	free(batch);
}

struct table_batch *columns_batch(struct random *random, const struct table_schema *schema,
				  uint64_t rows, const struct columns_options *options)
{
	struct table_batch *batch = calloc(1, sizeof(*batch));

	CHECK(batch != NULL);
	*batch = (struct table_batch){
	    schema, rows, calloc(schema->count, sizeof(struct table_column)), batch_release};
	CHECK(batch->columns != NULL);
	for (uint32_t i = 0; i < schema->count; i++)
		column_make(random, &schema->fields[i].kind, rows, options, &batch->columns[i]);
	return batch;
}
