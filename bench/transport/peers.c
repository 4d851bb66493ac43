/* Peers by other programs, as cases of their own or beside ours. */
#include "peers.h"

#include <stdio.h>
#include <string.h>

#include "measures.h"
#include "peer.h"
#include "wiring.h"

#define BULK_BYTES (1u << 20)
#define SMALL_BYTES 32
#define TESTPMD_START_MS 3000 /* about */
#define TESTPMD_RATIO_MIN 0.9 /* of raw bursts: as issue 3 asks */

/* --- testpmd --------------------------------------------------------------------------------- */

/* Raw bursts that are slower than testpmd's: what the samples themselves say of why. */
static void testpmd_note(struct report_case *c)
{
	const struct report_series *testpmd = NULL;
	double low, high;

	for (uint32_t i = 0; i < c->against_count; i++) {
		if (strcmp(c->against[i].name, "testpmd") == 0)
			testpmd = &c->against[i];
	}
	if (testpmd == NULL || case_ratio(c, "testpmd") >= TESTPMD_RATIO_MIN)
		return;
	low = series_min(testpmd);
	high = series_max(testpmd);
	if (series_max(&c->own) >= low)
		case_note(c,
			  "below testpmd's, which takes its turn afterwards: its seconds (%.4g to "
			  "%.4g) and these runs overlap, as this machine's speed moves between",
			  low, high);
	else
		case_note(c, "below testpmd's (%.4g to %.4g) in every run: not explained", low,
			  high);
}

static void testpmd_beside(struct bench *bench, enum wiring_kind kind, uint32_t mtu,
			   const char *name, uint32_t frame_bytes, double unit_per_frame)
{
	struct report_case *c = (struct report_case *)report_find(bench->report, name);
	double samples[MR_BENCH_RUNS_MAX];
	uint32_t count = bench->options->runs;
	char error[REPORT_REASON_BYTES];
	struct wiring wiring;
	int rc;

	if (!bench_wants(bench, name) ||
	    !bench_step(bench, name, 0, TESTPMD_START_MS + bench->options->runs * 1000) ||
	    c == NULL)
		return;
	rc = wiring_make(&wiring, kind, mtu, error, sizeof(error));
	if (rc == 0) {
		rc = peer_testpmd(&wiring, frame_bytes, samples, &count, error, sizeof(error));
		wiring_remove(&wiring);
	}
	if (rc < 0) {
		case_note(c, "not held beside dpdk-testpmd: %s", error);
		return;
	}
	for (uint32_t i = 0; i < count; i++)
		case_against(c, "testpmd", samples[i] * unit_per_frame);
	testpmd_note(c);
}

void peers_testpmd(struct bench *bench, uint32_t kind, uint32_t mtu)
{
	char name[REPORT_NAME_BYTES];
	char text[REPORT_REASON_BYTES];
	uint32_t payload_bytes = mtu - MEASURE_PACKET_HEAD_BYTES;

	if (kind == WIRING_RING)
		return; /* ours alone */
	if (mtu == MR_MTU_DEFAULT) {
		snprintf(name, sizeof(name), "%s.raw.64", wiring_name(kind));
		testpmd_beside(bench, kind, mtu, name, 64, 1e-6);
		snprintf(text, sizeof(text), "limits: %s raw 64 B frames over testpmd's",
			 wiring_name(kind));
		report_bar(bench->report, text, name, "testpmd", REPORT_AT_LEAST,
			   TESTPMD_RATIO_MIN);
	}
	snprintf(name, sizeof(name), "%s.raw.%u", wiring_name(kind), mtu);
	testpmd_beside(bench, kind, mtu, name, 14 + mtu, payload_bytes * 8e-9);
	snprintf(text, sizeof(text), "limits: %s raw %u B frames over testpmd's", wiring_name(kind),
		 mtu);
	report_bar(bench->report, text, name, "testpmd", REPORT_AT_LEAST, TESTPMD_RATIO_MIN);
}

/* --- One sample each ------------------------------------------------------------------------- */

typedef int (*sample_take)(const struct wiring_lan *lan, double values[2], char *error,
			   size_t error_bytes);

static int take_iperf3(const struct wiring_lan *lan, double values[2], char *error,
		       size_t error_bytes)
{
	return peer_iperf3(lan, values, error, error_bytes);
}

static int take_iperf3_plain(const struct wiring_lan *lan, double values[2], char *error,
			     size_t error_bytes)
{
	int rc = wiring_lan_offloads(lan, false, error, error_bytes);
	int after;

	if (rc < 0)
		return rc;
	rc = peer_iperf3(lan, values, error, error_bytes);
	after = wiring_lan_offloads(lan, true, error, rc < 0 ? 0 : error_bytes);
	return rc < 0 ? rc : after;
}

static int latency_values(int rc, const struct peer_latency *latency, double values[2])
{
	values[0] = latency->p50_us;
	values[1] = latency->p99_us;
	return rc;
}

static int take_sockperf_tcp(const struct wiring_lan *lan, double values[2], char *error,
			     size_t error_bytes)
{
	struct peer_latency latency = {0};

	return latency_values(peer_sockperf(lan, true, SMALL_BYTES, &latency, error, error_bytes),
			      &latency, values);
}

static int take_sockperf_udp(const struct wiring_lan *lan, double values[2], char *error,
			     size_t error_bytes)
{
	struct peer_latency latency = {0};

	return latency_values(peer_sockperf(lan, false, SMALL_BYTES, &latency, error, error_bytes),
			      &latency, values);
}

static int take_ucx_shm(const struct wiring_lan *lan, double values[2], char *error,
			size_t error_bytes)
{
	struct peer_latency latency = {0};

	return latency_values(
	    peer_ucx_latency(PEER_UCX_SHM, SMALL_BYTES, &latency, error, error_bytes), &latency,
	    values);
}

static int take_ucx_tcp(const struct wiring_lan *lan, double values[2], char *error,
			size_t error_bytes)
{
	struct peer_latency latency = {0};

	return latency_values(
	    peer_ucx_latency(PEER_UCX_TCP, SMALL_BYTES, &latency, error, error_bytes), &latency,
	    values);
}

static int take_ucx_tcp_bulk(const struct wiring_lan *lan, double values[2], char *error,
			     size_t error_bytes)
{
	return peer_ucx_bandwidth(PEER_UCX_TCP, BULK_BYTES, values, error, error_bytes);
}

static int take_copy(const struct wiring_lan *lan, double values[2], char *error,
		     size_t error_bytes)
{
	return peer_memory(PEER_MEMORY_COPY, values, error, error_bytes);
}

static int take_write_sum(const struct wiring_lan *lan, double values[2], char *error,
			  size_t error_bytes)
{
	return peer_memory(PEER_MEMORY_WRITE_SUM, values, error, error_bytes);
}

static const struct {
	const char *name;
	const char *second; /* what values[1] is called; NULL: there is none */
	const char *unit;
	bool on_lan;
	uint32_t expected_ms; /* about what one sample takes */
	sample_take take;
	const char *note;
} peers[] = {
    {"peer.tcp.bulk", NULL, "Gbit/s", true, 2400, take_iperf3, ""},
    {"peer.tcp.bulk.no-offloads", NULL, "Gbit/s", true, 2400, take_iperf3_plain, ""},
    {"peer.tcp.pingpong.p50", "peer.tcp.pingpong.p99", "us one way", true, 1700, take_sockperf_tcp,
     ""},
    {"peer.udp.pingpong.p50", "peer.udp.pingpong.p99", "us one way", true, 1700, take_sockperf_udp,
     ""},
    {"peer.ucx-shm.pingpong.p50", "peer.ucx-shm.pingpong.p99", "us one way", false, 1300,
     take_ucx_shm, ""},
    {"peer.ucx-tcp.pingpong.p50", "peer.ucx-tcp.pingpong.p99", "us one way", false, 1700,
     take_ucx_tcp, ""},
    {"peer.ucx-tcp.bulk", NULL, "Gbit/s", false, 1500, take_ucx_tcp_bulk, "payload untouched"},
    {"peer.memcpy", NULL, "Gbit/s", false, 500, take_copy, ""},
    {"peer.write-sum", NULL, "Gbit/s", false, 500, take_write_sum, "two threads, no transport"},
};

#define PEER_COUNT (sizeof(peers) / sizeof(peers[0]))

static void peer_sample(struct bench *bench, size_t index, uint32_t run,
			const struct wiring_lan *lan)
{
	struct report *report = bench->report;
	char error[REPORT_REASON_BYTES];
	double values[2];

	if (!bench_step(bench, peers[index].name, run, peers[index].expected_ms) ||
	    report_skip_find(report, peers[index].name) != NULL)
		return;
	if (peers[index].take(lan, values, error, sizeof(error)) < 0) {
		report_skip(report, peers[index].name, "%s", error);
		return;
	}
	case_sample(report_case(report, peers[index].name, peers[index].unit), values[0]);
	case_note(report_case(report, peers[index].name, ""), "%s", peers[index].note);
	if (peers[index].second != NULL)
		case_sample(report_case(report, peers[index].second, peers[index].unit), values[1]);
}

void peers_run(struct bench *bench)
{
	char error[REPORT_REASON_BYTES];
	struct wiring_lan lan;
	bool have_lan = !bench_planning(bench) && wiring_lan_make(&lan, error, sizeof(error)) == 0;

	for (size_t i = 0; i < PEER_COUNT; i++) {
		bool wanted = bench_wants(bench, peers[i].name) ||
			      (peers[i].second != NULL && bench_wants(bench, peers[i].second));

		if (wanted && peers[i].on_lan && !have_lan)
			report_skip(bench->report, peers[i].name, "%s", error);
		for (uint32_t run = 0; wanted && run < bench->options->runs; run++)
			peer_sample(bench, i, run, &lan);
	}
	if (have_lan)
		wiring_lan_remove(&lan);
}
