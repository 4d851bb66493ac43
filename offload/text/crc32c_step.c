/* `crc32c`. */
#include <errno.h>
#include <stdlib.h>

#include "crc32c.h"
#include "text_step.h"

static int crc32c_make(struct text_step *step, const struct table_value *value, uint64_t more,
		       uint64_t row, struct table_error *error)
{
	uint32_t crc = crc32c(0, value->bytes, value->count);

	return text_put(step, 0, &crc, sizeof(crc), row, error);
}

static void crc32c_close(struct text_step *step)
{
	free(step);
}

static const struct text_step_ops ops = {crc32c_make, crc32c_close};

int text_crc32c_open(const struct operator_bound *bound, const struct operator_context *context,
		     struct operator_step **step, struct table_error *error)
{
	struct text_step *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return operator_fail(bound, UINT64_MAX, error, -ENOMEM, "no memory");
	s->ops = &ops;
	s->made_count = 1;
	return text_step_open(s, bound, context, step, error);
}
