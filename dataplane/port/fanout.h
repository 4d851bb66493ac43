/*
 * Packet fanout groups, of which net_af_packet makes one for each port, whatever its queues.
 *
 * It names the group by (process id ^ interface) & 0xffff, and no devargs change that. Another port
 * with the same name in the same network namespace fails to open for no reason it says, or, when it
 * is on the same interface (a process of another PID namespace may have the same id), joins: then
 * each gets a part of the frames, and loses those of the other.
 *
 * Sources: packet(7), PACKET_FANOUT; fanout_add() in Linux's net/packet/af_packet.c; DPDK 22.11's
 * drivers/net/af_packet.
 */
#ifndef FANOUT_H
#define FANOUT_H

#include <stddef.h>

/* Before the driver opens that interface: 0, or -EADDRINUSE with error text when the group that it
 * would make is there. */
int fanout_check(const char *port, const char *interface, char *error, size_t error_bytes);

#endif
