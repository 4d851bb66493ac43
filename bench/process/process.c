/* Starting, reading and ending other programs. */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STOP_PATIENCE_MS 1000
#define STOP_POLL_MS 10
#define PASSED_FD_FIRST 3
#define PASSED_FD_SPARE 64 /* descriptors are parked above it before they get their numbers */

uint64_t process_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

int process_core(uint32_t index)
{
	cpu_set_t cpus;

	if (sched_getaffinity(0, sizeof(cpus), &cpus) < 0)
		return -1;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (CPU_ISSET(cpu, &cpus) && index-- == 0)
			return cpu;
	}
	return -1;
}

static int place_enter(const struct process_place *place)
{
	cpu_set_t cpus;

	if (place->core >= 0) {
		CPU_ZERO(&cpus);
		CPU_SET(place->core, &cpus);
		if (sched_setaffinity(0, sizeof(cpus), &cpus) < 0)
			return -errno;
	}
	if (place->netns_fd >= 0 && setns(place->netns_fd, CLONE_NEWNET) < 0)
		return -errno;
	return 0;
}

/* In the child: descriptors 0 to 2, then those passed on as 3, 4, ... */
static int descriptors_place(int out_fd, const int *fds, uint32_t fd_count)
{
	int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (null_fd < 0 || dup2(null_fd, 0) < 0 || dup2(out_fd, 1) < 0 || dup2(out_fd, 2) < 0)
		return -errno;
	for (uint32_t i = 0; i < fd_count; i++) {
		int parked = fcntl(fds[i], F_DUPFD_CLOEXEC, PASSED_FD_SPARE);

		if (parked < 0)
			return -errno;
		dup2(parked, PASSED_FD_SPARE * 2 + (int)i);
		close(parked);
	}
	for (uint32_t i = 0; i < fd_count; i++) {
		if (dup2(PASSED_FD_SPARE * 2 + (int)i, PASSED_FD_FIRST + (int)i) < 0)
			return -errno;
		close(PASSED_FD_SPARE * 2 + (int)i);
	}
	return 0;
}

/* In the child; does not return. The parent learns from error_fd why exec was not reached. */
static void child_become(const struct process_place *place, const char *const argv[], int out_fd,
			 int error_fd, const int *fds, uint32_t fd_count)
{
	int kept_fd = fcntl(error_fd, F_DUPFD_CLOEXEC, PASSED_FD_SPARE * 3);
	int rc;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	rc = place_enter(place);
	if (rc == 0)
		rc = descriptors_place(out_fd, fds, fd_count);
	if (rc == 0) {
		execvp(argv[0], (char *const *)argv);
		rc = -errno;
	}
	if (write(kept_fd, &rc, sizeof(rc)) != sizeof(rc))
		_exit(126);
	_exit(127);
}

int process_start_with(struct process *process, const struct process_place *place,
		       const char *const argv[], const int *fds, uint32_t fd_count)
{
	int out[2], error[2];
	int rc = 0;

	if (pipe2(out, O_CLOEXEC) < 0)
		return -errno;
	if (pipe2(error, O_CLOEXEC) < 0) {
		rc = -errno;
		goto close_out;
	}
	process->pid = fork();
	if (process->pid == 0)
		child_become(place, argv, out[1], error[1], fds, fd_count);
	if (process->pid < 0)
		rc = -errno;
	close(error[1]);
	/* Nothing to read: exec closed it. */
	if (rc == 0 && read(error[0], &rc, sizeof(rc)) == sizeof(rc))
		waitpid(process->pid, NULL, 0);
	close(error[0]);
close_out:
	close(out[1]);
	process->out_fd = out[0];
	if (rc < 0)
		close(out[0]);
	return rc;
}

int process_start(struct process *process, const struct process_place *place,
		  const char *const argv[])
{
	return process_start_with(process, place, argv, NULL, 0);
}

static int exit_code(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : -ECHILD;
}

/* Reads to the end of its output, or to where it is enough. 0, -ETIMEDOUT, or -errno. */
static int output_read(int fd, char *text, size_t bytes, uint64_t deadline_ns,
		       bool (*enough)(const char *text, void *opaque), void *opaque)
{
	size_t used = 0;
	char waste[4096];

	for (;;) {
		uint64_t now_ns = process_now_ns();
		struct pollfd wait = {.fd = fd, .events = POLLIN};
		bool room = used + 1 < bytes;
		ssize_t n;

		text[used] = '\0';
		if (enough != NULL && enough(text, opaque))
			return 0;
		if (now_ns >= deadline_ns)
			return -ETIMEDOUT;
		n = poll(&wait, 1, (int)((deadline_ns - now_ns) / 1000000) + 1);
		if (n < 0)
			return -errno;
		if (n == 0)
			continue;
		n = read(fd, room ? text + used : waste, room ? bytes - 1 - used : sizeof(waste));
		if (n <= 0)
			return 0;
		used += room ? (size_t)n : 0;
	}
}

int process_finish(struct process *process, char *text, size_t bytes, uint32_t timeout_s)
{
	uint64_t deadline_ns = process_now_ns() + (uint64_t)timeout_s * 1000000000;
	int rc = output_read(process->out_fd, text, bytes, deadline_ns, NULL, NULL);
	int status;

	if (rc < 0) {
		process_stop(process);
		return rc;
	}
	close(process->out_fd);
	if (waitpid(process->pid, &status, 0) < 0)
		return -errno;
	return exit_code(status);
}

void process_read(struct process *process, char *text, size_t bytes, uint32_t timeout_s,
		  bool (*enough)(const char *text, void *opaque), void *opaque)
{
	uint64_t deadline_ns = process_now_ns() + (uint64_t)timeout_s * 1000000000;

	output_read(process->out_fd, text, bytes, deadline_ns, enough, opaque);
	process_kill(process);
}

void process_kill(struct process *process)
{
	kill(process->pid, SIGKILL);
	waitpid(process->pid, NULL, 0);
	close(process->out_fd);
}

void process_stop(struct process *process)
{
	kill(process->pid, SIGTERM);
	for (uint32_t waited_ms = 0; waited_ms < STOP_PATIENCE_MS; waited_ms += STOP_POLL_MS) {
		if (waitpid(process->pid, NULL, WNOHANG) != 0)
			goto gone;
		usleep(STOP_POLL_MS * 1000);
	}
	kill(process->pid, SIGKILL);
	waitpid(process->pid, NULL, 0);
gone:
	close(process->out_fd);
}

int process_run(const struct process_place *place, const char *const argv[], char *text,
		size_t bytes, uint32_t timeout_s)
{
	struct process process;
	int rc = process_start(&process, place, argv);

	return rc < 0 ? rc : process_finish(&process, text, bytes, timeout_s);
}
