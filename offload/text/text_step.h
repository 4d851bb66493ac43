/*
 * What steps of operators on text have in common: row by row, a value becomes values of new
 * columns; the other columns are passed on as they are.
 */
#ifndef TEXT_STEP_H
#define TEXT_STEP_H

#include "operator_text.h"
#include "row_column.h"

struct text_step;
struct text_step_ops {
	/* Makes a row's values: one for each new column, by text_put() or text_put_bytes(). value
	 * is not null; more bytes behind it can be read, whatever they are. 0; 1: the row is left
	 * out, and nothing was put; or -errno with error. row is of the stream. */
	int (*make)(struct text_step *step, const struct table_value *value, uint64_t more,
		    uint64_t row, struct table_error *error);
	void (*close)(struct text_step *step);
};

/* First in the struct of each. */
struct text_step {
	struct operator_step step;
	const struct text_step_ops *ops;
	const struct operator_text *text;
	struct row_column *made; /* new columns, of a batch on its way */
	uint32_t made_count;
	uint32_t made_first;          /* in the schema that comes out */
	bool replaces;                /* the first one lies where the column taken was */
	bool drops;                   /* that column does not come out */
	struct table_column *columns; /* that come out */
	uint32_t selection[MR_OPERATOR_ROWS_MAX];
};

/* Opens what is in step: ops, made_count, replaces and drops are set. 0 or -errno with error, after
 * which step is freed, as it is in the end, by ops->close(). */
int text_step_open(struct text_step *step, const struct operator_bound *bound,
		   const struct operator_context *context, struct operator_step **opened,
		   struct table_error *error);

/* Of new column i, from 0. 0 or -errno with error. */
int text_put(struct text_step *step, uint32_t i, const void *value, uint64_t bytes, uint64_t row,
	     struct table_error *error);
/* Bytes that are to be utf8 where the column is: they are checked. */
int text_put_bytes(struct text_step *step, uint32_t i, const struct table_bytes *bytes,
		   uint64_t row, struct table_error *error);

/* One for each operator, as operator_opener. */
operator_opener text_tokenise_open, text_crc32c_open, text_compress_open, text_decompress_open,
    text_encrypt_open, text_decrypt_open, text_match_open, text_json_open;

#endif
