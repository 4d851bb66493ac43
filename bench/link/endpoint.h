/*
 * One end of the product's packet path, as a worker of a benchmark has it: port, transport, link,
 * regions to send from and memory for what arrives. A pattern drives it.
 */
#ifndef ENDPOINT_H
#define ENDPOINT_H

#include "endpoint_seal.h"
#include "packet_link.h"
#include "poll_clock.h"
#include "port.h"
#include "region.h"
#include "transport.h"
#include "worker.h"

#define ENDPOINT_LAND_BYTES (64u << 20) /* arrived messages lie there in rotation, as raw's do */
#define ENDPOINT_SOURCES_MAX 64         /* messages unfinished at once */

/* Travels as the head of each message. */
struct endpoint_head {
	uint32_t source; /* whose bytes are in the body */
	uint32_t kind;   /* enum endpoint_kind */
};

enum endpoint_kind { ENDPOINT_BULK, ENDPOINT_SMALL, ENDPOINT_ECHO };

/* Where a message landed. */
struct endpoint_slot {
	uint32_t bytes; /* 0: nothing whole is there */
	uint32_t source;
	bool filling; /* accepted, not whole yet */
};

struct endpoint;

/* What a pattern does; any may be NULL. */
struct endpoint_pattern {
	void (*arrived)(struct endpoint *endpoint, const struct endpoint_head *head,
			uint64_t bytes);
	void (*sent)(struct endpoint *endpoint, uint32_t source, enum endpoint_kind kind);
	void (*turn)(struct endpoint *endpoint); /* once a loop, before frames are sent */
};

struct endpoint {
	struct worker *worker;
	uint32_t core; /* of those that share its port's device */
	struct port *port;
	struct transport *transport;
	void *transport_memory;
	struct link *link;
	struct endpoint_seal seal;
	struct region_pool *pool;
	struct region *land;
	struct region *sources[ENDPOINT_SOURCES_MAX];
	uint64_t *ticks; /* round trips of a run */

	struct poll_clock clock; /* as a node asks for the time */
	uint64_t now_ns;
	const struct pair_order *order; /* of the run */
	const struct endpoint_pattern *pattern;
	struct pair_answer *answer;
	struct endpoint_slot *slots;
	uint32_t slot_count;
	uint32_t slot_next;
	uint32_t slot_bytes;
	uint32_t unsent;     /* messages handed to the transport, not yet SENT */
	uint32_t unanswered; /* messages sent that an echo is to come for */
	uint32_t tick_count;
	bool counting; /* warm: what arrives counts */
	bool failed;

	struct port_poll poll; /* when to sleep, as nodes decide it */
	bool sleeps;           /* or never */
};

/* For each of the setup's cores (at least one) an end on a queue of its own. 0 or -errno with error
 * text. */
int endpoint_open(struct endpoint **endpoints, struct worker *workers,
		  const struct pair_setup *setup, char *error, size_t error_bytes);
void endpoint_close(struct endpoint **endpoint);

/* Makes sources and slots for messages of the order's sizes, and the link that drops as it says. 0
 * or -errno with answer->text. */
int endpoint_prepare(struct endpoint *endpoint, const struct pair_order *order,
		     const struct endpoint_pattern *pattern, struct pair_answer *answer);
/* One turn of the loop, and then sleep, where it is to. */
void endpoint_turn(struct endpoint *endpoint);
/* Sends source number source. False when the transport has no room: try again. */
bool endpoint_send(struct endpoint *endpoint, uint32_t source, uint32_t bytes,
		   enum endpoint_kind kind);
/* Compares what lies in the slots with what was sent: 0, or -EILSEQ with answer->text. */
int endpoint_verify(struct endpoint *endpoint);

/* Of port and transport, but for what the link drops on purpose. */
uint64_t endpoint_drops(const struct endpoint *endpoint);

#endif
