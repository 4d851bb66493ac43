/* The table for keys of bytes: of offload/rows, which are equal where all columns are. */
#ifndef GROUP_KEYS_H
#define GROUP_KEYS_H

#include "group_kernels.h"
#include "row_key.h"

struct group_keys {
	struct row_budget *budget;
	struct row_keys keys;      /* of the groups, in their order */
	struct table_bytes hashes; /* uint64_t, of the same */
	struct table_bytes slots;  /* struct key_slot, 1 << bits of them */
	uint32_t bits;
};

int group_keys_init(struct group_keys *table, struct row_budget *budget);
void group_keys_free(struct group_keys *table);
/* The groups of keys, count of them; those that are new become groups from *groups_count on when
 * insert says so, and their places are appended to made. 0, -ENOMEM or -EDQUOT. */
int group_keys_find(struct group_keys *table, const struct row_keys *keys, uint32_t count,
		    bool insert, uint32_t *group_count, uint32_t *groups, uint32_t *made,
		    uint32_t *made_count);

#endif
