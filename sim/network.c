/* The simulated network: frames from NIC to switch to NIC, in the order of virtual time. */
#include "network.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <millrace/hash.h>

#include "fault.h"
#include "heap.h"
#include "outage.h"
#include "queue.h"

#define MAC_BYTES 6
#define NS_PER_US 1000ull
#define NS_PER_MS 1000000ull

struct endpoint {
	struct sim_queue up;   /* its NIC's */
	struct sim_queue down; /* the switch's */
	struct sim_frame *first;
	struct sim_frame **last;
	uint32_t waiting; /* frames from first on */
	uint32_t group;
	struct sim_clock clock;
	uint8_t mac[MAC_BYTES]; /* learnt from what it sent */
	bool learnt;
	bool cut;
	bool refused; /* it asked for room, and there was none */
};

struct sim_network {
	struct sim_config config;
	struct sim_faults faults;
	struct sim_outages outages;
	struct sim_stats stats;
	struct sim_heap heap;
	uint64_t now_ns;
	uint32_t waiting; /* frames at endpoints */
	uint32_t refused; /* endpoints */
	uint32_t endpoint_count;
	struct endpoint endpoints[SIM_ENDPOINTS_MAX];
};

static bool config_valid(const struct sim_config *config, uint32_t endpoints)
{
	for (uint32_t i = 0; i < config->lossy_count; i++)
		if (config->lossy[i].from >= endpoints || config->lossy[i].to >= endpoints)
			return false;
	return endpoints > 0 && endpoints <= SIM_ENDPOINTS_MAX && config->mtu > 0 &&
	       config->mtu <= MR_MTU_MAX;
}

static void endpoint_init(struct endpoint *endpoint, const struct sim_config *config)
{
	endpoint->last = &endpoint->first;
	endpoint->up =
	    (struct sim_queue){.rate_mbps = config->up_mbps, .limit_bytes = SIM_NIC_BYTES};
	endpoint->down = (struct sim_queue){
	    .rate_mbps = config->down_mbps,
	    .limit_bytes = config->queue_bytes > 0 ? config->queue_bytes : SIM_QUEUE_BYTES,
	    .mark_bytes = config->ecn_bytes,
	};
}

int sim_network_create(struct sim_network **network, const struct sim_config *config,
		       uint32_t endpoints)
{
	struct sim_random random = {.state = ~config->seed};
	struct sim_network *n;

	if (!config_valid(config, endpoints))
		return -EINVAL;
	n = calloc(1, sizeof(*n));
	if (n == NULL)
		return -ENOMEM;
	n->config = *config;
	n->endpoint_count = endpoints;
	sim_faults_init(&n->faults, &n->config, &n->stats);
	sim_outages_init(&n->outages, &n->config, &n->stats, endpoints);
	for (uint32_t i = 0; i < endpoints; i++) {
		endpoint_init(&n->endpoints[i], &n->config);
		sim_clock_init(&n->endpoints[i].clock, &random, config->skew_ppm);
	}
	*network = n;
	return 0;
}

void sim_network_destroy(struct sim_network **network)
{
	struct sim_network *n = *network;
	struct sim_frame *frame;

	if (n == NULL)
		return;
	sim_heap_free(&n->heap);
	for (uint32_t i = 0; i < n->endpoint_count; i++)
		while ((frame = sim_network_receive(n, i)) != NULL)
			sim_frame_release(frame);
	free(n);
	*network = NULL;
}

/* What the longest frame takes of a link. */
static uint32_t frame_bytes_max(const struct sim_network *n)
{
	return n->config.mtu + SIM_ETHERNET_BYTES + SIM_GAP_BYTES;
}

static void trace(struct sim_network *n, uint64_t what, const struct sim_frame *frame)
{
	uint64_t record[4] = {n->stats.trace, n->now_ns, what,
			      mr_hash64(frame->data, frame->bytes)};

	n->stats.trace = mr_hash64(record, sizeof(record));
}

static bool parted(const struct sim_network *n, uint32_t from, uint32_t to)
{
	return n->endpoints[to].cut || n->endpoints[from].group != n->endpoints[to].group ||
	       sim_outages_part(&n->outages, n->now_ns, from, to);
}

/* --- The switch ------------------------------------------------------------------------------ */

static struct sim_frame *frame_copy(const uint8_t *data, uint32_t bytes)
{
	struct sim_frame *frame = malloc(sizeof(*frame) + bytes);

	if (frame == NULL)
		return NULL;
	memcpy(frame + 1, data, bytes);
	*frame = (struct sim_frame){.bytes = bytes, .data = (const uint8_t *)(frame + 1)};
	return frame;
}

static uint8_t *frame_bytes(struct sim_frame *frame)
{
	return (uint8_t *)(frame + 1);
}

/* Into the output queue of an endpoint; *out_ns is when the link has sent it. */
static bool queue_pass(struct sim_network *n, struct endpoint *to, struct sim_frame *frame,
		       uint64_t *out_ns)
{
	enum sim_verdict verdict =
	    sim_queue_push(&to->down, n->now_ns, frame->bytes + SIM_GAP_BYTES, out_ns);
	uint64_t queued = sim_queue_bytes(&to->down, n->now_ns);

	if (queued > n->stats.queue_bytes_max)
		n->stats.queue_bytes_max = queued;
	if (verdict == SIM_MARK && sim_frame_mark(frame_bytes(frame), frame->bytes))
		n->stats.marked++;
	return verdict != SIM_DROP;
}

/* One copy on its way to one endpoint. */
static void fly(struct sim_network *n, uint32_t from, uint32_t to, const struct sim_frame *original)
{
	struct sim_flying item = {.place = to, .hop = SIM_TO_ENDPOINT};

	if (sim_fault_loses(&n->faults, from, to))
		return;
	item.frame = frame_copy(original->data, original->bytes);
	if (item.frame == NULL) {
		n->stats.lost_invalid++;
		return;
	}
	sim_fault_corrupt(&n->faults, frame_bytes(item.frame), item.frame->bytes);
	if (parted(n, from, to)) {
		n->stats.lost_cut++;
		sim_frame_release(item.frame);
		return;
	}
	if (!queue_pass(n, &n->endpoints[to], item.frame, &item.due_ns)) {
		n->stats.lost_queue++;
		sim_frame_release(item.frame);
		return;
	}
	item.due_ns += n->config.delay_us * NS_PER_US + sim_fault_delay(&n->faults);
	if (sim_heap_push(&n->heap, &item) < 0)
		n->stats.lost_invalid++;
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

static void forward(struct sim_network *n, uint32_t from, const struct sim_frame *frame)
{
	uint32_t to = (frame->data[0] & 1) != 0 ? n->endpoint_count : lookup(n, frame->data);

	if (to != n->endpoint_count) {
		fly(n, from, to, frame);
		return;
	}
	for (to = 0; to < n->endpoint_count; to++)
		if (to != from)
			fly(n, from, to, frame);
}

/* A frame has come in from an endpoint. */
static void switch_frame(struct sim_network *n, uint32_t from, const struct sim_frame *frame)
{
	memcpy(n->endpoints[from].mac, frame->data + MAC_BYTES, MAC_BYTES);
	n->endpoints[from].learnt = true;
	forward(n, from, frame);
	if (sim_fault_doubles(&n->faults))
		forward(n, from, frame);
}

/* --- Sending --------------------------------------------------------------------------------- */

uint32_t sim_network_room(struct sim_network *n, uint32_t endpoint)
{
	struct endpoint *from = &n->endpoints[endpoint];
	uint64_t frames = sim_queue_room(&from->up, n->now_ns) / frame_bytes_max(n);

	if (from->refused == (frames > 0)) {
		from->refused = frames == 0;
		n->refused += frames > 0 ? -1u : 1u;
	}
	return (uint32_t)frames;
}

/* NULL when the frame was taken, else the counter of why not. */
static uint64_t *nic_refuse(struct sim_network *n, struct endpoint *from, uint32_t bytes,
			    uint64_t *out_ns)
{
	if (bytes < 2 * MAC_BYTES || bytes > n->config.mtu + SIM_ETHERNET_BYTES)
		return &n->stats.lost_invalid;
	if (from->cut)
		return &n->stats.lost_cut;
	if (sim_queue_push(&from->up, n->now_ns, bytes + SIM_GAP_BYTES, out_ns) == SIM_DROP)
		return &n->stats.lost_nic;
	return NULL;
}

void sim_network_send(struct sim_network *n, uint32_t endpoint, const uint8_t *data, uint32_t bytes)
{
	const struct sim_frame view = {.bytes = bytes, .data = data};
	struct sim_flying item = {.place = endpoint, .hop = SIM_TO_SWITCH};
	uint64_t *counter;

	n->stats.sent++;
	trace(n, endpoint, &view);
	counter = nic_refuse(n, &n->endpoints[endpoint], bytes, &item.due_ns);
	if (counter != NULL) {
		++*counter;
		return;
	}
	if (item.due_ns == n->now_ns) {
		switch_frame(n, endpoint, &view);
		return;
	}
	item.frame = frame_copy(data, bytes);
	if (item.frame == NULL || sim_heap_push(&n->heap, &item) < 0)
		n->stats.lost_invalid++;
}

/* --- Receiving ------------------------------------------------------------------------------- */

static void arrive(struct sim_network *n, uint32_t endpoint, struct sim_frame *frame)
{
	struct endpoint *to = &n->endpoints[endpoint];

	if (to->cut || to->waiting == SIM_RX_FRAMES_MAX) {
		++*(to->cut ? &n->stats.lost_cut : &n->stats.lost_rx);
		sim_frame_release(frame);
		return;
	}
	trace(n, SIM_ENDPOINTS_MAX + endpoint, frame);
	n->stats.delivered++;
	n->waiting++;
	to->waiting++;
	*to->last = frame;
	to->last = &frame->next;
}

/* Time passes up to then, with nothing due before. */
static void advance(struct sim_network *n, uint64_t now_ns)
{
	if (now_ns <= n->now_ns)
		return;
	n->now_ns = now_ns;
	n->faults.calm = n->config.calm_ms > 0 && now_ns >= n->config.calm_ms * NS_PER_MS;
	sim_outages_run(&n->outages, now_ns);
}

void sim_network_set_now(struct sim_network *n, uint64_t now_ns)
{
	while (sim_heap_next_time(&n->heap) <= now_ns) {
		struct sim_flying item = sim_heap_pop(&n->heap);

		advance(n, item.due_ns);
		if (item.hop == SIM_TO_ENDPOINT) {
			arrive(n, item.place, item.frame);
			continue;
		}
		switch_frame(n, item.place, item.frame);
		sim_frame_release(item.frame);
	}
	advance(n, now_ns);
}

uint64_t sim_network_now(const struct sim_network *n)
{
	return n->now_ns;
}

static uint64_t endpoint_next_time(const struct sim_network *n, uint32_t i)
{
	const struct endpoint *endpoint = &n->endpoints[i];
	uint64_t next = UINT64_MAX;

	if (endpoint->refused)
		next = sim_queue_room_time(&endpoint->up, frame_bytes_max(n));
	if (next <= n->now_ns)
		next = UINT64_MAX; /* it was told, and need not ask again */
	if (endpoint->waiting > 0)
		next = n->now_ns;
	if (next != UINT64_MAX && next < n->outages.resume_ns[i])
		next = n->outages.resume_ns[i];
	return next;
}

uint64_t sim_network_next_time(const struct sim_network *n)
{
	uint64_t next = sim_heap_next_time(&n->heap);

	if (n->waiting == 0 && n->refused == 0)
		return next;
	for (uint32_t i = 0; i < n->endpoint_count; i++) {
		uint64_t at = endpoint_next_time(n, i);

		if (at < next)
			next = at;
	}
	return next > n->now_ns ? next : n->now_ns;
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
	at->waiting--;
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

/* --- The rest -------------------------------------------------------------------------------- */

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

void sim_network_set_group(struct sim_network *n, uint32_t endpoint, uint32_t group)
{
	n->endpoints[endpoint].group = group;
}

void sim_network_set_judge(struct sim_network *n,
			   struct sim_fate (*judge)(void *opaque, uint32_t from, uint32_t to),
			   void *opaque)
{
	n->faults.judge = judge;
	n->faults.judge_opaque = opaque;
}

void sim_network_pause(struct sim_network *n, uint32_t endpoint, uint64_t until_ns)
{
	sim_outages_pause(&n->outages, endpoint, until_ns);
}

uint64_t sim_network_resume_time(const struct sim_network *n, uint32_t endpoint)
{
	return n->outages.resume_ns[endpoint];
}

const struct sim_clock *sim_network_clock(const struct sim_network *n, uint32_t endpoint)
{
	return &n->endpoints[endpoint].clock;
}

void sim_network_stats(const struct sim_network *n, struct sim_stats *stats)
{
	*stats = n->stats;
	stats->lost = stats->lost_random + stats->lost_burst + stats->lost_pair +
		      stats->lost_judged + stats->lost_cut + stats->lost_queue + stats->lost_nic +
		      stats->lost_rx + stats->lost_invalid;
}
