/*
 * How long a packet to a peer may be: asked for by HELLOs of that length, which WELCOME echoes.
 *
 * Nothing of a long message is sent before the first search has ended: one round trip, when the
 * longest packet both ports take gets through. Otherwise the usual lengths are asked for all at
 * once, in a few rounds, and the longest that arrived is it. Path packets do not tell us about
 * drops (ICMP is not listened to: anybody can forge it); whether a path carries less than it did is
 * found out in shrink.c, and nothing else lets messages fail.
 *
 * Sources: RFC 8899 (packetization layer path MTU discovery for datagram transports), RFC 1191
 * section 7.1 (search by a table of lengths that exist).
 */
#include "calls.h"

/* Lengths of IP packets that links are made for: jumbo frames, clouds, Ethernet, PPPoE, tunnels,
 * IPv6's least, and the least of IPv4. The last stands for a HELLO without padding. */
static const uint16_t lengths[] = {9216, 9000, 8896, 4352, 2002, 1500, 1492, 1460,
				   1450, 1420, 1400, 1280, 1006, 576,  0};

_Static_assert(sizeof(lengths) / sizeof(lengths[0]) == PATH_LENGTHS, "calls.h");

/* As we count, without what a seal adds. */
uint32_t path_length(const struct peer *peer, uint32_t index)
{
	uint32_t overhead_bytes = peer->transport->config.overhead_bytes;

	return lengths[index] > overhead_bytes ? lengths[index] - overhead_bytes : 0;
}

uint32_t path_length_below(const struct peer *peer, uint32_t bytes)
{
	uint32_t index = 0;

	while (path_length(peer, index) >= bytes)
		index++;
	return index;
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

static void search(struct peer *peer)
{
	struct path *path = &peer->path;

	peer->transport->counters.path_searches++;
	path->search = PATH_SEARCH;
	path->top = ceiling(peer);
	path->best = 0;
	path->asked = 0;
	path->next = 0;
	peer->control |= CONTROL_HELLO;
	timer_set(&peer->transport->timers, &path->round,
		  peer->transport->now_ns + MR_PATH_ROUND_US * NS_PER_US);
}

void path_search_end(struct peer *peer)
{
	struct transport *t = peer->transport;
	struct path *path = &peer->path;

	timer_cancel(&t->timers, &path->round);
	path->search = PATH_QUIET;
	path->known |= path->best > 0;
	/* Without an answer messages start as they are: a peer that lives may still not tell. */
	path->raise_ns =
	    t->now_ns + (path->known ? MR_PATH_RAISE_MS : MR_PATH_RETRY_MS) * NS_PER_MS;
}

/* Less than what is under way was cut for: that is so when the peer's port takes no more; else few
 * questions, maybe all lost, have proved nothing. */
static void found(struct peer *peer)
{
	struct path *path = &peer->path;
	bool busy = peer->out_started > 0 || lane_waits(peer);

	path_search_end(peer);
	if (path->best >= path->bytes || (path->best > 0 && !busy))
		path->bytes = path->best;
	else if (path->best >= ceiling(peer))
		shrink(peer);
	else if (path->best > 0)
		shrink_suspect(peer);
}

void path_round(struct peer *peer)
{
	struct path *path = &peer->path;
	struct transport *t = peer->transport;

	if (path->search == PATH_SUSPECT) {
		shrink_step(peer);
	} else if (++path->asked == MR_PATH_ROUNDS) {
		found(peer);
	} else {
		path->next = 0;
		peer->control |= CONTROL_HELLO;
		timer_set(&t->timers, &path->round, t->now_ns + MR_PATH_ROUND_US * NS_PER_US);
	}
	peer_update(peer);
}

void path_ask(struct peer *peer)
{
	if (!peer->path.known && peer->path.search == PATH_QUIET)
		search(peer);
	peer->control |= CONTROL_HELLO;
}

/* The first round asks for the longest only; a later one for all that are still worth it. */
static uint32_t search_length(struct peer *peer, bool *more)
{
	struct path *path = &peer->path;
	uint32_t next = path->next;

	if (next == PATH_LENGTHS)
		return 0;
	if (next == 0) {
		path->next = path_length_below(peer, path->top);
		*more = path->asked > 0;
		return path->top;
	}
	path->next++;
	*more = path->next < PATH_LENGTHS && path_length(peer, path->next) > path->best;
	return path_length(peer, next);
}

uint32_t path_hello(struct peer *peer, bool *more)
{
	*more = false;
	switch (peer->path.search) {
	case PATH_SEARCH:
		return search_length(peer, more);
	case PATH_SUSPECT:
		return shrink_length(peer);
	default:
		return 0;
	}
}

/* --- What is learnt -------------------------------------------------------------------------- */

void path_told(struct peer *peer, const struct wire_hello *hello)
{
	struct path *path = &peer->path;

	if (hello->mtu < WIRE_CHUNK_BYTES_MIN + PATH_HEADERS_BYTES)
		return;
	path->remote_mtu = hello->mtu;
	if (path->search == PATH_QUIET || hello->path_bytes > path->top)
		return;
	if (hello->path_bytes >= path_length(peer, PATH_LENGTHS - 2))
		path->best = (uint32_t)max_u64(path->best, hello->path_bytes);
	else if (path->search == PATH_SUSPECT && hello->path_bytes > 0)
		shrink_told(peer);
	if (path->best >= min_u64(path->top, ceiling(peer)))
		found(peer);
}

/* As long as chunks are cut for this path, but for a message's last? */
static bool full(const struct path *path, uint32_t chunk_bytes)
{
	return chunk_bytes + PATH_HEADERS_BYTES >= path->bytes;
}

void path_carried(struct peer *peer, uint32_t chunk_bytes)
{
	struct path *path = &peer->path;

	if (!full(path, chunk_bytes))
		return;
	path->lost = 0;
	if (path->search == PATH_QUIET || path->top > path->bytes)
		return;
	path->best = path->bytes;
	path_search_end(peer);
}

void path_lost(struct peer *peer, uint32_t chunk_bytes)
{
	struct path *path = &peer->path;

	if (full(path, chunk_bytes) && ++path->lost % MR_PATH_SUSPECT_LOST == 0)
		path_suspect(peer);
}

void path_suspect(struct peer *peer)
{
	if (peer->path.search == PATH_QUIET)
		shrink_suspect(peer);
}

bool path_holds(struct peer *peer, uint64_t stream_bytes)
{
	struct path *path = &peer->path;

	if (stream_bytes <= path_chunk_bytes(peer))
		return false;
	if (path->search == PATH_QUIET && path->bytes < ceiling(peer) &&
	    peer->transport->now_ns >= path->raise_ns)
		search(peer);
	return path->search != PATH_QUIET && !path->known;
}
