/* A transport at an endpoint of the simulated network. */
#include "station.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE_BYTES MR_PAGE_BYTES

struct sim_station {
	struct sim_station_config config;
	struct transport *transport;
	uint8_t *memory; /* the transport's, and a page that nobody may touch */
	size_t memory_bytes;
	uint64_t incarnation;
	struct transport_counters former; /* of its former selves */
	uint8_t heads[MR_PORT_BURST][TRANSPORT_FRAME_BYTES_MAX];
};

static int memory_open(struct sim_station *station, const struct transport_config *config)
{
	size_t bytes = (transport_bytes(config) + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
	uint8_t *memory = mmap(NULL, bytes + PAGE_BYTES, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED)
		return -ENOMEM;
	mprotect(memory + bytes, PAGE_BYTES, PROT_NONE);
	station->memory = memory;
	station->memory_bytes = bytes + PAGE_BYTES;
	return 0;
}

static void memory_close(struct sim_station *station)
{
	if (station->memory != NULL)
		munmap(station->memory, station->memory_bytes);
	station->memory = NULL;
}

static int life_begin(struct sim_station *station)
{
	const struct sim_station_config *config = &station->config;
	uint32_t endpoint = config->endpoint;
	struct transport_config wire = {
	    .node = endpoint,
	    .incarnation = ++station->incarnation,
	    .mac = {2, 0x4d, 0x52, 1, 0, (uint8_t)endpoint},
	    .ip = SIM_STATION_IP + endpoint,
	    .prefix_len = 24,
	    .udp_port = MR_WIRE_PORT_DEFAULT,
	    .mtu = sim_network_mtu(config->network),
	    .peer_timeout_ms = config->peer_timeout_ms,
	    .small_bytes_max = config->small_bytes_max,
	    .payload_checksum = true, /* the network may flip bits */
	    .seed = station->incarnation * SIM_ENDPOINTS_MAX + endpoint,
	};
	int rc = memory_open(station, &wire);

	if (rc < 0)
		return rc;
	rc =
	    transport_init(&station->transport, station->memory, &wire, sim_station_clock(station));
	for (uint32_t i = 0; i < sim_network_endpoints(config->network) && rc == 0; i++)
		if (i != endpoint)
			rc = transport_peer_add(station->transport, i, SIM_STATION_IP + i,
						MR_WIRE_PORT_DEFAULT);
	return rc;
}

int sim_station_open(struct sim_station **station_out, const struct sim_station_config *config)
{
	struct sim_station *station = calloc(1, sizeof(*station));
	int rc;

	if (station == NULL)
		return -ENOMEM;
	station->config = *config;
	rc = life_begin(station);
	if (rc < 0)
		sim_station_close(&station);
	*station_out = station;
	return rc;
}

void sim_station_close(struct sim_station **station)
{
	if (*station == NULL)
		return;
	memory_close(*station);
	free(*station);
	*station = NULL;
}

void sim_station_counters(const struct sim_station *station, struct transport_counters *counters)
{
	const struct transport_counters *now = transport_counters(station->transport);

	*counters = station->former;
#define COUNTER_ADD(name) counters->name += now->name;
	TRANSPORT_COUNTERS(COUNTER_ADD)
#undef COUNTER_ADD
}

void sim_station_restart(struct sim_station *station)
{
	struct sim_frame *frame;

	sim_station_counters(station, &station->former);
	while ((frame = sim_network_receive(station->config.network, station->config.endpoint)) !=
	       NULL)
		sim_frame_release(frame);
	memory_close(station);
	if (life_begin(station) < 0)
		abort(); /* what it had is free again, so this cannot fail */
}

/* --- Frames ---------------------------------------------------------------------------------- */

static void tell_events(struct sim_station *station)
{
	const struct sim_station_user *user = &station->config.user;
	struct transport_event event;

	while (transport_event(station->transport, &event))
		user->event(user->opaque, station->config.endpoint, &event);
}

static bool take_frames(struct sim_station *station)
{
	const struct sim_station_user *user = &station->config.user;
	struct transport_rx rx[MR_PORT_BURST];
	struct sim_frame *frames[MR_PORT_BURST];
	uint32_t count = 0;

	while (count < MR_PORT_BURST &&
	       (frames[count] = sim_network_receive(station->config.network,
						    station->config.endpoint)) != NULL) {
		rx[count] = (struct transport_rx){.data = frames[count]->data,
						  .bytes = frames[count]->bytes};
		if (user->frame_in != NULL)
			user->frame_in(user->opaque, station->config.endpoint,
				       (uint8_t *)(uintptr_t)rx[count].data, rx[count].bytes);
		count++;
	}
	for (uint32_t at = 0; at < count;) {
		at += transport_input(station->transport, sim_station_clock(station), &rx[at],
				      count - at);
		tell_events(station);
	}
	transport_input_end(station->transport);
	tell_events(station);
	for (uint32_t i = 0; i < count; i++)
		sim_frame_release(frames[i]);
	return count > 0;
}

static void give_frame(struct sim_station *station, struct transport_frame *frame)
{
	const struct sim_station_user *user = &station->config.user;

	if (frame->body_bytes > 0)
		memcpy(frame->head + frame->head_bytes, frame->body, frame->body_bytes);
	if (user->frame_out != NULL)
		user->frame_out(user->opaque, station->config.endpoint, frame);
	sim_network_send(station->config.network, station->config.endpoint, frame->head,
			 frame->head_bytes + frame->body_bytes);
}

static bool give_frames(struct sim_station *station)
{
	uint32_t room = sim_network_room(station->config.network, station->config.endpoint);
	struct transport_frame frames[MR_PORT_BURST];
	uint32_t count;

	for (uint32_t i = 0; i < MR_PORT_BURST; i++)
		frames[i] = (struct transport_frame){.head = station->heads[i]};
	count = transport_output(station->transport, sim_station_clock(station), frames,
				 room < MR_PORT_BURST ? room : MR_PORT_BURST);
	for (uint32_t i = 0; i < count; i++)
		give_frame(station, &frames[i]);
	return count > 0;
}

void sim_station_turn(struct sim_station *station)
{
	while (take_frames(station))
		continue;
	if (transport_deadline(station->transport) <= sim_station_clock(station))
		transport_tick(station->transport, sim_station_clock(station));
	tell_events(station);
	while (give_frames(station))
		continue;
	transport_output_end(station->transport);
	tell_events(station);
}

uint64_t sim_station_next_time(const struct sim_station *station)
{
	return sim_clock_when(sim_network_clock(station->config.network, station->config.endpoint),
			      transport_deadline(station->transport));
}

/* --- All of them ----------------------------------------------------------------------------- */

static uint64_t resume_time(const struct sim_station *station)
{
	return sim_network_resume_time(station->config.network, station->config.endpoint);
}

void sim_stations_turn(struct sim_station *const *stations, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (resume_time(stations[i]) <= sim_network_now(stations[i]->config.network))
			sim_station_turn(stations[i]);
}

uint64_t sim_stations_next_time(struct sim_station *const *stations, uint32_t count)
{
	uint64_t next = sim_network_next_time(stations[0]->config.network);

	for (uint32_t i = 0; i < count; i++) {
		uint64_t at = sim_station_next_time(stations[i]);

		if (at < resume_time(stations[i]))
			at = resume_time(stations[i]);
		if (at < next)
			next = at;
	}
	return next;
}

struct transport *sim_station_transport(const struct sim_station *station)
{
	return station->transport;
}

uint64_t sim_station_clock(const struct sim_station *station)
{
	return sim_clock_read(sim_network_clock(station->config.network, station->config.endpoint),
			      sim_network_now(station->config.network));
}

uint64_t sim_station_incarnation(const struct sim_station *station)
{
	return station->incarnation;
}
