/* What two nodes tell each other when they meet on a host, and the descriptors that go with it. */
#ifndef HELLO_H
#define HELLO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HELLO_MAGIC 0x4152524du /* "MRRA" */
#define HELLO_VERSION 1
#define HELLO_FDS_MAX 3

struct hello {
	uint32_t magic;
	uint16_t version;
	uint16_t reserved; /* zero */
	uint32_t slots;
	uint32_t slot_bytes;
	uint32_t from_node;
	uint32_t to_node;
	uint32_t ip; /* of the sender */
	uint32_t udp_port;
	uint64_t incarnation;
	uint64_t pool_offset; /* in its descriptor */
	uint64_t pool_bytes;
};
_Static_assert(sizeof(struct hello) == 56, "attach version 1");
_Static_assert(offsetof(struct hello, incarnation) == 32, "attach version 1");

/* fds: pool, doorbell, and from who connects the rings. 0, -EAGAIN, or -errno. */
int hello_send(int socket, const struct hello *hello, const int *fds, uint32_t fd_count);
/* Exactly fd_count descriptors must come along; they are the caller's then. 0; -EAGAIN when there
 * is nothing yet; -EPIPE at the end; -EBADMSG for anything else. */
int hello_receive(int socket, struct hello *hello, int *fds, uint32_t fd_count);
/* Is the process at the other end of our user? */
bool hello_same_user(int socket);

#endif
