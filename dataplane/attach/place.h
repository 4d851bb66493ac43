/* Where nodes of one host meet: a directory that only this user can enter, and in it a Unix socket
 * named after each node's address. Only for rendezvous.c. All return 0 or -errno. */
#ifndef PLACE_H
#define PLACE_H

#include <stddef.h>
#include <sys/un.h>

#include "rendezvous.h"

#define PLACE_BACKLOG 8 /* that wait to be accepted */

/* Made when it is not there; error says what is wrong with it. */
int place_make_directory(const char *path, char *error, size_t error_bytes);
int place_address(struct sockaddr_un *address, const char *directory,
		  const struct rendezvous_peer *peer);
/* The descriptor, or -errno. */
int place_socket(void);
/* *listener is the caller's to close, also after a failure when it is not negative. A socket that a
 * dead process left is replaced; one that is another's is emptied out of address. */
int place_listen(struct sockaddr_un *address, int *listener, char *error, size_t error_bytes);

#endif
