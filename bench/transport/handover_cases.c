/*
 * Hand-over between processes, beside memory alone and beside UCX over shared memory: whose large
 * messages take turns with ours, as what memory gives changes from second to second.
 */
#include "handover_cases.h"

#include <stdio.h>

#include "handover_run.h"
#include "peer.h"
#include "words.h"

#define HANDOVER_MS 1500 /* about */
#define UCX_MS 1200
#define PINGPONG "handover.pingpong.32.p50"
#define PINGPONG_P99 "handover.pingpong.32.p99"
#define STREAM "handover.stream.1MiB"
#define UCX_STREAM "peer.ucx-shm.stream.1MiB"

/* --- Ours ------------------------------------------------------------------------------------ */

static bool handover_sample(struct bench *bench, uint32_t run)
{
	struct report *report = bench->report;
	struct handover_figures figures;
	char error[REPORT_REASON_BYTES];

	if (!bench_step(bench, STREAM, run, HANDOVER_MS))
		return true;
	if (handover_run(&figures, error, sizeof(error)) != 0) {
		report_skip(report, STREAM, "%s", error);
		return false;
	}
	case_sample(report_case(report, PINGPONG, "us one way"), figures.p50_us);
	case_sample(report_case(report, PINGPONG_P99, "us one way"), figures.p99_us);
	case_sample(report_case(report, STREAM, "Gbit/s"), figures.gbit_per_s);
	case_against(report_case(report, STREAM, "Gbit/s"), "alone", figures.alone_gbit_per_s);
	return true;
}

/* --- UCX ------------------------------------------------------------------------------------- */

static const struct ucx_case {
	const char *name;
	const char *label; /* beside ours */
	uint32_t buffers;  /* of the receiver; 0: ucx_perftest, which touches no byte it carries */
} ucx_cases[] = {
    {UCX_STREAM, "ucx-shm", WORDS_PIECES},
    {UCX_STREAM ".few-buffers", "ucx-shm, few buffers", WORDS_AHEAD},
    {"peer.ucx-shm.bulk", "ucx-shm, untouched", 0},
};

#define UCX_CASES (sizeof(ucx_cases) / sizeof(ucx_cases[0]))

/* What nobody touched is no bar's peer, and shown beside those that are. */
static bool ucx_wanted(const struct bench *bench, const struct ucx_case *ucx)
{
	return bench_wants(bench, ucx->name) ||
	       (ucx->buffers == 0 && bench_wants(bench, UCX_STREAM));
}

static int ucx_measure(const struct ucx_case *ucx, double *gbit_per_s, char *error,
		       size_t error_bytes, char note[REPORT_REASON_BYTES])
{
	char transports[PEER_UCX_TRANSPORTS_BYTES];
	int rc;

	snprintf(note, REPORT_REASON_BYTES, "payload untouched");
	if (ucx->buffers == 0)
		return peer_ucx_bandwidth(PEER_UCX_SHM, WORDS_PIECE_BYTES, gbit_per_s, error,
					  error_bytes);
	rc = peer_ucx_words(ucx->buffers, gbit_per_s, transports, error, error_bytes);
	snprintf(note, REPORT_REASON_BYTES,
		 "each byte written and summed; by %s; received into %u buffers", transports,
		 ucx->buffers);
	return rc;
}

static void ucx_sample(struct bench *bench, const struct ucx_case *ucx, uint32_t run)
{
	struct report *report = bench->report;
	char error[REPORT_REASON_BYTES], note[REPORT_REASON_BYTES];
	double gbit_per_s;

	if (!ucx_wanted(bench, ucx) || report_skip_find(report, ucx->name) != NULL ||
	    !bench_step(bench, ucx->name, run, UCX_MS))
		return;
	if (ucx_measure(ucx, &gbit_per_s, error, sizeof(error), note) != 0) {
		report_skip(report, ucx->name, "%s", error);
		return;
	}
	case_sample(report_case(report, ucx->name, "Gbit/s"), gbit_per_s);
	case_note(report_case(report, ucx->name, "Gbit/s"), "%s", note);
}

/* --- Together -------------------------------------------------------------------------------- */

static void relations(struct bench *bench)
{
	struct report *report = bench->report;

	bench_beside(bench, PINGPONG, "peer.ucx-shm.pingpong.p50", "ucx-shm");
	for (size_t i = 0; i < UCX_CASES; i++)
		bench_beside(bench, STREAM, ucx_cases[i].name, ucx_cases[i].label);
	report_bar(report, "5: hand-over of 32 bytes, one way, over UCX's", PINGPONG, "ucx-shm",
		   REPORT_AT_MOST, 2);
	report_bar(report, "5: 1 MiB written and summed, over doing it alone", STREAM, "alone",
		   REPORT_AT_LEAST, 0.85);
	report_bar(report, "5: 1 MiB written and summed, over UCX's", STREAM, "ucx-shm",
		   REPORT_AT_LEAST, 1);
	report_bar(report, "5: the same, over UCX's received into few buffers", STREAM,
		   "ucx-shm, few buffers", REPORT_AT_LEAST, 1);
}

void handover_cases(struct bench *bench)
{
	bool ours = bench_wants(bench, PINGPONG) || bench_wants(bench, PINGPONG_P99) ||
		    bench_wants(bench, STREAM);

	for (uint32_t run = 0; run < bench->options->runs; run++) {
		ours = ours && handover_sample(bench, run);
		for (size_t i = 0; i < UCX_CASES; i++)
			ucx_sample(bench, &ucx_cases[i], run);
	}
	relations(bench);
}
