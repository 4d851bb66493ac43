/* Flood, ping-pong, requests, and small messages beside a flood. */
#include "patterns.h"

/* Which sources are to be sent as soon as the transport has room; bit i is source i. */
static _Thread_local uint64_t waiting;
static _Thread_local uint64_t small_sent_at; /* ticks */

_Static_assert(ENDPOINT_SOURCES_MAX <= 64, "a bit for each source");

static uint32_t echo_bytes(const struct endpoint *endpoint)
{
	const struct pair_order *order = endpoint->order;

	return order->pattern == PAIR_BESIDE ? order->small_bytes : order->message_bytes;
}

static void waiting_send(struct endpoint *endpoint, uint32_t bytes, enum endpoint_kind kind)
{
	while (waiting != 0) {
		uint32_t source = (uint32_t)__builtin_ctzll(waiting);

		if (!endpoint_send(endpoint, source, bytes, kind))
			return;
		waiting &= waiting - 1;
	}
}

static bool over(const struct endpoint *endpoint)
{
	return worker_stopped(endpoint->worker, endpoint->order);
}

/* --- Flood: a window of bulk messages; each is sent again when it was delivered --------------- */

static void flood_sent(struct endpoint *endpoint, uint32_t source, enum endpoint_kind kind)
{
	if (kind == ENDPOINT_BULK && !over(endpoint))
		waiting |= UINT64_C(1) << source;
}

static void flood_turn(struct endpoint *endpoint)
{
	if (over(endpoint))
		waiting = 0;
	waiting_send(endpoint, endpoint->order->message_bytes, ENDPOINT_BULK);
}

static const struct endpoint_pattern flood_sender = {.sent = flood_sent, .turn = flood_turn};
static const struct endpoint_pattern silent = {0};

/* --- Echo: the receiver answers each message with one of its own ------------------------------ */

static void echo_arrived(struct endpoint *endpoint, const struct endpoint_head *head,
			 uint64_t bytes)
{
	if (head->kind == ENDPOINT_SMALL)
		waiting |= UINT64_C(1) << head->source;
}

static void echo_turn(struct endpoint *endpoint)
{
	waiting_send(endpoint, echo_bytes(endpoint), ENDPOINT_ECHO);
}

static const struct endpoint_pattern echo = {.arrived = echo_arrived, .turn = echo_turn};

/* --- Requests: a window of them; each is sent again when it was answered ---------------------- */

static void requests_arrived(struct endpoint *endpoint, const struct endpoint_head *head,
			     uint64_t bytes)
{
	if (endpoint->counting) {
		endpoint->answer->units++;
		endpoint->answer->bytes += bytes;
	}
	if (!over(endpoint))
		waiting |= UINT64_C(1) << head->source;
}

static void requests_turn(struct endpoint *endpoint)
{
	if (over(endpoint))
		waiting = 0;
	waiting_send(endpoint, endpoint->order->message_bytes, ENDPOINT_SMALL);
}

static const struct endpoint_pattern requests_sender = {.arrived = requests_arrived,
							.turn = requests_turn};

/* --- Ping-pong: requests with a window of one, timed; beside a flood or alone ----------------- */

static uint32_t small_source(const struct endpoint *endpoint)
{
	return endpoint->order->pattern == PAIR_BESIDE ? endpoint->order->window : 0;
}

static void small_send(struct endpoint *endpoint)
{
	small_sent_at = worker_ticks();
	if (!endpoint_send(endpoint, small_source(endpoint), echo_bytes(endpoint), ENDPOINT_SMALL))
		small_sent_at = 0;
}

static void pingpong_arrived(struct endpoint *endpoint, const struct endpoint_head *head,
			     uint64_t bytes)
{
	uint64_t ticks = worker_ticks() - small_sent_at;

	if (endpoint->counting && endpoint->tick_count < MR_BENCH_SAMPLES_MAX) {
		endpoint->ticks[endpoint->tick_count++] = ticks;
		if (endpoint->order->pattern == PAIR_PINGPONG)
			endpoint->answer->units++;
	}
	if (!over(endpoint))
		small_send(endpoint);
}

/* The transport had no room, which a window of one never sees: but then it would wait for ever. */
static void pingpong_turn(struct endpoint *endpoint)
{
	if (small_sent_at == 0 && !over(endpoint))
		small_send(endpoint);
}

static void beside_turn(struct endpoint *endpoint)
{
	pingpong_turn(endpoint);
	flood_turn(endpoint);
}

static const struct endpoint_pattern pingpong_sender = {.arrived = pingpong_arrived,
							.turn = pingpong_turn};
static const struct endpoint_pattern beside_sender = {
    .arrived = pingpong_arrived, .sent = flood_sent, .turn = beside_turn};

/* --- Sparse: one message now and then, each to a peer that has had time to fall asleep ---------
 */

static _Thread_local uint64_t sparse_next_ns;

/* A quarter of the gap is by chance: or each would meet the same moment of a back-off. */
static uint64_t sparse_gap_ns(const struct endpoint *endpoint)
{
	uint64_t gap_ns = endpoint->order->gap_ms * 1000000ull;

	return gap_ns + worker_ticks() * 0x9e3779b97f4a7c15u % (gap_ns / 4);
}

static void sparse_arrived(struct endpoint *endpoint, const struct endpoint_head *head,
			   uint64_t bytes)
{
	if (endpoint->counting && endpoint->tick_count < MR_BENCH_SAMPLES_MAX)
		endpoint->ticks[endpoint->tick_count++] = worker_ticks() - small_sent_at;
	sparse_next_ns = endpoint->now_ns + sparse_gap_ns(endpoint);
}

static void sparse_turn(struct endpoint *endpoint)
{
	const struct pair_order *order = endpoint->order;

	if (order->window == 0 || over(endpoint) || endpoint->unanswered > 0 ||
	    endpoint->now_ns < sparse_next_ns)
		return;
	small_send(endpoint);
}

static const struct endpoint_pattern sparse_sender = {.arrived = sparse_arrived,
						      .turn = sparse_turn};

/* --- Which ---------------------------------------------------------------------------------------
 */

static const struct endpoint_pattern *const patterns[][PAIR_ROLES] = {
    [PAIR_FLOOD] = {&flood_sender, &silent},     [PAIR_PINGPONG] = {&pingpong_sender, &echo},
    [PAIR_REQUESTS] = {&requests_sender, &echo}, [PAIR_BESIDE] = {&beside_sender, &echo},
    [PAIR_SPARSE] = {&sparse_sender, &echo},
};

const struct endpoint_pattern *pattern_of(enum pair_pattern pattern, enum pair_role role)
{
	return pattern < sizeof(patterns) / sizeof(patterns[0]) ? patterns[pattern][role] : NULL;
}

enum pair_role pattern_clock(enum pair_pattern pattern)
{
	return pattern == PAIR_FLOOD ? PAIR_RECEIVER : PAIR_SENDER;
}

void pattern_begin(struct endpoint *endpoint)
{
	const struct pair_order *order = endpoint->order;

	waiting = 0;
	small_sent_at = 0;
	sparse_next_ns = 0;
	if (endpoint->worker->role == PAIR_SENDER && order->pattern != PAIR_PINGPONG &&
	    order->pattern != PAIR_SPARSE)
		waiting = UINT64_MAX >> (64 - order->window);
}
