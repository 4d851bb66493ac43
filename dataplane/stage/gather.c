/* Gathering, on the owner thread: layout, references to what is in memory, reads of the rest. */
#include "gather.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

static void set_measure(const struct gather_set *set, struct region_set_spec *spec)
{
	uint64_t item_sum = 0;

	*spec = (struct region_set_spec){.name = set->name};
	for (uint32_t i = 0; i < set->store_count; i++) {
		uint32_t items;
		uint64_t bytes;

		store_measure(set->stores[i], set->group_first, set->group_end, &items, &bytes);
		item_sum += items;
		spec->bytes += bytes;
	}
	spec->item_count = item_sum < UINT32_MAX ? (uint32_t)item_sum : UINT32_MAX;
}

uint64_t gather_bytes(const struct gather_set *sets, uint32_t set_count, const char *const *out,
		      uint32_t out_count)
{
	struct region_set_spec specs[MR_SETS_MAX];

	if (set_count > MR_SETS_MAX)
		return UINT64_MAX;
	for (uint32_t i = 0; i < set_count; i++)
		set_measure(&sets[i], &specs[i]);
	return region_image_bytes(specs, set_count, out, out_count);
}

/* Calls with every slice of a set that holds items, in the order of edges and producers. */
static void set_slices(const struct gather_set *set,
		       void (*each)(void *opaque, struct batch *batch, struct batch_slice slice),
		       void *opaque)
{
	for (uint32_t i = 0; i < set->store_count; i++) {
		struct store *store = set->stores[i];

		store_sort(store);
		for (uint32_t n = 0; n < store->count; n++) {
			struct batch_slice slice =
			    batch_slice(store->batches[n], set->group_first, set->group_end);

			if (slice.item_count > 0)
				each(opaque, store->batches[n], slice);
		}
	}
}

struct slice_counts {
	uint32_t pieces;
	uint32_t reads;
};

static void slice_count(void *opaque, struct batch *batch, struct batch_slice slice)
{
	struct slice_counts *counts = opaque;

	counts->pieces++;
	if (batch->region == NULL)
		counts->reads += slice.byte_count > 0 ? 2 : 1;
}

/* Where the next slice of a set goes. */
struct placing {
	struct gather *gather;
	struct io_engine *io;
	struct spill_file *spill;
	uint32_t set;
	uint32_t items_off;
	uint32_t bytes_off;
};

static void read_done(struct io_op *op, int64_t result);

static void piece_read(struct placing *placing, uint32_t to, uint64_t offset, uint64_t bytes)
{
	struct gather *g = placing->gather;
	struct gather_read *read = &g->reads[g->read_count++];

	*read = (struct gather_read){.op = {.done = read_done, .opaque = g}, .bytes = bytes};
	g->pending++;
	io_read(placing->io, &read->op, spill_fd(placing->spill), g->region->base + to, bytes,
		offset);
}

static void slice_place(void *opaque, struct batch *batch, struct batch_slice slice)
{
	struct placing *at = opaque;
	struct gather_piece *piece = &at->gather->pieces[at->gather->piece_count++];
	uint32_t items_bytes = slice.item_count * (uint32_t)sizeof(struct mr_item);

	*piece = (struct gather_piece){
	    .store = batch->store,
	    .items_off = batch->items_off + slice.item * (uint32_t)sizeof(struct mr_item),
	    .slice = slice,
	    .set = at->set,
	    .to_items = at->items_off,
	    .to_bytes = at->bytes_off + slice.byte % MR_ALIGN,
	};
	at->items_off += items_bytes;
	at->bytes_off += (uint32_t)slice_room(&slice);
	batch->store->gathers++;
	if (batch->region != NULL) {
		piece->region = region_ref(batch->region);
		return;
	}
	piece_read(at, piece->to_items, batch->spill_offset + piece->items_off, items_bytes);
	if (slice.byte_count > 0)
		piece_read(at, piece->to_bytes, batch->spill_offset + slice.byte, slice.byte_count);
}

static void gather_arrived(struct gather *gather)
{
	if (--gather->pending == 0)
		gather->done(gather->opaque, gather->rc);
}

static void read_done(struct io_op *op, int64_t result)
{
	struct gather_read *read = (struct gather_read *)(void *)op; /* op comes first */
	struct gather *gather = op->opaque;

	if (result != (int64_t)read->bytes && gather->rc == 0)
		gather->rc = result < 0 ? (int)result : -EIO;
	gather_arrived(gather);
}
static_assert(offsetof(struct gather_read, op) == 0, "read_done() goes from op to read");

/* A gather with room for its pieces, reads and sorting. */
static struct gather *gather_alloc(const struct gather_set *sets, uint32_t set_count,
				   const struct region_set_spec *specs)
{
	struct slice_counts counts = {0};
	struct gather *g = calloc(1, sizeof(*g));
	uint64_t sorted = 0;

	if (g == NULL)
		return NULL;
	for (uint32_t i = 0; i < set_count; i++) {
		set_slices(&sets[i], slice_count, &counts);
		g->sets[i].group_first = sets[i].group_first;
		g->sets[i].group_end = sets[i].group_end;
		g->sets[i].by_key = sets[i].by_key;
		if (sets[i].by_key && specs[i].item_count > sorted)
			sorted = specs[i].item_count;
	}
	g->pieces = calloc(counts.pieces + 1ull, sizeof(*g->pieces));
	g->reads = calloc(counts.reads + 1ull, sizeof(*g->reads));
	g->scratch = malloc((GATHER_SORT_SCRATCH * sorted + 1) * sizeof(*g->scratch));
	if (g->pieces == NULL || g->reads == NULL || g->scratch == NULL)
		gather_free(&g);
	return g;
}

int gather_begin(struct gather **gather, const struct gather_set *sets, uint32_t set_count,
		 const char *const *out, uint32_t out_count, const struct invocation_name *name,
		 struct region *region, uint32_t header_off, struct io_engine *io,
		 struct spill_file *spill, void (*done)(void *opaque, int rc), void *opaque)
{
	struct region_set_spec specs[MR_SETS_MAX];
	struct gather *g;
	int rc;

	*gather = NULL;
	if (set_count > MR_SETS_MAX)
		return -ENOSPC;
	for (uint32_t i = 0; i < set_count; i++)
		set_measure(&sets[i], &specs[i]);
	g = gather_alloc(sets, set_count, specs);
	if (g == NULL)
		return -ENOMEM;
	rc = region_image_init(region, header_off, specs, set_count, out, out_count, name,
			       &g->image);
	if (rc != 0) {
		gather_free(&g);
		return rc;
	}
	g->region = region;
	g->done = done;
	g->opaque = opaque;
	g->pending = 1;
	*gather = g;
	for (uint32_t i = 0; i < set_count; i++) {
		struct placing placing = {
		    .gather = g,
		    .io = io,
		    .spill = spill,
		    .set = i,
		    .items_off = g->image.sets[i].items_off,
		    .bytes_off = g->image.data_off[i],
		};

		set_slices(&sets[i], slice_place, &placing);
	}
	gather_arrived(g);
	return 0;
}

void gather_free(struct gather **gather)
{
	struct gather *g = *gather;

	*gather = NULL;
	if (g == NULL)
		return;
	assert(g->pending == 0);
	for (uint32_t i = 0; i < g->piece_count; i++) {
		g->pieces[i].store->gathers--;
		region_unref(&g->pieces[i].region);
	}
	free(g->pieces);
	free(g->reads);
	free(g->scratch);
	free(g);
}
