/*
 * What each file of the transport offers to the others; all of it runs in the owner's thread.
 * Private to the folder.
 */
#ifndef CALLS_H
#define CALLS_H

#include "state.h"

/* event.c: queues the event of an object, and takes one back that was not drained. */
void event_queue(struct transport *t, struct event_node *node);
void event_unqueue(struct transport *t, struct event_node *node);
static inline void event_clear(struct transport_event *event)
{
	memset(event, 0, offsetof(struct transport_event, head));
}

/* hop.c */
int hop_find(struct transport *t, uint32_t ip, struct hop **hop); /* 0, -EINVAL or -ENOSPC */
void hop_ask(struct transport *t, struct hop *hop);
static inline void hop_want(struct transport *t,
			    struct hop *hop) /* something is to go through it */
{
	if (!hop->resolved || t->now_ns >= hop->expires_ns)
		hop_ask(t, hop);
}
void hop_suspect(struct transport *t, struct hop *hop); /* nothing comes back: ask again */
void hop_arp(struct transport *t, const struct net_packet *packet);
void hop_timer(struct transport *t, struct hop *hop);
bool hop_output(struct transport *t, struct transport_frame *frame);

/* peer.c */
void peer_init(struct transport *t, struct peer *peer, uint32_t node);
void peer_route(struct peer *peer);  /* its address has changed, or its hop's */
void peer_update(struct peer *peer); /* on the active list exactly while it has work */
void peer_rotate(struct peer *peer); /* it had its turn on that list */
void peer_owe(struct peer *peer);    /* the other side must do something for a message */
void peer_settle(struct peer *peer); /* it has */
void peer_hello(struct peer *peer);  /* something waits for contact */
/* Is it from the living peer to our living self? Answers what is to a former one. */
bool peer_recognise(struct peer *peer, const struct wire_header *header);
/* A HELLO came, from this life of it or a later one. */
void peer_asked(struct peer *peer, const struct wire_header *header, const uint8_t *body,
		uint32_t bytes);
void peer_welcomed(struct peer *peer, const uint8_t *body, uint32_t bytes);
void peer_silent(struct peer *peer);
void peer_retry(struct peer *peer);
void peer_no_hop(struct peer *peer);                    /* ARP stays unanswered */
uint64_t peer_interval_max_ns(const struct peer *peer); /* between signs of life that we owe */

/* pmtu.c */
#define PATH_HEADERS_BYTES (NET_IP_BYTES + NET_UDP_BYTES + WIRE_HEADER_BYTES + WIRE_DATA_BYTES)
void path_init(struct peer *peer);
static inline uint32_t path_chunk_bytes(const struct peer *peer) /* of a message starting now */
{
	return peer->path.bytes - PATH_HEADERS_BYTES;
}
/* Is a message of that length to wait until more is known? Begins a search when one is worth it. */
bool path_holds(struct peer *peer, uint64_t stream_bytes);
void path_ask(struct peer *peer);                   /* with the next HELLO */
uint32_t path_hello(struct peer *peer, bool *more); /* length of the next HELLO's IP packet */
void path_told(struct peer *peer, const struct wire_hello *hello);
void path_carried(struct peer *peer, uint32_t chunk_bytes); /* such a chunk has arrived, */
void path_lost(struct peer *peer, uint32_t chunk_bytes);    /* or was lost */
void path_suspect(struct peer *peer);                       /* long packets seem to vanish */
void path_round(struct peer *peer);                         /* its timer is due */
void path_search_end(struct peer *peer);
#define PATH_LENGTHS 15 /* in the table of lengths; the last is 0: a HELLO without padding */
uint32_t path_length(const struct peer *peer, uint32_t index);
uint32_t path_length_below(const struct peer *peer, uint32_t bytes); /* index of the next one */

/* shrink.c */
void shrink_suspect(struct peer *peer);
void shrink(struct peer *peer);            /* it has, to what the search found */
void shrink_told(struct peer *peer);       /* the shortest HELLO was answered */
uint32_t shrink_length(struct peer *peer); /* of the next HELLO */
void shrink_step(struct peer *peer);       /* the timer is due */

/* stall.c */
void stall_waited(struct peer *peer, uint64_t waited_ns); /* a timeout passed without an answer */
void stall_again(struct out_message *message);            /* one more of its chunks goes again */
bool stall_end(struct peer *peer); /* true: all messages to it have failed, for want of progress */

/* send.c */
void send_list(struct out_message *message, enum out_list list);
void send_quiet_set(struct out_message *message); /* something was heard of it or sent */
struct out_message *send_start(struct peer *peer);
void send_end(struct out_message *message, enum transport_reason reason, uint16_t code);
bool send_waits(const struct peer *peer); /* is any message unfinished? */
void send_fail_all(struct peer *peer, enum transport_reason reason);
void send_quiet(struct out_message *message); /* its timer is due */
uint32_t send_probe(struct peer *peer, uint8_t *ids, uint32_t bytes);
void send_free(struct out_message *message); /* its event was drained */

/* May another packet be in flight? */
static inline bool flight_room(const struct peer *peer)
{
	const struct flight *flight = &peer->flight;
	uint64_t bytes = flight->bytes == 0 ? 0 : flight->bytes + path_chunk_bytes(peer);

	return bytes <= flight->congestion.window_bytes &&
	       flight->next - flight->oldest < MR_FLIGHT_PACKETS;
}

/* chunks.c */
void chunks_refresh(struct out_message *message); /* listed exactly while it has chunks to send */
static inline bool chunks_wait(const struct peer *peer) /* for their turn, or to begin */
{
	return peer->ready.used != 0 || peer->out_start != peer->out_next;
}
bool chunks_ready(struct peer *peer); /* may some be sent now, if chunks_wait()? */
/* Fills frames with a turn of a message, up to max; if chunks_ready(). */
uint32_t chunks_output(struct peer *peer, struct transport_frame *frames, uint32_t max);
bool chunk_in_flight(struct peer *peer, const struct flight_packet *packet);
bool chunk_lost(struct peer *peer, const struct flight_packet *packet); /* if it is in flight */
static inline uint32_t chunk_stream_bytes(const struct wire_shape *shape, uint32_t chunk)
{
	return wire_chunk_body_bytes(shape, chunk) + (chunk == 0 ? shape->head_bytes : 0);
}

/* answers.c */
/* What the peer heard of the present session; false: of what was never sent. It is looked at when
 * there is time, at the latest before anything else of the peer but small messages. */
bool answer_echo(struct peer *peer, const struct wire_echo *echo, const uint64_t *words);
void answer_echo_now(struct transport *t);
static inline void answer_late(struct transport *t) /* there is time */
{
	if (t->late_peer != NULL)
		answer_echo_now(t);
}
void answer_ack(struct peer *peer, const uint8_t *body, uint32_t bytes);

/* lane_out.c */
bool lane_takes(const struct peer *peer, uint32_t flow, uint64_t bytes); /* head and body */
/* Arguments as of transport_send(), checked; 0 or -EAGAIN. */
int lane_send(struct peer *peer, uint32_t flow, const void *head, uint32_t head_bytes,
	      const void *body, uint32_t body_bytes, uint64_t cookie);
void lane_fail_all(struct peer *peer, enum transport_reason reason);
void lane_end_show(struct transport *t, struct transport_event *event); /* of t->lanes_ended */
static inline bool lane_ready(const struct peer *peer)
{
	const struct lane_out *lane = &peer->lane_out;

	return (lane->sent != lane->next || lane->lost > 0) && peer->contact && flight_room(peer);
}
static inline bool lane_waits(const struct peer *peer) /* for ends of messages */
{
	return peer->lane_out.oldest != peer->lane_out.next;
}
void lane_output(struct peer *peer, struct transport_frame *frame); /* if lane_ready() */
bool lane_in_flight(struct peer *peer, const struct flight_packet *packet);
void lane_lost(struct peer *peer, const struct flight_packet *packet);
bool lane_was_sent(const struct peer *peer, uint32_t number); /* what is below that */
void lane_heard(struct peer *peer, const struct wire_echo *echo, const uint64_t *words);

/* lane_in.c */
void lane_forget(struct peer *peer); /* sessions begin anew */
/* There is room in the inbox. */
void lane_input(struct peer *peer, const struct wire_header *header, const uint8_t *body,
		uint32_t bytes);
void lane_drop(struct transport *t); /* frames go away: what nobody took was never here */
bool lane_message_show(struct transport *t, struct transport_event *event); /* false: none */

/* receive.c */
void receive_data(struct peer *peer, const struct wire_header *header, const uint8_t *body,
		  uint32_t bytes);
void receive_probe(struct peer *peer, const struct wire_header *header, const uint8_t *ids,
		   uint32_t bytes);
/* A packet of the current session came, so many bytes behind its header. */
void receive_note(struct peer *peer, const struct wire_header *header, uint32_t bytes);

/* session.c */
bool session_enter_other(struct peer *peer, uint32_t session);
static inline bool session_enter(struct peer *peer, uint32_t session) /* is it the current one? */
{
	if (session == peer->in_session && session != 0 && !peer->in_dead)
		return true;
	return session_enter_other(peer, session);
}
void session_set(struct peer *peer, uint32_t session); /* the peer's is this one now */
void session_drop_all(struct peer *peer, enum transport_reason reason);
void session_forget(struct peer *peer); /* sessions begin anew */

/* offer.c: bytes are a chunk's of the body. */
void offer_chunk(struct in_message *message, uint32_t chunk, const uint8_t *bytes);
/* The first chunk of an offer, in its frame or in the stash; NULL when there was no room for it. It
 * is good until anything else is received. */
const uint8_t *offer_take(struct in_message *message);
void offer_stash(struct transport *t);
static inline void offer_keep(struct transport *t) /* what is in frames that go away */
{
	if (t->fresh != NULL)
		offer_stash(t);
}

/* landing.c: bytes are a chunk's of the body. */
void landing_chunk(struct in_message *message, uint32_t chunk, const uint8_t *bytes);
void landing_store(struct in_message *message, uint32_t chunk, const uint8_t *bytes); /* not here */
void landing_run_end(struct transport *t);
static inline void landing_flush(struct transport *t) /* accounts for chunks that a burst brought */
{
	if (t->run != NULL)
		landing_run_end(t);
}

/* deliver.c */
void deliver_state(struct in_message *message, enum in_state state);
void deliver_decided(struct in_message *message); /* it is whole or rejected */
void deliver_end(struct in_message *message);     /* EVENT_MESSAGE was drained */
void deliver_free(struct in_message *message);
/* Has a message a place in its flow that none before it has? It keeps it until it leaves. */
bool deliver_turn_free(struct peer *peer, const struct wire_data *data);
void deliver_turn_take(struct in_message *message);
bool deliver_turn_taken(struct peer *peer, uint32_t flow); /* by a message not yet delivered */
void deliver_turn(struct peer *peer, uint32_t flow);       /* one more of a flow is delivered */

/* acknowledge.c */
uint32_t acknowledge_echo(struct peer *peer, uint8_t *at); /* returns its length */
void acknowledge(struct peer *peer, uint64_t id);          /* at once */
void acknowledge_later(struct peer *peer, uint64_t id);    /* in the next answer there is */
/* A packet of the current session came, and is not noted yet: is an answer due? */
void acknowledge_packet(struct peer *peer, const struct wire_header *header, uint32_t bytes);
/* More credit for one of its messages; so much of all of the peer's credit it does not know. */
void acknowledge_credit(struct peer *peer, uint64_t id, uint64_t bytes);
uint32_t acknowledge_output(struct peer *peer, uint8_t *entries, uint32_t bytes);

/* stats.c: messages that are alike were delivered to the peer's user; one was to ours. */
void stats_sent(struct transport *t, uint64_t bytes, uint64_t queued_ns, uint32_t count);
void stats_received(const struct in_message *message);

/* ready.c */
void ready_init(struct ready *ready);
static inline bool ready_empty(const struct ready *ready)
{
	return ready->used == 0;
}
void ready_insert(struct ready *ready, struct out_message *message);
void ready_remove(struct ready *ready, struct out_message *message);
struct out_message *ready_pick(struct ready *ready); /* whose turn it is; not empty */

/* credit.c */
void credit_init(struct transport *t);
void credit_peer_init(struct peer *peer);
void credit_packet(struct transport *t, bool marked); /* of a message, has arrived */
void credit_update(struct in_message *message);       /* may it be granted more? */
void credit_return(struct in_message *message, uint64_t bytes);
void credit_end(struct in_message *message);
void credit_run(struct transport *t);

/* flight.c */
void flight_init(struct peer *peer, uint32_t first_packet);
void flight_reset(struct peer *peer); /* nothing is in flight any more */
/* Returns the packet's number. */
uint32_t flight_send(struct peer *peer, uint32_t message, uint32_t chunk, uint32_t bytes,
		     bool again);
/* Is the packet just sent, of so many bytes, to ask for an answer at once? */
bool flight_asks(struct peer *peer, uint32_t bytes, bool again);
static inline bool flight_was_sent(const struct peer *peer, uint32_t packet)
{
	return packet_ahead(packet, peer->flight.next) < 0;
}
/* What the peer says of the packets it got, the highest of which was sent. */
void flight_heard(struct peer *peer, const struct wire_echo *echo);
void flight_arrived(struct peer *peer, uint64_t bytes);
void flight_judge(struct peer *peer);   /* finds what is lost, sets the timer */
void flight_arm(struct peer *peer);     /* what was sent just now has a timer */
void flight_timeout(struct peer *peer); /* that timer is due */

/* rtt.c */
void rtt_init(struct peer *peer);
void rtt_sample(struct peer *peer, uint64_t rtt_ns);
void rtt_patience(struct peer *peer); /* a timeout proved spurious */
uint64_t rtt_base_ns(const struct peer *peer);
bool rtt_awake(const struct peer *peer); /* heard of just now, and not known to dawdle */
uint64_t rtt_timeout_ns(const struct peer *peer, uint64_t sent_ns);
uint64_t
rtt_overtaken_ns(const struct peer *peer); /* after it was sent, an overtaken packet is lost */

/* congestion.c */
void congestion_init(struct peer *peer);
void congestion_reset(struct peer *peer);  /* a new session counts marks anew */
void congestion_resume(struct peer *peer); /* something is sent after nothing was in flight */
/* A packet was lost: with the others of late, are they more than links lose by themselves? */
bool congestion_suspected(struct peer *peer, uint32_t number);
/* Of the latest packets more were lost than links lose by themselves. */
bool congestion_loses(const struct peer *peer);
void congestion_lost(struct peer *peer);
void congestion_collapse(struct peer *peer); /* a timeout: nothing is known any more */
void congestion_restore(struct peer *peer, uint64_t window_bytes);
void congestion_arrived(struct peer *peer, uint64_t bytes);
void congestion_heard(struct peer *peer, uint32_t marks, uint64_t rtt_ns, uint32_t delay_us);

/* output.c: packets of one message, one after the other. */
struct data_run {
	const struct out_message *message;
	const uint8_t *headers; /* of the packet before; NULL: there is none */
	struct wire_data data;  /* chunk is set for each packet */
	uint32_t crc;           /* of the part of the wire header that all share */
	uint16_t flags;         /* that all share */
	uint32_t payload_bytes; /* UDP's, of the packet before */
};

void output_run(struct data_run *run, const struct out_message *message);
/* Writes the headers of the packet whose body frame holds; it asks for an answer at once, or not.
 */
void output_data(struct data_run *run, uint32_t packet, bool asks, struct transport_frame *frame);
/* A packet of which so many bytes behind the wire header are written. */
void output_packet(struct peer *peer, enum wire_type type, uint32_t session, uint32_t packet,
		   uint32_t bytes, struct transport_frame *frame);

#endif
