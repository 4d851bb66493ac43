/* The simulated network: a heap of frames on their way, and a queue at each endpoint. */
#include "network.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <millrace/hash.h>

#include "random.h"

#define MAC_BYTES 6
#define REORDER_DELAYS 8 /* a frame held back waits up to so many times the usual delay longer */

struct flying {
	uint64_t due_ns;
	uint64_t order; /* of sending: breaks ties */
	struct sim_frame *frame;
	uint32_t endpoint;
};

struct endpoint {
	struct sim_frame *first;
	struct sim_frame **last;
	uint64_t link_free_ns;  /* when its link has sent what was given to it */
	uint8_t mac[MAC_BYTES]; /* learnt from what it sent */
	bool learnt;
	bool cut;
};

struct sim_network {
	struct sim_config config;
	struct sim_random random;
	struct sim_stats stats;
	uint64_t now_ns;
	uint64_t order;
	struct flying *heap;
	size_t heap_count;
	size_t heap_limit;
	uint32_t waiting; /* frames at endpoints */
	uint32_t endpoint_count;
	struct endpoint endpoints[SIM_ENDPOINTS_MAX];
};

int sim_network_create(struct sim_network **network, const struct sim_config *config,
		       uint32_t endpoints)
{
	struct sim_network *n;

	if (endpoints == 0 || endpoints > SIM_ENDPOINTS_MAX || config->mtu == 0 ||
	    config->mtu > MR_MTU_MAX)
		return -EINVAL;
	n = calloc(1, sizeof(*n));
	if (n == NULL)
		return -ENOMEM;
	n->config = *config;
	n->random.state = config->seed;
	n->endpoint_count = endpoints;
	for (uint32_t i = 0; i < endpoints; i++)
		n->endpoints[i].last = &n->endpoints[i].first;
	*network = n;
	return 0;
}

void sim_network_destroy(struct sim_network **network)
{
	struct sim_network *n = *network;
	struct sim_frame *frame;

	if (n == NULL)
		return;
	for (size_t i = 0; i < n->heap_count; i++)
		sim_frame_release(n->heap[i].frame);
	for (uint32_t i = 0; i < n->endpoint_count; i++)
		while ((frame = sim_network_receive(n, i)) != NULL)
			sim_frame_release(frame);
	free(n->heap);
	free(n);
	*network = NULL;
}

static void trace(struct sim_network *n, uint64_t what, const struct sim_frame *frame)
{
	uint64_t record[4] = {n->stats.trace, n->now_ns, what,
			      mr_hash64(frame->data, frame->bytes)};

	n->stats.trace = mr_hash64(record, sizeof(record));
}

/* --- The heap -------------------------------------------------------------------------------- */

static bool before(const struct flying *a, const struct flying *b)
{
	return a->due_ns != b->due_ns ? a->due_ns < b->due_ns : a->order < b->order;
}

static int heap_push(struct sim_network *n, const struct flying *item)
{
	size_t i = n->heap_count;

	if (i == n->heap_limit) {
		size_t limit = i == 0 ? 1024 : 2 * i;
		struct flying *heap = realloc(n->heap, limit * sizeof(*heap));

		if (heap == NULL)
			return -ENOMEM;
		n->heap = heap;
		n->heap_limit = limit;
	}
	n->heap_count++;
	for (; i > 0 && before(item, &n->heap[(i - 1) / 2]); i = (i - 1) / 2)
		n->heap[i] = n->heap[(i - 1) / 2];
	n->heap[i] = *item;
	return 0;
}

static struct flying heap_pop(struct sim_network *n)
{
	struct flying first = n->heap[0];
	struct flying last = n->heap[--n->heap_count];
	size_t i = 0;

	for (size_t child = 1; child < n->heap_count; child = 2 * i + 1) {
		if (child + 1 < n->heap_count && before(&n->heap[child + 1], &n->heap[child]))
			child++;
		if (!before(&n->heap[child], &last))
			break;
		n->heap[i] = n->heap[child];
		i = child;
	}
	n->heap[i] = last;
	return first;
}

/* --- Sending --------------------------------------------------------------------------------- */

static struct sim_frame *frame_copy(const uint8_t *data, uint32_t bytes)
{
	struct sim_frame *frame = malloc(sizeof(*frame) + bytes);

	if (frame == NULL)
		return NULL;
	memcpy(frame + 1, data, bytes);
	*frame = (struct sim_frame){.bytes = bytes, .data = (const uint8_t *)(frame + 1)};
	return frame;
}

static void corrupt(struct sim_network *n, struct sim_frame *frame)
{
	uint8_t *data = (uint8_t *)(frame + 1);

	for (uint64_t flips = 1 + sim_random_below(&n->random, 4); flips > 0; flips--) {
		uint64_t bit = sim_random_below(&n->random, frame->bytes * 8ull);

		data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	n->stats.corrupted++;
}

/* One copy on its way to one endpoint; link_ns is when it has left the sender's link. */
static void fly(struct sim_network *n, uint32_t endpoint, uint64_t link_ns, const uint8_t *data,
		uint32_t bytes)
{
	struct flying item = {.due_ns = link_ns + n->config.delay_us * 1000ull,
			      .order = n->order++,
			      .endpoint = endpoint};

	if (sim_random_chance(&n->random, n->config.loss)) {
		n->stats.lost++;
		return;
	}
	item.due_ns += sim_random_below(&n->random, n->config.jitter_us * 1000ull + 1);
	if (sim_random_chance(&n->random, n->config.reorder)) {
		item.due_ns +=
		    sim_random_below(&n->random, REORDER_DELAYS * n->config.delay_us * 1000ull);
		n->stats.reordered++;
	}
	item.frame = frame_copy(data, bytes);
	if (item.frame == NULL)
		return;
	if (sim_random_chance(&n->random, n->config.corrupt))
		corrupt(n, item.frame);
	if (heap_push(n, &item) < 0)
		sim_frame_release(item.frame);
}

/* Bounds the queue before a link of limited rate; false: the frame finds it full. */
static bool link_pass(struct sim_network *n, struct endpoint *from, uint32_t bytes,
		      uint64_t *link_ns)
{
	*link_ns = n->now_ns;
	if (n->config.rate_mbps == 0)
		return true;
	if (from->link_free_ns > n->now_ns + SIM_QUEUE_US_MAX * 1000ull)
		return false;
	if (from->link_free_ns > n->now_ns)
		*link_ns = from->link_free_ns;
	*link_ns += bytes * 8000ull / n->config.rate_mbps;
	from->link_free_ns = *link_ns;
	return true;
}

/* The endpoint that has sent from this address, or endpoint_count: to all. */
static uint32_t lookup(const struct sim_network *n, const uint8_t *mac)
{
	uint32_t i;

	for (i = 0; i < n->endpoint_count; i++)
		if (n->endpoints[i].learnt && memcmp(n->endpoints[i].mac, mac, MAC_BYTES) == 0)
			break;
	return i;
}

static void forward(struct sim_network *n, uint32_t from, uint64_t link_ns, const uint8_t *data,
		    uint32_t bytes)
{
	uint32_t to = (data[0] & 1) != 0 ? n->endpoint_count : lookup(n, data);

	if (to != n->endpoint_count) {
		fly(n, to, link_ns, data, bytes);
		return;
	}
	for (to = 0; to < n->endpoint_count; to++)
		if (to != from)
			fly(n, to, link_ns, data, bytes);
}

void sim_network_send(struct sim_network *n, uint32_t endpoint, const uint8_t *data, uint32_t bytes)
{
	struct endpoint *from = &n->endpoints[endpoint];
	struct sim_frame view = {.bytes = bytes, .data = data};
	uint64_t link_ns;

	n->stats.sent++;
	trace(n, endpoint, &view);
	if (from->cut || bytes < 2 * MAC_BYTES || bytes > n->config.mtu + SIM_ETHERNET_BYTES ||
	    !link_pass(n, from, bytes, &link_ns)) {
		n->stats.lost++;
		return;
	}
	memcpy(from->mac, data + MAC_BYTES, MAC_BYTES);
	from->learnt = true;
	forward(n, endpoint, link_ns, data, bytes);
	if (sim_random_chance(&n->random, n->config.dup)) {
		n->stats.duplicated++;
		forward(n, endpoint, link_ns, data, bytes);
	}
}

/* --- Receiving ------------------------------------------------------------------------------- */

static void arrive(struct sim_network *n, const struct flying *item)
{
	struct endpoint *to = &n->endpoints[item->endpoint];

	if (to->cut) {
		n->stats.lost++;
		sim_frame_release(item->frame);
		return;
	}
	trace(n, SIM_ENDPOINTS_MAX + item->endpoint, item->frame);
	n->stats.delivered++;
	n->waiting++;
	*to->last = item->frame;
	to->last = &item->frame->next;
}

void sim_network_set_now(struct sim_network *n, uint64_t now_ns)
{
	while (n->heap_count > 0 && n->heap[0].due_ns <= now_ns) {
		struct flying item = heap_pop(n);

		if (item.due_ns > n->now_ns)
			n->now_ns = item.due_ns;
		arrive(n, &item);
	}
	if (now_ns > n->now_ns)
		n->now_ns = now_ns;
}

uint64_t sim_network_now(const struct sim_network *n)
{
	return n->now_ns;
}

uint64_t sim_network_next_time(const struct sim_network *n)
{
	if (n->waiting > 0)
		return n->now_ns;
	return n->heap_count > 0 ? n->heap[0].due_ns : UINT64_MAX;
}

struct sim_frame *sim_network_receive(struct sim_network *n, uint32_t endpoint)
{
	struct endpoint *at = &n->endpoints[endpoint];
	struct sim_frame *frame = at->first;

	if (frame == NULL)
		return NULL;
	at->first = frame->next;
	if (at->first == NULL)
		at->last = &at->first;
	n->waiting--;
	return frame;
}

void sim_frame_release(struct sim_frame *frame)
{
	free(frame);
}

bool sim_network_waiting(const struct sim_network *n, uint32_t endpoint)
{
	return n->endpoints[endpoint].first != NULL;
}

uint32_t sim_network_endpoints(const struct sim_network *n)
{
	return n->endpoint_count;
}

uint32_t sim_network_mtu(const struct sim_network *n)
{
	return n->config.mtu;
}

void sim_network_cut(struct sim_network *n, uint32_t endpoint, bool cut)
{
	n->endpoints[endpoint].cut = cut;
}

void sim_network_stats(const struct sim_network *n, struct sim_stats *stats)
{
	*stats = n->stats;
}
