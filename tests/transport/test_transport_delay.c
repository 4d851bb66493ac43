/* Without marks of congestion, delay alone makes a sender send less, and its end send as before. */
#include "network.h"
#include "station.h"
#include "test.h"

#define RATE_MBPS 10000
#define DELAY_US 5
#define MESSAGE_BYTES (1 << 20)
#define OUTSTANDING 4
#define EXTRA_NS 300000 /* each way: six times what is taken for no sign */
#define PHASE_MS 20
#define LAST_MS 5 /* of a phase: what came of it */

static struct sim_network *network;
static struct sim_station *stations[2];
static uint8_t body[MESSAGE_BYTES];
static uint8_t room[MESSAGE_BYTES];
static uint64_t extra_ns;

static struct sim_fate judge(void *opaque, uint32_t from, uint32_t to)
{
	return (struct sim_fate){.delay_ns = extra_ns};
}

static void message_send(void)
{
	CHECK(transport_send(sim_station_transport(stations[0]), sim_station_clock(stations[0]), 1,
			     0, NULL, 0, body, MESSAGE_BYTES, NULL, 0) == 0);
}

static void take_event(void *opaque, uint32_t endpoint, struct transport_event *event)
{
	struct sim_station *station = stations[endpoint];

	CHECK(event->kind != TRANSPORT_FAILED && event->kind != TRANSPORT_LOST);
	if (event->kind == TRANSPORT_OFFER)
		CHECK(transport_accept(sim_station_transport(station), sim_station_clock(station),
				       event->offer, room, 0) == 0);
	else if (event->kind == TRANSPORT_SENT)
		message_send();
}

static void run_ms(uint64_t ms)
{
	uint64_t end_ns = sim_network_now(network) + ms * 1000000;
	uint64_t next;

	while ((next = sim_stations_next_time(stations, 2)) < end_ns) {
		sim_network_set_now(network, next);
		sim_stations_turn(stations, 2);
	}
	sim_network_set_now(network, end_ns);
}

/* Goodput at the end of a phase. */
static double phase_mbps(uint64_t extra, uint64_t *slowed)
{
	struct transport_counters before, after;
	uint64_t received;

	extra_ns = extra;
	sim_station_counters(stations[0], &before);
	run_ms(PHASE_MS - LAST_MS);
	sim_station_counters(stations[1], &after);
	received = after.bytes_in;
	run_ms(LAST_MS);
	sim_station_counters(stations[1], &after);
	received = after.bytes_in - received;
	sim_station_counters(stations[0], &after);
	CHECK(after.slowed_by_marks == 0);
	*slowed = after.slowed_by_delay - before.slowed_by_delay;
	printf("%.0f us longer: %.0f Mbit/s, slowed %lu times\n", (double)extra / 1e3,
	       (double)received * 8 / LAST_MS / 1e3, *slowed);
	return (double)received * 8 / LAST_MS / 1e3;
}

int main(void)
{
	const struct sim_config config = {.seed = 1,
					  .delay_us = DELAY_US,
					  .up_mbps = RATE_MBPS,
					  .down_mbps = RATE_MBPS,
					  .mtu = MR_MTU_DEFAULT};
	double fast, slow, again;
	struct sim_stats stats;
	uint64_t slowed;

	CHECK(sim_network_create(&network, &config, 2) == 0);
	sim_network_set_judge(network, judge, NULL);
	for (uint32_t i = 0; i < 2; i++)
		CHECK(sim_station_open(&stations[i], &(struct sim_station_config){
							 .network = network,
							 .endpoint = i,
							 .peer_timeout_ms = 1000,
							 .user = {.event = take_event},
						     }) == 0);
	for (uint32_t i = 0; i < OUTSTANDING; i++)
		message_send();
	sim_stations_turn(stations, 2);
	fast = phase_mbps(0, &slowed);
	CHECK(fast > 0.8 * RATE_MBPS);
	slow = phase_mbps(EXTRA_NS, &slowed);
	CHECK(slow < fast / 10 && slowed > 0, "delay is no sign");
	again = phase_mbps(0, &slowed);
	CHECK(again > 0.9 * fast, "it does not recover");
	sim_network_stats(network, &stats);
	CHECK(stats.lost == 0, "it was delay alone");
	for (uint32_t i = 0; i < 2; i++)
		sim_station_close(&stations[i]);
	sim_network_destroy(&network);
	return 0;
}
