/*
 * Static probes (USDT) at what a node does: places where bpftrace, perf, SystemTap and GDB can look
 * into a running node, by name. One that nobody looks at costs a nop.
 *
 * Their provider is "millrace". docs/observe.md lists them for users, and a test holds the list to
 * what is in the programs. Nodes are their numbers; messages have the id of the wire.
 *
 * Source: SystemTap's <sys/sdt.h>, version 3 of its notes.
 */
#ifndef PROBE_H
#define PROBE_H

#include <sys/sdt.h>

/* transport_send() took a message. */
#define PROBE_MESSAGE_SEND(node, peer, id, bytes, flow) \
	STAP_PROBE5(millrace, message_send, node, peer, id, bytes, flow)
/* It was delivered to the peer's user, ns after that. */
#define PROBE_MESSAGE_SENT(node, peer, id, bytes, ns) \
	STAP_PROBE5(millrace, message_sent, node, peer, id, bytes, ns)
/* It was not, or may not have been: reason is an enum transport_reason. */
#define PROBE_MESSAGE_FAILED(node, peer, id, bytes, reason) \
	STAP_PROBE5(millrace, message_failed, node, peer, id, bytes, reason)
/* A chunk is sent again. */
#define PROBE_MESSAGE_RETRANSMIT(node, peer, id, chunk) \
	STAP_PROBE4(millrace, message_retransmit, node, peer, id, chunk)
/* The first packet of a peer's message came. */
#define PROBE_MESSAGE_OFFERED(node, peer, id, bytes, flow) \
	STAP_PROBE5(millrace, message_offered, node, peer, id, bytes, flow)
/* It was delivered to our user, ns after that. */
#define PROBE_MESSAGE_RECEIVED(node, peer, id, bytes, ns) \
	STAP_PROBE5(millrace, message_received, node, peer, id, bytes, ns)
/* First contact with a life of a peer; a peer that is silent, and owes something. */
#define PROBE_PEER_UP(node, peer, incarnation) \
	STAP_PROBE3(millrace, peer_up, node, peer, incarnation)
#define PROBE_PEER_DOWN(node, peer) STAP_PROBE2(millrace, peer_down, node, peer)
/* On a worker, around the function; outcome is an enum sandbox_outcome, 0 when it is well. */
#define PROBE_INVOCATION_START(node, job, vertex, partition, attempt) \
	STAP_PROBE5(millrace, invocation_start, node, job, vertex, partition, attempt)
#define PROBE_INVOCATION_END(node, job, vertex, partition, outcome, ns) \
	STAP_PROBE6(millrace, invocation_end, node, job, vertex, partition, outcome, ns)
/* A batch begins its way to the spill file. */
#define PROBE_BATCH_SPILL(bytes, offset) STAP_PROBE2(millrace, batch_spill, bytes, offset)

#endif
