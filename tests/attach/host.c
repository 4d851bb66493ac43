/* A process's half of a test of hand-over. */
#include "host.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <millrace/hash.h>

#include "test.h"

uint64_t host_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

void host_directory(char *path, size_t path_bytes)
{
	snprintf(path, path_bytes, "/tmp/millrace-attach-XXXXXX");
	CHECK(mkdtemp(path) != NULL);
}

void host_start(struct host *host, const char *directory, uint32_t node, uint64_t incarnation)
{
	const struct rendezvous_peer peers[2] = {{0, 0x7f000001, 7411}, {1, 0x7f000002, 7411}};
	struct region_provider provider;
	struct rendezvous_config config = {
	    .directory = directory,
	    .self = peers[node],
	    .incarnation = incarnation,
	    .peers = &peers[1 - node],
	    .peer_count = 1,
	};
	char error[MR_ERROR_BYTES_MAX] = "";

	*host = (struct host){.node = node};
	CHECK(region_provider_memfd(&provider, HOST_POOL_BYTES) == 0);
	CHECK(region_pool_create(&host->pool, &provider, 0) == 0);
	config.pool = region_pool_provider(host->pool);
	CHECK(rendezvous_open(&host->rendezvous, &config, error, sizeof(error)) == 0, "%s", error);
}

void host_stop(struct host *host)
{
	struct region_pool_stats stats;

	attach_close(&host->channel);
	rendezvous_close(&host->rendezvous);
	region_pool_stats(host->pool, &stats);
	CHECK(stats.regions == 0, "%lu regions are still lent", stats.regions);
	region_pool_destroy(&host->pool);
}

bool host_poll(struct host *host)
{
	struct rendezvous_event event;

	if (!rendezvous_poll(host->rendezvous, host_now(), &event))
		return false;
	if (event.kind == RENDEZVOUS_UP) {
		CHECK(host->channel == NULL);
		host->channel = event.channel;
		host->incarnation = event.incarnation;
		host->ups++;
	} else {
		attach_close(&host->channel);
		host->downs++;
	}
	return true;
}

void host_await(struct host *host, bool up)
{
	uint64_t start = host_now();

	while ((host->channel != NULL) != up) {
		CHECK(host_now() - start < 10000000000ull, "the other half does not %s",
		      up ? "come" : "go");
		if (!host_poll(host))
			usleep(1000);
	}
}

int host_fork(host_main main, const char *directory, uint32_t round)
{
	int pid = fork();

	CHECK(pid >= 0);
	if (pid == 0) {
		main(directory, round);
		_exit(0);
	}
	return pid;
}

int host_wait(int pid)
{
	int status;

	CHECK(waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* --- The sequence ---------------------------------------------------------------------------- */

#define INLINE_MAX (ATTACH_INLINE_BYTES_MAX - sizeof(uint64_t))

/* Every third message is lent; sizes run through everything up to 256 KiB. */
static uint32_t body_bytes(uint64_t number)
{
	uint64_t mix = mr_hash64(&number, sizeof(number));

	return number % 3 == 0 ? 1 + (uint32_t)(mix % (256u << 10)) : (uint32_t)(mix % INLINE_MAX);
}

static void body_fill(uint8_t *body, uint32_t bytes, uint64_t number)
{
	for (uint32_t i = 0; i < bytes; i++)
		body[i] = (uint8_t)(number * 31 + i * 7 + (i >> 8));
}

int host_send(struct host *host, uint64_t number)
{
	uint32_t bytes = body_bytes(number);
	uint8_t body[INLINE_MAX];
	struct region *region;
	int rc;

	if (number % 3 != 0) {
		body_fill(body, bytes, number);
		return attach_send(host->channel, &number, sizeof(number), body, bytes);
	}
	rc = region_alloc(host->pool, bytes, REGION_ANY, &region);
	if (rc != 0)
		return -EAGAIN; /* everything is lent */
	body_fill(region->base, bytes, number);
	region_freeze(region);
	rc = attach_lend(host->channel, &number, sizeof(number), region);
	region_unref(&region);
	return rc;
}

void host_check(const struct attach_message *message, uint64_t number)
{
	const uint8_t *body = message->bytes + message->head_bytes;
	uint32_t bytes = message->body_bytes;
	struct region *region = message->region;
	uint64_t got;

	CHECK(message->head_bytes == sizeof(got));
	memcpy(&got, message->bytes, sizeof(got));
	CHECK(got == number, "message %lu came, not %lu", got, number);
	if (region != NULL) {
		body = region->base;
		bytes = (uint32_t)region->bytes;
	}
	CHECK((region != NULL) == (number % 3 == 0) && bytes == body_bytes(number));
	for (uint32_t i = 0; i < bytes; i++)
		CHECK(body[i] == (uint8_t)(number * 31 + i * 7 + (i >> 8)),
		      "byte %u of message %lu differs", i, number);
	region_unref(&region);
}
