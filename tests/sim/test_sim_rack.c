/*
 * The patterns of traffic on a simulated rack of 10 Gbit/s links, measured and held to bars.
 */
#include "rack.h"
#include "test.h"

#define US(ns) ((double)(ns) / 1000)

static void incast_print(const char *name, const struct sim_incast_result *r)
{
	printf("%s: goodput %.1f %% of the link's payload rate (%.0f Mbit/s), fairness %.3f\n"
	       "  messages %lu, p99 %.0f us; small ones %lu, p50 %.1f us, p99 %.1f us; alone %.1f "
	       "and %.1f us: p99 %.1f times\n"
	       "  lost %lu, marked %lu, retransmits %lu, spurious %lu, timeouts %lu, queue at most "
	       "%lu bytes\n",
	       name, 100 * r->goodput, r->goodput_mbps, r->fairness, r->messages,
	       US(r->message_p99_ns), r->small_messages, US(r->small_p50_ns), US(r->small_p99_ns),
	       US(r->unloaded_p50_ns), US(r->unloaded_p99_ns),
	       (double)r->small_p99_ns / (double)r->unloaded_p99_ns, r->total.network.lost,
	       r->total.network.marked, r->total.transport.retransmits,
	       r->total.transport.spurious_retransmits, r->total.transport.timeouts,
	       r->total.network.queue_bytes_max);
}

static void test_incast(void)
{
	struct sim_incast_config config;
	struct sim_incast_result result;

	sim_incast_config_init(&config);
	CHECK(sim_incast(&config, &result) == 0);
	incast_print("incast 16 to 1 of 64 KiB (asked: 90 %, 10 times)", &result);
	CHECK(result.goodput >= 0.9, "%.2f", result.goodput);
	CHECK(result.fairness >= 0.9, "%.3f", result.fairness);
	CHECK(result.small_messages > 100 && result.messages > 100);
	CHECK(result.small_p99_ns <= 10 * result.unloaded_p99_ns, "%lu ns", result.small_p99_ns);
}

static void test_small_beside_bulk(void)
{
	struct sim_incast_result result;
	struct sim_rack rack;

	sim_rack_init(&rack);
	rack.measure_us = 20000;
	CHECK(sim_small_beside_bulk(&rack, &result) == 0);
	incast_print("1 KiB beside 1 MiB, one sender", &result);
	CHECK(result.goodput >= 0.85, "%.2f", result.goodput);
	CHECK(result.small_messages > 100);
	CHECK(result.small_p99_ns <= 10 * result.unloaded_p99_ns, "%lu ns", result.small_p99_ns);
}

static void test_all_to_all(void)
{
	struct sim_all_result result;
	struct sim_rack rack;

	sim_rack_init(&rack);
	rack.warm_us = 2000;
	rack.measure_us = 8000;
	CHECK(sim_all_to_all(&rack, 8, 256 << 10, &result) == 0);
	printf(
	    "all to all, 8 nodes, 256 KiB: goodput %.1f %% of all links, fairness of pairs %.3f, "
	    "of senders %.3f\n  lost %lu, marked %lu, retransmits %lu\n",
	    100 * result.goodput, result.fairness, result.fairness_senders,
	    result.total.network.lost, result.total.network.marked,
	    result.total.transport.retransmits);
	CHECK(result.goodput >= 0.7, "%.2f", result.goodput);
	CHECK(result.fairness >= 0.9, "%.3f", result.fairness);
	CHECK(result.fairness_senders >= 0.95, "%.3f", result.fairness_senders);
}

static void test_paused_receiver(void)
{
	struct sim_paused_result result;
	struct sim_rack rack;

	sim_rack_init(&rack);
	rack.measure_us = 20000;
	CHECK(sim_paused_receiver(&rack, 4, 64 << 10, &result) == 0);
	printf("one of 4 receivers stands still: the others get %.1f %% of the sender's link, "
	       "%.1f %% before\n",
	       100 * result.during, 100 * result.before);
	CHECK(result.before > 0.6 && result.during >= result.before,
	      "the others are to get what it leaves");
}

static void test_fairness(void)
{
	const double equal[] = {3, 3, 3, 3}, one[] = {0, 5, 0, 0};

	CHECK(sim_fairness(equal, 4) == 1 && sim_fairness(one, 4) == 0.25);
	CHECK(sim_payload_mbps(10000, 1500) > 9090 && sim_payload_mbps(10000, 1500) < 9110);
}

int main(void)
{
	test_fairness();
	test_incast();
	test_small_beside_bulk();
	test_all_to_all();
	test_paused_receiver();
	return 0;
}
