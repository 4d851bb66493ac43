/*
 * The process backend's own promises: what a child has and what not, seen from outside; what
 *happens when a zygote, or the host, is killed; many runs in a row.
 *
 *	test_process DIR [RUNS]
 *	test_process DIR host      (is run by the test: prints its processes, and loops)
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness.h"
#include "process_protocol.h"
#include "processes.h"
#include "sandbox_counters.h"
#include "test.h"

#define REGION_MEMORY 65536

static struct harness_function loop, echo;

static struct harness_function function_named(const char *dir, const char *name)
{
	return (struct harness_function){.code = harness_prepare("process", dir, name),
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

/* ---- Processes ---- */

/* The zygote that has a child, and the child; waits for them. */
static void pair_find(pid_t host, pid_t *zygote, pid_t *child)
{
	for (int ms = 0; ms < PROCESS_PATIENCE_MS; ms++) {
		*zygote = process_child(host, 0);
		*child = *zygote != 0 ? process_child(*zygote, 0) : 0;
		if (*zygote != 0 && *child == 0) {
			*zygote = process_child(host, *zygote);
			*child = *zygote != 0 ? process_child(*zygote, 0) : 0;
		}
		if (*child != 0)
			return;
		process_rest_ms(1);
	}
	CHECK(false, "no zygote with a child");
}

/* ---- What a child has ---- */

static bool within(uint64_t low, uint64_t high, uint64_t from, uint64_t to)
{
	return low >= from && high <= to;
}

/* Nothing but code, stack, region and gate; the region no longer than its own. */
static void maps_bare(pid_t pid)
{
	const uint64_t region_end =
	    IMAGE_REGION_BASE + (loop.code->header_off + REGION_MEMORY + 4096) / 4096 * 4096 + 4096;
	unsigned long long low, high;
	char path[64], line[512];
	int lines = 0, regions = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	file = fopen(path, "r");
	CHECK(file != NULL);
	while (fgets(line, sizeof(line), file) != NULL) {
		CHECK(sscanf(line, "%llx-%llx", &low, &high) == 2);
		if (strstr(line, "[vsyscall]") != NULL)
			continue; /* no mapping; its calls are the filter's */
		if (sandbox_counts.process_not_bare > 0 && strstr(line, "[v") != NULL)
			continue; /* a kernel that keeps its vdso where it is */
		regions += low == IMAGE_REGION_BASE;
		lines++;
		CHECK(within(low, high, IMAGE_LOW, IMAGE_HIGH) ||
			  within(low, high, IMAGE_STACK_TOP - 65536,
				 IMAGE_STACK_TOP + PROCESS_SIGNAL_STACK_BYTES) ||
			  within(low, high, IMAGE_REGION_BASE, region_end) ||
			  within(low, high, ZYGOTE_GATE, ZYGOTE_GATE + ZYGOTE_GATE_BYTES),
		      "a child has %s", line);
		CHECK(strstr(line, "rwx") == NULL, "%s", line);
	}
	fclose(file);
	CHECK(regions == 1 && lines >= 4, "%d mappings", lines);
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

static void child_is_bare(void)
{
	char text[MR_ERROR_BYTES_MAX];
	pid_t zygote, child;
	pthread_t thread;

	CHECK(pthread_create(&thread, NULL, loop_main, text) == 0);
	pair_find(getpid(), &zygote, &child);
	process_rest_ms(50); /* it is in its function by then */
	process_status_has(child, "Seccomp", "2");
	process_status_has(child, "NoNewPrivs", "1");
	process_status_has(child, "CapEff", "0000000000000000");
	process_status_has(child, "Threads", "1");
	process_status_has(zygote, "Seccomp", "2");
	/* Not readable by others than root: it cannot be dumped. */
	if (geteuid() == 0) {
		maps_bare(child);
		CHECK(process_descriptors(child) == 0, "%ld descriptors",
		      process_descriptors(child));
		CHECK(process_descriptors(zygote) == 2, "%ld: socket, region",
		      process_descriptors(zygote));
	}
	while (pthread_tryjoin_np(thread, NULL) != 0) {
		sandbox_interrupt();
		process_rest_ms(1);
	}
	process_gone_wait(child, "an interrupted child");
	CHECK(strstr(text, "time limit") != NULL, "%s", text);
}

/* ---- Ends from outside ---- */

static void zygote_killed(void)
{
	char text[MR_ERROR_BYTES_MAX];
	pid_t zygote, child;
	pthread_t thread;

	CHECK(pthread_create(&thread, NULL, loop_main, text) == 0);
	pair_find(getpid(), &zygote, &child);
	CHECK(kill(zygote, SIGKILL) == 0);
	pthread_join(thread, NULL);
	CHECK(strstr(text, "was killed") != NULL, "%s", text);
	process_gone_wait(child, "the child of a killed zygote");
	echo_fine();
	loop.time_limit_ms = 5;
	CHECK(run(&loop, text) == SANDBOX_TIME_LIMIT, "%s", text);
}

static int host_main(const char *dir)
{
	char text[MR_ERROR_BYTES_MAX];

	harness_start_with(HARNESS_PAGES);
	loop = function_named(dir, "bad_loop");
	loop.time_limit_ms = 60000;
	run(&loop, text);
	return 0;
}

static void host_killed(char **argv)
{
	const pid_t host = fork();
	pid_t zygote, child;

	if (host == 0) {
		execl("/proc/self/exe", argv[0], argv[1], "host", (char *)NULL);
		_exit(127);
	}
	pair_find(host, &zygote, &child);
	CHECK(kill(host, SIGKILL) == 0 && waitpid(host, NULL, 0) == host);
	process_gone_wait(zygote, "the zygote of a killed host");
	process_gone_wait(child, "the child of a killed host");
}

/* ---- Many ---- */

#define WARM_RUNS 2000 /* until a sanitizer's stores are full, too */

static void many_flat(int runs)
{
	const pid_t zygote = process_child(getpid(), 0);
	long own_kib, zygote_kib, descriptors;

	for (int i = 0; i < WARM_RUNS; i++)
		echo_fine();
	own_kib = process_resident_kib(getpid());
	zygote_kib = process_resident_kib(zygote);
	descriptors = process_descriptors(getpid());
	for (int i = 0; i < runs; i++)
		echo_fine();
	CHECK(process_resident_kib(getpid()) < own_kib + 2048, "%ld KiB, then %ld", own_kib,
	      process_resident_kib(getpid()));
	CHECK(process_resident_kib(zygote) < zygote_kib + 128, "%ld KiB, then %ld", zygote_kib,
	      process_resident_kib(zygote));
	CHECK(process_descriptors(getpid()) == descriptors);
	printf("%d runs; a zygote holds %ld KiB\n", runs, zygote_kib);
}

/* What ASan holds back from use, to catch it used after its release, would pass for a leak. */
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
	return "quarantine_size_mb=1:thread_local_quarantine_size_kb=64";
}

int main(int argc, char **argv)
{
	const int runs = argc > 2 ? atoi(argv[2]) : 2000;
	char missing[MR_ERROR_BYTES_MAX];
	uint64_t copied;

	if (argc > 2 && strcmp(argv[2], "host") == 0)
		return host_main(argv[1]);
	/* Not for a sandbox to inherit. */
	CHECK(open("/dev/null", O_RDONLY) >= 0);
	harness_start_with(HARNESS_PAGES);
	if (!harness_backend_works("process", argv[1], "good_echo", missing, sizeof(missing)))
		SKIP("process: %s", missing);
	loop = function_named(argv[1], "bad_loop");
	child_is_bare();
	echo = function_named(argv[1], "good_echo");
	zygote_killed();
	host_killed(argv);
	sandbox_release(&loop.code);
	copied = sandbox_counts.process_copied_bytes;
	many_flat(runs);
	CHECK(sandbox_counts.process_copied_bytes == copied,
	      "regions that can be mapped were copied");
	sandbox_release(&echo.code);
	CHECK(process_child(getpid(), 0) == 0, "a zygote outlives its code");
	harness_stop();
	return 0;
}
