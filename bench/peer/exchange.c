/* Running a client against a server. */
#include "exchange.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "worker_pair.h"

static int exchange_error(int rc, const char *program, const char *text, char *error,
			  size_t error_bytes)
{
	if (rc == -ENOENT)
		snprintf(error, error_bytes, "%s is not installed (scripts/packages bench)",
			 program);
	else
		snprintf(error, error_bytes, "%s: %s: %.200s", program,
			 rc < 0 ? strerror(-rc) : "failed", text);
	return rc < 0 ? rc : -EIO;
}

int exchange_run(const struct exchange *exchange, char *text, size_t text_bytes, char *error,
		 size_t error_bytes)
{
	struct process_place server_place = {process_core(PAIR_RECEIVER),
					     exchange->server_netns_fd};
	struct process_place client_place = {process_core(PAIR_SENDER), -1};
	struct process server;
	int rc = process_start(&server, &server_place, exchange->server);

	text[0] = '\0';
	if (rc < 0)
		return exchange_error(rc, exchange->server[0], text, error, error_bytes);
	usleep(exchange->settle_ms * 1000);
	rc = process_run(&client_place, exchange->client, text, text_bytes, exchange->timeout_s);
	process_stop(&server);
	return rc == 0 ? 0 : exchange_error(rc, exchange->client[0], text, error, error_bytes);
}

bool exchange_number(const char *text, const char *key, double *value)
{
	const char *at = strstr(text, key);
	char *end;

	if (at == NULL)
		return false;
	at += strlen(key);
	at += strspn(at, " :=\t");
	*value = strtod(at, &end);
	return end != at;
}
