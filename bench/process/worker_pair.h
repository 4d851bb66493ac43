/*
 * Two workers, each polling on a core of its own, between which a benchmark sends: two processes
 * on two ends of a wire, or two threads of one process. They sleep between runs, so that several
 * pairs can be open and take turns.
 */
#ifndef WORKER_PAIR_H
#define WORKER_PAIR_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <millrace/limits.h>

#include "process.h"

#define PAIR_SPEC_BYTES 512

enum pair_role { PAIR_SENDER, PAIR_RECEIVER, PAIR_ROLES };

enum pair_pattern {
	PAIR_FLOOD,    /* frames, or messages, as fast as they go */
	PAIR_PINGPONG, /* one, and its echo, and so on */
	PAIR_REQUESTS, /* small requests, a window of them unanswered; echoed */
	PAIR_BESIDE,   /* small messages one at a time, beside a flood of large ones */
	PAIR_SPARSE,   /* one, now and then: a window of 0 is nothing at all */
};

/* What a worker opens. */
struct pair_setup {
	char kind[32];              /* of worker: whose code runs */
	char spec[PAIR_SPEC_BYTES]; /* of its port */
	uint32_t mtu;               /* bytes of an IP packet */
	bool sleeps;                /* the receiver may sleep, as the order says */
	bool sealed;                /* frames are sealed */
	uint32_t cores;             /* of kinds "...-cores": threads of each worker; else 0 */
};

/* One run. Both workers get the same. */
struct pair_order {
	enum pair_pattern pattern;
	uint32_t poll;          /* enum port_poll_mode, of a receiver that may sleep */
	uint32_t number;        /* of the run; larger each time */
	uint32_t frame_bytes;   /* raw: with Ethernet header, without FCS */
	uint32_t head_bytes;    /* raw: of a frame, before its payload */
	uint32_t message_bytes; /* ours */
	uint32_t small_bytes;   /* PAIR_BESIDE */
	uint32_t window;        /* messages unfinished at once */
	uint32_t gap_ms;        /* PAIR_SPARSE: from one to the next */
	uint32_t warm_ms;       /* before anything counts */
	uint32_t run_ms;
	uint32_t loss_ppm; /* dropped at the receiver's input, on purpose */
	uint64_t seed;     /* of that */
	bool copies;       /* raw: the receiver copies each payload once */
};

struct pair_answer {
	int rc; /* 0 or -errno, with text */
	char text[MR_ERROR_BYTES_MAX];
	uint64_t elapsed_ns;            /* counted time */
	uint64_t units;                 /* frames, messages or round trips in it */
	uint64_t bytes;                 /* of payload in it */
	double p50_ns, p99_ns, p999_ns; /* one way: half of a round trip */
	uint64_t drops;                 /* of the port and the transport, not the ones on purpose */
	uint64_t retransmits;
	uint64_t verified; /* messages whose every byte was compared */
	uint64_t cpu_ns;   /* the worker used in elapsed_ns */
};

/* Both workers see it; of those with several threads each thread and its other have their own. */
struct pair_shared {
	_Atomic uint32_t arrived[PAIR_ROLES];  // run number; its worker: wo, other: ro
	_Atomic uint32_t stopped;              // run number; who times the run: wo, other: ro
	_Atomic uint32_t finished[PAIR_ROLES]; // run number; its worker: wo, other: ro
} __attribute__((aligned(64)));

#define PAIR_SHARED_BYTES (MR_IO_CORES_MAX * sizeof(struct pair_shared))

struct pair {
	struct process processes[PAIR_ROLES];
	uint32_t process_count;
	int sockets[PAIR_ROLES];
	struct pair_shared *shared;
	uint32_t number; /* of the last run */
	bool broken;     /* a worker failed: the other may wait for it for ever */
};

/* Starts the workers, receiver first. 0 or -errno with error text. */
int pair_open(struct pair *pair, const struct pair_setup setups[PAIR_ROLES], char *error,
	      size_t error_bytes);
/* One run; order->number is set here. answers are by role. 0 or -errno with error text; the pair
 * can only be closed after an error. */
int pair_run(struct pair *pair, struct pair_order *order, struct pair_answer answers[PAIR_ROLES],
	     char *error, size_t error_bytes);
void pair_close(struct pair *pair);

#endif
