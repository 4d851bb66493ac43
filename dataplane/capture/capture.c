/* Taps, and the thread that writes what they took. */
#include "capture.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "frame_ring.h"
#include "pcapng.h"

#define FILE_BUFFER_BYTES (1u << 20)

struct tap {
	struct link_tap link_tap; /* first: what the link knows */
	struct capture *capture;
	struct frame_ring ring;
	uint64_t written;          // writer
	atomic_uint_fast64_t seen; // link's thread: wo, writer: ro
	char name[MR_NAME_BYTES_MAX];
};

struct capture {
	struct capture_config config;
	FILE *file;
	char *file_buffer;
	uint64_t file_bytes;  // writer
	uint64_t end_bytes;   // writer: what the statistics will need
	uint64_t last_ns;     // writer
	int error;            // writer
	bool told;            // writer: the user's ended() was called
	atomic_bool full;     // writer: wo, taps: ro; nothing more goes into the file
	atomic_bool stopping; // closer: wo, writer: ro
	bool started;
	pthread_t thread;
	uint32_t tap_count;
	struct tap *taps[MR_CAPTURE_TAPS_MAX];
	uint8_t frame[TRANSPORT_FRAME_BYTES_MAX];
};

/* --- On the link's thread --------------------------------------------------------------------- */

static bool tap_frame(struct link_tap *link_tap, uint64_t now_ns, bool out,
		      const struct port_piece *pieces, uint32_t piece_count)
{
	struct tap *tap = (struct tap *)link_tap;
	struct frame_head head = {.time_ns = now_ns + tap->capture->config.epoch_ns, .out = out};
	uint64_t seen = atomic_load_explicit(&tap->seen, memory_order_relaxed);

	for (uint32_t i = 0; i < piece_count; i++)
		head.bytes += pieces[i].bytes;
	head.kept = head.bytes;
	if (head.kept > tap->capture->config.snap_bytes)
		head.kept = tap->capture->config.snap_bytes;
	atomic_store_explicit(&tap->seen, seen + 1, memory_order_relaxed);
	return !atomic_load_explicit(&tap->capture->full, memory_order_relaxed) &&
	       frame_ring_put(&tap->ring, &head, pieces);
}

/* --- The writer ------------------------------------------------------------------------------- */

/* The first reason counts: what is not written later is its consequence. */
static void give_up(struct capture *capture, int error)
{
	if (atomic_load_explicit(&capture->full, memory_order_relaxed))
		return;
	capture->error = error;
	atomic_store_explicit(&capture->full, true, memory_order_relaxed);
	if (capture->config.ended != NULL) {
		capture->told = true;
		capture->config.ended(capture->config.path, error);
	}
}

static void frame_write(struct capture *capture, uint32_t index, const struct frame_head *head)
{
	struct tap *tap = capture->taps[index];
	uint64_t room = PCAPNG_FRAME_BYTES + head->kept + 4ull;

	frame_ring_take(&tap->ring, head, capture->frame);
	capture->last_ns = head->time_ns;
	if (capture->file_bytes + capture->end_bytes + room > capture->config.bytes_max)
		give_up(capture, 0);
	if (atomic_load_explicit(&capture->full, memory_order_relaxed))
		return;
	capture->file_bytes += pcapng_frame(capture->file, index, head->time_ns, head->out,
					    capture->frame, head->kept, head->bytes);
	if (ferror(capture->file))
		give_up(capture, -errno);
	else
		tap->written++;
}

/* The oldest of all taps' next frames; false when there is none. */
static bool next_write(struct capture *capture)
{
	struct frame_head head, oldest;
	uint32_t from = capture->tap_count;

	for (uint32_t i = 0; i < capture->tap_count; i++) {
		if (!frame_ring_peek(&capture->taps[i]->ring, &head))
			continue;
		if (from == capture->tap_count || head.time_ns < oldest.time_ns) {
			oldest = head;
			from = i;
		}
	}
	if (from == capture->tap_count)
		return false;
	frame_write(capture, from, &oldest);
	return true;
}

static void statistics_write(struct capture *capture)
{
	for (uint32_t i = 0; i < capture->tap_count; i++) {
		const struct tap *tap = capture->taps[i];
		uint64_t seen = atomic_load_explicit(&tap->seen, memory_order_relaxed);

		pcapng_statistics(capture->file, i, capture->last_ns, seen, seen - tap->written);
	}
}

static void *writer_main(void *argument)
{
	struct capture *capture = argument;
	const struct timespec pause = {0, MR_CAPTURE_PAUSE_US * 1000l};

	for (;;) {
		/* Asked to stop, what is in the rings by then is still written. */
		bool stopping = atomic_load_explicit(&capture->stopping, memory_order_acquire);
		bool wrote = false;

		while (next_write(capture))
			wrote = true;
		if (stopping)
			break;
		wrote &= !atomic_load_explicit(&capture->full, memory_order_relaxed);
		if (wrote && fflush(capture->file) != 0)
			give_up(capture, -errno);
		nanosleep(&pause, NULL);
	}
	return NULL;
}

/* --- Opening and closing ---------------------------------------------------------------------- */

static int file_open(struct capture *capture)
{
	int fd = open(capture->config.path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0)
		return -errno;
	capture->file = fdopen(fd, "w");
	if (capture->file == NULL) {
		close(fd);
		return -ENOMEM;
	}
	capture->file_buffer = malloc(FILE_BUFFER_BYTES);
	if (capture->file_buffer == NULL)
		return -ENOMEM;
	setvbuf(capture->file, capture->file_buffer, _IOFBF, FILE_BUFFER_BYTES);
	return 0;
}

int capture_open(struct capture **opened, const struct capture_config *config, char *error,
		 size_t error_bytes)
{
	struct capture *capture = calloc(1, sizeof(*capture));
	int rc = -ENOMEM;

	if (capture != NULL) {
		capture->config = *config;
		if (config->bytes_max == 0)
			capture->config.bytes_max = MR_CAPTURE_BYTES_DEFAULT;
		if (config->snap_bytes == 0 || config->snap_bytes > sizeof(capture->frame))
			capture->config.snap_bytes = sizeof(capture->frame);
		rc = file_open(capture);
	}
	if (rc < 0) {
		snprintf(error, error_bytes, "cannot capture frames to %s: %s", config->path,
			 strerror(-rc));
		capture_close(&capture, NULL);
		return rc;
	}
	capture->file_bytes = pcapng_section(capture->file, "Millrace");
	*opened = capture;
	return 0;
}

int capture_tap(struct capture *capture, const char *name, struct link_tap **link_tap)
{
	struct tap *tap;
	int rc;

	if (capture->tap_count == MR_CAPTURE_TAPS_MAX)
		return -ENOSPC;
	tap = aligned_alloc(_Alignof(struct tap), sizeof(*tap));
	if (tap == NULL)
		return -ENOMEM;
	memset(tap, 0, sizeof(*tap));
	rc = frame_ring_open(&tap->ring, MR_CAPTURE_RING_BYTES);
	if (rc < 0) {
		free(tap);
		return rc;
	}
	tap->link_tap.frame = tap_frame;
	tap->capture = capture;
	snprintf(tap->name, sizeof(tap->name), "%s", name);
	capture->taps[capture->tap_count++] = tap;
	capture->end_bytes += PCAPNG_BLOCK_BYTES_MAX;
	capture->file_bytes +=
	    pcapng_interface(capture->file, tap->name, capture->config.snap_bytes);
	*link_tap = &tap->link_tap;
	return 0;
}

int capture_start(struct capture *capture)
{
	int rc = pthread_create(&capture->thread, NULL, writer_main, capture);

	capture->started = rc == 0;
	return -rc;
}

static void file_close(struct capture *capture)
{
	if (capture->file == NULL)
		return;
	if (capture->started)
		statistics_write(capture);
	errno = 0;
	if (fclose(capture->file) != 0 && capture->error == 0)
		capture->error = errno != 0 ? -errno : -EIO;
	capture->file = NULL;
}

void capture_close(struct capture **closed, struct capture_counts *counts)
{
	struct capture *capture = *closed;

	*closed = NULL;
	if (capture == NULL)
		return;
	if (capture->started) {
		atomic_store_explicit(&capture->stopping, true, memory_order_release);
		pthread_join(capture->thread, NULL);
	}
	file_close(capture);
	if (counts != NULL)
		*counts = (struct capture_counts){.error = capture->error, .told = capture->told};
	for (uint32_t i = 0; i < capture->tap_count; i++) {
		struct tap *tap = capture->taps[i];

		if (counts != NULL) {
			counts->frames += tap->written;
			counts->missed += atomic_load(&tap->seen) - tap->written;
		}
		frame_ring_close(&tap->ring);
		free(tap);
	}
	free(capture->file_buffer);
	free(capture);
}
