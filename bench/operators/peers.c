/* Runs the peers' script once for each sample. */
#include "peers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "process.h"

#define PEER_TIMEOUT_S 120
#define PEER_ABSENT 77

const char *const peer_names[PEERS] = {"pyarrow", "duckdb", "polars"};

int peer_run(struct report *report, uint32_t peer, uint64_t column_bytes)
{
	static const char script[] = MR_SOURCE_DIR "/bench/operators/group_peers.py";
	const char *python = getenv("MILLRACE_BENCH_PYTHON");
	char bytes[24], printed[256] = "";
	const char *argv[] = {python != NULL ? python : "python3", script, peer_names[peer], bytes,
			      NULL};
	double seconds;
	int rc;

	snprintf(bytes, sizeof(bytes), "%llu", (unsigned long long)column_bytes);
	rc = process_run(&PROCESS_ANYWHERE, argv, printed, sizeof(printed), PEER_TIMEOUT_S);
	if (rc == 0 && sscanf(printed, "%lf", &seconds) == 1 && seconds > 0) {
		case_sample(report_case(report, peer_names[peer], "GB/s"),
			    (double)column_bytes / seconds / 1e9);
		return 0;
	}
	printed[strcspn(printed, "\n")] = '\0';
	report_skip(report, peer_names[peer], "%s",
		    printed[0] != '\0' ? printed : "python3 does not run it");
	return 0;
}
