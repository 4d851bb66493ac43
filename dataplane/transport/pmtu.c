/*
 * How long a packet to a peer may be: asked for by HELLOs of that length, which WELCOME echoes.
 *
 * Nothing of a long message is sent before the first search has ended: one round trip, when the
 * longest packet both ports take gets through. Otherwise the usual lengths are asked for all at
 * once, in a few rounds, and the longest that arrived is it. Path packets do not tell us about
 * drops (ICMP is not listened to: anybody can forge it); a path that shrinks is noticed by
 * timeouts, and believed after many rounds in which shorter packets arrived and none as long.
 * Then what was cut too long fails with TRANSPORT_PATH_SHRUNK: it never hangs.
 *
 * Sources: RFC 8899 (packetization layer path MTU discovery for datagram transports), RFC 1191
 * section 7.1 (search by a table of lengths that exist).
 */
#include "calls.h"

/* Lengths of IP packets that links are made for: jumbo frames, clouds, Ethernet, PPPoE, tunnels,
 * IPv6's least, and the least of IPv4. The last stands for a HELLO without padding. */
static const uint16_t lengths[] = {9216, 9000, 8896, 4352, 2002, 1500, 1492, 1460,
				   1450, 1420, 1400, 1280, 1006, 576,  0};

#define LENGTHS (sizeof(lengths) / sizeof(lengths[0]))

/* As we count, without what a seal adds. */
static uint32_t length_at(const struct peer *peer, uint32_t index)
{
	uint32_t overhead_bytes = peer->transport->config.overhead_bytes;

	return lengths[index] > overhead_bytes ? lengths[index] - overhead_bytes : 0;
}

static uint32_t ceiling(const struct peer *peer)
{
	uint32_t mtu = peer->transport->config.mtu;

	return peer->path.remote_mtu == 0 ? mtu : (uint32_t)min_u64(mtu, peer->path.remote_mtu);
}

void path_init(struct peer *peer)
{
	timer_cancel(&peer->transport->timers, &peer->path.round);
	peer->path = (struct path){.bytes = (uint32_t)min_u64(ceiling(peer), MR_PATH_BYTES_BASE)};
	timer_init(&peer->path.round, TIMER_PATH);
}

/* --- Searching ------------------------------------------------------------------------------- */

static void search(struct peer *peer, uint32_t top, uint32_t rounds)
{
	struct path *path = &peer->path;

	peer->transport->counters.path_searches++;
	path->top = top;
	path->best = 0;
	path->asked = 0;
	path->next = 0;
	path->rounds = rounds;
	peer->control |= CONTROL_HELLO;
	timer_set(&peer->transport->timers, &path->round,
		  peer->transport->now_ns + MR_PATH_ROUND_US * NS_PER_US);
}

static void shrink(struct peer *peer)
{
	peer->transport->counters.path_shrinks++;
	send_fail_all(peer, TRANSPORT_PATH_SHRUNK);
	peer->control |= CONTROL_HELLO; /* which tells that their session is over */
}

static void search_end(struct peer *peer)
{
	struct transport *t = peer->transport;
	struct path *path = &peer->path;
	bool shrunk = path->best > 0 && path->best < path->bytes &&
		      (peer->out_started > 0 || lane_waits(peer));

	timer_cancel(&t->timers, &path->round);
	path->rounds = 0;
	path->known |= path->best > 0;
	/* Without an answer messages start as they are: a peer that lives may still not tell. */
	path->raise_ns =
	    t->now_ns + (path->known ? MR_PATH_RAISE_MS : MR_PATH_RETRY_MS) * NS_PER_MS;
	if (path->best == 0)
		return;
	path->bytes = path->best;
	if (shrunk)
		shrink(peer);
}

void path_round(struct peer *peer)
{
	struct path *path = &peer->path;
	struct transport *t = peer->transport;

	path->asked++;
	path->next = 0;
	if (--path->rounds == 0) {
		search_end(peer);
	} else {
		peer->control |= CONTROL_HELLO;
		timer_set(&t->timers, &path->round, t->now_ns + MR_PATH_ROUND_US * NS_PER_US);
	}
	peer_update(peer);
}

void path_ask(struct peer *peer)
{
	if (!peer->path.known && peer->path.rounds == 0)
		search(peer, ceiling(peer), MR_PATH_ROUNDS);
	peer->control |= CONTROL_HELLO;
}

/* The first round asks for the longest only; a later one for all that are still worth it. */
uint32_t path_hello(struct peer *peer, bool *more)
{
	struct path *path = &peer->path;
	uint32_t next = path->next;

	*more = false;
	if (path->rounds == 0 || next == LENGTHS)
		return 0;
	if (next == 0) {
		while (length_at(peer, path->next) >= path->top)
			path->next++;
		*more = path->asked > 0;
		return path->top;
	}
	path->next++;
	*more = path->next < LENGTHS && length_at(peer, path->next) > path->best;
	return length_at(peer, next);
}

/* --- What is learnt -------------------------------------------------------------------------- */

void path_told(struct peer *peer, const struct wire_hello *hello)
{
	struct path *path = &peer->path;

	if (hello->mtu < WIRE_CHUNK_BYTES_MIN + PATH_HEADERS_BYTES)
		return;
	path->remote_mtu = hello->mtu;
	if (path->rounds == 0 || hello->path_bytes > path->top)
		return;
	if (hello->path_bytes >= length_at(peer, LENGTHS - 2))
		path->best = (uint32_t)max_u64(path->best, hello->path_bytes);
	if (path->best >= min_u64(path->top, ceiling(peer)))
		search_end(peer);
}

void path_carried(struct peer *peer, uint32_t chunk_bytes)
{
	struct path *path = &peer->path;

	if (path->rounds > 0 && path->top <= path->bytes &&
	    chunk_bytes + PATH_HEADERS_BYTES >= path->bytes) {
		path->best = path->bytes;
		search_end(peer);
	}
}

void path_suspect(struct peer *peer)
{
	if (peer->path.rounds == 0)
		search(peer, peer->path.known ? peer->path.bytes : ceiling(peer),
		       MR_PATH_ROUNDS_SUSPECT);
}

bool path_holds(struct peer *peer, uint64_t stream_bytes)
{
	struct path *path = &peer->path;

	if (stream_bytes <= path_chunk_bytes(peer))
		return false;
	if (path->rounds == 0 && path->bytes < ceiling(peer) &&
	    peer->transport->now_ns >= path->raise_ns)
		search(peer, ceiling(peer), MR_PATH_ROUNDS);
	return path->rounds > 0 && !path->known;
}
