/* Hand-over between processes, beside UCX over shared memory and beside memory alone. */
#include "handover_cases.h"

#include "handover_run.h"

#define RUN_MS 1500 /* about */
#define PINGPONG "handover.pingpong.32.p50"
#define PINGPONG_P99 "handover.pingpong.32.p99"
#define STREAM "handover.stream.1MiB"

void handover_cases(struct bench *bench)
{
	struct report *report = bench->report;
	char error[REPORT_REASON_BYTES];

	if (!bench_wants(bench, PINGPONG) && !bench_wants(bench, PINGPONG_P99) &&
	    !bench_wants(bench, STREAM))
		return;
	for (uint32_t run = 0; run < bench->options->runs; run++) {
		struct handover_figures figures;

		if (!bench_step(bench, STREAM, run, RUN_MS))
			continue;
		if (handover_run(&figures, error, sizeof(error)) != 0) {
			report_skip(report, STREAM, "%s", error);
			return;
		}
		case_sample(report_case(report, PINGPONG, "us one way"), figures.p50_us);
		case_sample(report_case(report, PINGPONG_P99, "us one way"), figures.p99_us);
		case_sample(report_case(report, STREAM, "Gbit/s"), figures.gbit_per_s);
		case_against(report_case(report, STREAM, "Gbit/s"), "alone",
			     figures.alone_gbit_per_s);
	}
	case_note(report_case(report, STREAM, "Gbit/s"),
		  "every byte written and summed; UCX's payload is untouched");
	bench_beside(bench, PINGPONG, "peer.ucx-shm.pingpong.p50", "ucx-shm");
	bench_beside(bench, STREAM, "peer.ucx-shm.bulk", "ucx-shm");
	report_bar(report, "5: hand-over of 32 bytes, one way, over UCX's", PINGPONG, "ucx-shm",
		   REPORT_AT_MOST, 2);
	report_bar(report, "5: 1 MiB written and summed, over doing it alone", STREAM, "alone",
		   REPORT_AT_LEAST, 0.85);
	report_bar(report, "5: 1 MiB written and summed, over UCX's untouched", STREAM, "ucx-shm",
		   REPORT_AT_LEAST, 1);
}
