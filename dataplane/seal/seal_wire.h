/*
 * The outer format: what a UDP payload of sealed nodes holds. docs/wire.md explains it.
 *
 * All integers are little-endian; structs are copied in and out with memcpy.
 */
#ifndef SEAL_WIRE_H
#define SEAL_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include "noise.h"

#define SEAL_WIRE_MAGIC 0xd7 /* no clear packet begins so: they begin with "M" */
#define SEAL_WIRE_VERSION 1

enum seal_type { SEAL_INITIATION = 1, SEAL_RESPONSE, SEAL_DATA, SEAL_HINT };

struct seal_head {
	uint8_t magic;
	uint8_t version;
	uint8_t type;
	uint8_t suite;    /* initiation: pattern << 4 | cipher; else 0 */
	uint32_t index;   /* initiation: its sender's; hint: of the data; else the receiver's */
	uint64_t counter; /* data: nonce; response: its sender's index; hint: of the data; else 0 */
};

/* The payload of both handshake messages. */
struct seal_identity {
	uint16_t from_node;
	uint16_t to_node;
	uint32_t index;       /* the sender's: again, where nobody can change it */
	uint64_t incarnation; /* of the sender */
	uint64_t sequence;    /* of the initiation, in that incarnation; the response repeats it */
};

#define SEAL_HEAD_BYTES 16
#define SEAL_IDENTITY_BYTES 24
#define SEAL_MAC_BYTES 16 /* ends both handshake messages */
#define SEAL_HINT_BYTES (SEAL_HEAD_BYTES + SEAL_MAC_BYTES)
#define SEAL_OVERHEAD_BYTES (SEAL_HEAD_BYTES + SEAL_TAG_BYTES) /* of data */
#define SEAL_HANDSHAKE_BYTES_MAX 152                           /* IK's initiation */
_Static_assert(sizeof(struct seal_head) == SEAL_HEAD_BYTES, "outer version 1");
_Static_assert(SEAL_HINT_BYTES <= SEAL_OVERHEAD_BYTES, "a hint amplifies nothing");
_Static_assert(offsetof(struct seal_head, index) == 4, "outer version 1");
_Static_assert(offsetof(struct seal_head, counter) == 8, "outer version 1");
_Static_assert(sizeof(struct seal_identity) == SEAL_IDENTITY_BYTES, "outer version 1");
_Static_assert(offsetof(struct seal_identity, incarnation) == 8, "outer version 1");

#endif
