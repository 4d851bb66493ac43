/* --pcap of the programs: opens the capture, and says at its end what it misses. */
#ifndef CAPTURE_FILE_H
#define CAPTURE_FILE_H

#include "capture.h"

struct capture_options {
	const char *path;                           /* NULL: no capture */
	uint64_t bytes_max;                         /* 0: the default */
	uint32_t snap_bytes;                        /* 0: all of a frame */
	void (*ended)(const char *path, int error); /* as capture_config's; NULL: told at the end */
};

/* In virtual time frames are dated from 1970 on. Without a path *capture is NULL. 0 or -errno with
 * error text. */
int capture_file_open(struct capture **capture, const struct capture_options *options,
		      bool virtual_time, char *error, size_t error_bytes);
/* Appends to note when frames are missing or the file is not whole. Nulls *capture, which may be
 * NULL. */
void capture_file_close(struct capture **capture, const struct capture_options *options, char *note,
			size_t note_bytes);

#endif
