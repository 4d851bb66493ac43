/* Growing buffers. */
#include "table_bytes.h"

#include <errno.h>
#include <stdlib.h>

#define ROOM_FIRST 256

size_t table_bytes_room(const struct table_bytes *bytes, size_t more)
{
	size_t room = bytes->room > 0 ? bytes->room : ROOM_FIRST;

	if (more > SIZE_MAX / 4 - bytes->count)
		return SIZE_MAX;
	if (bytes->room - bytes->count >= more)
		return bytes->room;
	while (room - bytes->count < more)
		room *= 2;
	return room;
}

int table_bytes_reserve(struct table_bytes *bytes, size_t more)
{
	size_t room = table_bytes_room(bytes, more);
	uint8_t *at;

	if (room == SIZE_MAX)
		return -ENOMEM;
	if (room == bytes->room)
		return 0;
	at = aligned_alloc(TABLE_ALIGN, room);
	if (at == NULL)
		return -ENOMEM;
	if (bytes->count > 0)
		memcpy(at, bytes->at, bytes->count);
	free(bytes->at);
	bytes->at = at;
	bytes->room = room;
	return 0;
}

void table_bytes_free(struct table_bytes *bytes)
{
	free(bytes->at);
	*bytes = (struct table_bytes){0};
}
