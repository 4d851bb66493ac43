/* A peer's program is found or not, read to its end, and ended when it takes too long. */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "process.h"
#include "test.h"

static void test_run(void)
{
	static const char *const argv[] = {"sh", "-c", "echo out; echo err >&2; exit 3", NULL};
	static const char *const missing[] = {"millrace-no-such-program", NULL};
	char text[64];

	CHECK(process_run(&PROCESS_ANYWHERE, argv, text, sizeof(text), 10) == 3, "exit code");
	CHECK(strstr(text, "out\n") != NULL && strstr(text, "err\n") != NULL, "%s", text);
	CHECK(process_run(&PROCESS_ANYWHERE, missing, text, sizeof(text), 10) == -ENOENT,
	      "a program that is not there");
}

/* What it printed until then is kept: testpmd is read like this. */
static void test_timeout(void)
{
	static const char *const argv[] = {"sh", "-c", "echo begun; exec sleep 100", NULL};
	struct process process;
	char text[64];

	CHECK(process_start(&process, &PROCESS_ANYWHERE, argv) == 0, "start");
	CHECK(process_finish(&process, text, sizeof(text), 1) == -ETIMEDOUT, "timeout");
	CHECK(strcmp(text, "begun\n") == 0, "%s", text);
	CHECK(kill(process.pid, 0) < 0 && errno == ESRCH, "it lives on");
}

static void test_long_output(void)
{
	static const char *const argv[] = {"sh", "-c", "seq 100000", NULL};
	char text[16];

	CHECK(process_run(&PROCESS_ANYWHERE, argv, text, sizeof(text), 30) == 0, "run");
	CHECK(strlen(text) == sizeof(text) - 1, "cut at the buffer: %zu", strlen(text));
}

static void test_core(void)
{
	char core[16];
	struct process_place place = {process_core(0), -1};
	static const char *const status[] = {"sh", "-c", "grep Cpus_allowed_list /proc/self/status",
					     NULL};
	char text[128];

	snprintf(core, sizeof(core), "\t%d\n", place.core);
	CHECK(process_run(&place, status, text, sizeof(text), 10) == 0, "run");
	CHECK(strstr(text, core) != NULL, "%s instead of core%s", text, core);
	CHECK(process_core(100000) == -1, "a core that is not there");
}

int main(void)
{
	test_run();
	test_timeout();
	test_long_output();
	test_core();
	return 0;
}
