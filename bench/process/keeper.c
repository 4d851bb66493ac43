/* The process that waits, and what it does at the end. */
#include "keeper.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scratch.h"

#define EXIT_CANNOT 4
#define REAP_PATIENCE_MS 3000 /* for killed processes to give their memory back */
#define REAP_POLL_US 5000

static void signals_block(sigset_t *waited, sigset_t *before)
{
	static const int ends[] = {SIGINT, SIGTERM, SIGHUP, SIGCHLD};

	sigemptyset(waited);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct sigaction action;

		/* nohup: what is ignored must stay so, and would not once it is waited for. */
		if (sigaction(ends[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
			sigaddset(waited, ends[i]);
	}
	sigprocmask(SIG_BLOCK, waited, before);
}

/* In the child; does not return. */
static void child_work(int (*work)(void *opaque), void *opaque, pid_t keeper,
		       const sigset_t *signals)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != keeper)
		_exit(EXIT_CANNOT);
	setpgid(0, 0);
	sigprocmask(SIG_SETMASK, signals, NULL);
	exit(work(opaque));
}

/* Until it has ended (0), or a signal asks us to end (that). */
static int child_wait(pid_t child, const sigset_t *waited, int *status)
{
	for (;;) {
		int signal = sigwaitinfo(waited, NULL);

		if (signal > 0 && signal != SIGCHLD)
			return signal;
		if (waitpid(child, status, WNOHANG) == child)
			return 0;
	}
}

/* What the benchmark started is in its group, or was killed with who started it; the orphans are
 * ours to wait for. */
static void group_end(pid_t child)
{
	kill(-child, SIGKILL);
	for (uint32_t waited_us = 0; waited_us < REAP_PATIENCE_MS * 1000;
	     waited_us += REAP_POLL_US) {
		pid_t gone;

		while ((gone = waitpid(-1, NULL, WNOHANG)) > 0)
			;
		if (gone < 0)
			return;
		usleep(REAP_POLL_US);
	}
}

static int status_code(int status)
{
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	fprintf(stderr, "\nmillrace bench: the benchmark was ended by a signal: %s\n",
		strsignal(WTERMSIG(status)));
	return EXIT_CANNOT;
}

int keeper_run(int (*work)(void *opaque), void *opaque)
{
	sigset_t waited, before;
	pid_t keeper = getpid();
	char error[256];
	int status = 0;
	int signal;
	pid_t child;

	signals_block(&waited, &before);
	if (scratch_open(error, sizeof(error)) < 0) {
		fprintf(stderr, "millrace bench: %s\n", error);
		return EXIT_CANNOT;
	}
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	fflush(NULL);
	child = fork();
	if (child == 0)
		child_work(work, opaque, keeper, &before);
	if (child < 0) {
		fprintf(stderr, "millrace bench: no process: %s\n", strerror(errno));
		scratch_close();
		return EXIT_CANNOT;
	}
	setpgid(child, child);
	signal = child_wait(child, &waited, &status);
	group_end(child);
	scratch_close();
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (signal > 0) {
		fprintf(stderr, "\nmillrace bench: interrupted: nothing is left behind\n");
		raise(signal);
	}
	return signal > 0 ? EXIT_CANNOT : status_code(status);
}
