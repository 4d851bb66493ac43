/* The simulated rack's figures: virtual time, so that this machine's speed has no part in them. */
#include "rack_cases.h"

#include <string.h>

#include "rack.h"

#define INCAST_MS 1000 /* a run takes about */
#define ALL_MS 1000
#define ALL_NODES 8
#define ALL_MESSAGE_BYTES 65536

static const char incast_goodput[] = "sim.incast-16.goodput";
static const char incast_small[] = "sim.incast-16.small.p99";
static const char incast_drops[] = "sim.incast-16.drops";
static const char all_goodput[] = "sim.all-to-all-8.goodput";
static const char all_fairness[] = "sim.all-to-all-8.fairness";

static bool any_wanted(const struct bench *bench, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (bench_wants(bench, names[i]))
			return true;
	}
	return false;
}

static void incast_sample(struct bench *bench, uint32_t run)
{
	struct report *report = bench->report;
	struct sim_incast_config config;
	struct sim_incast_result result;
	struct report_case *small;
	int rc;

	if (!bench_step(bench, incast_goodput, run, INCAST_MS))
		return;
	sim_incast_config_init(&config);
	config.rack.seed += run;
	rc = sim_incast(&config, &result);
	if (rc < 0) {
		report_skip(report, incast_goodput, "the simulation: %s", strerror(-rc));
		report_skip(report, incast_small, "the simulation: %s", strerror(-rc));
		return;
	}
	case_sample(report_case(report, incast_goodput, "of the link"), result.goodput);
	small = report_case(report, incast_small, "us one way");
	case_sample(small, (double)result.small_p99_ns / 1e3);
	case_against(small, "unloaded", (double)result.unloaded_p99_ns / 1e3);
	case_sample(report_case(report, incast_drops, "frames"),
		    (double)result.total.network.lost_queue);
}

static void all_sample(struct bench *bench, uint32_t run)
{
	struct report *report = bench->report;
	struct sim_all_result result;
	struct sim_rack rack;
	int rc;

	if (!bench_step(bench, all_goodput, run, ALL_MS))
		return;
	sim_rack_init(&rack);
	rack.seed += run;
	rc = sim_all_to_all(&rack, ALL_NODES, ALL_MESSAGE_BYTES, &result);
	if (rc < 0) {
		report_skip(report, all_goodput, "the simulation: %s", strerror(-rc));
		return;
	}
	case_sample(report_case(report, all_goodput, "of all links"), result.goodput);
	case_sample(report_case(report, all_fairness, "Jain's index"), result.fairness);
}

void rack_run(struct bench *bench)
{
	const char *const incast[] = {incast_goodput, incast_small, incast_drops};
	const char *const all[] = {all_goodput, all_fairness};

	for (uint32_t run = 0; run < bench->options->runs; run++) {
		if (any_wanted(bench, incast, 3))
			incast_sample(bench, run);
		if (any_wanted(bench, all, 2))
			all_sample(bench, run);
	}
	report_bar(bench->report, "6: incast 16 to 1, goodput of the link", incast_goodput, NULL,
		   REPORT_AT_LEAST, 0.9);
	report_bar(bench->report, "6: 1 KiB messages beside it, p99 over unloaded", incast_small,
		   "unloaded", REPORT_AT_MOST, 10);
}
