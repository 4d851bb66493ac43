/* Keys in order. */
#ifndef KEY_SORT_H
#define KEY_SORT_H

#include "row_key.h"

/* order becomes the numbers of keys, count of them, as memcmp() orders these, stably. Its memory is
 * on account of budget. 0, -ENOMEM or -EDQUOT. */
int key_sort(const struct row_keys *keys, uint64_t count, uint64_t *order,
	     struct row_budget *budget);

#endif
