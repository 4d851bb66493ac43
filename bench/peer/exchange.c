/* Running a client against a server. */
#include "exchange.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "worker_pair.h"

#define LISTEN_MS_MAX 2000
#define LISTEN_POLL_MS 5

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

/* Is there a socket on that port that listens (TCP) or is bound (UDP)? proc_net_tcp(5). */
static bool port_listens(pid_t pid, const char *protocol, uint16_t port)
{
	char path[64], line[256];
	unsigned int local, state;
	bool found = false;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/net/%s", (int)pid, protocol);
	file = fopen(path, "re");
	while (file != NULL && !found && fgets(line, sizeof(line), file) != NULL)
		found =
		    sscanf(line, " %*u: %*[0-9A-F]:%x %*[0-9A-F]:%*x %x", &local, &state) == 2 &&
		    local == port && (state == TCP_LISTEN || state == TCP_CLOSE);
	if (file != NULL)
		fclose(file);
	return found;
}

/* A server that never listens is the client's to complain of. */
static void listen_await(pid_t pid, uint16_t port)
{
	static const char *const protocols[] = {"tcp", "tcp6", "udp", "udp6"};

	for (uint32_t waited_ms = 0; waited_ms < LISTEN_MS_MAX; waited_ms += LISTEN_POLL_MS) {
		for (uint32_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
			if (port_listens(pid, protocols[i], port))
				return;
		}
		usleep(LISTEN_POLL_MS * 1000);
	}
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
	listen_await(server.pid, exchange->port);
	rc = process_run(&client_place, exchange->client, text, text_bytes, exchange->timeout_s);
	process_kill(&server);
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
