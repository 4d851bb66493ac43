/*
 * How nodes of one host find each other: a Unix socket each, in a directory of their user's.
 *
 * The socket is named by the node's address on the wire. Of two nodes the one with the higher id
 * connects; both say who they are, and hand over what the other is to map: the pool of regions
 * (read only), the rings, and a doorbell. Peers must run as the same user (SO_PEERCRED): that is
 * the trust domain. Descriptors that could shrink under our hands are refused (memfd seals).
 * docs/attach.md is the protocol. One thread; nothing here blocks.
 */
#ifndef RENDEZVOUS_H
#define RENDEZVOUS_H

#include <stddef.h>

#include "attach.h"

struct rendezvous;

struct rendezvous_peer {
	uint32_t node;
	uint32_t ip; /* host byte order */
	uint16_t udp_port;
};

struct rendezvous_config {
	const char *directory; /* made if it is not there, entered by its owner only */
	struct rendezvous_peer self;
	uint64_t incarnation;
	const struct region_provider *pool; /* outlives the channels; needs a descriptor */
	const struct rendezvous_peer *peers;
	uint32_t peer_count; /* at most MR_NODES_MAX - 1; copied */
};

/* 0 or -errno with error text: what is in the way, and what to do. */
int rendezvous_open(struct rendezvous **rendezvous, const struct rendezvous_config *config,
		    char *error, size_t error_bytes);
/* Removes the socket. Channels that were handed out stay. Nulls *rendezvous; it may be NULL. */
void rendezvous_close(struct rendezvous **rendezvous);

enum rendezvous_event_kind {
	RENDEZVOUS_NONE,
	RENDEZVOUS_UP,  /* channel: the caller's from now on */
	RENDEZVOUS_DOWN /* the peer's process has ended, or has closed its end */
};

struct rendezvous_event {
	enum rendezvous_event_kind kind;
	uint32_t node;
	uint64_t incarnation;
	struct attach_channel *channel;
};

/* Does what is due (at most every MR_ATTACH_POLL_MS) and tells the next event. */
bool rendezvous_poll(struct rendezvous *rendezvous, uint64_t now_ns,
		     struct rendezvous_event *event);

/* The caller gave the channel to that peer up: the peer is told by the end of the socket. */
void rendezvous_leave(struct rendezvous *rendezvous, uint32_t node);
/* Readable when there is something for rendezvous_poll() to do; when it is next due otherwise. */
int rendezvous_fd(const struct rendezvous *rendezvous);
uint64_t rendezvous_deadline(const struct rendezvous *rendezvous);

/* The default directory: $XDG_RUNTIME_DIR/millrace, /run/millrace-UID, or /tmp/millrace-UID-attach.
 * 0 or -ENAMETOOLONG. */
int rendezvous_directory(char *path, size_t path_bytes);

#endif
