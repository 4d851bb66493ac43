/*
 * Faults of the simulated card: each kind, at each of its first occasions, gives its error and
 * state in bounded time, or the right answer; a card that failed refuses all else, and works once
 * opened anew. Then many calls under random faults: no wrong answer, no hang, each call that was
 * left to the CPU counted. test_card_faults CARD_FOLDER CALLS [SEED]
 */
#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <time.h>

#include "calls.h"
#include "fault_plan.h"
#include "test.h"

#define TIME_LIMIT_MS 250 /* a thousand times a run here; of hung ones all of it is waited */
#define SLACK_MS 20000    /* for a machine that does other things as well */

static struct fpga_options options = {.time_limit_ms = TIME_LIMIT_MS, .run_bytes = 8192};
static void (*faults_count)(uint64_t counts[FAULT_KINDS]);

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static uint64_t faults_sum(void)
{
	uint64_t counts[FAULT_KINDS], sum = 0;

	faults_count(counts);
	for (int i = 0; i < FAULT_KINDS; i++)
		sum += counts[i];
	return sum;
}

static struct fpga_card *card_open(const char *plan)
{
	struct fpga_error error;
	struct fpga_card *card;

	setenv(FAULT_PLAN_VARIABLE, plan, 1);
	CHECK(fpga_card_open(&card, &options, &error) == 0, "%s: %s", plan, error.text);
	return card;
}

static uint64_t failures_of(const struct fpga_card *card)
{
	const struct fpga_counters *counters = fpga_card_counters(card);

	return counters->runs_hung + counters->runs_failed + counters->runs_wrong +
	       counters->calls_lost;
}

/* What each kind of fault is told as. */
static const struct {
	const char *name;
	int rc;
	enum fpga_state state;
	const char *text;
} expected[FAULT_KINDS] = {
    [FAULT_HANG] = {"hang", -ETIMEDOUT, FPGA_HUNG, "did not end in 250 ms"},
    [FAULT_ADDRESS] = {"address", -EIO, FPGA_WRONG, "state 5"},
    [FAULT_SYNC] = {"sync", -EIO, FPGA_WRONG, "a transfer was not done"},
    [FAULT_LOST] = {"lost", -ENODEV, FPGA_LOST, "does not answer"},
    [FAULT_BANK] = {"bank", -EFAULT, FPGA_WRONG, "outside its bank"},
};

/* A failed card does nothing more, and says so. */
static void refused_try(struct fpga_card *card)
{
	struct fpga_error error;
	uint64_t runs = fpga_card_counters(card)->runs;

	for (int kind = 0; kind < CALLS; kind++)
		CHECK(call_try(card, (enum call_kind)kind, 100, false, &error) == -ENODEV);
	CHECK(strstr(error.text, "use the CPU") != NULL, "%s", error.text);
	CHECK(fpga_card_counters(card)->runs == runs);
	CHECK(fpga_card_counters(card)->refused == CALLS);
}

/* One fault, at that occasion, of a call of several runs. Whether it came. */
static bool fault_try(enum fault_kind fault, enum call_kind call, uint32_t occasion)
{
	struct fpga_error error;
	struct fpga_card *card;
	char plan[64];
	uint64_t begin_ms, before = faults_sum();
	bool came;
	int rc;

	snprintf(plan, sizeof(plan), "%s=@%" PRIu32 ",seed=%" PRIu32, expected[fault].name,
		 occasion, occasion);
	card = card_open(plan);
	begin_ms = now_ms();
	rc = call_try(card, call, 2100, occasion % 2 == 0, &error);
	CHECK(now_ms() - begin_ms < TIME_LIMIT_MS + SLACK_MS);
	came = faults_sum() > before;
	CHECK((rc < 0) == came, "%s, call %d: %d", plan, (int)call, rc);
	if (came) {
		CHECK(rc == expected[fault].rc, "%s, call %d: %d: %s", plan, (int)call, rc,
		      error.text);
		CHECK(fpga_card_state(card) == expected[fault].state, "%s", plan);
		CHECK(strstr(error.text, expected[fault].text) != NULL, "%s", error.text);
		CHECK(failures_of(card) == 1);
		refused_try(card);
	} else {
		CHECK(fpga_card_state(card) == FPGA_READY && failures_of(card) == 0);
	}
	fpga_card_close(&card);
	return came;
}

/* At its first occasions, then ever further apart, until the call is over before: a card that is
 * opened anew costs XRT more than any call. Hangs take all of the time limit, hence one. */
static void faults_try(void)
{
	for (int fault = 0; fault < FAULT_KINDS; fault++) {
		for (int call = 0; call < CALLS; call++) {
			uint32_t occasion = 2, step = 2;

			CHECK(fault_try((enum fault_kind)fault, (enum call_kind)call, 1),
			      "%s never came", expected[fault].name);
			while (fault != FAULT_HANG &&
			       fault_try((enum fault_kind)fault, (enum call_kind)call, occasion))
				occasion += step++;
		}
	}
}

static void plans_try(void)
{
	static const char *const wrong[] = {"hang",    "hang=2", "hang=-1",
					    "hang=@0", "seed=x", "fire=1"};
	struct fpga_error error;
	struct fpga_card *card;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		setenv(FAULT_PLAN_VARIABLE, wrong[i], 1);
		CHECK(fpga_card_open(&card, &options, &error) == -ENODEV, "%s", wrong[i]);
	}
}

static void random_try(uint64_t calls, uint64_t seed)
{
	const uint64_t before = faults_sum();
	struct fpga_card *card = NULL;
	uint64_t fallbacks = 0, counted = 0, openings = 0;

	for (uint64_t i = 0; i < calls; i++) {
		const enum call_kind call = (enum call_kind)(calls_random() % CALLS);
		const uint32_t size =
		    (uint32_t)(calls_random() % (calls_random() % 4 == 0 ? 6000 : 300));
		struct fpga_error error;
		char plan[160];
		uint64_t begin_ms;
		int rc;

		snprintf(plan, sizeof(plan),
			 "seed=%" PRIu64
			 ",hang=0.001,address=0.004,sync=0.002,lost=0.003,bank=0.002",
			 seed + openings);
		if (card == NULL) {
			card = card_open(plan);
			openings++;
		}
		begin_ms = now_ms();
		rc = call_try(card, call, size, calls_random() % 2 == 0, &error);
		CHECK(now_ms() - begin_ms < TIME_LIMIT_MS + SLACK_MS);
		if (rc == 0)
			continue;
		fallbacks++;
		CHECK(fpga_card_state(card) != FPGA_READY, "%s", error.text);
		counted += failures_of(card);
		fpga_card_close(&card);
	}
	fpga_card_close(&card);
	printf("%" PRIu64 " calls, %" PRIu64 " left to the CPU, %" PRIu64 " faults\n", calls,
	       fallbacks, faults_sum() - before);
	CHECK(counted == fallbacks);
	CHECK(fallbacks > calls / 500 && fallbacks < calls / 2);
}

int main(int argc, char **argv)
{
	const uint64_t seed = argc > 3 ? strtoull(argv[3], NULL, 0) : 1;
	struct fpga_card *card;
	char path[4096];
	void *driver, *function;

	CHECK(argc > 2);
	printf("seed %" PRIu64 "\n", seed);
	calls_seed(seed);
	setenv("XILINX_XRT", argv[1], 1);
	snprintf(path, sizeof(path), "%s/millrace.xclbin", argv[1]);
	options.xclbin = path;
	card = card_open("");
	fpga_card_close(&card);
	snprintf(path, sizeof(path), "%s/lib/libxrt_core.so.2", argv[1]);
	driver = dlopen(path, RTLD_NOW | RTLD_NOLOAD);
	CHECK(driver != NULL, "%s", dlerror());
	function = dlsym(driver, "card_faults_count");
	CHECK(function != NULL);
	memcpy(&faults_count, &function, sizeof(function));
	snprintf(path, sizeof(path), "%s/millrace.xclbin", argv[1]);
	plans_try();
	faults_try();
	random_try(strtoull(argv[2], NULL, 0), seed);
	return 0;
}
