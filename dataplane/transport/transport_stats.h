/*
 * What a transport can be asked about itself beside its counters: each peer's share, its round trip
 * and queues, and histograms of messages. For the thread that owns the transport; reading is cheap
 * enough for ten times a second.
 */
#ifndef TRANSPORT_STATS_H
#define TRANSPORT_STATS_H

#include "histogram.h"
#include "transport.h"

/* The counters of a transport that each peer has for itself as well, with the same meaning. */
#define TRANSPORT_PEER_COUNTERS(X) \
	X(bytes_in)                \
	X(bytes_out)               \
	X(messages_in)             \
	X(messages_out)            \
	X(messages_failed)         \
	X(retransmits)             \
	X(duplicates)              \
	X(timeouts)

struct transport_peer_counters {
#define TRANSPORT_PEER_COUNTER_FIELD(name) uint64_t name;
	TRANSPORT_PEER_COUNTERS(TRANSPORT_PEER_COUNTER_FIELD)
#undef TRANSPORT_PEER_COUNTER_FIELD
};

/* How a peer stands now. */
#define TRANSPORT_PEER_GAUGES(X)                                                 \
	X(srtt_ns) /* smoothed round trip; 0: none measured yet */               \
	X(rttvar_ns)                                                             \
	X(rto_ns)          /* retransmission timeout, without back-off */        \
	X(window_bytes)    /* congestion window */                               \
	X(flight_bytes)    /* sent, neither acknowledged nor taken for lost */   \
	X(credit_bytes)    /* granted to the peer, not yet here */               \
	X(messages_queued) /* to the peer, not begun: behind those being sent */ \
	X(messages_sending)                                                      \
	X(messages_receiving) /* from the peer: offered, arriving or not in turn */

struct transport_peer_stats {
	uint32_t node;
	uint32_t ip; /* host byte order */
	uint16_t udp_port;
	bool contact;         /* it is alive, and each knows the other's incarnation */
	uint64_t incarnation; /* the highest seen; 0: never heard of */
	struct transport_peer_counters counters;
#define TRANSPORT_PEER_GAUGE_FIELD(name) uint64_t name;
	TRANSPORT_PEER_GAUGES(TRANSPORT_PEER_GAUGE_FIELD)
#undef TRANSPORT_PEER_GAUGE_FIELD
};

/* 0, or -ENOENT for a node never added. */
int transport_peer_stats(const struct transport *t, uint32_t node,
			 struct transport_peer_stats *stats);

#define TRANSPORT_HISTOGRAMS(X)                                                            \
	X(message_in_bytes)  /* bodies delivered to the user */                            \
	X(message_out_bytes) /* bodies delivered to a peer's user */                       \
	X(message_ns)        /* from transport_send() to the news that it was delivered */ \
	X(message_in_ns)     /* from the first packet to the delivery to the user */

struct transport_histograms {
#define TRANSPORT_HISTOGRAM_FIELD(name) struct histogram name;
	TRANSPORT_HISTOGRAMS(TRANSPORT_HISTOGRAM_FIELD)
#undef TRANSPORT_HISTOGRAM_FIELD
};

const struct transport_histograms *transport_histograms(const struct transport *t);

#endif
