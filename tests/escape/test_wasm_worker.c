/*
 * What native code can try in a wasm worker process, had a module escaped, or its compiler been
 *taken over: the cache has attack.c in place of what good_echo.wasm compiles to. Every system call,
 * addresses, instructions, and the page it shares with the host. Each ends as the error of its run,
 * and the next run is fine.
 *
 *	test_wasm_worker ECHO_DIR ATTACK_OBJECT
 */
#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>

#include <millrace/hash.h>

#include "attack.h"
#include "cache.h"
#include "harness.h"
#include "sandbox_counters.h"
#include "test.h"
#include "wasm_compile.h"
#include "wasm_worker_protocol.h"

#define CALLS_MAX 512 /* more than there are, and the gap to 512 */
/* Linux from 6.14 on lets these by any filter; outside of its own trampolines they do nothing but
 * fail, by a signal or an error. */
#define CALL_URETPROBE 335
#define CALL_UPROBE 336
#define X32_BIT 0x40000000u
#define REGION_MEMORY 65536
#define TIME_LIMIT_MS 5000

static const char *dir;
static struct harness_function attack;

static void attack_invoke(const struct attack *order, struct harness_run *run)
{
	const struct harness_item item = {.bytes = order, .len = sizeof(*order)};
	const struct harness_set in = {"in", &item, 1};

	harness_invoke(&attack, &in, 1, run);
}

static enum sandbox_outcome attack_run(const struct attack *order, char *text)
{
	struct harness_run run;
	enum sandbox_outcome outcome;

	attack_invoke(order, &run);
	outcome = run.result.outcome;
	snprintf(text, MR_ERROR_BYTES_MAX, "%s", run.result.text);
	harness_release(&run);
	return outcome;
}

static void next_is_fine(const char *after)
{
	const struct attack nothing = {.kind = ATTACK_NOTHING};
	struct harness_run run;

	attack_invoke(&nothing, &run);
	CHECK(run.result.outcome == SANDBOX_OK, "after %s: %s", after, run.result.text);
	CHECK(run.out.item_count == 1, "after %s", after);
	harness_release(&run);
}

/* It fails, with those words, and the next run is fine. */
static void refused(const char *what, const struct attack *order, const char *words)
{
	char text[MR_ERROR_BYTES_MAX];
	const enum sandbox_outcome outcome = attack_run(order, text);

	CHECK(outcome == SANDBOX_CRASHED || outcome == SANDBOX_STACK_OVERFLOW, "%s %#llx: %s: %s",
	      what, (unsigned long long)order->a[0], sandbox_outcome_text(outcome), text);
	CHECK(strstr(text, words) != NULL, "%s %#llx: %s", what, (unsigned long long)order->a[0],
	      text);
	next_is_fine(what);
}

/* The compiler's work is in the cache: what the backend finds is the attack. */
static void compiler_betray(const char *object_path)
{
	char path[512], name[64], error[MR_ERROR_BYTES_MAX] = "";
	uint8_t *module, *object;
	size_t module_bytes, object_bytes;
	char folder[512];

	snprintf(path, sizeof(path), "%s", object_path);
	*strrchr(path, '/') = 0;
	CHECK(file_read(dir, "good_echo.wasm", &module, &module_bytes) == 0);
	CHECK(file_read(path, strrchr(object_path, '/') + 1, &object, &object_bytes) == 0);
	CHECK(wasm_cache_name(mr_hash64(module, module_bytes), name, error, sizeof(error)) == 0,
	      "%s", error);
	snprintf(folder, sizeof(folder), "%s", harness_cache());
	CHECK(cache_publish(folder, name, object, object_bytes, module, module_bytes, error,
			    sizeof(error)) == 0,
	      "%s", error);
	free(module);
	free(object);
}

static void attack_open(void)
{
	attack =
	    (struct harness_function){.code = harness_prepare("wasm-process", dir, "good_echo"),
				      .out = "out",
				      .memory_base = REGION_MEMORY,
				      .time_limit_ms = TIME_LIMIT_MS};
}

/* ---- System calls ---- */

/* Those that a worker may make. The last ends it, of which the host is told by nobody. */
static bool allowed(uint64_t number)
{
	return number == SYS_futex || number == SYS_sched_yield || number == SYS_clock_gettime ||
	       number == SYS_restart_syscall || number == SYS_exit_group;
}

static void calls_refused(void)
{
	char words[64], text[MR_ERROR_BYTES_MAX];

	for (uint64_t number = 0; number < CALLS_MAX; number++) {
		struct attack order = {.kind = ATTACK_SYSCALL, .a = {number}};

		snprintf(words, sizeof(words), "system call %llu,", (unsigned long long)number);
		if (number == CALL_URETPROBE || number == CALL_UPROBE) {
			attack_run(&order, text);
			next_is_fine("uprobe");
		} else if (!allowed(number)) {
			refused("syscall", &order, words);
		}
		if (number % 8 != 0)
			continue; /* all are refused by one bit, or by one field */
		order.a[0] = number | X32_BIT;
		refused("x32", &order, "system call");
		order.kind = ATTACK_INT80;
		order.a[0] = number;
		refused("int 0x80", &order, "");
	}
}

static void calls_meant_refused(void)
{
	static const struct attack orders[] = {
	    {ATTACK_SYSCALL, 0, {SYS_fork}},
	    {ATTACK_SYSCALL, 0, {SYS_clone, 17}},
	    {ATTACK_SYSCALL, 0, {SYS_mmap, 0, 4096, 7, 0x22, ~0ull, 0}},
	    {ATTACK_SYSCALL, 0, {SYS_mmap, 0, 4096, 3, 1, WASM_WORKER_MEMORY, 0}},
	    {ATTACK_SYSCALL, 0, {SYS_kill, 1, 9}},
	    {ATTACK_SYSCALL, 0, {SYS_kill, ~0ull, 9}},
	    {ATTACK_SYSCALL, 0, {SYS_getpid}},
	    {ATTACK_SYSCALL, 0, {SYS_ftruncate, WASM_WORKER_MEMORY, 1ull << 40}},
	    {ATTACK_SYSCALL, 0, {SYS_write, WASM_WORKER_LIFE, 0, 0}},
	    {ATTACK_SYSCALL, 0, {SYS_close, WASM_WORKER_LIFE}},
	    {ATTACK_SYSCALL, 0, {SYS_rt_sigprocmask, 0, 0, 0, 8}},
	    {ATTACK_SYSCALL, 0, {SYS_futex, 0, FUTEX_REQUEUE, 1}},
	    {ATTACK_SYSCALL, 0, {SYS_futex, 0, FUTEX_LOCK_PI}},
	};
	struct attack quiet = {.kind = ATTACK_SYSCALL, .a = {SYS_exit_group}};

	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++)
		refused("call", &orders[i], "system call");
	refused("exit", &quiet, "was killed");
}

/* ---- Addresses and instructions ---- */

static void addresses_refused(void)
{
	static const char secret[] = "the host's";
	struct harness_run run;
	struct attack order = {.kind = ATTACK_READ};
	const uint64_t addresses[] = {0,
				      4096,
				      (uint64_t)(uintptr_t)&secret,
				      (uint64_t)(uintptr_t)&run,
				      0x7ffffffff000ull,
				      ~0ull << 47};

	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		order.a[0] = addresses[i];
		order.kind = ATTACK_READ;
		refused("read", &order, "signal 11");
		order.kind = ATTACK_WRITE;
		refused("write", &order, "signal 11");
	}
	/* A region's place in the host. */
	order.kind = ATTACK_NOTHING;
	attack_invoke(&order, &run);
	order = (struct attack){.kind = ATTACK_READ, .a = {(uint64_t)(uintptr_t)run.region->base}};
	harness_release(&run);
	refused("the pool", &order, "signal 11");
	for (uint64_t bytes = 1u << 20; bytes < 1u << 26; bytes *= 2) {
		order = (struct attack){.kind = ATTACK_FRAME, .a = {bytes}};
		attack_run(&order, (char[MR_ERROR_BYTES_MAX]){0});
		next_is_fine("a frame");
	}
	/* Memory that the host gave no run: no more of it is to be had. */
	order = (struct attack){.kind = ATTACK_NEAR, .a = {1u << 30, 1}};
	refused("beyond its memory", &order, "signal 7");
}

static void instructions_harmless(void)
{
	char text[MR_ERROR_BYTES_MAX];

	for (uint64_t i = 0; i < INSTRUCTION_COUNT; i++) {
		const struct attack order = {.kind = ATTACK_INSTRUCTION, .a = {i}};
		const enum sandbox_outcome outcome = attack_run(&order, text);

		CHECK(outcome == SANDBOX_CRASHED || outcome == SANDBOX_OK, "%llu: %s: %s",
		      (unsigned long long)i, sandbox_outcome_text(outcome), text);
		next_is_fine("an instruction");
	}
}

/* ---- The page that it shares with the host ---- */

static uint64_t slot_distance(size_t field)
{
	return (uint64_t)((int64_t)field - WASM_SLOT_BYTES);
}

static void slot_scribbled(void)
{
	static const uint32_t values[] = {0,          1,          0x7f,       0xffff,
					  0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff};
	char text[MR_ERROR_BYTES_MAX];

	for (uint32_t field = 4; field < sizeof(struct wasm_slot); field += 4)
		for (size_t v = 0; v < sizeof(values) / sizeof(values[0]); v++) {
			const struct attack order = {.kind = ATTACK_NEAR,
						     .a = {slot_distance(field), values[v]}};

			CHECK(attack_run(&order, text) == SANDBOX_OK, "%u: %s", field, text);
		}
	next_is_fine("words to the host");
}

/* Says that it is done, or whatever else, and goes on. Its own run's outcome may be any but the
 * next one's worker is another; what the host checked does not change under its hands. */
static void turns_betrayed(void)
{
	static const uint32_t turns[] = {WASM_STARTING, WASM_UNFIT, WASM_IDLE,
					 WASM_ASLEEP,   WASM_GONE,  WASM_RUN,
					 WASM_LOST,     77,         0xffffffff};
	const uint32_t place = REGION_MEMORY / 2;
	const struct timespec rest = {.tv_nsec = 5000000};

	for (size_t t = 0; t < sizeof(turns) / sizeof(turns[0]); t++) {
		const struct attack order = {
		    .kind = ATTACK_BETRAY,
		    .a = {slot_distance(offsetof(struct wasm_slot, turn)), turns[t], place}};
		struct harness_run run;
		uint64_t before, after;

		attack.time_limit_ms = 50;
		attack_invoke(&order, &run);
		attack.time_limit_ms = TIME_LIMIT_MS;
		CHECK((run.result.outcome == SANDBOX_OK) ==
			  (turns[t] == WASM_IDLE || turns[t] == WASM_ASLEEP),
		      "%u: %s: %s", turns[t], sandbox_outcome_text(run.result.outcome),
		      run.result.text);
		memcpy(&before, run.region->base + place, sizeof(before));
		nanosleep(&rest, NULL);
		memcpy(&after, run.region->base + place, sizeof(after));
		CHECK(before == after, "a worker writes into a region");
		harness_release(&run);
		/* It still runs, on its own memory: its code's next run finds it so, and ends it.
		 */
		attack_run(&(struct attack){.kind = ATTACK_NOTHING}, (char[MR_ERROR_BYTES_MAX]){0});
		sandbox_release(&attack.code);
		attack_open();
		next_is_fine("a betrayal");
	}
}

int main(int argc, char **argv)
{
	char missing[MR_ERROR_BYTES_MAX];

	CHECK(argc > 2);
	dir = argv[1];
	harness_start_with(HARNESS_PLAIN);
	if (!harness_backend_works("wasm-process", dir, "good_echo", missing, sizeof(missing)))
		SKIP("wasm-process: %s", missing);
	compiler_betray(argv[2]);
	attack_open();
	next_is_fine("nothing");
	calls_refused();
	calls_meant_refused();
	addresses_refused();
	instructions_harmless();
	slot_scribbled();
	turns_betrayed();
	sandbox_release(&attack.code);
	harness_stop();
	return 0;
}
