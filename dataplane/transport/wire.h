/*
 * The wire format: what a UDP payload of Millrace holds. docs/wire.md explains it.
 *
 * All integers are little-endian, as every target is; structs are copied in and out with memcpy.
 */
#ifndef WIRE_H
#define WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <millrace/limits.h>

#include "transport.h"

#define WIRE_MAGIC 0x5457524du /* "MRWT" */
#define WIRE_VERSION 2

#define WIRE_CHUNK_BYTES_MIN 256 /* a head fits into the first chunk */
#define WIRE_ACK_WORDS_MAX (MR_CHUNK_WINDOW / 64 + 1)
#define WIRE_CONTROL_BYTES_MAX 476 /* of entries in one ACK or PROBE; fits any MTU */

enum wire_type {
	WIRE_HELLO = 1, /* who are you, and does a packet of this length reach you? */
	WIRE_WELCOME,   /* this is my incarnation: answers HELLO, or a packet to a former self */
	WIRE_DATA,      /* one chunk of a message */
	WIRE_ACK,       /* state of messages being received, and credit for them */
	WIRE_PROBE,     /* asks for the state of messages */
	WIRE_RESET,     /* the messages of this session were given up */
	WIRE_SMALL,     /* small messages, whole, and an echo */
};

enum wire_flag {
	WIRE_PAYLOAD_CHECKED = 1, /* DATA: the CRC covers the body's bytes as well */
	WIRE_ANSWER = 2,          /* DATA: its sender waits, or soon would: answer at once */
	WIRE_FLAGS = WIRE_PAYLOAD_CHECKED | WIRE_ANSWER,
};

struct wire_header {
	uint32_t magic;
	uint8_t version;
	uint8_t type;
	uint16_t flags; /* enum wire_flag; the others are zero */
	uint16_t from_node;
	uint16_t to_node;
	uint32_t crc; /* CRC32C of the UDP payload, this field taken as zero; see wire_covered() */
	uint64_t from_incarnation;
	uint64_t to_incarnation; /* 0: not known to live, HELLO only */
	uint32_t session; /* DATA, SMALL, PROBE: the sender's; ACK, RESET: of what is answered */
	uint32_t packet;  /* DATA, SMALL: number of this packet; ACK: highest number seen */
};

/* What its sender has heard: in front of the entries of an ACK, and of the messages of SMALL. */
struct wire_echo {
	uint32_t session;    /* that was heard; 0: none yet, and the rest means nothing */
	uint32_t packet;     /* highest number seen in it */
	uint32_t ce;         /* packets of it that came marked CE (RFC 3168) */
	uint32_t delay_us;   /* since that highest one came */
	uint32_t lane;       /* small messages below it are here; numbers wrap */
	uint16_t words;      /* of the bitmap that follows; its bit 0 is message lane / 64 * 64 */
	uint16_t duplicates; /* packets that brought what was here already; wraps */
};

/* In front of each small message: then come its head and its body. */
struct wire_small {
	uint32_t number; /* from 0, in each session; numbers wrap */
	uint32_t flow_seq;
	uint16_t body_bytes; /* at least 1 */
	uint8_t flow;
	uint8_t reserved;    /* zero */
	uint16_t head_bytes; /* the struct has padding behind, the wire has not */
};

/* Behind the header of HELLO, and of a WELCOME that answers one. A HELLO has zeros behind it. */
struct wire_hello {
	uint32_t session;    /* of the sender's messages to this peer; earlier ones are given up */
	uint16_t mtu;        /* of the sender's port: no longer IP packet gets there */
	uint16_t path_bytes; /* WELCOME: of the IP packet that was the HELLO; HELLO: 0 */
	uint32_t sleep_us;   /* so long a packet may wait at the sender's port while it is idle */
};

/* The head and the body of a message are one stream, cut into chunks of equal size. */
struct wire_data {
	uint64_t message;    /* from 1, in each session */
	uint64_t body_bytes; /* 1..MR_MESSAGE_BYTES_MAX */
	uint32_t chunk;
	uint16_t chunk_bytes;
	uint16_t unscheduled; /* chunks that its sender sends before it has credit: at least 1 */
	uint32_t flow_seq;    /* from 0, in each flow and session */
	uint16_t flow;
	uint16_t head_bytes;
};

enum wire_state {
	WIRE_OFFERED = 1, /* the receiver's user has not decided */
	WIRE_ACCEPTED,
	WIRE_DELIVERED, /* final */
	WIRE_REJECTED,  /* final, with code */
};

struct wire_ack {
	uint64_t message;
	uint32_t cumulative; /* chunks below it are here */
	uint32_t grant;      /* chunks below it may be sent */
	uint8_t state;
	uint8_t words; /* of the bitmap that follows; its bit 0 is chunk cumulative / 64 * 64 */
	uint16_t code; /* of a rejection */
};

#define WIRE_HEADER_BYTES 40
#define WIRE_HELLO_BYTES 12
#define WIRE_DATA_BYTES 32
#define WIRE_ACK_BYTES 20 /* the struct has padding behind, the wire has not */
#define WIRE_ECHO_BYTES 24
#define WIRE_ECHO_WORDS_MAX (MR_MESSAGES_OUT_MAX / 64 + 1)
#define WIRE_SMALL_BYTES 14
_Static_assert(sizeof(struct wire_header) == WIRE_HEADER_BYTES, "wire version 2");
_Static_assert(offsetof(struct wire_header, from_node) == 8, "wire version 2");
_Static_assert(offsetof(struct wire_header, crc) == 12, "wire version 2");
_Static_assert(offsetof(struct wire_header, from_incarnation) == 16, "wire version 2");
_Static_assert(offsetof(struct wire_header, session) == 32, "wire version 2");
_Static_assert(offsetof(struct wire_header, packet) == 36, "wire version 2");
_Static_assert(sizeof(struct wire_hello) == WIRE_HELLO_BYTES, "wire version 2");
_Static_assert(offsetof(struct wire_hello, path_bytes) == 6, "wire version 2");
_Static_assert(sizeof(struct wire_data) == WIRE_DATA_BYTES, "wire version 2");
_Static_assert(offsetof(struct wire_data, chunk) == 16, "wire version 2");
_Static_assert(offsetof(struct wire_data, flow) == 28, "wire version 2");
_Static_assert(offsetof(struct wire_ack, cumulative) == 8, "wire version 2");
_Static_assert(offsetof(struct wire_ack, state) == 16, "wire version 2");
_Static_assert(offsetof(struct wire_ack, code) == 18, "wire version 2");
_Static_assert(sizeof(struct wire_echo) == WIRE_ECHO_BYTES, "wire version 2");
_Static_assert(offsetof(struct wire_echo, lane) == 16, "wire version 2");
_Static_assert(offsetof(struct wire_small, flow) == 10, "wire version 2");
_Static_assert(offsetof(struct wire_small, head_bytes) == 12, "wire version 2");

/* What both ends compute alike about a message. */
struct wire_shape {
	uint64_t body_bytes;
	uint32_t head_bytes;
	uint32_t chunk_bytes;
	uint32_t chunk_count;
	uint32_t unscheduled; /* chunks that may be sent before credit: at least 1, told by DATA */
};

/* With as many unscheduled chunks as are allowed. */
void wire_shape_init(struct wire_shape *shape, uint64_t body_bytes, uint32_t head_bytes,
		     uint32_t chunk_bytes);
/* Where the body part of a chunk lies, and how many bytes it has (chunk 0 also holds the head). */
uint64_t wire_chunk_offset(const struct wire_shape *shape, uint32_t chunk);
uint32_t wire_chunk_body_bytes(const struct wire_shape *shape, uint32_t chunk);

/* How many bytes of a packet, from its start, its CRC covers: all, but for the body's part in DATA
 * that does not say WIRE_PAYLOAD_CHECKED. Never more than bytes, whatever the packet holds. */
uint32_t wire_covered(const uint8_t *packet, uint32_t bytes);
/* Puts the CRC into the header at packet: over what is to be covered of its bytes and those of
 * payload that follow. */
void wire_seal(uint8_t *packet, uint32_t bytes, const void *payload, uint32_t payload_bytes);

enum wire_verdict { WIRE_GOOD, WIRE_SHORT, WIRE_MALFORMED, WIRE_BAD_VERSION, WIRE_BAD_CHECKSUM };

/* Checks length, magic, version and CRC of a UDP payload, and copies its header out. */
enum wire_verdict wire_open(const uint8_t *packet, uint32_t bytes, struct wire_header *header);
/* Reads what follows the header of DATA; false unless every field and the length fit together. */
bool wire_read_data(const uint8_t *body, uint32_t bytes, struct wire_data *data,
		    struct wire_shape *shape);
/* Reads an echo and its bitmap; returns its length, or 0 when it is malformed. */
uint32_t wire_read_echo(const uint8_t *at, uint32_t bytes, struct wire_echo *echo,
			uint64_t words[WIRE_ECHO_WORDS_MAX]);
uint32_t wire_write_echo(uint8_t *at, const struct wire_echo *echo, const uint64_t *words);
/* Field by field: a struct that was just written cannot be read back by longer words at once. */
static inline void wire_write_small(uint8_t *at, const struct wire_small *small)
{
	memcpy(at, &small->number, sizeof(small->number));
	memcpy(at + 4, &small->flow_seq, sizeof(small->flow_seq));
	memcpy(at + 8, &small->body_bytes, sizeof(small->body_bytes));
	at[10] = small->flow;
	at[11] = 0;
	memcpy(at + 12, &small->head_bytes, sizeof(small->head_bytes));
}

/* Reads what is in front of a small message; returns its length with head and body, or 0. */
static inline uint32_t wire_read_small(const uint8_t *at, uint32_t bytes, struct wire_small *small)
{
	uint32_t length;

	if (bytes < WIRE_SMALL_BYTES)
		return 0;
	memcpy(&small->number, at, sizeof(small->number));
	memcpy(&small->flow_seq, at + 4, sizeof(small->flow_seq));
	memcpy(&small->body_bytes, at + 8, sizeof(small->body_bytes));
	small->flow = at[10];
	small->reserved = at[11];
	memcpy(&small->head_bytes, at + 12, sizeof(small->head_bytes));
	length = WIRE_SMALL_BYTES + small->head_bytes + small->body_bytes;
	if (small->body_bytes == 0 || small->head_bytes > TRANSPORT_HEAD_BYTES_MAX ||
	    small->flow >= MR_FLOWS_MAX || small->reserved != 0 || length > bytes)
		return 0;
	return length;
}
/* Reads one entry of an ACK and its bitmap; returns its length, or 0 when it is malformed. */
uint32_t wire_read_ack(const uint8_t *entry, uint32_t bytes, struct wire_ack *ack,
		       uint64_t words[WIRE_ACK_WORDS_MAX]);
uint32_t wire_write_ack(uint8_t *entry, const struct wire_ack *ack, const uint64_t *words);

#endif
