/* The capture of a program's nodes. */
#include "capture_file.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

int capture_file_open(struct capture **capture, const struct capture_options *options,
		      bool virtual_time, char *error, size_t error_bytes)
{
	struct capture_config config = {
	    .path = options->path,
	    .bytes_max = options->bytes_max,
	    .snap_bytes = options->snap_bytes,
	    .ended = options->ended,
	};

	*capture = NULL;
	if (options->path == NULL)
		return 0;
	if (!virtual_time) /* nodes count from the machine's start */
		config.epoch_ns = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC);
	return capture_open(capture, &config, error, error_bytes);
}

void capture_file_close(struct capture **capture, const struct capture_options *options, char *note,
			size_t note_bytes)
{
	struct capture_counts counts;
	size_t used = strlen(note);

	if (*capture == NULL)
		return;
	capture_close(capture, &counts);
	if (counts.told)
		return;
	if (counts.error != 0)
		snprintf(note + used, note_bytes - used, "%s%s is not whole: %s",
			 used > 0 ? "; " : "", options->path, strerror(-counts.error));
	else if (counts.missed > 0)
		snprintf(note + used, note_bytes - used,
			 "%s%s has %" PRIu64 " frames and misses %" PRIu64
			 ": raise --pcap-bytes, lower --pcap-snap, or write to a faster disk",
			 used > 0 ? "; " : "", options->path, counts.frames, counts.missed);
}
