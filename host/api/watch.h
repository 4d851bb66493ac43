/*
 * Watches nodes: asks several of them for their status again and again, all at once, by libcurl.
 *
 * A node that is silent keeps none of the others waiting, and is asked again when its turn comes:
 * nodes may die and return. One thread owns a watch. What nodes answer comes from outside: it is
 * JSON and an object, and nothing else is certain of it.
 */
#ifndef WATCH_H
#define WATCH_H

#include <cjson/cJSON.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#define WATCH_ERROR_BYTES 256

struct watch;

struct watch_node {
	const char *url;     /* without "http://" */
	const cJSON *now;    /* the last answer; NULL before the first */
	const cJSON *before; /* the one before, of the same life of the node; or NULL */
	uint64_t now_ns;     /* CLOCK_MONOTONIC when it came */
	uint64_t before_ns;
	char error[WATCH_ERROR_BYTES]; /* why the last question had no answer; empty when it had */
};

/* urls: HOST[:PORT] or http://HOST[:PORT], of any nodes, separated by commas. An answer may take
 * timeout_ms. 0, or -EINVAL or -ENOMEM with error text. */
int watch_open(struct watch **watch, const char *urls, uint32_t timeout_ms, char *error,
	       size_t error_bytes);
/* Nulls *watch; *watch may be NULL. */
void watch_close(struct watch **watch);
uint32_t watch_count(const struct watch *watch);
const struct watch_node *watch_node(const struct watch *watch, uint32_t index);

/* Asks every node of which no answer is awaited. */
void watch_ask(struct watch *watch);
/* Are answers awaited? */
bool watch_busy(const struct watch *watch);
/* Takes answers until wait_ms have passed, one came, or one of fds is ready (its revents say so).
 * 0 or -errno. */
int watch_wait(struct watch *watch, struct pollfd *fds, uint32_t fd_count, uint32_t wait_ms);

#endif
