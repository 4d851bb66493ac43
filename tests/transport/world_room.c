/* Where a body is received: its bytes, and guards before and behind that nobody may write. */
#include <stdlib.h>
#include <string.h>

#include <millrace/hash.h>

#include "test.h"
#include "world_state.h"

#define GUARD_BYTES 32
#define GUARD 0xa5

uint8_t *room_body(const struct planned *m)
{
	return m->room + GUARD_BYTES;
}

void room_open(struct planned *m)
{
	m->room = malloc(m->body_bytes + (size_t)2 * GUARD_BYTES);
	CHECK(m->room != NULL);
	memset(m->room, GUARD, GUARD_BYTES);
	memset(room_body(m) + m->body_bytes, GUARD, GUARD_BYTES);
}

static bool guards_good(const struct planned *m)
{
	for (uint32_t i = 0; i < GUARD_BYTES; i++)
		if (m->room[i] != GUARD || room_body(m)[m->body_bytes + i] != GUARD)
			return false;
	return true;
}

bool room_good(const struct planned *m)
{
	return memcmp(room_body(m), m->body, m->body_bytes) == 0 && guards_good(m);
}

void room_abandon(struct planned *m)
{
	m->room_hash = mr_hash64(room_body(m), m->body_bytes);
}

bool room_untouched(const struct planned *m)
{
	if (m->room == NULL)
		return true;
	if (m->delivered)
		return room_good(m);
	return guards_good(m) &&
	       (!m->lost || m->room_hash == mr_hash64(room_body(m), m->body_bytes));
}

void room_close(struct planned *m)
{
	free(m->room);
	m->room = NULL;
}
