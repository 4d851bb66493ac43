/* What the users of a world are to do, from its seed: who sends what to whom, and when. */
#include <stdlib.h>

#include "test.h"
#include "world_state.h"

#define PATTERN_BYTES (12u << 20)
#define SMALL_BYTES_MAX 1024
#define ANSWER_DELAY_NS_MAX 5000000
#define ANSWER_ODDS 3                /* one in so many offers is answered late */
#define REJECT_ODDS 12               /* one in so many is rejected */
#define RETURN_ODDS 4                /* one in so many crashed nodes never comes back */
#define AFTERWARDS_NS 10000000000ull /* an answer, long after first contact */

/* Bytes that are nowhere alike, for all bodies: a byte from a wrong place shows. */
static const uint8_t *pattern(void)
{
	static uint64_t words[PATTERN_BYTES / sizeof(uint64_t)];
	struct sim_random random = {1};

	if (words[0] == 0)
		for (uint32_t i = 0; i < PATTERN_BYTES / sizeof(words[0]); i++)
			words[i] = sim_random_next(&random) | (i == 0);
	return (const uint8_t *)words;
}

/* Small ones are as likely as large ones. */
static uint64_t random_bytes(struct sim_random *random, uint64_t max)
{
	uint64_t bits = 0;

	while (1ull << bits < max)
		bits++;
	return 1 + sim_random_below(random, 1ull << sim_random_below(random, bits + 1)) % max;
}

static void plan_message(struct world *w, uint64_t send_ns, uint32_t from, uint32_t to)
{
	struct planned *m = &w->messages[w->message_count];
	bool small = sim_random_below(&w->random, 100) < w->config->small_percent;

	CHECK(w->message_count < WORLD_MESSAGES_MAX);
	m->from = (uint8_t)from;
	m->to = (uint8_t)to;
	m->flow = (uint8_t)sim_random_below(&w->random, w->config->flows);
	m->send_ns = send_ns;
	m->body_bytes =
	    random_bytes(&w->random, small ? SMALL_BYTES_MAX : w->config->body_bytes_max);
	m->body = pattern() + sim_random_below(&w->random, PATTERN_BYTES - m->body_bytes + 1);
	m->head_bytes = 16 + (uint32_t)sim_random_below(&w->random, TRANSPORT_HEAD_BYTES_MAX - 15);
	m->answer_ns = UINT64_MAX;
	if (sim_random_below(&w->random, ANSWER_ODDS) == 0)
		m->accept_delay_ns = sim_random_below(&w->random, ANSWER_DELAY_NS_MAX);
	m->reject = sim_random_below(&w->random, REJECT_ODDS) == 0;
	w->message_count++;
}

static void node_sends(struct node *node, uint32_t index)
{
	if (node->sends == NULL)
		node->sends = calloc(WORLD_MESSAGES_MAX, sizeof(node->sends[0]));
	CHECK(node->sends != NULL);
	node->sends[node->send_count++] = index;
}

void plan_now(struct world *w, const struct planned *planned)
{
	struct planned *m = &w->messages[w->message_count];

	CHECK(w->message_count < WORLD_MESSAGES_MAX);
	*m = *planned;
	m->send_ns = world_now(w);
	m->answer_ns = UINT64_MAX;
	m->body = pattern() + w->message_count * 4099; /* a prime: nowhere alike */
	node_sends(&w->nodes[m->from], w->message_count++);
}

static void plan_random(struct world *w)
{
	uint32_t from = (uint32_t)sim_random_below(&w->random, w->config->nodes);
	uint32_t hop = (uint32_t)sim_random_below(&w->random, w->config->nodes - 1);
	uint64_t send_ns = sim_random_below(&w->random, w->config->plan_us * NS_PER_US);

	plan_message(w, send_ns, from, (from + 1 + hop) % w->config->nodes);
}

static bool crash_planned(const struct world *w, uint32_t node)
{
	for (uint32_t i = 0; i < w->crash_count; i++)
		if (w->crashes[i].node == node)
			return true;
	return false;
}

/* Each node crashes once at most. Some are back before anybody finds them dead. */
static void plan_crash(struct world *w)
{
	struct crash *crash = &w->crashes[w->crash_count];
	uint64_t timeout_ns = w->config->peer_timeout_ms * NS_PER_MS;

	crash->node = (uint32_t)sim_random_below(&w->random, w->config->nodes);
	crash->at_ns = sim_random_below(&w->random, 2 * w->config->plan_us * NS_PER_US);
	crash->back_ns = crash->at_ns + sim_random_below(&w->random, 2) *
					    sim_random_below(&w->random, 2 * timeout_ns);
	if (sim_random_below(&w->random, RETURN_ODDS) == 0)
		crash->back_ns = UINT64_MAX;
	if (!crash_planned(w, crash->node))
		w->crash_count++;
}

/* --- Who has to send what, in the order of time ---------------------------------------------- */

static const struct world *sorted_world;

static int compare_sends(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
	uint64_t left_ns = sorted_world->messages[left].send_ns;
	uint64_t right_ns = sorted_world->messages[right].send_ns;

	if (left_ns != right_ns)
		return left_ns < right_ns ? -1 : 1;
	return left < right ? -1 : left > right;
}

static void sends_list(struct world *w, uint32_t first)
{
	for (uint32_t i = 0; i < w->config->nodes; i++) {
		struct node *node = &w->nodes[i];

		for (uint32_t m = first; m < w->message_count; m++)
			if (w->messages[m].from == i)
				node_sends(node, m);
		if (node->sends == NULL)
			continue;
		sorted_world = w;
		qsort(node->sends + node->send_next, node->send_count - node->send_next,
		      sizeof(node->sends[0]), compare_sends);
	}
}

void plan_make(struct world *w)
{
	w->random.state = ~w->config->network.seed;
	for (uint32_t i = 0; i < w->config->messages; i++)
		plan_random(w);
	for (uint32_t i = 0; i < w->config->crashes; i++)
		plan_crash(w);
	sends_list(w, 0);
}

/* When all is quiet again, those who came back talk to everyone who lives, and are answered. */
void plan_afterwards(struct world *w)
{
	uint32_t first = w->message_count;

	for (uint32_t i = 0; i < w->crash_count; i++) {
		uint32_t back = w->crashes[i].node;

		for (uint32_t other = 0; other < w->config->nodes; other++) {
			if (other == back || w->nodes[back].dead || w->nodes[other].dead)
				continue;
			plan_message(w, world_now(w), back, other);
			plan_message(w, world_now(w) + AFTERWARDS_NS, other, back);
		}
	}
	sends_list(w, first);
}

void plan_free(struct world *w)
{
	for (uint32_t i = 0; i < w->config->nodes; i++)
		free(w->nodes[i].sends);
	for (uint32_t i = 0; i < w->message_count; i++) {
		room_close(&w->messages[i]);
		free(w->messages[i].arrived);
	}
}
