/*
 * The transport: messages and ordered flows of messages between nodes over UDP/IPv4.
 *
 * A pure state machine: (frame or timer, now) in, frames and events out. It has no clock, thread,
 * system call or allocation: its memory is given at transport_init(). One thread owns an object.
 * docs/wire.md is the wire format; ARP, the gateway, IPv4 and UDP are inside (net.c).
 *
 * - A message has 1 byte to MR_MESSAGE_BYTES_MAX bytes and a small head (opaque to the transport)
 *   that arrives with its first packet, so that the receiver can decide where the body goes.
 * - It is delivered exactly once and whole, or its sender gets EVENT_FAILED with a reason.
 * - flow 0 is unordered; messages of the same flow 1..MR_FLOWS_MAX-1 to the same peer are delivered
 *   in the order of their sends.
 * - A message of few bytes (transport_config.small_bytes_max) needs no answer: it is delivered out
 * of the frame that brought it, and shares packets with others.
 * - The receiver grants credit: nothing beyond MR_UNSCHEDULED_BYTES of a message is sent before the
 *   receiver's user has accepted it with a buffer.
 * - Peers are node id + incarnation. A peer that restarts fails what was sent to its former self.
 *
 * Sources: Homa (SIGCOMM'18) for receiver credit, RFC 6298 for the retransmission timer, RFC 2018
 * for selective acknowledgement, RFC 826 (ARP), 791, 768, 1071.
 */
#ifndef TRANSPORT_H
#define TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <millrace/limits.h>

#define TRANSPORT_HEAD_BYTES_MAX 256 /* of a message's head: fits every first packet */
#define TRANSPORT_FRAME_BYTES_MAX (14 + MR_MTU_MAX) /* Ethernet header and IP packet */

struct transport;

struct transport_config {
	uint32_t node;        /* our node id, 0..MR_NODES_MAX-1 */
	uint64_t incarnation; /* larger at each start of the same node id */
	uint8_t mac[6];
	uint32_t ip; /* host byte order, as all addresses here */
	uint8_t prefix_len;
	uint32_t gateway; /* 0: none */
	uint16_t udp_port;
	uint32_t mtu;            /* bytes of an IP packet that our port takes; nodes may differ */
	uint32_t overhead_bytes; /* that a seal adds to each UDP payload, at most 64 */
	uint32_t sleep_us; /* a frame may wait so long until an idle owner looks; 0: it polls */
	uint32_t peer_timeout_ms;
	uint64_t seed; /* for message ids and jitter; no other randomness */
	/* Does our CRC cover the bodies of DATA too? Headers and heads it always covers. Needed
	 * where nothing else finds a flipped bit: not on memory of this host, nor under a seal. */
	/* Of queues on the way that the window keeps to; 0: MR_DELAY_US_TARGET. Where frames stay
	 * in the memory of this host, what delays them is the receiver's own core. */
	uint32_t delay_us_target;
	bool payload_checksum;
	/* Head and body of a message that goes without an offer; at most MR_SMALL_BYTES_MAX, and
	 * less where packets are short. 0: all are offered. */
	uint32_t small_bytes_max;
	uint64_t offered_flows; /* a bit for each flow whose messages are offered, however small:
				 * their receiver may have to wait for room */
};

/* Bytes of memory a transport needs; depends on limits only. */
size_t transport_bytes(const struct transport_config *config);
/* memory is MR_ALIGN-aligned, outlives the transport, and may be lazily zero-filled pages. */
int transport_init(struct transport **transport, void *memory,
		   const struct transport_config *config, uint64_t now_ns);

/* Names the address of a peer; may be called again when it changes. 0, -EINVAL or -ENOSPC. */
int transport_peer_add(struct transport *t, uint32_t node, uint32_t ip, uint16_t udp_port);

/* While watched, a peer is heard of within peer_timeout_ms or reported by EVENT_PEER_DOWN, though
 * nothing be owed: it is asked every quarter of that. Time in which the owner does not tick does
 * not count. After that report it is quiet until the peer is met again. 0 or -EHOSTUNREACH. */
int transport_peer_watch(struct transport *t, uint64_t now_ns, uint32_t node, bool watched);

/* --- Sending --------------------------------------------------------------------------------- */

/* The body stays valid and unchanged until EVENT_SENT or EVENT_FAILED with the same cookie; the
 * head is copied. owner is handed back with each frame that points into the body. 0; -EAGAIN when
 * MR_MESSAGES_OUT_MAX are unfinished, counted from the oldest one on (try after an event);
 * -EHOSTUNREACH for a node never added; -EINVAL. */
int transport_send(struct transport *t, uint64_t now_ns, uint32_t node, uint32_t flow,
		   const void *head, uint32_t head_bytes, const void *body, uint64_t body_bytes,
		   void *owner, uint64_t cookie);

/* --- Receiving ------------------------------------------------------------------------------- */

/* Answers to EVENT_OFFER, at once or later. accept: body_bytes of writable memory that stay valid
 * until EVENT_MESSAGE or EVENT_LOST with the same cookie. reject: the sender gets EVENT_FAILED with
 * TRANSPORT_REJECTED and that code, in its turn when it is of a flow. 0; -ENOENT when the offer is
 * gone (EVENT_LOST was or will be drained) or was answered before; -EINVAL without a body. */
int transport_accept(struct transport *t, uint64_t now_ns, uint64_t offer, void *body,
		     uint64_t cookie);
int transport_reject(struct transport *t, uint64_t now_ns, uint64_t offer, uint16_t code);

/* --- Events ---------------------------------------------------------------------------------- */

enum transport_event_kind {
	TRANSPORT_NONE,
	TRANSPORT_OFFER,   /* a message begins: answer with accept or reject */
	TRANSPORT_MESSAGE, /* a message is whole, and it is its turn in its flow; it was accepted
			    * before, or is small and was never offered: then body is set */
	TRANSPORT_LOST,    /* a message accepted or offered before will never be whole */
	TRANSPORT_SENT,    /* our message was delivered to the peer's user; its reply, if both are
			    * small, may come before */
	TRANSPORT_FAILED,  /* our message was not, or may not have been: see reason */
	TRANSPORT_PEER_UP, /* first contact with this incarnation of a peer */
	TRANSPORT_PEER_DOWN,
};

enum transport_reason {
	TRANSPORT_OK,
	TRANSPORT_UNREACHABLE, /* no answer within peer_timeout_ms, or no ARP answer */
	TRANSPORT_RESTARTED,   /* the peer has a new incarnation */
	TRANSPORT_REJECTED,    /* by the receiver's user, with a code */
	TRANSPORT_GIVEN_UP,    /* by the peer, which had heard nothing of us for its timeout */
	TRANSPORT_PATH_SHRUNK, /* packets as long as it was cut for vanish; send it again */
	TRANSPORT_STALLED,     /* the peer answers, but what is sent to it does not get there */
};

struct transport_event {
	enum transport_event_kind kind;
	uint32_t node;
	uint32_t flow;
	uint64_t cookie; /* MESSAGE, LOST (accepted; else the offer), SENT, FAILED */
	uint64_t offer;  /* OFFER, MESSAGE, LOST: tells an offer lost from a message lost */
	/* MESSAGE that is small: its bytes, in the frame, until transport_input_end(). Else NULL;
	 * with it, cookie and offer are 0. */
	const uint8_t *body;
	uint64_t body_bytes;
	uint64_t incarnation; /* PEER_UP */
	uint32_t head_bytes;
	uint16_t code;
	enum transport_reason reason;
	uint8_t head[TRANSPORT_HEAD_BYTES_MAX]; /* OFFER, MESSAGE */
};

/* Next event, or false. Drain after input, tick, send and output_end. Events are never dropped:
 * their number is bounded by the messages in flight. But small messages not taken before
 * transport_input_end() are gone with their frames, and come again. */
bool transport_event(struct transport *t, struct transport_event *event);

/* --- The wire -------------------------------------------------------------------------------- */

/* A received Ethernet frame, contiguous. Anything at all may be in it. */
struct transport_rx {
	const uint8_t *data;
	uint32_t bytes;
};

/* Told of no frames (count 0) when its port has none, the transport knows that later ones did not
 * wait longer than since then, and takes less of a round trip for delay of the network. Who never
 * does so hands frames over in the instant they come.
 *
 * Takes received frames, and returns how many: it stops behind one that raised an OFFER, so that
 * its user can answer before the next chunks of the same message are looked at, and when small
 * messages enough wait (transport_input_full()). So drain events, and give the rest. The frames
 * stay as they are until transport_input_end(), or else the next transport_input(): an offer
 * answered before is filled straight from its frame. */
uint32_t transport_input(struct transport *t, uint64_t now_ns, const struct transport_rx *frames,
			 uint32_t count);
/* Did it stop because two packets of small messages wait (MR_INBOX_BYTES)? Then drain events,
 * and rather send their answers before the rest is given: both sides work at once that way, instead
 * of in turns. True until the frames go away. */
bool transport_input_full(const struct transport *t);
/* The frames go away: what is still needed of them is copied. */
void transport_input_end(struct transport *t);

/* A frame to send: what the transport wrote, and behind it bytes of a message's body or none. They
 * stay there until the message's end is taken by transport_event(). */
struct transport_frame {
	uint8_t *head; /* given: room for TRANSPORT_FRAME_BYTES_MAX bytes */
	uint32_t head_bytes;
	uint32_t body_bytes;
	const uint8_t *body;
	void *owner; /* of the body, as given to transport_send(); NULL without one */
};

/* Fills the next frames to send, up to max, and returns their number. The caller may stop at any
 * time (queue full). */
uint32_t transport_output(struct transport *t, uint64_t now_ns, struct transport_frame *frames,
			  uint32_t max);
/* They are on their way, or there were none: does what waited until then. What a packet of small
 * messages says of ours is looked at only after their answers, which somebody waits for. Events may
 * come of it, and until they are drained transport_deadline() is now. Who forgets to call it learns
 * of the ends of small messages late. */
void transport_output_end(struct transport *t);
/* Runs timers that are due. */
void transport_tick(struct transport *t, uint64_t now_ns);
/* When transport_tick() must next be called; UINT64_MAX when nothing is pending. */
uint64_t transport_deadline(const struct transport *t);
/* Frames to send now? */
bool transport_output_pending(const struct transport *t);

const char *transport_reason_text(enum transport_reason reason);

/* --- Counters: every event and drop has one -----------------------------------------------------
 */

#define TRANSPORT_COUNTERS(X)                                                                    \
	X(frames_in)                                                                             \
	X(frames_out)                                                                            \
	X(bytes_in)  /* payload of messages, first copies only */                                \
	X(bytes_out) /* payload of messages, without retransmissions */                          \
	X(messages_in)                                                                           \
	X(messages_out)                                                                          \
	X(messages_failed)                                                                       \
	X(retransmits)                                                                           \
	X(duplicates)                                                                            \
	X(spurious_retransmits) /* their originals had arrived */                                \
	X(tail_probes)                                                                           \
	X(slowed_by_marks) /* round trips after which less was sent, for marks of congestion ... \
			    */                                                                   \
	X(slowed_by_delay) /* ... or for delay */                                                \
	X(timeouts)                                                                              \
	X(path_searches) /* for the longest packet that reaches a peer */                        \
	X(path_shrinks)                                                                          \
	X(stalls) /* sessions given up for want of progress, though the peer answers */          \
	X(keepalives)                                                                            \
	X(arp_in)                                                                                \
	X(arp_out)                                                                               \
	X(drop_short)                                                                            \
	X(drop_not_ours) /* other MAC, IP, port or protocol */                                   \
	X(drop_malformed)                                                                        \
	X(drop_checksum)                                                                         \
	X(drop_version)                                                                          \
	X(drop_unknown_peer)                                                                     \
	X(drop_incarnation)                                                                      \
	X(drop_window)                                                                           \
	X(drop_no_room)                                                                          \
	X(drop_order)       /* small messages before others of their flow */                     \
	X(drop_flow_seq)    /* messages that claim another one's place in their flow */          \
	X(drop_undrained)   /* packets of them not taken in time */                              \
	X(drop_answer_rate) /* answers not given: strangers may ask a lot */

struct transport_counters {
#define TRANSPORT_COUNTER_FIELD(name) uint64_t name;
	TRANSPORT_COUNTERS(TRANSPORT_COUNTER_FIELD)
#undef TRANSPORT_COUNTER_FIELD
};

const struct transport_counters *transport_counters(const struct transport *t);

#endif
