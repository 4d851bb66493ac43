/* dpdk-testpmd: DPDK's own measure of a port. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exchange.h"
#include "peer.h"
#include "worker_pair.h"

#define START_S 5 /* at most: EAL, and the peer's; no frame is counted before both are there */
#define RECEIVER_MS 1000 /* ahead of the sender: its socket must be there */
#define ARGUMENT_BYTES (PAIR_SPEC_BYTES + 32)

struct testpmd {
	char lcores[32];
	char vdev[ARGUMENT_BYTES];
	char prefix[48];
	char buffer[32];
	char frames[32];
};

static int testpmd_start(struct process *process, const struct wiring *wiring, enum pair_role role,
			 uint32_t frame_bytes)
{
	struct process_place place = PROCESS_ANYWHERE;
	struct testpmd words;
	/* Its main thread prints and sleeps, on the core where the other one polls. */
	const char *argv[] = {"dpdk-testpmd",
			      "--no-pci",
			      "--in-memory",
			      "--single-file-segments",
			      "--no-telemetry",
			      "-m",
			      "192",
			      words.lcores,
			      words.vdev,
			      words.prefix,
			      "--",
			      "--auto-start",
			      "--no-mlockall",
			      "--stats-period=1",
			      "--total-num-mbufs=8192",
			      words.buffer,
			      words.frames,
			      role == PAIR_SENDER ? "--forward-mode=txonly"
						  : "--forward-mode=rxonly",
			      NULL};

	snprintf(words.lcores, sizeof(words.lcores), "--lcores=0@%d,1@%d", process_core(!role),
		 process_core(role));
	snprintf(words.vdev, sizeof(words.vdev), "--vdev=%s", wiring->specs[role]);
	snprintf(words.prefix, sizeof(words.prefix), "--file-prefix=testpmd-%u", role);
	snprintf(words.buffer, sizeof(words.buffer), "--mbuf-size=%u",
		 frame_bytes <= 1518 ? 2176 : 10496);
	snprintf(words.frames, sizeof(words.frames), "--txpkts=%u", frame_bytes);
	return process_start(process, &place, argv);
}

struct rates {
	double *frames_per_s;
	uint32_t wanted;
	uint32_t count;
};

/* One figure each second; the first with frames is of a part of one, and a line may be cut. */
static bool rates_enough(const char *text, void *opaque)
{
	static const char key[] = "Rx-pps:";
	struct rates *rates = opaque;
	bool begun = false;

	rates->count = 0;
	while (rates->count < rates->wanted && (text = strstr(text, key)) != NULL &&
	       strchr(text, '\n') != NULL) {
		double value = atof(text + strlen(key));

		if (value > 0 && begun)
			rates->frames_per_s[rates->count++] = value;
		begun |= value > 0;
		text += strlen(key);
	}
	return rates->count == rates->wanted;
}

int peer_testpmd(const struct wiring *wiring, uint32_t frame_bytes, double *frames_per_s,
		 uint32_t *count, char *error, size_t error_bytes)
{
	struct process sender, receiver;
	char *text = calloc(1, EXCHANGE_TEXT_BYTES);
	struct rates rates = {frames_per_s, *count, 0};
	int rc;

	if (text == NULL)
		return -ENOMEM;
	rc = testpmd_start(&receiver, wiring, PAIR_RECEIVER, frame_bytes);
	if (rc < 0)
		goto out;
	usleep(RECEIVER_MS * 1000);
	rc = testpmd_start(&sender, wiring, PAIR_SENDER, frame_bytes);
	process_read(&receiver, text, EXCHANGE_TEXT_BYTES, START_S + *count, rates_enough, &rates);
	if (rc == 0)
		process_kill(&sender);
	*count = rates.count;
out:
	if (rc == -ENOENT)
		snprintf(error, error_bytes,
			 "dpdk-testpmd is not installed (scripts/packages bench)");
	else if (rc < 0 || *count == 0)
		snprintf(error, error_bytes, "dpdk-testpmd received nothing: %.300s", text);
	free(text);
	return rc < 0 ? rc : *count > 0 ? 0 : -EIO;
}
