/* A server and its client: how most peers are measured. */
#ifndef EXCHANGE_H
#define EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "process.h"

#define EXCHANGE_TEXT_BYTES 65536

struct exchange {
	const char *const *server;
	const char *const *client;
	int server_netns_fd; /* -1: ours */
	uint16_t port;       /* the server listens on, of TCP or UDP: then the client starts */
	uint32_t timeout_s;
};

/* Runs the client on the sender's core against the server on the receiver's, and gives what the
 * client printed. 0 or -errno with error text. */
int exchange_run(const struct exchange *exchange, char *text, size_t text_bytes, char *error,
		 size_t error_bytes);

/* The number behind the first occurrence of key in text; false when there is none. */
bool exchange_number(const char *text, const char *key, double *value);

#endif
