/*
 * Zygotes as the host sees them: started, asked for runs, stopped.
 *
 * A zygote serves one run at a time; who has it may call zygote_run(). It dies with this process,
 * and any thread may interrupt its run.
 */
#ifndef PROCESS_ZYGOTE_H
#define PROCESS_ZYGOTE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "process_protocol.h"

struct zygote {
	pid_t pid;
	int socket;
	uint64_t runs;            // begun: the number of the current one
	_Atomic uint64_t running; // number of the run under way, 0: none. owner wo, interrupt ro
	/* The descriptor of a region's memory that it has, by its inode: 0 is none. */
	dev_t memory_dev;
	ino_t memory_ino;
	/* For regions of a pool without a descriptor: memory of our own that they are copied to. */
	int window_fd; // -1: none yet
	uint8_t *window;
	uint64_t window_bytes;
	struct zygote *next_idle;   // of its code
	struct zygote *next, *prev; // of all
};

/* Starts a zygote for an image whose segments lie page by page in image_fd. 0, or -errno with error
 * text. */
int zygote_start(const struct image *image, int image_fd, struct zygote **started, char *error,
		 size_t error_bytes);
/* Ends it, whatever it does; nulls *zygote. */
void zygote_stop(struct zygote **zygote);
/* One run; request->run is set here. memory_fd -1: the zygote has the descriptor already. 0, or
 * -errno when the zygote is gone and can only be stopped. */
int zygote_run(struct zygote *zygote, struct process_request *request, int memory_fd,
	       struct process_reply *reply);
/* Ends the runs under way, as if out of time. */
void zygotes_interrupt(void);

#endif
