/* Random tables, and whether two are the same. */
#include "random_table.h"

#include <math.h>

#include "table_builder.h"
#include "table_text.h"
#include "test.h"

uint64_t random_next(struct random *random) /* splitmix64 */
{
	uint64_t z = random->state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

static void random_kind(struct random *random, struct table_kind *kind)
{
	static const char *const zones[] = {"", "UTC", "+02:00", "Europe/Zurich"};

	*kind = (struct table_kind){.type = (enum table_type)random_below(random, TABLE_TYPES)};
	if (kind->type == TABLE_TIMESTAMP) {
		kind->unit = (enum table_unit)random_below(random, 4);
		strcpy(kind->zone, zones[random_below(random, 4)]);
	} else if (kind->type == TABLE_DECIMAL128) {
		kind->precision = (uint8_t)(1 + random_below(random, 38));
		kind->scale = (uint8_t)random_below(random, kind->precision + 1u);
	}
}

void random_schema(struct random *random, const struct random_limits *limits,
		   struct table_schema *schema)
{
	static const char *const odd[] = {"", ",", "\"", " a\r\nb", "\xc3\xa9t\xc3\xa9"};
	uint32_t count = 1 + (uint32_t)random_below(random, limits->columns_max);

	*schema = (struct table_schema){0};
	for (uint32_t i = 0; i < count; i++) {
		struct table_kind kind;
		char name[32];

		random_kind(random, &kind);
		snprintf(name, sizeof(name), "c%u%s", i,
			 limits->odd_names ? odd[random_below(random, 5)] : "");
		CHECK(table_schema_add(schema, name, strlen(name), &kind) == 0, "schema");
		if (!limits->dictionaries || random_below(random, 4) != 0)
			continue;
		schema->fields[i].dictionary = true;
		schema->fields[i].dictionary_id = i;
		schema->fields[i].ordered = random_below(random, 2) != 0;
		schema->fields[i].index = (enum table_type)(TABLE_INT8 + random_below(random, 8));
	}
}

/* Small numbers, the ends of the range, and any bits. */
static uint64_t random_bits(struct random *random)
{
	static const uint64_t edges[] = {0,          1,          UINT64_MAX, INT64_MAX,
					 1ull << 63, 1ull << 31, 1ull << 53};

	switch (random_below(random, 4)) {
	case 0:
		return random_below(random, 200) - 100;
	case 1:
		return edges[random_below(random, sizeof(edges) / sizeof(edges[0]))];
	case 2:
		return random_next(random) >> random_below(random, 64);
	default:
		return random_next(random);
	}
}

static double random_double(struct random *random)
{
	static const double edges[] = {0.0,  -0.0,       0.1,      1e300,     5e-324, 1.0 / 3,
				       1e22, 123456.789, INFINITY, -INFINITY, NAN};
	uint64_t bits = random_bits(random);
	double value;

	switch (random_below(random, 4)) {
	case 0:
		return (double)(int64_t)random_below(random, 2000000) / 1000 - 1000;
	case 1:
		return edges[random_below(random, sizeof(edges) / sizeof(edges[0]))];
	default:
		memcpy(&value, &bits, sizeof(value));
		return value;
	}
}

static void random_decimal(struct random *random, const struct table_kind *kind, void *value)
{
	unsigned __int128 most = 1, number;

	for (unsigned i = 0; i < kind->precision; i++)
		most *= 10;
	number = (unsigned __int128)random_bits(random) << random_below(random, 64);
	number = random_below(random, 8) == 0 ? most - 1 : number % most;
	number = random_below(random, 2) != 0 ? 0 - number : number;
	memcpy(value, &number, sizeof(number));
}

static void random_fixed(struct random *random, const struct table_kind *kind, void *value)
{
	uint64_t bits = random_bits(random);
	double wide;
	float narrow;

	switch (kind->type) {
	case TABLE_BOOL:
		*(uint8_t *)value = bits & 1;
		break;
	case TABLE_FLOAT32:
		narrow = (float)random_double(random);
		memcpy(value, &narrow, sizeof(narrow));
		break;
	case TABLE_FLOAT64:
		wide = random_double(random);
		memcpy(value, &wide, sizeof(wide));
		break;
	case TABLE_DECIMAL128:
		random_decimal(random, kind, value);
		break;
	default:
		memcpy(value, &bits, table_type_bytes(kind->type));
	}
}

static void text_append(struct random *random, struct table_builder *builder, uint32_t column,
			enum table_type type)
{
	static const char *const pieces[] = {"a",
					     "Z",
					     "0",
					     " ",
					     ",",
					     "\"",
					     "\n",
					     "\r",
					     "\\",
					     "\t",
					     "\xc3\xa9",
					     "\xe2\x82\xac",
					     "\xf0\x9f\x98\x80"};
	uint8_t text[512];
	size_t count = 0;

	for (uint64_t n = random_below(random, random_below(random, 8) == 0 ? 100 : 8); n > 0;
	     n--) {
		const char *piece =
		    pieces[random_below(random, sizeof(pieces) / sizeof(pieces[0]))];

		if (type == TABLE_BINARY)
			text[count++] = (uint8_t)random_next(random);
		else
			for (; *piece != '\0'; piece++)
				text[count++] = (uint8_t)*piece;
	}
	CHECK(table_builder_bytes(builder, column, text, count) == 0, "append");
}

static void column_append(struct random *random, struct table_builder *builder,
			  const struct table_schema *schema, uint32_t column,
			  enum random_nulls nulls)
{
	static const unsigned of_eight[] = {[NULLS_SOME] = 2, [NULLS_MOST] = 7, [NULLS_ALL] = 8};
	const struct table_kind *kind = &schema->fields[column].kind;
	_Alignas(16) uint8_t value[16];

	if (nulls != NULLS_NONE && random_below(random, 8) < of_eight[nulls]) {
		CHECK(table_builder_null(builder, column) == 0, "append");
	} else if (table_type_is_text(kind->type)) {
		text_append(random, builder, column, kind->type);
	} else {
		random_fixed(random, kind, value);
		CHECK(table_builder_value(builder, column, value) == 0, "append");
	}
}

static struct table_batch *values_batch(struct random *random, const struct table_schema *schema,
					uint64_t rows)
{
	struct table_builder *builder;
	struct table_batch *batch;
	enum random_nulls *nulls = calloc(schema->count, sizeof(*nulls));

	CHECK(nulls != NULL && table_builder_create(schema, &builder) == 0, "builder");
	for (uint32_t i = 0; i < schema->count; i++)
		nulls[i] = (enum random_nulls)random_below(random, NULLS_PATTERNS);
	for (uint64_t row = 0; row < rows; row++) {
		for (uint32_t i = 0; i < schema->count; i++)
			column_append(random, builder, schema, i, nulls[i]);
		CHECK(table_builder_end_row(builder) == 0, "row");
	}
	CHECK(table_builder_take(builder, &batch) == 0, "take");
	table_builder_destroy(&builder);
	free(nulls);
	return batch;
}

/* A dictionary of a batch's only column. */
struct values {
	struct table_dictionary dictionary;
	struct table_schema schema;
	struct table_batch *batch;
};

static void values_release(struct table_dictionary *dictionary)
{
	struct values *values = (struct values *)(void *)dictionary;

	table_batch_free(&values->batch);
	table_schema_free(&values->schema);
	free(values);
}

static struct table_dictionary *values_create(struct random *random, const struct table_kind *kind)
{
	struct values *values = calloc(1, sizeof(*values));

	CHECK(values != NULL && table_schema_add(&values->schema, "", 0, kind) == 0, "values");
	values->batch = values_batch(random, &values->schema, 1 + random_below(random, 100));
	values->dictionary = (struct table_dictionary){.kind = *kind,
						       .rows = values->batch->rows,
						       .values = values->batch->columns[0],
						       .refs = 1,
						       .release = values_release};
	return &values->dictionary;
}

/* A batch of indices, and the dictionaries they are of. */
struct encoded {
	struct table_batch batch;
	struct table_batch *indices;
	struct table_schema schema;
};

static void encoded_release(struct table_batch *batch)
{
	struct encoded *encoded = (struct encoded *)(void *)batch;

	for (uint32_t i = 0; i < batch->schema->count; i++)
		table_dictionary_unref(&batch->columns[i].dictionary);
	table_batch_free(&encoded->indices);
	table_schema_free(&encoded->schema);
	free(encoded);
}

/* Indices of rows that are null stay as random as they are. */
static void indices_bound(struct random *random, struct table_column *column, enum table_type type,
			  uint64_t rows)
{
	uint32_t bytes = table_type_bytes(type);
	uint8_t *values = (uint8_t *)(uintptr_t)column->values;

	for (uint64_t row = 0; row < rows; row++) {
		uint64_t index = random_below(random, column->dictionary->rows);

		if (!table_is_null(column, row))
			memcpy(values + row * bytes, &index, bytes);
	}
}

struct table_batch *random_batch(struct random *random, const struct table_schema *schema,
				 uint64_t rows_max)
{
	struct encoded *encoded = calloc(1, sizeof(*encoded));
	uint64_t rows = random_below(random, rows_max + 1);

	CHECK(encoded != NULL && table_schema_copy(&encoded->schema, schema) == 0, "copy");
	for (uint32_t i = 0; i < schema->count; i++)
		if (schema->fields[i].dictionary)
			encoded->schema.fields[i].kind =
			    (struct table_kind){.type = schema->fields[i].index};
	encoded->indices = values_batch(random, &encoded->schema, rows);
	encoded->batch =
	    (struct table_batch){schema, rows, encoded->indices->columns, encoded_release};
	for (uint32_t i = 0; i < schema->count; i++) {
		struct table_column *column = &encoded->batch.columns[i];

		if (!schema->fields[i].dictionary)
			continue;
		column->dictionary = values_create(random, &schema->fields[i].kind);
		indices_bound(random, column, schema->fields[i].index, rows);
	}
	return &encoded->batch;
}

void random_check_schemas(const struct table_schema *a, const struct table_schema *b, bool all,
			  uint64_t seed)
{
	CHECK(a->count == b->count, "seed %llu: %u and %u columns", (unsigned long long)seed,
	      a->count, b->count);
	for (uint32_t i = 0; i < a->count; i++) {
		const struct table_field *x = &a->fields[i], *y = &b->fields[i];

		CHECK(strcmp(x->name, y->name) == 0 && table_kind_equal(&x->kind, &y->kind),
		      "seed %llu: column %u", (unsigned long long)seed, i);
		CHECK(!all || (x->dictionary == y->dictionary && x->nullable == y->nullable &&
			       x->ordered == y->ordered &&
			       (!x->dictionary ||
				(x->index == y->index && x->dictionary_id == y->dictionary_id))),
		      "seed %llu: encoding of column %u", (unsigned long long)seed, i);
	}
}

static bool values_equal(const struct table_kind *kind, const struct table_value *a,
			 const struct table_value *b)
{
	uint32_t bytes = kind->type == TABLE_BOOL ? 1 : table_type_bytes(kind->type);
	double x, y;
	float v, w;

	if (table_type_is_text(kind->type))
		return a->count == b->count && memcmp(a->bytes, b->bytes, a->count) == 0;
	if (memcmp(a->fixed, b->fixed, bytes) == 0)
		return true;
	memcpy(&x, a->fixed, sizeof(x));
	memcpy(&y, b->fixed, sizeof(y));
	memcpy(&v, a->fixed, sizeof(v));
	memcpy(&w, b->fixed, sizeof(w));
	return kind->type == TABLE_FLOAT64 ? isnan(x) && isnan(y)
					   : kind->type == TABLE_FLOAT32 && isnan(v) && isnan(w);
}

void random_check_rows(const struct table_batch *a, uint64_t from, const struct table_batch *b,
		       uint64_t seed)
{
	CHECK(from + b->rows <= a->rows, "seed %llu: too many rows", (unsigned long long)seed);
	for (uint32_t i = 0; i < a->schema->count; i++) {
		uint64_t nulls = 0;

		for (uint64_t row = 0; row < b->rows; row++) {
			struct table_value x = {0}, y = {0};
			bool is_x =
			    table_value_get(&a->schema->fields[i], &a->columns[i], from + row, &x);
			bool is_y = table_value_get(&b->schema->fields[i], &b->columns[i], row, &y);

			nulls += table_is_null(&b->columns[i], row);
			CHECK(is_x == is_y &&
				  (!is_x || values_equal(&a->schema->fields[i].kind, &x, &y)),
			      "seed %llu: column %u, row %llu", (unsigned long long)seed, i,
			      (unsigned long long)(from + row));
		}
		CHECK(nulls == b->columns[i].nulls, "seed %llu: nulls of column %u",
		      (unsigned long long)seed, i);
	}
}

static int pipe_write(void *opaque, const void *bytes, size_t count)
{
	struct random_pipe *pipe = opaque;

	if (pipe->room - pipe->count < count) {
		pipe->room = 2 * (pipe->count + count);
		pipe->bytes = realloc(pipe->bytes, pipe->room);
		CHECK(pipe->bytes != NULL, "memory");
	}
	if (count > 0)
		memcpy(pipe->bytes + pipe->count, bytes, count);
	pipe->count += count;
	return 0;
}

static ssize_t pipe_read(void *opaque, void *to, size_t bytes)
{
	struct random_pipe *pipe = opaque;
	size_t left = pipe->count - pipe->at;

	if (pipe->pieces != NULL && bytes > 1)
		bytes = 1 + random_below(pipe->pieces, bytes < 5000 ? bytes : 5000);
	bytes = bytes < left ? bytes : left;
	if (bytes > 0)
		memcpy(to, pipe->bytes + pipe->at, bytes);
	pipe->at += bytes;
	return (ssize_t)bytes;
}

void random_pipe_init(struct random_pipe *pipe, struct random *pieces)
{
	*pipe = (struct random_pipe){.pieces = pieces};
	pipe->out = (struct table_bytes_out){pipe_write, pipe};
	pipe->in = (struct table_bytes_in){pipe_read, pipe};
}

void random_pipe_free(struct random_pipe *pipe)
{
	free(pipe->bytes);
}
