/*
 * A simulated card with two memory banks and one compute unit of each kernel of hls/. It is what
 * the functions of XRT's driver interface (driver.c) act on; XRT calls them from several threads,
 * so that everything here is behind one lock, which no kernel holds while it runs.
 *
 * A buffer has two memories: the host's, which XRT maps, and the device's, which kernels see. Only
 * a transfer makes them equal, and the device's is poisoned at first: who forgets one computes on
 * 0xa5.
 */
#ifndef CARD_H
#define CARD_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fault_plan.h"
#include "kernel_table.h"

#define CARD_BUFFERS_MAX 1024 /* as a table: XRT keeps a few for commands beside ours */
#define CARD_QUEUE_MAX 64     /* commands that wait for one compute unit */
#define CARD_POISON 0xa5

struct card_buffer {
	bool used;
	bool host_owned; /* else it is the user's */
	uint8_t *host;
	uint8_t *device;  /* NULL: a command, which no kernel sees */
	uint64_t address; /* of the device's memory, as kernels are given it */
	uint64_t bytes;
	uint32_t flags;
};

/* Each has a thread and a queue, as on a card. */
struct card_unit {
	struct card *card;
	const struct kernel *kernel; /* NULL: none */
	enum kernel_number number;
	pthread_t thread;
	pthread_cond_t wake;
	uint32_t queue[CARD_QUEUE_MAX]; /* buffers that are commands */
	uint32_t first, count;
	bool busy;
	bool hung; /* takes nothing more until the card is closed */
};

struct card {
	pthread_mutex_t lock;
	pthread_cond_t done;
	bool open;
	bool stop;
	bool lost;                                    /* says so to every call until it is closed */
	uint32_t done_count;                          /* commands that ended, not yet waited for */
	struct card_buffer buffers[CARD_BUFFERS_MAX]; /* number 0 stays free */
	struct card_unit units[KERNELS];
	struct fault_plan faults;
};

/* Powers the card up, or says on standard error why its environment is wrong. 0 or -errno. */
int card_open(struct card *card);
/* Waits for kernels that run, and forgets all buffers. */
void card_close(struct card *card);
/* Which kernel is at which place among the compute units. 0; -EINVAL if it is none of ours. */
int card_unit_set(struct card *card, uint32_t place, const char *kernel);

/* A buffer in a bank, beside memory of the user if that is not NULL. Its number, or -errno. */
int card_buffer_alloc(struct card *card, void *user, uint64_t bytes, uint32_t flags);
/* Waits for kernels that run: they may be at it. */
void card_buffer_free(struct card *card, uint32_t number);
/* NULL: there is none of that number. */
struct card_buffer *card_buffer_find(struct card *card, uint32_t number);
/* Moves bytes between the two memories. 0; -EINVAL out of range, -ENODEV on a lost card. */
int card_buffer_sync(struct card *card, uint32_t number, bool to_device, uint64_t bytes,
		     uint64_t offset);
/* Where device memory of these bytes lies; NULL if no buffer has all of it. */
void *card_address_resolve(struct card *card, uint64_t address, uint64_t bytes);

/* Queues the command in a buffer. 0; -EINVAL: it is none; -EBUSY, -ENODEV. */
int card_command_submit(struct card *card, uint32_t number);
/* Waits until a command has ended: 1; 0 on timeout; -ENODEV on a lost card. */
int card_command_wait(struct card *card, int timeout_ms);

/* The thread of a unit: runs commands until the card stops. */
void *card_unit_loop(void *unit);
/* Runs a kernel on the values of a register map of so many words. 0 or -errno, said on standard
 * error: an address that is no buffer's, as a bus would answer. */
int card_unit_run(struct card_unit *unit, const uint32_t *registers, uint32_t words);

#endif
