/* Tables of random values: every type, every pattern of nulls, from a seed. */
#ifndef RANDOM_TABLE_H
#define RANDOM_TABLE_H

#include "table.h"
#include "table_stream.h"

enum random_nulls { NULLS_NONE, NULLS_SOME, NULLS_MOST, NULLS_ALL, NULLS_PATTERNS };

struct random {
	uint64_t state;
};
uint64_t random_next(struct random *random);
static inline uint64_t random_below(struct random *random, uint64_t bound)
{
	return random_next(random) % bound;
}

/* What a table may hold: not all of it can be written as text and read back the same. */
struct random_limits {
	uint32_t columns_max;
	uint64_t rows_max;
	bool dictionaries;
	bool odd_names; /* with quotes, line ends, delimiters */
};

/* The caller frees both. */
void random_schema(struct random *random, const struct random_limits *limits,
		   struct table_schema *schema);
struct table_batch *random_batch(struct random *random, const struct table_schema *schema,
				 uint64_t rows_max);

/* Fails the test, naming the seed, unless both tables hold the same: kinds of columns where kinds,
 * and values, null by null; NaNs are equal to each other. first and last rows of b are compared
 * with a. */
void random_check_schemas(const struct table_schema *a, const struct table_schema *b, bool all,
			  uint64_t seed);
void random_check_rows(const struct table_batch *a, uint64_t from, const struct table_batch *b,
		       uint64_t seed);

/* Bytes written into memory, and read from there in pieces of any size. */
struct random_pipe {
	uint8_t *bytes;
	size_t count, room, at;
	struct random *pieces; /* NULL: whole */
	struct table_bytes_out out;
	struct table_bytes_in in;
};
void random_pipe_init(struct random_pipe *pipe, struct random *pieces);
void random_pipe_free(struct random_pipe *pipe);

#endif
