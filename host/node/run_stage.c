/* Staging an invocation: its item is found and read, or its sets are gathered, into a fresh region.
 */
#include "node_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "run_size.h"

static void gather_done(void *opaque, int rc);

static const struct plan_function *run_function(const struct run *run)
{
	return &run->job->plan->functions[run->vertex->function];
}

/* Only function vertices without other inputs than their item are read straight into place. */
static bool has_broadcast(const struct run *run)
{
	const struct plan *plan = run->job->plan;

	for (uint32_t e = 0; e < plan->edge_count; e++)
		if (plan->edges[e].to == run->action.vertex &&
		    plan->edges[e].distribution == DIST_BROADCAST)
			return true;
	return false;
}

static void set_names(const struct plan_set *sets, uint32_t count, const char **names)
{
	for (uint32_t i = 0; i < count; i++)
		names[i] = sets[i].name;
}

static struct invocation_name run_name(const struct run *run)
{
	return (struct invocation_name){.job = run->job->id,
					.partition = run->action.partition,
					.vertex = run->action.vertex,
					.epoch = run->job->epoch,
					.attempt = run->action.attempt};
}

/* A region within the node's budget for invocations. -ENOMEM: wait. */
static int run_alloc(struct run *run, uint64_t bytes)
{
	struct node *node = run->job->node;
	int rc;

	if (bytes > node->run_bytes_max) {
		snprintf(
		    run->error, sizeof(run->error),
		    "needs a region of %llu bytes, more than the %llu one invocation may have: "
		    "raise --memory, lower the function's `memory`, or make its items smaller "
		    "(?split=line&bytes=N)",
		    (unsigned long long)bytes, (unsigned long long)node->run_bytes_max);
		return -E2BIG;
	}
	if (node->invoke_bytes > 0 && node->invoke_bytes + bytes > node->invoke_budget)
		return -ENOMEM;
	rc = region_alloc(node->pool, bytes, REGION_ANY, &run->region);
	if (rc == 0) {
		run->region_bytes = bytes;
		node->invoke_bytes += bytes;
	} else if (rc != -ENOMEM) {
		snprintf(run->error, sizeof(run->error),
			 "cannot allocate a region of %llu bytes: %s", (unsigned long long)bytes,
			 strerror(-rc));
	}
	return rc;
}

/* -ENOMEM waits, anything else fails the attempt. */
static void alloc_failed(struct run *run, int rc)
{
	if (rc == -ENOMEM)
		run_wait(run);
	else
		run_failed(run);
}

/* --- Gathered sets
 * ----------------------------------------------------------------------------------- */

struct gather_request {
	struct gather_set sets[MR_SETS_MAX];
	struct store *stores[MR_EDGES_MAX];
	const char *out[MR_SETS_MAX];
	uint32_t set_count;
	uint32_t out_count;
};

static void request_build(struct run *run, struct gather_request *request)
{
	const struct plan *plan = run->job->plan;
	const struct plan_function *function = run_function(run);
	uint32_t used = 0;

	request->set_count = function->in_count;
	request->out_count = function->out_count;
	set_names(function->out, function->out_count, request->out);
	for (uint32_t i = 0; i < function->in_count; i++) {
		struct gather_set *set = &request->sets[i];

		*set = (struct gather_set){.name = function->in[i].name,
					   .stores = &request->stores[used],
					   .group_end = MR_KEY_GROUPS};
		for (uint32_t e = 0; e < plan->edge_count; e++) {
			const struct plan_edge *edge = &plan->edges[e];

			if (edge->to != run->action.vertex || edge->to_set != i)
				continue;
			if (edge->distribution == DIST_KEY) {
				set->by_key = true;
				set->group_first = (uint32_t)run->action.partition;
				set->group_end = run->action.group_end;
			}
			request->stores[used++] = edge->distribution == DIST_EACH
						      ? run->item_store
						      : run->job->edges[e].store;
			set->store_count++;
		}
	}
}

static void stage_gather(struct run *run)
{
	struct job *job = run->job;
	struct invocation_name name = run_name(run);
	struct gather_request request;
	uint64_t bytes;
	int rc;

	request_build(run, &request);
	bytes = gather_bytes(request.sets, request.set_count, request.out, request.out_count);
	rc = run_alloc(run, bytes == UINT64_MAX
				? bytes
				: run_region_bytes(run_function(run), run->header_off, bytes));
	if (rc != 0) {
		alloc_failed(run, rc);
		return;
	}
	run->state = RUN_GATHERING;
	rc = gather_begin(&run->gather, request.sets, request.set_count, request.out,
			  request.out_count, &name, run->region, run->header_off, job->node->io,
			  job->node->spill, gather_done, run);
	if (rc != 0) {
		snprintf(run->error, sizeof(run->error), "cannot gather its inputs: %s",
			 strerror(-rc));
		run_failed(run);
	}
}

static void gather_done(void *opaque, int rc)
{
	struct run *run = opaque;

	if (run->job->over) {
		run_end(run, false);
	} else if (rc != 0) {
		snprintf(run->error, sizeof(run->error), "cannot read back spilled inputs: %s",
			 strerror(-rc));
		run_failed(run);
	} else {
		run_to_worker(run);
	}
}

/* --- One item
 * ----------------------------------------------------------------------------------------- */

/* Lays out the image that holds the item alone: the invocation's own, or a batch of its own where
 * it is shipped or joined with broadcast sets. Returns where its bytes belong. */
static uint8_t *layout_item(struct run *run, bool in_place, const struct mr_item *item,
			    const uint8_t *from, int *rc)
{
	const struct plan_function *function = in_place ? run_function(run) : NULL;
	struct invocation_name name = run_name(run);
	struct region_set_spec specs[MR_SETS_MAX] = {{.name = run->vertex->name}};
	const char *out[MR_SETS_MAX];
	uint32_t in_count = in_place ? function->in_count : 1;
	uint32_t out_count = in_place ? function->out_count : 0;
	uint32_t header_off = in_place ? run->header_off : 0;
	struct region_image image;
	uint32_t cursor;
	uint8_t *place;
	uint64_t bytes;

	/* The only wired input of an in-place item is the `each` one; optional others stay empty.
	 */
	uint32_t set = 0;

	for (uint32_t i = 0; in_place && i < in_count; i++)
		specs[i].name = function->in[i].name;
	for (uint32_t e = 0; in_place && e < run->job->plan->edge_count; e++)
		if (run->job->plan->edges[e].to == run->action.vertex)
			set = run->job->plan->edges[e].to_set;
	specs[set].item_count = 1;
	specs[set].bytes = region_item_bytes(item->name_len, item->key_len, item->bytes_len);
	if (in_place)
		set_names(function->out, out_count, out);
	bytes = region_image_bytes(specs, in_count, out, out_count);
	if (bytes != UINT64_MAX)
		bytes = in_place ? run_region_bytes(function, header_off, bytes) : bytes;
	*rc = run_alloc(run, bytes);
	if (*rc != 0)
		return NULL;
	*rc = region_image_init(run->region, header_off, specs, in_count, out, out_count, &name,
				&image);
	if (*rc != 0) {
		snprintf(run->error, sizeof(run->error), "its region is too small: %s",
			 strerror(-*rc));
		return NULL;
	}
	cursor = image.data_off[set];
	place = region_image_item(&image, run->region, set, 0, &cursor, from + item->name_off,
				  item->name_len, from + item->key_off, item->key_len,
				  item->key_hash, item->flags, item->bytes_len);
	run->image_end = image.header->heap_off;
	return place;
}

/* An item beside broadcast sets is gathered with them. Takes the reference. */
static void item_join(struct run *run, struct region *batch)
{
	struct region_fault fault;

	if (store_create(&run->item_store, false) != 0) {
		region_unref(&batch);
		snprintf(run->error, sizeof(run->error), "no memory");
		run_failed(run);
		return;
	}
	if (store_add(run->item_store, batch, &fault) != 0) {
		snprintf(run->error, sizeof(run->error), "its item: %s", fault.text);
		run_failed(run);
		return;
	}
	stage_gather(run);
}

/* The item is in place: its image goes on its way. */
static void item_staged(struct run *run)
{
	struct region *batch = run->region;

	if (run->vertex->kind == VERTEX_FUNCTION && !has_broadcast(run)) {
		run_to_worker(run);
		return;
	}
	region_freeze(batch);
	if (run->vertex->kind == VERTEX_SOURCE) {
		for (uint32_t i = 0; i < run->output_count; i++)
			for (uint32_t to = 0; to < run->job->node->nodes; to++)
				if (sched_hosts(run->job->sched,
						run->job->plan->edges[run->outputs[i].edge].to, to))
					run->outputs[i].batches[to] = region_ref(batch);
		run->result.outcome = SANDBOX_OK;
		run->has_run = true;
		run_finished(&run->task);
		return;
	}
	run->region = NULL;
	run->job->node->invoke_bytes -= run->region_bytes;
	run->region_bytes = 0;
	if (run->fetch.split != NULL)
		kept_add(run, batch);
	item_join(run, batch);
}
static void read_done(struct source_fetch *fetch, int rc)
{
	struct run *run = fetch->opaque;

	if (run->job->over) {
		run_end(run, false);
	} else if (rc != 0) {
		snprintf(run->error, sizeof(run->error), "%.900s", fetch->error);
		run_failed(run);
	} else {
		run->job->counters.staged_bytes += run->item_bytes;
		run->job->counters.staged_items++;
		item_staged(run);
	}
}

/* The item's name is its file's, with the offset when it is a piece of it. */
static void stage_fetched(struct run *run)
{
	const struct source_split *split = run->fetch.split;
	bool in_place = run->vertex->kind == VERTEX_FUNCTION && !has_broadcast(run);
	char name[MR_URI_BYTES_MAX + 24];
	struct mr_item item = {.bytes_len = (uint32_t)run->item_bytes};
	uint8_t *place;
	int rc;

	if (split->bytes > 0)
		item.name_len = (uint16_t)snprintf(name, sizeof(name), "%s@%llu", split->path,
						   (unsigned long long)run->item_offset);
	else
		item.name_len = (uint16_t)snprintf(name, sizeof(name), "%s", split->path);
	place = layout_item(run, in_place, &item, (const uint8_t *)name, &rc);
	if (place != NULL) {
		run->state = RUN_FETCHING;
		run->fetch_open = false;
		source_fetch_read(&run->fetch, place);
		return;
	}
	if (rc != -ENOMEM) {
		run->fetch_open = false;
		source_fetch_close(&run->fetch);
	}
	alloc_failed(run, rc);
}

static void fetch_sized(struct source_fetch *fetch, int rc, uint64_t offset, uint64_t bytes)
{
	struct run *run = fetch->opaque;

	run->item_offset = offset;
	if (rc != 0) {
		snprintf(run->error, sizeof(run->error), "%.900s", fetch->error);
		if (run->job->over)
			run_end(run, false);
		else
			run_failed(run);
		return;
	}
	run->item_bytes = bytes;
	if (run->job->over || (bytes == 0 && fetch->split->end > fetch->split->first)) {
		/* Inside a line that began in an earlier split: nothing to run on. */
		source_fetch_close(fetch);
		run_end(run, true);
	} else {
		run->fetch_open = true;
		if (!TAILQ_EMPTY(&run->job->node->waiting))
			run_wait(run);
		else
			stage_fetched(run);
	}
}

static void fetch_begin(struct run *run)
{
	struct job *job = run->job;
	uint64_t max = job->node->run_bytes_max - 4 * MR_PAGE_BYTES;

	if (run->vertex->kind == VERTEX_FUNCTION)
		max = run_input_bytes_max(job, run_function(run), run->action.vertex);
	if (max == 0) {
		snprintf(
		    run->error, sizeof(run->error),
		    "its `memory` of %llu bytes does not fit the %llu bytes one invocation may "
		    "have: raise --memory",
		    (unsigned long long)run_function(run)->memory_bytes,
		    (unsigned long long)job->node->run_bytes_max);
		run_failed(run);
		return;
	}
	run->state = RUN_FETCHING;
	run->fetch = (struct source_fetch){
	    .split = &job->sources[run->source_vertex].splits[run->action.index],
	    .bytes_max = max,
	    .sized = fetch_sized,
	    .done = read_done,
	    .opaque = run};
	source_fetch_start(&run->fetch, job->node->io);
}

static void stage_held_item(struct run *run)
{
	const struct each_batch *each = &run->job->each[run->action.handle];
	const struct mr_item *item =
	    &region_items(each->region->base, &each->set)[run->action.index];
	uint8_t *place;
	int rc;

	place = layout_item(run, !has_broadcast(run), item, each->region->base, &rc);
	if (place == NULL) {
		alloc_failed(run, rc);
		return;
	}
	memcpy(place, each->region->base + item->bytes_off, item->bytes_len);
	item_staged(run);
}

/* In an epoch before it was read already. */
static void stage_kept_item(struct run *run, const struct kept_item *kept)
{
	run->fetch.split = &run->job->sources[run->source_vertex].splits[run->action.index];
	run->item_offset = kept->offset;
	item_join(run, region_ref(kept->batch));
}

/* Begins, or goes on after a wait for memory. */
void run_stage(struct run *run)
{
	struct job *job = run->job;
	const struct kept_item *kept;
	bool each = run->vertex->kind == VERTEX_SOURCE ||
		    sched_driver(job->sched, run->action.vertex) == DIST_EACH;

	if (!each || run->item_store != NULL)
		stage_gather(run);
	else if (job->sources[run->source_vertex].splits == NULL)
		stage_held_item(run);
	else if (run->fetch.split == NULL && (kept = kept_find(run)) != NULL)
		stage_kept_item(run, kept);
	else if (run->fetch.split == NULL)
		fetch_begin(run);
	else
		stage_fetched(run);
}
