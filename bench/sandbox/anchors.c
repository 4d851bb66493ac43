/* What a sandbox is compared with: a call, a thread, a process, a program. */
#include "anchors.h"

#include <errno.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "awake.h"

extern char **environ;

__attribute__((noinline)) static int nothing(void *context)
{
	__asm__ volatile("" : : "r"(context));
	return 0;
}

static int call_once(void *context)
{
	return nothing(context);
}

static void *thread_main(void *context)
{
	return context;
}

static int thread_once(void *context)
{
	pthread_t thread;
	const int rc = pthread_create(&thread, NULL, thread_main, context);

	return rc == 0 ? pthread_join(thread, NULL) : rc;
}

static int child_wait(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		return errno;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : ECHILD;
}

static int fork_once(void *context)
{
	const pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid < 0 ? errno : child_wait(pid);
}

static int spawn_once(void *context)
{
	const char *program = context;
	char *const arguments[] = {(char *)(uintptr_t)program, NULL};
	pid_t pid;
	const int rc = posix_spawn(&pid, program, NULL, NULL, arguments, environ);

	return rc == 0 ? child_wait(pid) : rc;
}

static void anchor_run(struct bench *bench, uint32_t run, struct samples *samples, const char *name,
		       int (*once)(void *context), const char *floor_program)
{
	char first[REPORT_NAME_BYTES];
	int rc;

	snprintf(first, sizeof(first), "%s.p50", name);
	if (!bench_wants(bench, first) || !bench_step(bench, first, run, bench->options->run_ms))
		return;
	if (awake_start() != 0)
		return;
	if (samples_take(samples, bench->options->run_ms, once, (void *)(uintptr_t)floor_program,
			 &rc))
		samples_report(samples, bench, name);
	else
		report_skip(bench->report, name, "%s", strerror(rc));
	awake_stop();
}

void anchors_run(struct bench *bench, uint32_t run, struct samples *samples,
		 const char *floor_program)
{
	anchor_run(bench, run, samples, "anchor.call", call_once, floor_program);
	anchor_run(bench, run, samples, "anchor.thread", thread_once, floor_program);
	anchor_run(bench, run, samples, "anchor.fork", fork_once, floor_program);
	anchor_run(bench, run, samples, "anchor.spawn", spawn_once, floor_program);
}
