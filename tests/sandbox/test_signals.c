/* Signals outside of guests go to whom they belonged to before. test_signals DIR */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "harness.h"
#include "test.h"

static volatile sig_atomic_t seen_segv, seen_urg;
static sigjmp_buf back;

static void on_segv(int signo, siginfo_t *info, void *context)
{
	seen_segv++;
	siglongjmp(back, 1);
}

static void on_urg(int signo)
{
	seen_urg++;
}

static void handlers_install(void)
{
	struct sigaction action = {.sa_sigaction = on_segv, .sa_flags = SA_SIGINFO | SA_NODEFER};

	CHECK(sigaction(SIGSEGV, &action, NULL) == 0);
	action = (struct sigaction){.sa_handler = on_urg};
	CHECK(sigaction(SIGURG, &action, NULL) == 0);
}

static void bad_run(const char *backend, const char *dir, const char *name,
		    enum sandbox_outcome wanted, uint32_t time_limit_ms)
{
	struct harness_function function = {.code = harness_prepare(backend, dir, name),
					    .out = "out",
					    .memory_base = 4096,
					    .time_limit_ms = time_limit_ms};
	const struct harness_set in = {"in", NULL, 0};
	struct harness_run run;

	harness_invoke(&function, &in, 1, &run);
	CHECK(run.result.outcome == wanted, "%s", run.result.text);
	harness_release(&run);
	sandbox_release(&function.code);
}

int main(int argc, char **argv)
{
	struct sigaction now;

	handlers_install();
	harness_start();
	CHECK(sandbox_thread_enter() < 0, "a thread enters once");
	if (sigsetjmp(back, 1) == 0)
		*(volatile int *)(uintptr_t)8 = 1;
	CHECK(seen_segv == 1);
	CHECK(raise(SIGURG) == 0 && seen_urg <= 1);
	bad_run("wasm", argv[1], "bad_recursion", SANDBOX_STACK_OVERFLOW, 0);
	bad_run("native", argv[1], "bad_read", SANDBOX_CRASHED, 0);
	bad_run("wasm", argv[1], "bad_loop", SANDBOX_TIME_LIMIT, 1);
	CHECK(seen_segv == 1, "a guest's signal went to another's handler");
	if (sigsetjmp(back, 1) == 0)
		*(volatile int *)(uintptr_t)8 = 1;
	CHECK(seen_segv == 2);
	/* The runtime counts its users, and leaves things as they were. */
	CHECK(sandbox_runtime_start() == 0);
	sandbox_runtime_stop();
	bad_run("wasm", argv[1], "bad_loop", SANDBOX_TIME_LIMIT, 5);
	harness_stop();
	CHECK(sigaction(SIGSEGV, NULL, &now) == 0 && now.sa_sigaction == on_segv);
	CHECK(sigaction(SIGURG, NULL, &now) == 0 && now.sa_handler == on_urg);
	return 0;
}
