/* `tokenise`: words are passed on whenever there is a batch of them, and at the end of each push.
 */
#include <errno.h>
#include <stdlib.h>

#include "text_step.h"
#include "tokenise.h"

#define WORDS_ROOM (MR_TABLE_BATCH_ROWS + TOKENS_BLOCK_WORDS + 1)
/* Of usual words as many; and one of the longest has to fit, beside a block. */
#define BYTES_ROOM (2 * MR_WORD_BYTES_MAX)

struct tokenise_step {
	struct operator_step step;
	const struct operator_text *text;
	struct tokens tokens[2]; /* those on their way, and where a word's beginning moves on to */
	unsigned int turn;
};

static void tokens_empty(struct tokens *tokens)
{
	tokens->used = tokens->words = 0;
	tokens->inside = false;
}

/* Passes on the words, whose end is written. */
static int words_emit(struct tokenise_step *s, const struct tokens *tokens,
		      struct table_error *error)
{
	struct table_column column = {.offsets = tokens->offsets, .bytes = tokens->bytes};
	struct table_batch batch = {
	    .schema = &s->step.bound->schema, .rows = tokens->words, .columns = &column};
	size_t first = tokens_long(tokens, 0);

	if (first < tokens->words)
		return operator_fail(s->step.bound, UINT64_MAX, error, -E2BIG,
				     "the word %.40s... has more than %d bytes: is it text?",
				     tokens->bytes + tokens->offsets[first], MR_WORD_BYTES_MAX);
	return operator_emit_batch(&s->step, &batch, error);
}

/* The tokens are full: what is whole of them is passed on. */
static int full_emit(struct tokenise_step *s, struct table_error *error)
{
	struct tokens *from = &s->tokens[s->turn], *to = &s->tokens[!s->turn];
	int rc;

	if (from->words == 1 && from->inside) /* there is more room than a word may have */
		return operator_fail(s->step.bound, UINT64_MAX, error, -E2BIG,
				     "the word %.40s... has more than %d bytes: is it text?",
				     from->bytes, MR_WORD_BYTES_MAX);
	tokens_empty(to);
	tokens_move_on(from, to);
	s->turn = !s->turn;
	rc = words_emit(s, from, error);
	return rc;
}

static int text_take(struct tokenise_step *s, struct token_text *text, struct table_error *error)
{
	int rc = 0;

	for (;;) {
		tokenise(&s->tokens[s->turn], text);
		if (text->at == text->end)
			break;
		rc = full_emit(s, error);
		if (rc < 0)
			return rc;
	}
	tokens_end_text(&s->tokens[s->turn]);
	return 0;
}

static int rows_take(struct tokenise_step *s, const struct operator_rows *rows,
		     struct table_error *error)
{
	const struct table_field *field = &s->text->input->fields[s->text->column];
	const struct table_column *column = &rows->batch->columns[s->text->column];

	for (uint32_t i = 0; i < rows->count; i++) {
		struct table_value value;
		struct token_text text;
		int rc;

		if (!table_value_get(field, column, operator_row(rows, i), &value))
			continue;
		text = (struct token_text){.bytes = value.bytes, .end = value.count};
		rc = text_take(s, &text, error);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* Rows as they lie in the column are one text, cut where they begin. */
static int column_take(struct tokenise_step *s, const struct table_batch *batch,
		       struct table_error *error)
{
	const struct table_column *column = &batch->columns[s->text->column];
	struct token_text text = {
	    .bytes = column->bytes,
	    .at = (size_t)column->offsets[0],
	    .end = (size_t)column->offsets[batch->rows],
	    .starts = column->offsets,
	    .starts_count = batch->rows,
	};

	return text_take(s, &text, error);
}

static int tokenise_push(struct operator_step *step, uint32_t side,
			 const struct operator_rows *rows, struct table_error *error)
{
	struct tokenise_step *s = (struct tokenise_step *)(void *)step;
	const struct table_column *column = &rows->batch->columns[s->text->column];
	bool whole = rows->selection == NULL && column->validity == NULL &&
		     !s->text->input->fields[s->text->column].dictionary;
	int rc;

	tokens_empty(&s->tokens[s->turn]);
	rc = whole ? column_take(s, rows->batch, error) : rows_take(s, rows, error);
	return rc < 0 ? rc : words_emit(s, &s->tokens[s->turn], error);
}

static int tokenise_end(struct operator_step *step, uint32_t side, struct table_error *error)
{
	return 0;
}

static void tokenise_close(struct operator_step *step)
{
	struct tokenise_step *s = (struct tokenise_step *)(void *)step;

	for (int i = 0; i < 2; i++) {
		free(s->tokens[i].bytes);
		free(s->tokens[i].offsets);
	}
	free(s);
}

static const struct operator_step_ops ops = {tokenise_push, tokenise_end, tokenise_close};

static bool rooms_make(struct tokenise_step *s)
{
	for (int i = 0; i < 2; i++) {
		s->tokens[i].bytes_room = BYTES_ROOM;
		s->tokens[i].words_room = WORDS_ROOM;
		s->tokens[i].bytes = malloc(BYTES_ROOM);
		s->tokens[i].offsets = malloc(WORDS_ROOM * sizeof(int32_t));
		if (s->tokens[i].bytes == NULL || s->tokens[i].offsets == NULL)
			return false;
		s->tokens[i].offsets[0] = 0;
	}
	return true;
}

int text_tokenise_open(const struct operator_bound *bound, const struct operator_context *context,
		       struct operator_step **step, struct table_error *error)
{
	struct tokenise_step *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return operator_fail(bound, UINT64_MAX, error, -ENOMEM, "no memory");
	if (!rooms_make(s)) {
		tokenise_close(&s->step);
		return operator_fail(bound, UINT64_MAX, error, -ENOMEM, "no memory");
	}
	s->step.ops = &ops;
	s->step.bound = bound;
	s->step.context = *context;
	s->text = bound->detail;
	*step = &s->step;
	return 0;
}
