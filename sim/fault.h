/* What may happen to one frame on its way to one endpoint, by the probabilities of the network. */
#ifndef SIM_FAULT_H
#define SIM_FAULT_H

#include "network.h"
#include "random.h"

struct sim_faults {
	const struct sim_config *config;
	struct sim_random random;
	struct sim_stats *stats;
	struct sim_fate (*judge)(void *opaque, uint32_t from, uint32_t to);
	void *judge_opaque;
	struct sim_fate fate;                   /* of the frame at hand, as judged */
	bool calm;                              /* nothing happens any more */
	uint32_t burst_left[SIM_ENDPOINTS_MAX]; /* frames to lose, by receiver */
	double pair_loss[SIM_ENDPOINTS_MAX][SIM_ENDPOINTS_MAX]; /* from, to */
};

void sim_faults_init(struct sim_faults *faults, const struct sim_config *config,
		     struct sim_stats *stats);
/* Counts what it says. */
bool sim_fault_loses(struct sim_faults *faults, uint32_t from, uint32_t to);
bool sim_fault_doubles(struct sim_faults *faults);
/* How much longer than usual the frame is under way. */
uint64_t sim_fault_delay(struct sim_faults *faults);
/* Flips one to four bits, or none. */
void sim_fault_corrupt(struct sim_faults *faults, uint8_t *data, uint32_t bytes);

#endif
