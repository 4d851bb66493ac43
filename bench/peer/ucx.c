/* UCX between two processes of one machine, by ucx_perftest and by a program of ours. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exchange.h"
#include "peer.h"
#include "place.h"
#include "words.h"

#define TIMEOUT_S 30
#define WORDS_PROGRAM "millrace-bench-ucx"
#define TLS_SHM "UCX_TLS=sm,self" /* of sysv, posix, cma and xpmem those that work */
#define PEER_PORT 17413
#define TEXT_OF(number) TEXT(number)
#define TEXT(number) #number
#define LATENCY_ROUNDS "50000"
#define BANDWIDTH_BYTES (4ull << 30) /* sent in one run: a third of a second or more */

/* The columns that -v prints; latencies in us, rates per second. */
struct ucx_figures {
	double percentile_us, mean_us, overall_us, mean_mib, overall_mib, mean_rate, overall_rate;
};

static int ucx_run(enum peer_ucx_path path, const char *test, uint32_t bytes, const char *rounds,
		   const char *rank, struct ucx_figures *f, char *error, size_t error_bytes)
{
	const char *tls = path == PEER_UCX_SHM ? TLS_SHM : "UCX_TLS=tcp,self";
	char size[16];
	const char *server[] = {
	    "env", tls, "UCX_WARN_UNUSED_ENV_VARS=n", "ucx_perftest", "-p", TEXT_OF(PEER_PORT),
	    NULL};
	const char *client[] = {"env",
				tls,
				"UCX_WARN_UNUSED_ENV_VARS=n",
				"ucx_perftest",
				"127.0.0.1",
				"-p",
				TEXT_OF(PEER_PORT),
				"-t",
				test,
				"-s",
				size,
				"-n",
				rounds,
				"-R",
				rank,
				"-f",
				"-v",
				NULL};
	struct exchange exchange = {server, client, -1, PEER_PORT, TIMEOUT_S};
	char text[4096];
	const char *row;
	int rc;

	snprintf(size, sizeof(size), "%u", bytes);
	rc = exchange_run(&exchange, text, sizeof(text), error, error_bytes);
	if (rc < 0)
		return rc;
	row = strstr(text, "overall_mr\n");
	if (row != NULL && sscanf(row, "overall_mr\n%*u,%lf,%lf,%lf,%lf,%lf,%lf,%lf",
				  &f->percentile_us, &f->mean_us, &f->overall_us, &f->mean_mib,
				  &f->overall_mib, &f->mean_rate, &f->overall_rate) == 7)
		return 0;
	snprintf(error, error_bytes, "ucx_perftest (ucx-utils: scripts/packages bench): %.200s",
		 text);
	return -EPROTO;
}

int peer_ucx_latency(enum peer_ucx_path path, uint32_t bytes, struct peer_latency *latency,
		     char *error, size_t error_bytes)
{
	struct ucx_figures median, high;
	int rc = ucx_run(path, "tag_lat", bytes, LATENCY_ROUNDS, "50", &median, error, error_bytes);

	if (rc == 0)
		rc = ucx_run(path, "tag_lat", bytes, LATENCY_ROUNDS, "99", &high, error,
			     error_bytes);
	if (rc == 0)
		*latency = (struct peer_latency){median.percentile_us, high.percentile_us};
	return rc;
}

int peer_ucx_bandwidth(enum peer_ucx_path path, uint32_t bytes, double *gbit_per_s, char *error,
		       size_t error_bytes)
{
	struct ucx_figures figures;
	char rounds[24];
	int rc;

	snprintf(rounds, sizeof(rounds), "%llu", BANDWIDTH_BYTES / bytes);
	rc = ucx_run(path, "tag_bw", bytes, rounds, "50", &figures, error, error_bytes);
	if (rc == 0)
		*gbit_per_s = figures.overall_rate * bytes * 8 / 1e9;
	return rc;
}

static void transports_copy(const char *text, char transports[PEER_UCX_TRANSPORTS_BYTES])
{
	const char *at = strstr(text, "transports ");

	transports[0] = '\0';
	if (at != NULL)
		sscanf(at, "transports %" TEXT_OF(PEER_UCX_TRANSPORTS_MOST) "[a-z0-9_ ]",
		       transports);
}

int peer_ucx_words(uint32_t buffers, double *gbit_per_s, char transports[PEER_UCX_TRANSPORTS_BYTES],
		   char *error, size_t error_bytes)
{
	char program[PATH_MAX], theirs[16], text[4096];
	const char *server[] = {"env",   TLS_SHM, "UCX_WARN_UNUSED_ENV_VARS=n",
				program, "sum",   TEXT_OF(PEER_PORT),
				theirs,  NULL};
	const char *client[] = {"env",
				TLS_SHM,
				"UCX_WARN_UNUSED_ENV_VARS=n",
				program,
				"write",
				TEXT_OF(PEER_PORT),
				TEXT_OF(WORDS_PIECES),
				NULL};
	struct exchange exchange = {server, client, -1, PEER_PORT, TIMEOUT_S};
	int rc;

	if (!place_find(WORDS_PROGRAM, program)) {
		snprintf(error, error_bytes,
			 WORDS_PROGRAM " is not built: it takes libucx-dev (scripts/packages "
				       "bench, and a new build folder)");
		return -ENOENT;
	}
	snprintf(theirs, sizeof(theirs), "%u", buffers);
	rc = exchange_run(&exchange, text, sizeof(text), error, error_bytes);
	if (rc < 0)
		return rc;
	transports_copy(text, transports);
	if (exchange_number(text, "gbit_per_s", gbit_per_s))
		return 0;
	snprintf(error, error_bytes, WORDS_PROGRAM ": %.200s", text);
	return -EPROTO;
}
