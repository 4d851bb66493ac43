/* Bursts of data: sealing what goes out, opening what came in. */
#include <assert.h>
#include <string.h>

#include "seal_state.h"

/* --- Out ------------------------------------------------------------------------------------- */

/* Who began the session renews it; the other does when that does not come. */
static bool session_worn(const struct session *session, uint64_t now_ns)
{
	uint64_t age_ms = (now_ns - session->born_ns) / NS_PER_MS;
	uint64_t age_ms_max =
	    session->initiator ? MR_SEAL_REKEY_MS : (MR_SEAL_REKEY_MS + MR_SEAL_REJECT_MS) / 2;

	return session->frames >= MR_SEAL_REKEY_FRAMES || session->bytes >= MR_SEAL_REKEY_BYTES ||
	       age_ms >= age_ms_max;
}

struct session *session_to_seal(struct seal *seal, struct peer *peer, uint64_t now_ns)
{
	struct session *session = peer->current;

	if (session == NULL || session_expired(session, now_ns) ||
	    session->frames >= MR_SEAL_REJECT_FRAMES)
		session = NULL;
	if (session == NULL || peer->silent || session_worn(session, now_ns))
		peer_want(seal, peer, now_ns);
	return session;
}

static uint32_t pieces_bytes(const struct aead_piece in[AEAD_PIECES])
{
	uint32_t bytes = 0;

	for (uint32_t i = 0; i < AEAD_PIECES; i++)
		bytes += in[i].bytes;
	return bytes;
}

void session_op(struct session *session, const struct aead_piece in[AEAD_PIECES], uint8_t *out,
		struct aead_op *op)
{
	const struct seal_head head = {
	    .magic = SEAL_WIRE_MAGIC,
	    .version = SEAL_WIRE_VERSION,
	    .type = SEAL_DATA,
	    .index = session->remote_index,
	    .counter = session->frames++,
	};

	memcpy(out, &head, sizeof(head));
	*op = (struct aead_op){
	    .key = session->seal_key, .counter = head.counter, .out = out + sizeof(head)};
	memcpy(op->in, in, sizeof(op->in));
	session->bytes += pieces_bytes(in);
}

/* The first payload to a peer is a question; the answer to it brings the rest. */
static void payload_hold(struct seal *seal, struct peer *peer, const struct seal_tx *frame)
{
	uint32_t bytes = 0;

	if (peer->held_bytes > 0 || pieces_bytes(frame->in) > MR_SEAL_HELD_BYTES) {
		seal->counters.drop_no_session++;
		return;
	}
	for (uint32_t i = 0; i < AEAD_PIECES; i++) {
		if (frame->in[i].bytes > 0)
			memcpy(peer->held + bytes, frame->in[i].data, frame->in[i].bytes);
		bytes += frame->in[i].bytes;
	}
	peer->held_bytes = bytes;
	seal->counters.held++;
}

static bool frame_to_op(struct seal *seal, uint64_t now_ns, struct seal_tx *frame,
			struct aead_op *op)
{
	struct session *session;
	struct peer *peer;

	frame->out_bytes = 0;
	if (!peer_known(seal, frame->node)) {
		seal->counters.drop_no_session++;
		return false;
	}
	peer = &seal->peers[frame->node];
	peer->wanted_ns = now_ns;
	peer->address = frame->to;
	session = session_to_seal(seal, peer, now_ns);
	if (session == NULL) {
		payload_hold(seal, peer, frame);
		return false;
	}
	session_op(session, frame->in, frame->out, op);
	peer->answer_ns = UINT64_MAX;
	if (peer->unheard_ns == 0) {
		peer->unheard_ns = now_ns;
		deadline_add(seal, now_ns + MR_SEAL_SILENCE_MS * NS_PER_MS);
	}
	return true;
}

void seal_burst(struct seal *seal, uint64_t now_ns, struct seal_tx *frames, uint32_t count)
{
	struct aead_op ops[MR_PORT_BURST];
	struct seal_tx *of[MR_PORT_BURST];
	uint32_t n = 0;

	assert(count <= MR_PORT_BURST);
	for (uint32_t i = 0; i < count; i++) {
		of[n] = &frames[i];
		n += frame_to_op(seal, now_ns, &frames[i], &ops[n]);
	}
	seal->aead->ops->seal(seal->aead, ops, n);
	for (uint32_t i = 0; i < n; i++) {
		if (ops[i].good)
			of[i]->out_bytes = pieces_bytes(of[i]->in) + SEAL_OVERHEAD_BYTES;
		seal->counters.sealed += ops[i].good;
		seal->counters.drop_failed += !ops[i].good;
	}
}

/* --- In -------------------------------------------------------------------------------------- */

struct opening {
	struct seal_rx *frame;
	struct peer *peer;
	struct session *session;
};

/* What kind it is, by what is cheap to see; 0: counted as dropped. */
static uint32_t frame_type(struct seal *seal, const struct seal_rx *frame, struct seal_head *head)
{
	if (frame->in_bytes == 0 || frame->in[0] != SEAL_WIRE_MAGIC) {
		seal->counters.drop_clear++;
		return 0;
	}
	if (frame->in_bytes >= SEAL_OVERHEAD_BYTES) {
		memcpy(head, frame->in, sizeof(*head));
		if (head->version == SEAL_WIRE_VERSION &&
		    (head->type == SEAL_INITIATION || head->type == SEAL_RESPONSE ||
		     (head->type == SEAL_DATA && head->suite == 0) ||
		     (head->type == SEAL_HINT && head->suite == 0 &&
		      frame->in_bytes == SEAL_HINT_BYTES)))
			return head->type;
	}
	seal->counters.drop_malformed++;
	return 0;
}

static bool frame_to_opening(struct seal *seal, uint64_t now_ns, const struct seal_head *head,
			     struct opening *opening, struct aead_op *op)
{
	const struct seal_rx *frame = opening->frame;

	opening->session = session_find(seal, head->index, &opening->peer);
	if (opening->session == NULL || !opening->session->keyed) {
		seal->counters.drop_unknown_index++;
		hint_consider(seal, now_ns, head, &frame->from);
		return false;
	}
	if (session_expired(opening->session, now_ns)) {
		seal->counters.drop_expired++;
		return false;
	}
	if (!replay_fresh(&opening->session->replay, head->counter)) {
		seal->counters.drop_replay++;
		return false;
	}
	*op = (struct aead_op){
	    .key = opening->session->open_key,
	    .counter = head->counter,
	    .in = {{frame->in + SEAL_HEAD_BYTES, frame->in_bytes - SEAL_HEAD_BYTES}},
	    .out = frame->out,
	};
	return true;
}

static void frame_heard(struct seal *seal, uint64_t now_ns, const struct opening *opening)
{
	struct peer *peer = opening->peer;

	peer->unheard_ns = 0;
	peer->silent = false;
	peer->confirmed |= opening->session == peer->next;
	if (opening->frame->out_bytes == 0) {
		seal->counters.keepalives_in++;
	} else if (peer->answer_ns == UINT64_MAX) {
		peer->answer_ns = now_ns + MR_SEAL_KEEPALIVE_MS * NS_PER_MS;
		deadline_add(seal, peer->answer_ns);
	}
}

static void frame_opened(struct seal *seal, uint64_t now_ns, const struct opening *opening,
			 const struct aead_op *op)
{
	struct seal_rx *frame = opening->frame;

	if (!op->good) {
		seal->counters.drop_auth++;
		return;
	}
	if (!replay_take(&opening->session->replay, op->counter)) {
		seal->counters.drop_replay++;
		return;
	}
	seal->counters.opened++;
	frame->out_bytes = frame->in_bytes - SEAL_OVERHEAD_BYTES;
	frame->node = opening->peer->node;
	frame->incarnation = opening->session->incarnation;
	frame_heard(seal, now_ns, opening);
}

/* Roles change behind the burst: its operations still name keys. */
static void sessions_confirm(struct seal *seal, struct peer *peer)
{
	if (!peer->confirmed)
		return;
	peer->confirmed = false;
	session_confirmed(seal, peer);
	if (peer->held_bytes > 0)
		peer_due(seal, peer, DUE_DATA);
}

void seal_open_burst(struct seal *seal, uint64_t now_ns, struct seal_rx *frames, uint32_t count)
{
	struct aead_op ops[MR_PORT_BURST];
	struct opening openings[MR_PORT_BURST];
	uint32_t handshakes[MR_PORT_BURST];
	uint32_t n = 0, handshake_count = 0;

	assert(count <= MR_PORT_BURST);
	for (uint32_t i = 0; i < count; i++) {
		struct seal_head head;
		uint32_t type = frame_type(seal, &frames[i], &head);

		frames[i].out_bytes = 0;
		openings[n].frame = &frames[i];
		if (type == SEAL_DATA)
			n += frame_to_opening(seal, now_ns, &head, &openings[n], &ops[n]);
		else if (type == SEAL_HINT)
			hint_input(seal, now_ns, &frames[i]);
		else if (type != 0)
			handshakes[handshake_count++] = i;
	}
	seal->aead->ops->open(seal->aead, ops, n);
	for (uint32_t i = 0; i < n; i++)
		frame_opened(seal, now_ns, &openings[i], &ops[i]);
	for (uint32_t i = 0; i < n; i++)
		sessions_confirm(seal, openings[i].peer);
	for (uint32_t i = 0; i < handshake_count; i++)
		handshake_input(seal, now_ns, &frames[handshakes[i]]);
}
