/* Two processes exchange messages of all sizes, both ways at once, and every byte is right. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "host.h"
#include "test.h"

static uint64_t messages = 20000;

static void exchange(struct host *host)
{
	uint64_t sent = 0;
	uint64_t received = 0;
	struct attach_message message;

	host_await(host, true);
	while (sent < messages || received < messages) {
		int rc = 0;

		for (int i = 0; sent < messages && i < 32 && rc == 0; i++) {
			rc = host_send(host, sent);
			sent += rc == 0;
		}
		CHECK(rc == 0 || rc == -EAGAIN, "sending: %d", rc);
		while (attach_receive(host->channel, &message))
			host_check(&message, received++);
		attach_flush(host->channel);
	}
	/* What we lent comes back when the other half has read it. */
	for (uint64_t start = host_now(); attach_lent_bytes(host->channel) > 0;) {
		CHECK(host_now() - start < 10000000000ull, "loans do not come back");
		CHECK(!attach_receive(host->channel, &message));
		attach_flush(host->channel);
	}
	CHECK(attach_counters(host->channel)->lent == (messages + 2) / 3);
	CHECK(attach_counters(host->channel)->borrowed == (messages + 2) / 3);
}

static void half(const char *directory, uint32_t round)
{
	struct host host;

	host_start(&host, directory, 1, 101);
	exchange(&host);
	host_await(&host, false); /* the other half ends first */
	host_stop(&host);
}

int main(int argc, char **argv)
{
	char directory[64];
	struct host host;
	int pid;

	if (argc > 1)
		messages = strtoull(argv[1], NULL, 0);
	host_directory(directory, sizeof(directory));
	pid = host_fork(half, directory, 0);
	host_start(&host, directory, 0, 100);
	exchange(&host);
	CHECK(host.incarnation == 101 && host.ups == 1 && host.downs == 0);
	host_stop(&host);
	CHECK(host_wait(pid) == 0);
	CHECK(rmdir(directory) == 0, "sockets were left behind");
	return 0;
}
