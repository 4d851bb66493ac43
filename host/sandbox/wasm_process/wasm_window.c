/*
 * A region in a worker's window and back.
 *
 * The first WASM_WORKER_KEEP_BYTES are copied whole, and stay: what a run leaves there is written
 * over by the next. What lies behind is memory only for one run, and only where it is touched: of a
 * large region mostly little is.
 */
#include "wasm_window.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "sandbox_counters.h"
#include "sandbox_limits.h"

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static int window_resize(struct wasm_worker *worker, uint64_t bytes)
{
	if (ftruncate(worker->memory_fd, (off_t)(WASM_SLOT_BYTES + bytes)) != 0)
		return -errno;
	worker->window_bytes = bytes;
	return 0;
}

int wasm_window_fill(struct wasm_worker *worker, const struct region *region, uint32_t header_off)
{
	const struct mr_region *header = (const void *)(region->base + header_off);
	const uint64_t front = least(region->bytes, WASM_WORKER_KEEP_BYTES);
	const uint64_t image_end = least(header->heap_off, region->bytes);
	uint64_t copied = front;
	int rc = 0;

	if (region->bytes > worker->window_bytes)
		rc = window_resize(worker, region->bytes);
	if (rc < 0)
		return rc;
	memcpy(worker->window, region->base, front);
	if (image_end > front) {
		memcpy(worker->window + front, region->base + front, image_end - front);
		copied = image_end;
	}
	sandbox_count(&sandbox_counts.wasm_worker_copied_bytes, copied);
	return 0;
}

/* The pages behind the front that exist: what was touched. */
static int rest_collect(struct wasm_worker *worker, struct region *region)
{
	const off_t end = (off_t)(WASM_SLOT_BYTES + region->bytes);
	off_t at = (off_t)(WASM_SLOT_BYTES + WASM_WORKER_KEEP_BYTES);

	while (at < end) {
		const off_t data = lseek(worker->memory_fd, at, SEEK_DATA);
		off_t hole;
		uint64_t off, bytes;

		if (data < 0)
			return errno == ENXIO ? 0 : -errno;
		hole = lseek(worker->memory_fd, data, SEEK_HOLE);
		if (hole < 0)
			return -errno;
		at = hole < end ? hole : end;
		if (data >= at)
			break;
		off = (uint64_t)data - WASM_SLOT_BYTES;
		bytes = (uint64_t)(at - data);
		memcpy(region->base + off, worker->window + off, bytes);
		sandbox_count(&sandbox_counts.wasm_worker_copied_bytes, bytes);
	}
	return 0;
}

int wasm_window_collect(struct wasm_worker *worker, struct region *region)
{
	const uint64_t front = least(region->bytes, WASM_WORKER_KEEP_BYTES);
	int rc = 0;

	memcpy(region->base, worker->window, front);
	sandbox_count(&sandbox_counts.wasm_worker_copied_bytes, front);
	if (region->bytes > WASM_WORKER_KEEP_BYTES)
		rc = rest_collect(worker, region);
	if (rc == 0 && worker->window_bytes > WASM_WORKER_KEEP_BYTES)
		rc = window_resize(worker, WASM_WORKER_KEEP_BYTES);
	return rc;
}
