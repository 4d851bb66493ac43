/* `compress` and `decompress`. */
#include <errno.h>
#include <stdlib.h>

#include "compress.h"
#include "text_step.h"

struct compress_step {
	struct text_step text;
	struct compressor *compressor; /* one of both */
	struct decompressor *decompressor;
	uint64_t limit_bytes;
	struct table_bytes out;
};

static void compress_close(struct text_step *step)
{
	struct compress_step *s = (struct compress_step *)(void *)step;

	compressor_destroy(&s->compressor);
	decompressor_destroy(&s->decompressor);
	table_bytes_free(&s->out);
	free(s);
}

static int compress_make(struct text_step *step, const struct table_value *value, uint64_t more,
			 uint64_t row, struct table_error *error)
{
	struct compress_step *s = (struct compress_step *)(void *)step;
	int rc;

	s->out.count = 0;
	rc = compress_value(s->compressor, value->bytes, value->count, &s->out);
	if (rc < 0)
		return operator_fail(step->step.bound, row, error, rc,
				     rc == -E2BIG ? "the value is too long" : "no memory");
	return text_put_bytes(step, 0, &s->out, row, error);
}

static int decompress_make(struct text_step *step, const struct table_value *value, uint64_t more,
			   uint64_t row, struct table_error *error)
{
	struct compress_step *s = (struct compress_step *)(void *)step;
	struct table_error inner;
	int rc;

	s->out.count = 0;
	rc = decompress_value(s->decompressor, value->bytes, value->count, s->limit_bytes, &s->out,
			      &inner);
	if (rc < 0)
		return operator_fail(step->step.bound, row, error, rc, "%.400s", inner.text);
	return text_put_bytes(step, 0, &s->out, row, error);
}

static const struct text_step_ops compress_ops = {compress_make, compress_close};
static const struct text_step_ops decompress_ops = {decompress_make, compress_close};

static int codec_open(const struct operator_bound *bound, const struct operator_context *context,
		      struct operator_step **step, struct table_error *error)
{
	const struct operator_codec *codec = bound->detail;
	struct compress_step *s = calloc(1, sizeof(*s));
	bool compresses = bound->kind->id == OPERATOR_COMPRESS;
	int rc = -ENOMEM;

	if (s != NULL)
		rc = compresses ? compressor_create((enum compress_format)codec->format,
						    codec->level, &s->compressor)
				: decompressor_create(&s->decompressor);
	if (rc < 0) {
		free(s);
		return operator_fail(bound, UINT64_MAX, error, rc, "no memory");
	}
	/* What comes of one value, before it is kept on the steps' account. */
	s->limit_bytes = codec->limit_bytes < context->memory->limit_bytes
			     ? codec->limit_bytes
			     : context->memory->limit_bytes;
	s->text.ops = compresses ? &compress_ops : &decompress_ops;
	s->text.made_count = 1;
	s->text.replaces = true;
	return text_step_open(&s->text, bound, context, step, error);
}

int text_compress_open(const struct operator_bound *bound, const struct operator_context *context,
		       struct operator_step **step, struct table_error *error)
{
	return codec_open(bound, context, step, error);
}

int text_decompress_open(const struct operator_bound *bound, const struct operator_context *context,
			 struct operator_step **step, struct table_error *error)
{
	return codec_open(bound, context, step, error);
}
