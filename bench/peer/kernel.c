/* The kernel's TCP and UDP over a veth pair, by iperf3 and sockperf. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "exchange.h"
#include "peer.h"

#define TIMEOUT_S 20
#define IPERF3_PORT 17412 /* in namespaces of our own: nobody else's */
#define SOCKPERF_PORT 17414
#define TEXT_OF(number) TEXT(number)
#define TEXT(number) #number

static int peer_garbled(const char *program, const char *text, char *error, size_t error_bytes)
{
	snprintf(error, error_bytes, "%s prints no figure: %.200s", program, text);
	return -EPROTO;
}

int peer_iperf3(const struct wiring_lan *lan, double *gbit_per_s, char *error, size_t error_bytes)
{
	const char *server[] = {"iperf3", "-s", "-1", "-p", TEXT_OF(IPERF3_PORT), NULL};
	/* Half a second for the window to open is left out. */
	const char *client[] = {"iperf3", "-c", lan->remote_ip, "-p", TEXT_OF(IPERF3_PORT),
				"-t",     "1",  "-O",           "1",  "-J",
				NULL};
	struct exchange exchange = {server, client, lan->netns_fd, IPERF3_PORT, TIMEOUT_S};
	char *text = malloc(EXCHANGE_TEXT_BYTES);
	cJSON *root, *bits;
	int rc;

	if (text == NULL)
		return -ENOMEM;
	rc = exchange_run(&exchange, text, EXCHANGE_TEXT_BYTES, error, error_bytes);
	root = rc == 0 ? cJSON_Parse(text) : NULL;
	bits = cJSON_GetObjectItem(
	    cJSON_GetObjectItem(cJSON_GetObjectItem(root, "end"), "sum_received"),
	    "bits_per_second");
	if (cJSON_IsNumber(bits))
		*gbit_per_s = bits->valuedouble / 1e9;
	else if (rc == 0)
		rc = peer_garbled("iperf3", text, error, error_bytes);
	cJSON_Delete(root);
	free(text);
	return rc;
}

int peer_sockperf(const struct wiring_lan *lan, bool tcp, uint32_t bytes,
		  struct peer_latency *latency, char *error, size_t error_bytes)
{
	char size[16];
	const char *server[] = {"sockperf",           "server", "-i",
				lan->remote_ip,       "-p",     TEXT_OF(SOCKPERF_PORT),
				tcp ? "--tcp" : NULL, NULL};
	const char *client[] = {
	    "sockperf", "ping-pong", "-i", lan->remote_ip,       "-p", TEXT_OF(SOCKPERF_PORT), "-t",
	    "1",        "-m",        size, tcp ? "--tcp" : NULL, NULL};
	struct exchange exchange = {server, client, lan->netns_fd, SOCKPERF_PORT, TIMEOUT_S};
	char *text = malloc(EXCHANGE_TEXT_BYTES);
	int rc;

	if (text == NULL)
		return -ENOMEM;
	snprintf(size, sizeof(size), "%u", bytes);
	rc = exchange_run(&exchange, text, EXCHANGE_TEXT_BYTES, error, error_bytes);
	if (rc == 0 && (!exchange_number(text, "percentile 50.000", &latency->p50_us) ||
			!exchange_number(text, "percentile 99.000", &latency->p99_us)))
		rc = peer_garbled("sockperf", text, error, error_bytes);
	free(text);
	return rc;
}
