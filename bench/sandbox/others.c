/* What others' sandboxes take: as their own programs, from start to end. */
#include "others.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "awake.h"
#include "firecracker.h"
#include "process.h"
#include "scratch.h"

#define OUTPUT_BYTES 4096
#define PATIENCE_S 30

struct other {
	const char *name;    /* of the case, behind "peer." */
	const char *program; /* looked for in PATH */
	/* Once, in a folder of its own. 0 or -errno with reason. */
	int (*prepare)(const char *folder, char *reason, size_t reason_bytes);
	int (*once)(void *folder); /* 0 or -errno */
};

/* False when nothing in PATH can be run by that name. */
static bool installed(const char *program)
{
	const char *rest = getenv("PATH");

	while (rest != NULL && *rest != 0) {
		const size_t len = strcspn(rest, ":");
		char path[4096];

		if (snprintf(path, sizeof(path), "%.*s/%s", (int)len, rest, program) <
			(int)sizeof(path) &&
		    access(path, X_OK) == 0)
			return true;
		rest += len + (rest[len] == ':');
	}
	return false;
}

static int command_run(const char *const *arguments, char *output)
{
	const int rc = process_run(&PROCESS_ANYWHERE, arguments, output, OUTPUT_BYTES, PATIENCE_S);

	return rc <= 0 ? rc : -EIO;
}

/* --- Wasmtime: a module that is compiled already, by its command
 * ----------------------------------------- */

#define ONE_WAT "(module (func (export \"one\") (result i32) i32.const 1))\n"

static int wasmtime_prepare(const char *folder, char *reason, size_t reason_bytes)
{
	char text[SCRATCH_PATH_BYTES + 16], code[SCRATCH_PATH_BYTES + 16], output[OUTPUT_BYTES];
	const char *const compile[] = {"wasmtime", "compile", "-o", code, text, NULL};
	FILE *file;
	int rc;

	snprintf(text, sizeof(text), "%s/one.wat", folder);
	snprintf(code, sizeof(code), "%s/one.cwasm", folder);
	file = fopen(text, "we");
	if (file == NULL || fputs(ONE_WAT, file) < 0 || fclose(file) != 0) {
		snprintf(reason, reason_bytes, "%s: %s", text, strerror(errno));
		return -errno;
	}
	rc = command_run(compile, output);
	if (rc != 0)
		snprintf(reason, reason_bytes, "wasmtime compile: %.400s", output);
	return rc;
}

static int wasmtime_once(void *folder)
{
	char code[SCRATCH_PATH_BYTES + 16], output[OUTPUT_BYTES];
	const char *const run[] = {"wasmtime", "run", "--allow-precompiled", "--invoke", "one",
				   code,       NULL};

	snprintf(code, sizeof(code), "%s/one.cwasm", (const char *)folder);
	return command_run(run, output);
}

/* --- Dandelion: its worker is a server whose functions are built into its own test programs
 * -------------- */

static int dandelion_prepare(const char *folder, char *reason, size_t reason_bytes)
{
	snprintf(reason, reason_bytes,
		 "dandelion_server is installed, but has no command that runs one function and "
		 "ends: its own benchmarks measure it");
	return -ENOTSUP;
}

static const struct other others[] = {
    {"wasmtime", "wasmtime", wasmtime_prepare, wasmtime_once},
    {"firecracker", "firecracker", firecracker_prepare, firecracker_once},
    {"dandelion", "dandelion_server", dandelion_prepare, NULL},
};

static void other_measure(struct bench *bench, struct samples *samples, const struct other *other,
			  const char *name)
{
	char folder[SCRATCH_PATH_BYTES], first[REPORT_NAME_BYTES], reason[REPORT_REASON_BYTES] = "";
	int rc;

	snprintf(first, sizeof(first), "%s.p50", name);
	if (!installed(other->program)) {
		report_skip(bench->report, first, "%s is not installed", other->program);
		return;
	}
	rc = scratch_folder(folder);
	if (rc == 0)
		rc = other->prepare(folder, reason, sizeof(reason));
	if (rc != 0) {
		report_skip(bench->report, first, "%s", reason[0] != 0 ? reason : strerror(-rc));
	} else if (awake_start() == 0) {
		if (samples_take(samples, bench->options->run_ms, other->once, folder, &rc))
			samples_report(samples, bench, name);
		else
			report_skip(bench->report, first, "%s: %s", other->program, strerror(-rc));
		awake_stop();
	}
	scratch_remove(folder);
}

void others_run(struct bench *bench, uint32_t run, struct samples *samples)
{
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		char name[REPORT_NAME_BYTES], first[REPORT_NAME_BYTES];

		snprintf(name, sizeof(name), "peer.%s", others[i].name);
		snprintf(first, sizeof(first), "peer.%s.p50", others[i].name);
		if (bench_wants(bench, first) &&
		    bench_step(bench, first, run, bench->options->run_ms))
			other_measure(bench, samples, &others[i], name);
	}
}
