/* Scatter-gather compare: frames of many sizes and splits through two ports, byte for byte. */
#ifndef WIRE_H
#define WIRE_H

#include "port.h"

struct wire_plan {
	uint32_t frames;
	uint32_t bytes_min; /* of a frame; 60 where a device may pad to Ethernet's minimum */
	uint64_t seed;
	struct region_pool *pool; /* frames lie in regions of it; NULL: in memory of the test */
};

/* Sends the plan's frames and checks that `to` receives the same bytes in the same order. Frames of
 * others (neighbour discovery of the kernel) are passed over. from and to may be one looped port.
 */
void wire_compare(struct port *from, struct port *to, const struct wire_plan *plan);
/* The halves, for a wire that has to be carried from one port to the next by hand. */
void wire_send_all(struct port *from, const uint8_t to_mac[6], const struct wire_plan *plan);
void wire_receive_all(struct port *to, const uint8_t from_mac[6], const uint8_t to_mac[6],
		      uint32_t mtu, const struct wire_plan *plan);

/* Moves this process to a network namespace of its own that goes when it ends; as an ordinary user
 * in a user namespace too. Skips the test where that is not allowed. */
void wire_namespace_enter(void);
/* From root to an ordinary user with no rights; nothing otherwise. */
void wire_become_ordinary(void);
/* Runs a command, which must succeed. */
void wire_command(const char *command);

#endif
