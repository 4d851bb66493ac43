/*
 * A peer is killed at any instant: who survives gets all its memory back, is told, and works with
 * the peer's next life.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host.h"
#include "test.h"

static void half(const char *directory, uint32_t round)
{
	struct host host;
	uint64_t sent = 0;
	uint64_t received = 0;
	struct attach_message message;

	host_start(&host, directory, 1, 100 + round);
	host_await(&host, true);
	for (;;) {
		sent += host_send(&host, sent) == 0;
		while (attach_receive(host.channel, &message))
			host_check(&message, received++);
		attach_flush(host.channel);
	}
}

static void exchange_until(struct host *host, uint64_t end_ns, int pid)
{
	struct attach_message message;
	uint64_t sent = 0;
	uint64_t received = 0;
	bool killed = false;

	while (host->channel != NULL) {
		int rc = host_send(host, sent);

		sent += rc == 0;
		CHECK(rc == 0 || rc == -EAGAIN);
		while (attach_receive(host->channel, &message))
			host_check(&message, received++);
		attach_flush(host->channel);
		if (!killed && host_now() > end_ns) {
			kill(pid, SIGKILL);
			killed = true;
		}
		host_poll(host);
	}
}

int main(int argc, char **argv)
{
	uint32_t rounds = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 0) : 30;
	char directory[64];
	struct host host;

	host_directory(directory, sizeof(directory));
	host_start(&host, directory, 0, 1);
	for (uint32_t round = 0; round < rounds; round++) {
		int pid = host_fork(half, directory, round);
		struct region_pool_stats stats;

		host_await(&host, true);
		CHECK(host.incarnation == 100 + round);
		/* From microseconds after the meeting to the middle of the traffic. */
		exchange_until(&host, host_now() + 1000ull * (1u << round % 15), pid);
		CHECK(host_wait(pid) == -SIGKILL);
		CHECK(host.downs == round + 1, "the end was told");
		region_pool_stats(host.pool, &stats);
		CHECK(stats.regions == 0, "round %u: %lu regions were kept", round, stats.regions);
	}
	host_stop(&host);
	return 0;
}
