/* Running a compiler's program as a child: bounded in time, memory and output, its words kept. */
#include "tool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sandbox_limits.h"

static void limit_set(int resource, rlim_t value)
{
	const struct rlimit limit = {.rlim_cur = value, .rlim_max = value};

	setrlimit(resource, &limit);
}

/* The compilers' words are quoted and searched: let them be in one language. What else is in our
 * environment is none of their business. */
static const char *const environment[] = {"LC_ALL=C", "TMPDIR=.", "HOME=/",
					  "PATH=/usr/local/bin:/usr/bin:/bin", NULL};

/* The child, between fork and exec: system calls only. Tells of a failed exec through report. */
static _Noreturn void child_exec(const char *const argv[], const char *folder, int log, int report)
{
	sigset_t none;
	int rc;

	setpgid(0, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	limit_set(RLIMIT_CPU, SANDBOX_COMPILE_SECONDS_MAX);
	limit_set(RLIMIT_AS, SANDBOX_COMPILE_MEMORY_BYTES);
	limit_set(RLIMIT_FSIZE, SANDBOX_COMPILE_OUTPUT_BYTES);
	limit_set(RLIMIT_CORE, 0);
	dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
	dup2(log, STDOUT_FILENO);
	dup2(log, STDERR_FILENO);
	if (chdir(folder) == 0)
		execvpe(argv[0], (char *const *)(uintptr_t)argv,
			(char *const *)(uintptr_t)environment);
	rc = errno;
	if (write(report, &rc, sizeof(rc)) < 0)
		_exit(126);
	_exit(127);
}

static int remaining_ms(const struct timespec *start)
{
	struct timespec now;
	long gone_ms;

	clock_gettime(CLOCK_MONOTONIC, &now);
	gone_ms = (now.tv_sec - start->tv_sec) * 1000 + (now.tv_nsec - start->tv_nsec) / 1000000;
	return gone_ms >= SANDBOX_COMPILE_SECONDS_MAX * 1000
		   ? 0
		   : (int)(SANDBOX_COMPILE_SECONDS_MAX * 1000 - gone_ms);
}

/* Reads the child's words up to their end, or until time is up. */
static void log_read(int fd, char *log, size_t log_room, struct tool_result *result)
{
	struct timespec start;
	char rest[512];

	clock_gettime(CLOCK_MONOTONIC, &start);
	for (;;) {
		const size_t room = log_room - 1 - result->log_bytes;
		struct pollfd pfd = {.fd = fd, .events = POLLIN};
		ssize_t n = poll(&pfd, 1, remaining_ms(&start));

		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0) {
			result->timed_out = 1;
			return;
		}
		n = read(fd, room > 0 ? log + result->log_bytes : rest,
			 room > 0 ? room : sizeof(rest));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		if (room > 0)
			result->log_bytes += (size_t)n;
	}
}

int tool_run(const char *const argv[], const char *folder, char *log, size_t log_room,
	     struct tool_result *result)
{
	int out[2], report[2];
	int rc = 0;
	pid_t pid;

	memset(result, 0, sizeof(*result));
	if (pipe2(out, O_CLOEXEC) != 0)
		return -errno;
	if (pipe2(report, O_CLOEXEC) != 0) {
		rc = -errno;
		goto err_out;
	}
	pid = fork();
	if (pid == 0)
		child_exec(argv, folder, out[1], report[1]);
	rc = pid < 0 ? -errno : 0;
	close(out[1]);
	close(report[1]);
	if (pid < 0)
		goto err_report;
	log_read(out[0], log, log_room, result);
	log[result->log_bytes] = 0;
	if (result->timed_out)
		kill(-pid, SIGKILL);
	while (waitpid(pid, &result->status, 0) < 0 && errno == EINTR)
		;
	if (read(report[0], &rc, sizeof(rc)) == (ssize_t)sizeof(rc))
		rc = -rc;
	else
		rc = 0;
	close(report[0]);
	close(out[0]);
	return rc;
err_report:
	close(report[0]);
	close(out[0]);
	return rc;
err_out:
	close(out[0]);
	close(out[1]);
	return rc;
}
