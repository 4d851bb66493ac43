/*
 * Running a compiler's program as a confined child.
 *
 *   host ── fork ──▶ outer: enters namespaces ── fork ──▶ first: waits ── fork ──▶ tool: confined
 *
 * The first process of a pid namespace is no place for a compiler (signals that have no handler
 * pass it by), and with its end all others end. Where namespaces are not allowed the three are the
 * same, and what the tool starts is ended by process group.
 */
#include "tool.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sandbox_counters.h"
#include "tool_confine.h"

#define END_SECONDS_MAX 5 /* that ended processes take to be gone */
#define OUTER_STATUS 126  /* never success: a tool's own status comes by a report, or not at all */

/* What the children tell the host of, by a pipe. */
struct report {
	enum { REPORT_NO_NAMESPACES, REPORT_FILES_OPEN, REPORT_ERROR, REPORT_STATUS } what;
	int value; // an errno, or as of waitpid()
};

struct tool {
	const char *const *argv;
	const char *folder;
	const struct tool_limits *limits;
	int out[2], reports[2]; // pipes: words and reports; the host keeps [0]
};

/* The compilers' words are quoted and searched: let them be in one language. What else is in our
 * environment is none of their business. */
static const char *const environment[] = {"LC_ALL=C", "TMPDIR=.", "HOME=/",
					  "PATH=/usr/local/bin:/usr/bin:/bin", NULL};

static void report_send(const struct tool *tool, struct report report)
{
	if (write(tool->reports[1], &report, sizeof(report)) != (ssize_t)sizeof(report))
		_exit(126);
}

/* No descriptors but an empty input, the pipe for its words and, until it is executed, the one for
 * reports: the host's may be more than a compiler is allowed. */
static void descriptors_place(struct tool *tool)
{
	const int reports = STDERR_FILENO + 1;

	dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
	dup2(tool->out[1], STDOUT_FILENO);
	dup2(tool->out[1], STDERR_FILENO);
	dup2(tool->reports[1], reports);
	tool->reports[1] = reports;
	syscall(SYS_close_range, reports, reports, CLOSE_RANGE_CLOEXEC);
	syscall(SYS_close_range, reports + 1, ~0u, 0);
}

/* The compiler's process, up to its exec. */
static _Noreturn void tool_main(struct tool *tool, bool namespaces)
{
	bool closed = false;
	int rc = 0;

	descriptors_place(tool);
	if (chdir(tool->folder != NULL ? tool->folder : "/") != 0)
		rc = -errno;
	if (rc == 0)
		rc = tool_confine(tool->limits, tool->folder != NULL, namespaces, &closed);
	if (rc == 0 && !closed)
		report_send(tool, (struct report){.what = REPORT_FILES_OPEN});
	if (rc == 0) {
		execvpe(tool->argv[0], (char *const *)(uintptr_t)tool->argv,
			(char *const *)(uintptr_t)environment);
		rc = -errno;
	}
	report_send(tool, (struct report){.what = REPORT_ERROR, .value = -rc});
	_exit(127);
}

/* Waits for that child and reports how it ended; with a namespace of its own, then all ends. */
static _Noreturn void first_main(struct tool *tool, bool namespaces)
{
	const pid_t pid = fork();
	int status;
	pid_t ended;

	if (pid == 0)
		tool_main(tool, namespaces);
	close(tool->out[1]);
	if (pid < 0) {
		report_send(tool, (struct report){.what = REPORT_ERROR, .value = errno});
		_exit(127);
	}
	do
		ended = waitpid(-1, &status, 0);
	while (ended != pid && (ended > 0 || errno == EINTR));
	report_send(tool, (struct report){.what = REPORT_STATUS, .value = status});
	_exit(OUTER_STATUS);
}

static _Noreturn void outer_main(struct tool *tool, pid_t host)
{
	sigset_t none;
	pid_t first;

	setpgid(0, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != host)
		_exit(126);
	if (!tool_namespaces_enter()) {
		report_send(tool, (struct report){.what = REPORT_NO_NAMESPACES});
		first_main(tool, false);
	}
	first = fork();
	if (first == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		first_main(tool, true);
	}
	close(tool->out[1]);
	if (first < 0)
		report_send(tool, (struct report){.what = REPORT_ERROR, .value = errno});
	while (first > 0 && waitpid(first, NULL, 0) < 0 && errno == EINTR)
		;
	_exit(OUTER_STATUS);
}

static int remaining_ms(const struct timespec *start, uint32_t seconds)
{
	struct timespec now;
	long gone_ms;

	clock_gettime(CLOCK_MONOTONIC, &now);
	gone_ms = (now.tv_sec - start->tv_sec) * 1000 + (now.tv_nsec - start->tv_nsec) / 1000000;
	return gone_ms >= (long)seconds * 1000 ? 0 : (int)((long)seconds * 1000 - gone_ms);
}

/* Waits for one of these on fd, POLLHUP always among them. False when time is up before. */
static bool events_wait(int fd, short events, const struct timespec *start, uint32_t seconds)
{
	struct pollfd pfd = {.fd = fd, .events = events};
	int wait_ms, n;

	do {
		wait_ms = remaining_ms(start, seconds);
		n = poll(&pfd, 1, wait_ms);
	} while (n < 0 && errno == EINTR);
	return n != 0 && wait_ms != 0;
}

/* Reads the tool's words up to their end, and waits for that of its parents: it may have closed
 * its outputs and go on. False when time is up before. */
static bool log_read(const struct tool *tool, uint32_t seconds, char *log, size_t log_room,
		     struct tool_result *result)
{
	struct timespec start;
	char rest[512];

	clock_gettime(CLOCK_MONOTONIC, &start);
	while (events_wait(tool->out[0], POLLIN, &start, seconds)) {
		const size_t room = log_room - 1 - result->log_bytes;
		const ssize_t n = read(tool->out[0], room > 0 ? log + result->log_bytes : rest,
				       room > 0 ? room : sizeof(rest));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return events_wait(tool->reports[0], 0, &start, seconds);
		if (room > 0)
			result->log_bytes += (size_t)n;
	}
	return false;
}

/* What the children said, after their end. 0 or -errno. */
static int reports_read(int fd, struct tool_result *result)
{
	struct report report;
	int rc = 0;

	while (read(fd, &report, sizeof(report)) == (ssize_t)sizeof(report)) {
		if (report.what == REPORT_NO_NAMESPACES)
			sandbox_count(&sandbox_counts.tools_no_namespaces, 1);
		else if (report.what == REPORT_FILES_OPEN)
			sandbox_count(&sandbox_counts.tools_files_open, 1);
		else if (report.what == REPORT_STATUS)
			result->status = report.value;
		else
			rc = -report.value;
	}
	return rc;
}

static int tool_wait(const struct tool *tool, pid_t pid, char *log, size_t log_room,
		     struct tool_result *result)
{
	result->timed_out = !log_read(tool, tool->limits->seconds, log, log_room, result);
	kill(-pid, SIGKILL); /* without a namespace something may be left in any case */
	if (result->timed_out)
		log_read(tool, END_SECONDS_MAX, log, log_room, result);
	log[result->log_bytes] = 0;
	while (waitpid(pid, &result->status, 0) < 0 && errno == EINTR)
		;
	return reports_read(tool->reports[0], result);
}

int tool_run(const char *const argv[], const char *folder, const struct tool_limits *limits,
	     char *log, size_t log_room, struct tool_result *result)
{
	struct tool tool = {.argv = argv, .folder = folder, .limits = limits};
	const pid_t host = getpid();
	pid_t pid;
	int rc;

	memset(result, 0, sizeof(*result));
	if (pipe2(tool.out, O_CLOEXEC) != 0)
		return -errno;
	if (pipe2(tool.reports, O_CLOEXEC) != 0) {
		rc = -errno;
		close(tool.out[1]);
		goto out;
	}
	sandbox_count(&sandbox_counts.tools, 1);
	pid = fork();
	if (pid == 0)
		outer_main(&tool, host);
	rc = pid < 0 ? -errno : 0;
	close(tool.out[1]);
	close(tool.reports[1]);
	if (rc == 0)
		rc = tool_wait(&tool, pid, log, log_room, result);
	close(tool.reports[0]);
out:
	close(tool.out[0]);
	return rc;
}
