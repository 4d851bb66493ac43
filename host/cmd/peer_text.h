/* Other nodes, as the command line and a file of peers name them. */
#ifndef PEER_TEXT_H
#define PEER_TEXT_H

#include "node.h"

struct peer_list {
	struct node_peer peers[MR_NODES_MAX];
	bool keyed[MR_NODES_MAX]; /* its public key was given */
	uint32_t count;
};

/* "ID=IP[:PORT][,PUBKEY]"; false when it is no such thing, or one too many. */
bool peer_text_add(struct peer_list *list, const char *text);
/* A line for each peer, as above; empty lines and what follows a # are left out. 0 or -errno with
 * error text. */
int peer_file_add(struct peer_list *list, const char *path, char *error, size_t error_bytes);

#endif
