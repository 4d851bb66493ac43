/*
 * The wasm-process backend's own promises: what a worker process has and what not, seen from
 *outside; what happens when it, or the host, is killed; its end when there is nothing to do; large
 *regions.
 *
 *	test_wasm_process DIR [RUNS]
 *	test_wasm_process DIR host      (is run by the test: loops)
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"
#include "processes.h"
#include "sandbox_counters.h"
#include "sandbox_limits.h"
#include "test.h"

#define REGION_MEMORY 65536
#define LARGE_BYTES (24u << 20)

static struct harness_function loop, echo;

static struct harness_function function_named(const char *dir, const char *name)
{
	return (struct harness_function){.code = harness_prepare("wasm-process", dir, name),
					 .out = "out",
					 .keyed = true,
					 .memory_base = REGION_MEMORY};
}

static enum sandbox_outcome run(const struct harness_function *function, char *text)
{
	const struct harness_item item = {.bytes = "hello", .len = 5};
	const struct harness_set in = {"in", &item, 1};
	struct harness_run run;

	harness_invoke(function, &in, 1, &run);
	snprintf(text, MR_ERROR_BYTES_MAX, "%s", run.result.text);
	harness_release(&run);
	return run.result.outcome;
}

static void echo_fine(void)
{
	char text[MR_ERROR_BYTES_MAX];

	CHECK(run(&echo, text) == SANDBOX_OK, "%s", text);
}

/* ---- What a worker has ---- */

/* Its program, libraries, stacks, the module, slot and window: no file of ours, none that is
 * written and executed, and none of the pool. */
static void maps_own(pid_t pid)
{
	char path[64], line[512];
	int windows = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	file = fopen(path, "r");
	CHECK(file != NULL);
	while (fgets(line, sizeof(line), file) != NULL) {
		CHECK(strstr(line, "rwx") == NULL, "%s", line);
		CHECK(strstr(line, "millrace-regions") == NULL, "a worker has %s", line);
		CHECK(strstr(line, "rw-s") == NULL || strstr(line, "millrace-wasm-window") != NULL,
		      "a worker shares %s", line);
		windows += strstr(line, "millrace-wasm-window") != NULL;
	}
	fclose(file);
	CHECK(windows == 1, "%d windows", windows);
}

static void *loop_main(void *text)
{
	CHECK(sandbox_thread_enter() == 0);
	loop.time_limit_ms = 60000;
	*(char *)text = 0;
	run(&loop, text);
	sandbox_thread_leave();
	return NULL;
}

static pid_t worker_wait(pid_t host)
{
	pid_t worker = 0;

	for (int ms = 0; worker == 0 && ms < PROCESS_PATIENCE_MS; ms++) {
		worker = process_child(host, 0);
		process_rest_ms(1);
	}
	CHECK(worker != 0, "no worker");
	return worker;
}

static void worker_is_confined(void)
{
	char text[MR_ERROR_BYTES_MAX];
	pthread_t thread;
	pid_t worker;

	CHECK(pthread_create(&thread, NULL, loop_main, text) == 0);
	worker = worker_wait(getpid());
	process_rest_ms(50); /* it is in its function by then */
	process_status_has(worker, "Seccomp", "2");
	process_status_has(worker, "NoNewPrivs", "1");
	process_status_has(worker, "CapEff", "0000000000000000");
	process_status_has(worker, "Threads", "1");
	/* Not readable by others than root: it cannot be dumped. */
	if (geteuid() == 0) {
		maps_own(worker);
		CHECK(process_descriptors(worker) == 1, "%ld, not the one that ends with us",
		      process_descriptors(worker));
	}
	while (pthread_tryjoin_np(thread, NULL) != 0) {
		sandbox_interrupt();
		process_rest_ms(1);
	}
	process_gone_wait(worker, "an interrupted worker");
	CHECK(strstr(text, "time limit") != NULL, "%s", text);
}

/* ---- Ends from outside, and by itself ---- */

static void worker_killed(const char *dir)
{
	const uint64_t lost = sandbox_counts.wasm_workers_lost;
	char text[MR_ERROR_BYTES_MAX];
	pthread_t thread;
	pid_t worker;

	sandbox_release(&loop.code);
	loop = function_named(dir, "bad_loop");
	worker = worker_wait(getpid());
	CHECK(pthread_create(&thread, NULL, loop_main, text) == 0);
	process_rest_ms(50);
	CHECK(kill(worker, SIGKILL) == 0);
	pthread_join(thread, NULL);
	CHECK(strstr(text, "was killed") != NULL, "%s", text);
	CHECK(sandbox_counts.wasm_workers_lost == lost + 1);
	/* The next has another worker. */
	loop.time_limit_ms = 5;
	CHECK(run(&loop, text) == SANDBOX_TIME_LIMIT, "%s", text);
	sandbox_release(&loop.code);
	CHECK(process_child(getpid(), 0) == 0, "a worker outlives its code");
}

static int host_main(const char *dir)
{
	char text[MR_ERROR_BYTES_MAX];

	harness_start_with(HARNESS_PLAIN);
	loop = function_named(dir, "bad_loop");
	loop.time_limit_ms = 60000;
	run(&loop, text);
	return 0;
}

static pid_t grandchild_named(pid_t host, const char *name)
{
	char path[64], line[64] = "";
	FILE *file;
	const pid_t pid = process_child(host, 0);

	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	file = pid != 0 ? fopen(path, "r") : NULL;
	if (file != NULL && fgets(line, sizeof(line), file) == NULL)
		line[0] = 0;
	if (file != NULL)
		fclose(file);
	return strcmp(line, name) == 0 ? pid : 0;
}

static void host_killed(char **argv)
{
	const pid_t host = fork();
	pid_t worker = 0;

	if (host == 0) {
		execl("/proc/self/exe", argv[0], argv[1], "host", (char *)NULL);
		_exit(127);
	}
	for (int ms = 0; worker == 0 && ms < PROCESS_PATIENCE_MS; ms++) {
		worker = grandchild_named(host, "millrace-wasm");
		process_rest_ms(1);
	}
	CHECK(worker != 0, "a host without a worker");
	process_rest_ms(100); /* it loops by then, mostly */
	CHECK(kill(host, SIGKILL) == 0 && waitpid(host, NULL, 0) == host);
	process_gone_wait(worker, "the worker of a killed host");
}

static void idle_ends(void)
{
	const pid_t worker = worker_wait(getpid());
	const uint64_t started = sandbox_counts.wasm_workers;

	process_gone_wait(worker, "an idle worker");
	echo_fine();
	CHECK(sandbox_counts.wasm_workers == started + 1);
}

/* ---- Memory ---- */

/* A region that is larger than what a window keeps: all of it arrives and comes back, and what is
 * not touched is neither copied nor kept. */
static void large_whole(const char *dir)
{
	struct harness_function function = function_named(dir, "good_echo");
	uint8_t *bytes = malloc(LARGE_BYTES);
	struct harness_item item = {.name = "large", .bytes = bytes, .len = LARGE_BYTES};
	const struct harness_set in = {"in", &item, 1};
	struct harness_run run;
	uint64_t copied;
	pid_t worker;

	CHECK(bytes != NULL);
	for (uint32_t i = 0; i < LARGE_BYTES; i++)
		bytes[i] = (uint8_t)(i * 2654435761u >> 24);
	function.memory_base = 2 * LARGE_BYTES;
	for (int i = 0; i < 3; i++) {
		harness_invoke(&function, &in, 1, &run);
		CHECK(run.result.outcome == SANDBOX_OK, "%s", run.result.text);
		CHECK(run.out.item_count == 1 && harness_items(&run)->bytes_len == LARGE_BYTES);
		CHECK(memcmp(harness_bytes(&run, harness_items(&run)), bytes, LARGE_BYTES) == 0);
		harness_release(&run);
	}
	worker = worker_wait(getpid());
	CHECK(process_resident_kib(worker) < LARGE_BYTES / 1024 / 2, "%ld KiB stay",
	      process_resident_kib(worker));
	item.len = 5;
	copied = sandbox_counts.wasm_worker_copied_bytes;
	harness_invoke(&function, &in, 1, &run);
	CHECK(run.result.outcome == SANDBOX_OK, "%s", run.result.text);
	harness_release(&run);
	CHECK(sandbox_counts.wasm_worker_copied_bytes - copied < 4ull * WASM_WORKER_KEEP_BYTES);
	sandbox_release(&function.code);
	free(bytes);
}

#define WARM_RUNS 2000 /* until a sanitizer's stores are full, too */

static void many_flat(int runs)
{
	const pid_t worker = worker_wait(getpid());
	const uint64_t started = sandbox_counts.wasm_workers;
	long own_kib, worker_kib, descriptors;

	for (int i = 0; i < WARM_RUNS; i++)
		echo_fine();
	own_kib = process_resident_kib(getpid());
	worker_kib = process_resident_kib(worker);
	descriptors = process_descriptors(getpid());
	for (int i = 0; i < runs; i++)
		echo_fine();
	CHECK(process_resident_kib(getpid()) < own_kib + 2048, "%ld KiB, then %ld", own_kib,
	      process_resident_kib(getpid()));
	CHECK(process_resident_kib(worker) < worker_kib + 128, "%ld KiB, then %ld", worker_kib,
	      process_resident_kib(worker));
	CHECK(process_descriptors(getpid()) == descriptors);
	CHECK(sandbox_counts.wasm_workers == started, "workers were started");
	printf("%d runs; a worker holds %ld KiB\n", runs, worker_kib);
}

/* What ASan holds back from use, to catch it used after its release, would pass for a leak. */
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
	return "quarantine_size_mb=1:thread_local_quarantine_size_kb=64";
}

int main(int argc, char **argv)
{
	const int runs = argc > 2 ? atoi(argv[2]) : 20000;
	char missing[MR_ERROR_BYTES_MAX];

	if (argc > 2 && strcmp(argv[2], "host") == 0)
		return host_main(argv[1]);
	/* Not for a sandbox to inherit. */
	CHECK(open("/dev/null", O_RDONLY) >= 0);
	harness_start_with(HARNESS_MEMFD);
	if (!harness_backend_works("wasm-process", argv[1], "good_echo", missing, sizeof(missing)))
		SKIP("wasm-process: %s", missing);
	loop = function_named(argv[1], "bad_loop");
	worker_is_confined();
	worker_killed(argv[1]);
	host_killed(argv);
	large_whole(argv[1]);
	echo = function_named(argv[1], "good_echo");
	many_flat(runs);
	idle_ends();
	sandbox_release(&echo.code);
	CHECK(process_child(getpid(), 0) == 0, "a worker outlives its code");
	harness_stop();
	return 0;
}
