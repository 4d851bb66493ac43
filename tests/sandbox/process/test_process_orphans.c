/*
 * Whenever the host of the process backend is killed, nothing of it stays: zygotes and their
 * children are gone within a second. At instants drawn at random: while zygotes start and are
 * confined, between runs, while a child comes, runs and goes; with namespaces around them, whose
 *end is that of all within, and without, where each has to see to its own.
 *
 *	test_process_orphans DIR [KILLS [SEED]]
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness.h"
#include "sandbox_counters.h"
#include "test.h"

#define GONE_MS 1000
#define PATIENCE_MS 20000
#define REST_US 100
#define ROUNDS_MEASURED 20
#define RUNS 4 /* of each zygote */
#define LIMITED_MS 2
#define ENDLESS_MS 60000

enum stage { PREPARING, STARTING, RUNNING, LOOPING, STAGES };

static const char *const stage_names[STAGES] = {"", "a zygote's start", "short runs", "long runs"};

/* What a host tells of itself; its memory and ours. */
struct life {
	_Atomic int stage;   // host: wo
	_Atomic int rounds;  // host: wo; complete ones
	_Atomic bool walled; // host: wo; its zygotes have namespaces
	char cache[64];      // host: wo, before its first stage
};

static struct life *life;
static uint64_t random_state;

/* SplitMix64 (Steele, Lea, Flood 2014). */
static uint64_t random_below(uint64_t bound)
{
	uint64_t z = random_state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (z ^ z >> 31) % bound;
}

static uint64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static void rest_us(uint64_t us)
{
	const struct timespec ts = {(time_t)(us / 1000000), (long)(us % 1000000) * 1000};

	nanosleep(&ts, NULL);
}

/* ---- The host ---- */

static void run(struct harness_function *function, uint32_t time_limit_ms)
{
	const struct harness_item item = {.bytes = "hello", .len = 5};
	const struct harness_set in = {"in", &item, 1};
	struct harness_run run;

	function->time_limit_ms = time_limit_ms;
	harness_invoke(function, &in, 1, &run);
	harness_release(&run);
}

static struct harness_function function_named(const char *dir, const char *name)
{
	return (struct harness_function){.code = harness_prepare("process", dir, name),
					 .out = "out",
					 .keyed = true,
					 .memory_base = 65536};
}

static void host_round(const char *dir, uint32_t loop_ms)
{
	struct harness_function echo, loop;

	life->stage = STARTING;
	echo = function_named(dir, "good_echo");
	loop = function_named(dir, "bad_loop");
	life->stage = RUNNING;
	for (int i = 0; i < RUNS; i++)
		run(&echo, 0);
	life->stage = LOOPING;
	run(&loop, loop_ms);
	sandbox_release(&echo.code);
	sandbox_release(&loop.code);
	life->rounds++;
}

static bool file_says(const char *path, const char *text)
{
	const int fd = open(path, O_WRONLY);
	const bool written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return written;
}

/* A user namespace that lets no other begin in it: zygotes have to do without. */
static bool namespaces_forbid(void)
{
	const unsigned int user = geteuid(), group = getegid();
	char users[64], groups[64];

	snprintf(users, sizeof(users), "%u %u 1", user, user);
	snprintf(groups, sizeof(groups), "%u %u 1", group, group);
	return unshare(CLONE_NEWUSER) == 0 && file_says("/proc/self/setgroups", "deny") &&
	       file_says("/proc/self/uid_map", users) && file_says("/proc/self/gid_map", groups) &&
	       file_says("/proc/sys/user/max_user_namespaces", "0");
}

static void host_begin(void)
{
	harness_start_with(HARNESS_PAGES);
	snprintf(life->cache, sizeof(life->cache), "%s", harness_cache());
	life->stage = STARTING;
}

static _Noreturn void host_live(const char *dir, bool walled, bool endless)
{
	if (!walled && !namespaces_forbid())
		_exit(1);
	host_begin();
	for (;;)
		host_round(dir, endless ? ENDLESS_MS : LIMITED_MS);
}

/* Is there the backend, and are there namespaces to go without? Its exit code says. */
static _Noreturn void host_try(const char *dir, bool walled)
{
	char missing[MR_ERROR_BYTES_MAX];

	if (!walled && !namespaces_forbid())
		SKIP("user namespaces cannot be forbidden here");
	host_begin();
	if (!harness_backend_works("process", dir, "good_echo", missing, sizeof(missing))) {
		harness_stop();
		SKIP("process: %s", missing);
	}
	host_round(dir, LIMITED_MS);
	life->walled = sandbox_counts.process_no_namespaces == 0;
	harness_stop();
	exit(0);
}

/* ---- Its end ---- */

/* Names what is left, and ends it. */
static void stragglers_end(int *count)
{
	char list[4096] = "";
	FILE *file = fopen("/proc/thread-self/children", "r");
	char *rest = list, *word;

	*count = 0;
	CHECK(file != NULL);
	if (fgets(list, sizeof(list), file) == NULL)
		list[0] = 0;
	fclose(file);
	while ((word = strsep(&rest, " ")) != NULL) {
		if (atoi(word) <= 0)
			continue;
		fprintf(stderr, "process %s lives on\n", word);
		kill(atoi(word), SIGKILL);
		++*count;
	}
}

/* All that a host leaves behind is ours, as orphans go to the subreaper. Returns how long the last
 * of it lived. */
static uint64_t descendants_gone(const char *when)
{
	const uint64_t start_us = now_us();
	uint64_t took_us;
	pid_t pid;
	int count;

	for (;;) {
		pid = waitpid(-1, NULL, WNOHANG | __WALL);
		took_us = now_us() - start_us;
		if (pid < 0 && errno == ECHILD)
			return took_us;
		CHECK(pid >= 0 || errno == EINTR);
		if (took_us > GONE_MS * 1000) {
			stragglers_end(&count);
			CHECK(false,
			      "%d processes live on, a second after their host was killed "
			      "in %s",
			      count, when);
		}
		if (pid == 0)
			rest_us(REST_US);
	}
}

static pid_t host_start(const char *dir, bool walled, bool endless)
{
	pid_t host;

	life->stage = PREPARING;
	life->rounds = 0;
	fflush(NULL);
	host = fork();
	CHECK(host >= 0);
	if (host == 0)
		host_live(dir, walled, endless);
	for (uint64_t start_us = now_us(); life->stage == PREPARING; rest_us(REST_US))
		CHECK(now_us() - start_us < PATIENCE_MS * 1000, "no host");
	return host;
}

/* Returns in which stage it was. */
static enum stage host_kill(pid_t host, uint64_t *longest_us)
{
	enum stage stage;
	uint64_t took_us;

	CHECK(kill(host, SIGKILL) == 0 && waitpid(host, NULL, 0) == host);
	stage = life->stage;
	took_us = descendants_gone(stage_names[stage]);
	*longest_us = took_us > *longest_us ? took_us : *longest_us;
	rmdir(life->cache);
	return stage;
}

static uint64_t round_us(const char *dir, bool walled)
{
	const pid_t host = host_start(dir, walled, false);
	const uint64_t start_us = now_us();
	uint64_t took_us, longest_us = 0;

	while (life->rounds < ROUNDS_MEASURED) {
		rest_us(REST_US);
		CHECK(now_us() - start_us < PATIENCE_MS * 1000, "a host does nothing");
	}
	took_us = (now_us() - start_us) / ROUNDS_MEASURED;
	host_kill(host, &longest_us);
	return took_us;
}

/* A busy machine is slower in one stage than in another: as often as it takes. */
static bool stages_met(const int killed[STAGES], int kills)
{
	int sum = 0;

	for (enum stage stage = STARTING; stage < STAGES; stage++) {
		if (killed[stage] < kills / 20)
			return false;
		sum += killed[stage];
	}
	return sum >= kills;
}

static void hosts_kill(const char *dir, bool walled, int kills)
{
	const uint64_t span_us = round_us(dir, walled);
	int killed[STAGES] = {0};
	uint64_t longest_us = 0;

	for (int i = 0; !stages_met(killed, kills); i++) {
		/* In a round, or well within a run that would take a minute. */
		const bool endless = random_below(4) == 0;
		pid_t host;

		CHECK(i < 20 * kills, "not all stages are met");
		host = host_start(dir, walled, endless);
		rest_us(random_below((endless ? 2 : 1) * span_us));
		killed[host_kill(host, &longest_us)]++;
	}
	printf("%s namespaces: killed %d times in a zygote's start, %d in short runs, %d in long "
	       "ones; all was gone within %llu us\n",
	       walled ? "with" : "without", killed[STARTING], killed[RUNNING], killed[LOOPING],
	       (unsigned long long)longest_us);
}

/* Exit code: 0, or 77 where such hosts cannot be. */
static int host_possible(const char *dir, bool walled)
{
	int status;
	pid_t host;

	fflush(NULL);
	host = fork();
	if (host == 0)
		host_try(dir, walled);
	CHECK(waitpid(host, &status, 0) == host && WIFEXITED(status));
	CHECK(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 77);
	CHECK(WEXITSTATUS(status) != 0 || walled || !life->walled,
	      "zygotes have namespaces where they are forbidden");
	return WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
	const int kills = argc > 2 ? atoi(argv[2]) : 100;
	int rc;

	random_state = argc > 3 ? strtoull(argv[3], NULL, 0) : now_us();
	printf("seed %llu\n", (unsigned long long)random_state);
	life = mmap(NULL, sizeof(*life), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(life != MAP_FAILED);
	CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
	rc = host_possible(argv[1], true);
	if (rc != 0)
		return rc;
	hosts_kill(argv[1], true, kills);
	if (host_possible(argv[1], false) == 0)
		hosts_kill(argv[1], false, kills);
	return 0;
}
