/* Bytes that grow at their end, 64-byte aligned as Arrow wants its buffers. */
#ifndef TABLE_BYTES_H
#define TABLE_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define TABLE_ALIGN \
	64 /* the columnar format's recommendation: a line of cache, an AVX-512 register */

struct table_bytes {
	uint8_t *at;
	size_t count;
	size_t room;
};

/* The room that there is once table_bytes_reserve() made it; SIZE_MAX when it can't. */
size_t table_bytes_room(const struct table_bytes *bytes, size_t more);
/* Makes room for more bytes behind what is there. 0 or -ENOMEM. */
int table_bytes_reserve(struct table_bytes *bytes, size_t more);
void table_bytes_free(struct table_bytes *bytes);

static inline int table_bytes_add(struct table_bytes *bytes, const void *from, size_t count)
{
	int rc = bytes->room - bytes->count >= count ? 0 : table_bytes_reserve(bytes, count);

	if (rc == 0 && count > 0) {
		memcpy(bytes->at + bytes->count, from, count);
		bytes->count += count;
	}
	return rc;
}

#endif
