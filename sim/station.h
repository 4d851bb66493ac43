/*
 * A station: a transport at an endpoint of the simulated network, living by its own clock.
 *
 * It carries frames both ways as a node's packet path does, in bursts and as its NIC has room, and
 * hands events to its user. Who owns the network moves its time, and gives the stations turns.
 */
#ifndef SIM_STATION_H
#define SIM_STATION_H

#include <stdbool.h>
#include <stdint.h>

#include "network.h"
#include "transport.h"

#define SIM_STATION_IP 0x0a000001u /* of endpoint 0: 10.0.0.1; the others follow */

/* Whom a station tells. All but event may be NULL. The user may send, accept and reject in event,
 * and in nothing else. */
struct sim_station_user {
	void (*event)(void *opaque, uint32_t endpoint, struct transport_event *event);
	/* A frame is to be given to the transport; its bytes may be changed. */
	void (*frame_in)(void *opaque, uint32_t endpoint, uint8_t *data, uint32_t bytes);
	/* A frame came from the transport; what stands at its head, by now with the body's bytes
	 * behind it, is sent, and may be changed. */
	void (*frame_out)(void *opaque, uint32_t endpoint, struct transport_frame *frame);
	void *opaque;
};

struct sim_station_config {
	struct sim_network *network; /* outlives the station */
	uint32_t endpoint;           /* and node id; all endpoints are its peers */
	uint32_t peer_timeout_ms;
	uint32_t small_bytes_max; /* messages up to so many bytes go without an offer; 0: none do */
	struct sim_station_user user;
};

struct sim_station;

/* 0 or -ENOMEM. Memory behind the transport's is out of bounds: who writes there dies. */
int sim_station_open(struct sim_station **station, const struct sim_station_config *config);
void sim_station_close(struct sim_station **station);
/* A new self, which remembers nothing but that it is newer. */
void sim_station_restart(struct sim_station *station);

/* Takes what came, runs timers, tells of events, sends; for as long as one leads to another. Not to
 * be called while the node stands still (sim_network_resume_time) or is dead. */
void sim_station_turn(struct sim_station *station);
/* When it has something to do by itself, in the network's time. */
uint64_t sim_station_next_time(const struct sim_station *station);

/* The stations of a network, in the order of endpoints: a turn of each that runs now, and when the
 * next frame or timer is due for any; UINT64_MAX: never. */
void sim_stations_turn(struct sim_station *const *stations, uint32_t count);
uint64_t sim_stations_next_time(struct sim_station *const *stations, uint32_t count);

/* For the user: what it calls, with this time. */
struct transport *sim_station_transport(const struct sim_station *station);
uint64_t sim_station_clock(const struct sim_station *station);
uint64_t sim_station_incarnation(const struct sim_station *station);
/* Counters of all its lives. */
void sim_station_counters(const struct sim_station *station, struct transport_counters *counters);

#endif
