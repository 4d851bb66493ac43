/*
 * The HTTP interface of a node, by libmicrohttpd, on one thread of its own.
 *
 * Bounded: connections, their memory, bodies one by one and together, and how long a peer may be
 * silent. There is no authentication: bind it to a loopback address.
 */
#ifndef SERVER_H
#define SERVER_H

#include "node.h"

struct api_server;

struct api_config {
	struct node *node; /* outlives the server */
	const struct node_peer *peers;
	uint32_t peer_count;
	const char *address;  /* numeric IPv4, to listen on */
	uint16_t port;        /* 0: any free one */
	const char *code_dir; /* kept; made when needed */
	const char
	    *jobs_dir; /* removed with what is in it by api_server_stop(); made when needed */
};

/* Copies what it needs of config. 0 or -errno with error text. */
int api_server_start(struct api_server **server, const struct api_config *config, char *error,
		     size_t error_bytes);
/* The port it listens on. */
uint16_t api_server_port(const struct api_server *server);
/* Nulls *server; *server may be NULL. Stop it before the node is destroyed. */
void api_server_stop(struct api_server **server);

#endif
