/*
 * Where two workers meet: the two ends of a memif, a vhost-user device and its driver, a veth pair,
 * the rings of one process. What it makes lies in a folder of its own and in network namespaces of
 * this process, which end with it.
 */
#ifndef WIRING_H
#define WIRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scratch.h"
#include "worker_pair.h"

enum wiring_kind {
	WIRING_MEMIF,
	WIRING_VIRTIO_USER, /* sends to a net_vhost */
	WIRING_AF_XDP,
	WIRING_AF_PACKET,
	WIRING_RING, /* our in-process port */
	WIRING_KINDS
};

struct wiring {
	enum wiring_kind kind;
	uint32_t mtu;                            /* bytes of an IP packet */
	char folder[SCRATCH_PATH_BYTES];         /* of sockets; empty: none */
	char link[16];                           /* first end of the veth pair; empty: none */
	char specs[PAIR_ROLES][PAIR_SPEC_BYTES]; /* devargs, by role */
};

const char *wiring_name(enum wiring_kind kind);
/* -ENOENT when no kind has that name. */
int wiring_find(const char *name, enum wiring_kind *kind);

/* Makes one for frames of that MTU; each has its own links and sockets. 0, or -ENOTSUP when this
 * machine or the port cannot, or -errno; both with the reason in error. */
int wiring_make(struct wiring *wiring, enum wiring_kind kind, uint32_t mtu, char *error,
		size_t error_bytes);
void wiring_remove(struct wiring *wiring);

/* Puts this process into a network namespace of its own, where it may make links. 0 or -errno. */
int wiring_isolate(void);

/* Two namespaces joined by a veth pair, for the kernel's own protocols: ours and another. */
struct wiring_lan {
	int netns_fd;               /* of the other */
	char local[16], remote[16]; /* interfaces */
	char local_ip[16], remote_ip[16];
};

/* 0 or -errno with error text. Only after wiring_isolate(). */
int wiring_lan_make(struct wiring_lan *lan, char *error, size_t error_bytes);
/* Segmentation offloads (TSO, GSO, GRO) of both ends, on or off. 0 or -errno with error text. */
int wiring_lan_offloads(const struct wiring_lan *lan, bool on, char *error, size_t error_bytes);
void wiring_lan_remove(struct wiring_lan *lan);

#endif
