/*
 * Cores in virtual time: items that need I/O and then computing, more of them than the cores can
 * take, and cores of which each does one or the other. What waits between the two is bounded, as a
 * node's slots are: then I/O cores stand still. A core that changes sides ends its item first.
 */
#ifndef SIM_CORES_H
#define SIM_CORES_H

#include <stdbool.h>
#include <stdint.h>

#include "random.h"

#define SIM_CORES_MAX 64

struct sim_core {
	bool io;      /* which side it is on, or goes to after its item */
	bool item_io; /* the item in hand */
	bool busy;
	uint64_t from_ns, until_ns; /* of the item in hand */
};

struct sim_cores {
	struct sim_core cores[SIM_CORES_MAX];
	uint32_t count;
	uint32_t between_max;
	uint32_t between;           /* items whose I/O is done */
	uint32_t reserved;          /* items in the hands of I/O cores */
	uint64_t io_ns, compute_ns; /* of an item, in the mean; each is within a half of that */
	uint64_t now_ns;
	uint64_t done;        /* items */
	uint64_t ended_ns[2]; /* busy with items that have ended: compute, I/O */
	struct sim_random random;
};

/* The first io_count of count cores do I/O. */
void sim_cores_init(struct sim_cores *cores, uint32_t count, uint32_t io_count, uint64_t seed);
/* What items take from now on. */
void sim_cores_work(struct sim_cores *cores, uint64_t io_ns, uint64_t compute_ns);
void sim_cores_run(struct sim_cores *cores, uint64_t until_ns);
/* So many cores go to I/O; negative: to compute. Idle ones first. */
void sim_cores_move(struct sim_cores *cores, int32_t to_io);
/* Time that cores have been busy with I/O, or with computing, until now. */
uint64_t sim_cores_busy_ns(const struct sim_cores *cores, bool io);

#endif
