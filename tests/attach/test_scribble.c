/*
 * A peer writes at random into everything that is shared, while messages travel: the other side
 * finds out or goes on, and never reads or writes where it should not. Its own memory comes back,
 * and a well-behaved life of the peer can follow.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "channel.h"
#include "host.h"
#include "random.h"
#include "test.h"

#define SCRIBBLE_NS 30000000ull
#define SCRIBBLE_TURNS 1000 /* at least: on a busy machine that time may pass without any */
#define SURVIVE_NS 3000000000ull

__attribute__((no_sanitize("address"))) static void
scribble(struct host *host, struct sim_random *random, uint32_t round)
{
	uint8_t *control = host->channel->control;
	uint8_t *pool = region_pool_provider(host->pool)->base;
	uint64_t at = sim_random_below(random, 2 * sizeof(struct slot_ring));
	uint64_t value = sim_random_below(random, UINT64_MAX);

	switch (round % 3) {
	case 0: /* anywhere */
		control[at] = (uint8_t)value;
		break;
	case 1: /* fields of slots, believable and not */
		at = at / SLOT_BYTES * SLOT_BYTES + sim_random_below(random, 4) * 8;
		if (value % 4 != 0)
			value &= 0xffff;
		memcpy(control + at, &value, sizeof(value));
		break;
	default: /* what was lent and checked */
		pool[sim_random_below(random, HOST_POOL_BYTES)] = (uint8_t)value;
		break;
	}
}

static void half(const char *directory, uint32_t round)
{
	struct sim_random random = {.state = round};
	struct attach_message message;
	struct host host;
	uint64_t sent = 0;
	uint64_t end_ns;

	host_start(&host, directory, 1, 100 + round);
	host_await(&host, true);
	end_ns = host_now() + SCRIBBLE_NS;
	for (uint32_t turn = 0;
	     (host_now() < end_ns || turn < SCRIBBLE_TURNS) && host.channel != NULL; turn++) {
		sent += host_send(&host, sent) == 0;
		if (attach_receive(host.channel, &message))
			region_unref(&message.region);
		attach_flush(host.channel);
		for (int i = 0; i < 16; i++)
			scribble(&host, &random, round);
	}
	_exit(0); /* whatever it broke of its own goes with it */
}

/* Reads all of what it is given, as a user would. */
static void use(struct attach_message *message)
{
	volatile uint8_t sum = 0;

	for (uint64_t i = 0; message->region != NULL && i < message->region->bytes; i++)
		sum = (uint8_t)(sum + message->region->base[i]);
	region_unref(&message->region);
}

static void survive(struct host *host)
{
	uint64_t end_ns = host_now() + SURVIVE_NS;
	struct attach_message message;
	uint64_t sent = 0;

	while (host->channel != NULL && !attach_broken(host->channel) && host_now() < end_ns) {
		int rc = host_send(host, sent);

		sent += rc == 0;
		for (int i = 0; i < 64 && attach_receive(host->channel, &message); i++)
			use(&message);
		attach_flush(host->channel);
		host_poll(host);
	}
}

int main(int argc, char **argv)
{
	uint32_t rounds = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 0) : 12;
	uint32_t broken = 0;
	char directory[64];
	struct host host;

	host_directory(directory, sizeof(directory));
	host_start(&host, directory, 0, 1);
	for (uint32_t round = 0; round < rounds; round++) {
		int pid = host_fork(half, directory, round);
		struct region_pool_stats stats;

		host_await(&host, true);
		survive(&host);
		if (host.channel != NULL)
			broken += attach_broken(host.channel);
		host_wait(pid);
		host_await(&host, false);
		region_pool_stats(host.pool, &stats);
		CHECK(stats.regions == 0, "round %u: %lu regions were kept", round, stats.regions);
	}
	CHECK(broken > 0, "nothing that was scribbled was ever seen");
	host_stop(&host);
	return 0;
}
