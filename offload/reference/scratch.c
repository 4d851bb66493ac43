/* Text that is made for a row. */
#include <stdlib.h>

#include "reference.h"

#define BLOCK_BYTES 4096 /* many values of at most TABLE_TEXT_BYTES_MAX */

struct reference_block {
	struct reference_block *next;
	uint8_t bytes[];
};

uint8_t *reference_scratch_take(struct reference_scratch *scratch, size_t bytes)
{
	uint8_t *at;

	if (scratch->room - scratch->used < bytes) {
		size_t room = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
		struct reference_block *block = malloc(sizeof(*block) + room);

		if (block == NULL)
			return NULL;
		block->next = scratch->blocks;
		scratch->blocks = block;
		scratch->at = block->bytes;
		scratch->used = 0;
		scratch->room = room;
	}
	at = scratch->at + scratch->used;
	scratch->used += bytes;
	return at;
}

void reference_scratch_clear(struct reference_scratch *scratch)
{
	struct reference_block *block = scratch->blocks;

	/* The last block is kept, so that a row after the other allocates nothing. */
	if (block == NULL)
		return;
	while (block->next != NULL) {
		struct reference_block *older = block->next;

		block->next = older->next;
		free(older);
	}
	scratch->used = 0;
}

void reference_scratch_free(struct reference_scratch *scratch)
{
	reference_scratch_clear(scratch);
	free(scratch->blocks);
	*scratch = (struct reference_scratch){0};
}
