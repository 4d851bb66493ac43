/* Spilling: batches of a store go to the spill file, the largest first, when memory is short. */
#include "store.h"

#include <assert.h>
#include <errno.h>

#include "probe.h"

static bool is_larger(const struct batch *a, const struct batch *b)
{
	return a->region->class_bytes > b->region->class_bytes;
}

void resident_push(struct store *store, struct batch *batch)
{
	struct batch **heap = store->resident;
	uint32_t at = store->resident_count++;

	for (; at > 0 && is_larger(batch, heap[(at - 1) / 2]); at = (at - 1) / 2)
		heap[at] = heap[(at - 1) / 2];
	heap[at] = batch;
}

static struct batch *resident_pop(struct store *store)
{
	struct batch **heap = store->resident;
	struct batch *largest = heap[0];
	struct batch *last = heap[--store->resident_count];
	uint32_t at = 0;

	for (;;) {
		uint32_t child = at * 2 + 1;

		if (child + 1 < store->resident_count && is_larger(heap[child + 1], heap[child]))
			child++;
		if (child >= store->resident_count || !is_larger(heap[child], last))
			break;
		heap[at] = heap[child];
		at = child;
	}
	heap[at] = last;
	return largest;
}

static void batch_written(struct io_op *op, int64_t result)
{
	struct batch *batch = op->opaque;
	struct store *store = batch->store;

	store->writes--;
	if (result != (int64_t)batch->image_bytes) {
		store->spill_error = result < 0 ? (int)result : -EIO;
		spill_release(store->spill, batch->spill_offset, batch->image_bytes);
		resident_push(store, batch);
		return;
	}
	store->stats.spilled_bytes += batch->image_bytes;
	store->stats.memory_bytes -= batch->region->class_bytes;
	region_unref(&batch->region);
}

static void batch_write(struct batch *batch, struct io_engine *io, struct spill_file *spill)
{
	batch->spill_offset = spill_reserve(spill, batch->image_bytes);
	batch->op = (struct io_op){.done = batch_written, .opaque = batch};
	batch->store->writes++;
	PROBE_BATCH_SPILL(batch->image_bytes, batch->spill_offset);
	io_write(io, &batch->op, spill_fd(spill), batch->region->base, batch->image_bytes,
		 batch->spill_offset);
}

uint64_t store_spill(struct store *store, struct io_engine *io, struct spill_file *spill,
		     uint64_t want_bytes)
{
	struct batch *aside = NULL;
	uint64_t started = 0;

	assert(store->spill == NULL || store->spill == spill);
	store->spill = spill;
	while (started < want_bytes && store->resident_count > 0) {
		struct batch *batch = resident_pop(store);

		/* Someone else holds it as well: writing it would give no memory back. */
		if (atomic_load_explicit(&batch->region->refs, memory_order_relaxed) > 1) {
			batch->next = aside;
			aside = batch;
			continue;
		}
		started += batch->region->class_bytes;
		batch_write(batch, io, spill);
	}
	for (; aside != NULL; aside = aside->next)
		resident_push(store, aside);
	return started;
}

bool store_spilling(const struct store *store)
{
	return store->writes > 0;
}

int store_spill_error(struct store *store)
{
	int rc = store->spill_error;

	store->spill_error = 0;
	return rc;
}
