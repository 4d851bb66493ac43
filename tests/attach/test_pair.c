/* A channel within one process, a thread at each end: order, content, memory, and either end first.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include "channel.h"
#include "host.h"
#include "test.h"

#define MESSAGES 3000

struct end {
	struct attach_channel *channel;
	struct region_pool *pool;
	uint64_t messages;
};

static void nap(struct end *end)
{
	struct pollfd wake = {.fd = attach_fd(end->channel), .events = POLLIN};

	if (!attach_arm(end->channel))
		poll(&wake, 1, 1); /* memory that comes back rings no bell */
}

static void *end_run(void *argument)
{
	struct end *end = argument;
	struct host host = {.channel = end->channel, .pool = end->pool};
	uint64_t sent = 0;
	uint64_t received = 0;

	while (sent < end->messages || received < end->messages) {
		struct attach_message message;
		bool worked = false;

		for (int i = 0; sent < end->messages && i < 8; i++) {
			int rc = host_send(&host, sent);

			CHECK(rc == 0 || rc == -EAGAIN, "sending: %d", rc);
			sent += rc == 0;
			worked |= rc == 0;
		}
		while (attach_receive(end->channel, &message)) {
			host_check(&message, received++);
			worked = true;
		}
		attach_flush(end->channel);
		if (!worked)
			nap(end);
	}
	return NULL;
}

static struct region_pool *pool_create(void)
{
	struct region_provider provider;
	struct region_pool *pool;

	CHECK(region_provider_memory(&provider, HOST_POOL_BYTES) == 0);
	CHECK(region_pool_create(&pool, &provider, 0) == 0);
	return pool;
}

static void test_exchange(void)
{
	struct attach_channel *ends[2];
	struct end halves[2];
	pthread_t threads[2];

	CHECK(attach_pair(ends) == 0);
	for (int i = 0; i < 2; i++) {
		halves[i] = (struct end){ends[i], pool_create(), MESSAGES};
		CHECK(pthread_create(&threads[i], NULL, end_run, &halves[i]) == 0);
	}
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < 2; i++) {
		struct region_pool_stats stats;

		CHECK(attach_lent_bytes(ends[i]) == 0);
		region_pool_stats(halves[i].pool, &stats);
		CHECK(stats.regions == 0);
	}
	for (int i = 0; i < 2; i++) {
		attach_close(&ends[i]);
		region_pool_destroy(&halves[i].pool);
	}
}

/* What was lent stays good for who holds it, and returns to its pool from wherever it is. */
static void test_ends(void)
{
	struct attach_channel *ends[2];
	struct region_pool *pool = pool_create();
	struct host host = {.pool = pool};
	struct attach_message held;

	CHECK(attach_pair(ends) == 0);
	host.channel = ends[0];
	CHECK(host_send(&host, 0) == 0 && host_send(&host, 3) == 0);
	CHECK(attach_receive(ends[1], &held) && held.region != NULL);
	attach_close(&ends[1]); /* message 3 was not taken */
	CHECK(attach_broken(ends[0]) && host_send(&host, 6) == -EPIPE);
	attach_close(&ends[0]);
	region_pool_destroy(&pool); /* goes with what is held */
	host_check(&held, 0);
}

static void test_recall(void)
{
	struct attach_channel *ends[2];
	struct attach_message message;

	CHECK(attach_pair(ends) == 0);
	CHECK(!attach_recalled(ends[1]));
	attach_recall(ends[0]);
	CHECK(!attach_receive(ends[1], &message) && attach_recalled(ends[1]));
	CHECK(!attach_recalled(ends[1]), "told once");
	CHECK(attach_send(ends[0], "head", 4, NULL, 0) == 0);
	CHECK(attach_send(ends[0], "head", 4, &message, ATTACH_INLINE_BYTES_MAX) == -EMSGSIZE);
	for (uint32_t i = 2; i < MR_ATTACH_SLOTS; i++)
		CHECK(attach_send(ends[0], "", 0, NULL, 0) == 0);
	CHECK(attach_send(ends[0], "", 0, NULL, 0) == -EAGAIN, "the ring is full");
	CHECK(attach_receive(ends[1], &message) && message.head_bytes == 4);
	attach_close(&ends[0]);
	attach_close(&ends[1]);
}

/* Who says it has read what was never sent has broken the rules: that is seen in sending alone. */
static void test_overtold(void)
{
	struct attach_channel *ends[2];

	CHECK(attach_pair(ends) == 0);
	for (uint32_t i = 0; i < MR_ATTACH_SLOTS; i++)
		CHECK(attach_send(ends[0], "", 0, NULL, 0) == 0);
	atomic_store(&ends[0]->writer.ring->taken, MR_ATTACH_SLOTS + 1);
	CHECK(attach_send(ends[0], "", 0, NULL, 0) == -EPIPE && attach_broken(ends[0]));
	CHECK(attach_counters(ends[0])->drop_bad_slot == 1, "and is counted");
	attach_close(&ends[0]);
	attach_close(&ends[1]);
}

int main(void)
{
	test_exchange();
	test_ends();
	test_recall();
	test_overtold();
	return 0;
}
