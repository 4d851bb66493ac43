/*
 * authorise: which services a token opens, by what the authorisation service answered.
 *
 * Inputs token (one item; a line end behind it does not count) and grants: lines "TOKEN SERVICE".
 * Output allowed, an item for each service, which is its name and its bytes.
 */
#include "text.h"

static int grants_take(struct mr_call *call, struct mr_bytes grants, struct mr_bytes token,
		       struct mr_set *allowed)
{
	struct mr_bytes line, granted;

	while (text_next(&grants, '\n', &line)) {
		if (!text_next(&line, ' ', &granted) || !mr_equal(granted, token) || line.len == 0)
			continue;
		if (mr_out_add(call, allowed, line, mr_none(), line) != 0)
			return MR_FAILED;
	}
	return 0;
}

static int authorise(struct mr_call *call)
{
	const struct mr_item *token_item = mr_in_only(call, "token");
	const struct mr_set *grants = mr_in(call, "grants");
	struct mr_set *allowed = mr_out(call, "allowed");
	struct mr_bytes token;

	if (token_item == NULL || grants == NULL || allowed == NULL)
		return MR_FAILED;
	token = mr_item_bytes(call, token_item);
	if (token.len > 0 && token.data[token.len - 1] == '\n')
		token.len--;
	for (uint32_t i = 0; i < grants->item_count; i++)
		if (grants_take(call, mr_item_bytes(call, mr_in_item(call, grants, i)), token,
				allowed) != 0)
			return MR_FAILED;
	if (allowed->item_count == 0)
		return mr_fail(call, "the token opens no service: is it the right one?");
	return 0;
}

MR_ENTRY(authorise)
