/*
 * Does a path carry less than it did? Asked when timeouts come in a row, or when many long packets
 * were lost and none arrived; any long packet that gets there answers.
 *
 * Meanwhile rounds of questions: for a packet as long as those that vanish, for the shortest there
 * is, and for lengths between. The share of short ones without an answer is what is lost at any
 * length. The path has shrunk when it would take more than a chance in MR_PATH_CHANCE for loss like
 * that to have hit every long one beside a short one that was answered; then what was cut too long
 * fails with TRANSPORT_PATH_SHRUNK. Rounds in which nothing is answered say nothing: a burst of
 * loss, a pause, a dead peer. They get longer.
 *
 * Questions go one at a time and never together with data: a queue with room for one long packet
 * must not lose the data to the question.
 *
 * Sources: RFC 8899 section 4.3 (black holes are found by packets of both lengths).
 */
#include "calls.h"

#define STEPS 4           /* questions of a round */
#define ROUND_DOUBLINGS 4 /* of its time, while nothing is answered */
#define SWEEPS 2          /* through the lengths between, before one is chosen */
#define CHANCE_ONE (1ull << 40)

static void step_wait(struct peer *peer)
{
	struct transport *t = peer->transport;
	uint64_t round_ns = MR_PATH_ROUND_US * NS_PER_US << peer->path.suspicion.silent;

	round_ns = min_u64(round_ns, peer_interval_max_ns(peer));
	timer_set(&t->timers, &peer->path.round, t->now_ns + round_ns / STEPS);
}

void shrink_suspect(struct peer *peer)
{
	struct path *path = &peer->path;

	peer->transport->counters.path_searches++;
	path->search = PATH_SUSPECT;
	path->top = path->bytes;
	path->best = 0;
	path->suspicion = (struct suspicion){.next = path_length_below(peer, path->top)};
	step_wait(peer);
}

/* --- Evidence -------------------------------------------------------------------------------- */

/* Could what is lost at any length have hit the long ones as well? */
static bool chance_explains(const struct suspicion *suspicion)
{
	uint64_t lost = suspicion->asked - suspicion->answered + 1ull;
	uint64_t chance = CHANCE_ONE;

	for (uint32_t i = 0; i < suspicion->answered && chance > 0; i++)
		chance = chance * lost / (suspicion->asked + 1ull);
	return chance > CHANCE_ONE / MR_PATH_CHANCE;
}

void shrink(struct peer *peer)
{
	struct path *path = &peer->path;
	uint32_t bytes = path->best;

	peer->transport->counters.path_shrinks++;
	path_search_end(peer);
	path->bytes = bytes;
	send_fail_all(peer, TRANSPORT_PATH_SHRUNK);
	peer->control |= CONTROL_HELLO; /* which tells that their session is over */
}

void shrink_told(struct peer *peer)
{
	struct suspicion *suspicion = &peer->path.suspicion;

	if (!suspicion->open)
		return;
	suspicion->open = false;
	suspicion->answered++;
	suspicion->silent = 0;
}

/* --- Rounds ---------------------------------------------------------------------------------- */

/* Of the lengths between what passed and what may not, the longest first, again and again. */
static uint32_t length_next(struct peer *peer)
{
	struct path *path = &peer->path;
	struct suspicion *suspicion = &path->suspicion;
	uint32_t bytes;

	if (suspicion->next >= PATH_LENGTHS - 1 ||
	    path_length(peer, suspicion->next) <= path->best) {
		suspicion->sweeps++;
		suspicion->next = path_length_below(peer, path->top);
	}
	bytes = path_length(peer, suspicion->next++);
	if (bytes > path->best)
		return bytes;
	return path->best > 0 ? path->best : path->top; /* there is none between */
}

static void suspicion_round_begin(struct suspicion *suspicion)
{
	if (suspicion->open && suspicion->silent < ROUND_DOUBLINGS)
		suspicion->silent++;
	suspicion->open = false;
}

static uint32_t question(struct peer *peer)
{
	struct suspicion *suspicion = &peer->path.suspicion;

	switch (suspicion->step++ % STEPS) {
	case 0:
		suspicion_round_begin(suspicion);
		return peer->path.top;
	case 1:
		suspicion->asked++;
		suspicion->open = true;
		return 0;
	default:
		return length_next(peer);
	}
}

uint32_t shrink_length(struct peer *peer)
{
	struct suspicion *suspicion = &peer->path.suspicion;
	uint32_t bytes = suspicion->ask_bytes;

	suspicion->ask_bytes = 0; /* once: what else is said with a HELLO needs no length */
	return bytes;
}

void shrink_step(struct peer *peer)
{
	struct path *path = &peer->path;
	struct suspicion *suspicion = &path->suspicion;

	if (!send_waits(peer)) {
		path_search_end(peer); /* nobody waits to know */
		return;
	}
	if (path->best > 0 && suspicion->sweeps >= SWEEPS && !chance_explains(suspicion)) {
		shrink(peer);
		return;
	}
	suspicion->ask_bytes = question(peer);
	peer->control |= CONTROL_HELLO;
	step_wait(peer);
}
