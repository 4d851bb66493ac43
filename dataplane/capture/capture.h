/*
 * Captures the frames of links into a file in the pcapng format.
 *
 * Each link has a tap of its own, which copies frames into a ring and never waits: what finds no
 * room is missed and counted, by the link as tap_missed, and in the file. A thread of the capture
 * empties the rings and writes. Frames are those of the link: not sealed yet, or opened already.
 *
 * A frame is as old as the turn of its node's loop. Frames of several nodes are in the order of
 * their times, as far as they were there when the writer looked.
 */
#ifndef CAPTURE_H
#define CAPTURE_H

#include "packet_link.h"

struct capture;

struct capture_config {
	const char *path;   /* made anew; only its owner may read it */
	uint64_t bytes_max; /* of the file; 0: MR_CAPTURE_BYTES_DEFAULT. Frames beyond are missed */
	uint32_t snap_bytes; /* kept of a frame at most; 0: all of it */
	uint64_t epoch_ns;   /* added to the times that taps are told: 1970 to their zero */
	/* Called once, by the writer's thread, when nothing more goes into the file though links go
	 * on: error is -errno of the disk, or 0 at bytes_max. May be NULL. */
	void (*ended)(const char *path, int error);
};

struct capture_counts {
	uint64_t frames; /* in the file */
	uint64_t missed;
	int error; /* 0, or -errno: the file is not whole */
	bool told; /* by ended() */
};

/* 0 or -errno with error text. */
int capture_open(struct capture **capture, const struct capture_config *config, char *error,
		 size_t error_bytes);
/* A tap for one link, known by that name in the file; it lasts as long as the capture. Before any
 * tap is used. 0, -ENOSPC over MR_CAPTURE_TAPS_MAX, or -ENOMEM. */
int capture_tap(struct capture *capture, const char *name, struct link_tap **tap);
/* Starts the writer; all taps are there. 0 or -errno. */
int capture_start(struct capture *capture);
/* Writes what is left, when no link uses a tap any more. counts may be NULL. Nulls *capture;
 * *capture may be NULL. */
void capture_close(struct capture **capture, struct capture_counts *counts);

#endif
