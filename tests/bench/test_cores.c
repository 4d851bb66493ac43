/*
 * Workers of two threads each, over two queues of a memif: each thread meets its own, every message
 * arrives whole, and raw bursts come on both queues. Figures are not looked at: there need not be
 * four cores.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test.h"
#include "worker.h"

#define CORES 2
#define RUN_MS_MAX 16000 /* four threads that poll may share a core with others */

static char folder[] = "/tmp/millrace-cores-XXXXXX";

static void setups_make(struct pair_setup setups[PAIR_ROLES], const char *kind)
{
	memset(setups, 0, PAIR_ROLES * sizeof(setups[0]));
	for (uint32_t i = 0; i < PAIR_ROLES; i++) {
		snprintf(setups[i].kind, sizeof(setups[i].kind), "%s", kind);
		/* The receiver opens first. */
		snprintf(setups[i].spec, sizeof(setups[i].spec),
			 "net_memif0,role=%s,id=0,socket=%s/memif.sock,socket-abstract=no",
			 i == PAIR_RECEIVER ? "server" : "client", folder);
		setups[i].mtu = MR_MTU_DEFAULT;
		setups[i].cores = CORES;
	}
}

static void pair_try(const char *kind, struct pair_order *order)
{
	struct pair_setup setups[PAIR_ROLES];
	struct pair_answer answers[PAIR_ROLES] = {0};
	char error[2 * MR_ERROR_BYTES_MAX] = "";
	struct pair pair;

	setups_make(setups, kind);
	CHECK(pair_open(&pair, setups, error, sizeof(error)) == 0, "%s: %s", kind, error);
	for (uint32_t run = 0; run < 2; run++) {
		do {
			memset(answers, 0, sizeof(answers));
			CHECK(pair_run(&pair, order, answers, error, sizeof(error)) == 0, "%s: %s",
			      kind, error);
		} while (answers[PAIR_RECEIVER].bytes == 0 && (order->run_ms *= 2) <= RUN_MS_MAX);
		CHECK(answers[PAIR_RECEIVER].bytes > 0, "%s: nothing arrived", kind);
	}
	printf("%s: %llu units, %llu compared\n", kind,
	       (unsigned long long)answers[PAIR_RECEIVER].units,
	       (unsigned long long)answers[PAIR_RECEIVER].verified);
	CHECK((answers[PAIR_RECEIVER].verified > 0) == (order->message_bytes > 0),
	      "%s: messages compared", kind);
	pair_close(&pair);
}

int main(int argc, char **argv)
{
	struct pair_order raw = {.pattern = PAIR_FLOOD,
				 .frame_bytes = 1514,
				 .head_bytes = 114,
				 .copies = true,
				 .warm_ms = 100,
				 .run_ms = 300};
	struct pair_order bulk = {.pattern = PAIR_FLOOD,
				  .message_bytes = 1 << 20,
				  .window = 4,
				  .warm_ms = 200,
				  .run_ms = 500};
	char command[64];

	if (argc == 4 && strcmp(argv[1], WORKER_COMMAND) == 0)
		return worker_main(argv[2], argv[3]);
	if (process_core(1) < 0)
		SKIP("two cores are needed");
	CHECK(mkdtemp(folder) != NULL, "%s", folder);
	pair_try("raw-cores", &raw);
	pair_try("link-cores", &bulk);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command) == 0 ? 0 : 1;
}
