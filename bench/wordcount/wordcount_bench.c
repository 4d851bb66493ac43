/*
 * `millrace bench wordcount`: whole processes that count the words of one text, in turns: Millrace
 * on three nodes, plain C and tuned C on two threads, and once the oracle, which is slow. All
 * answers must be equal.
 */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench.h"
#include "process.h"
#include "scratch.h"

#define TIMEOUT_S 3600
#define ORACLE_S_PER_GIB 110 /* about; the others a small part of it */
#define OTHERS_S_PER_GIB 4

enum { OURS, PLAIN, TUNED, ORACLE, COUNTERS };

static const struct counter {
	const char *name;
	const char *program; /* looked for, but for ORACLE in the folder of this program */
	const char *command; /* of programs' path, text and folder: writes FOLDER/N */
	uint32_t s_per_gib;
} counters[COUNTERS] = {
    [OURS] = {"wordcount.millrace", "../millrace",
	      "%s run '" MR_SOURCE_DIR "/functions/wordcount/wordcount.mr' --nodes 3 --quiet "
	      "text=file:%s --out counts=%s/0",
	      OTHERS_S_PER_GIB},
    [PLAIN] = {"wordcount.plain", "wordcount_plain", "%s %s 2 >%s/1", OTHERS_S_PER_GIB},
    [TUNED] = {"wordcount.tuned", "wordcount_native", "%s %s 2 >%s/2", OTHERS_S_PER_GIB},
    [ORACLE] = {"wordcount.oracle", MR_SOURCE_DIR "/scripts/oracle", "%s %s >%s/3",
		ORACLE_S_PER_GIB},
};

struct wordcount {
	struct bench *bench;
	char folder[SCRATCH_PATH_BYTES];
	char text[SCRATCH_PATH_BYTES + 8];
	char programs[COUNTERS][PATH_MAX];
	char error[REPORT_REASON_BYTES];
};

static int sh(struct wordcount *self, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static int sh(struct wordcount *self, const char *format, ...)
{
	char command[2 * PATH_MAX], printed[256];
	const char *argv[] = {"sh", "-c", command, NULL};
	va_list ap;
	int rc;

	va_start(ap, format);
	vsnprintf(command, sizeof(command), format, ap);
	va_end(ap);
	rc = process_run(&PROCESS_ANYWHERE, argv, printed, sizeof(printed), TIMEOUT_S);
	if (rc == 0)
		return 0;
	snprintf(self->error, sizeof(self->error), "%.200s: %s", command,
		 rc < 0 ? strerror(-rc) : printed);
	return -EIO;
}

/* The folder that this program lies in, where a build has the others. */
static int programs_find(struct wordcount *self)
{
	char here[PATH_MAX] = "";
	ssize_t n = readlink("/proc/self/exe", here, sizeof(here) - 1);
	const char *folder = n > 0 ? dirname(here) : ".";

	for (uint32_t i = 0; i < COUNTERS; i++) {
		const char *program = counters[i].program;
		int bytes =
		    snprintf(self->programs[i], PATH_MAX, "%s%s%s", program[0] == '/' ? "" : folder,
			     program[0] == '/' ? "" : "/", program);

		if (bytes >= PATH_MAX || access(self->programs[i], X_OK) != 0) {
			snprintf(self->error, sizeof(self->error),
				 "%.300s is not there: run it in a build tree", self->programs[i]);
			return -ENOENT;
		}
	}
	return 0;
}

static int text_make(struct wordcount *self)
{
	char gentext[PATH_MAX + 16];
	char plain[PATH_MAX];

	snprintf(plain, sizeof(plain), "%s", self->programs[PLAIN]);
	snprintf(gentext, sizeof(gentext), "%s/gentext", dirname(plain));
	snprintf(self->text, sizeof(self->text), "%s/text", self->folder);
	return sh(self, "%s %llu >%s", gentext, (unsigned long long)self->bench->options->mib << 20,
		  self->text);
}

static double user_s(void)
{
	struct rusage usage;

	getrusage(RUSAGE_CHILDREN, &usage);
	return (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec / 1e6;
}

/* One whole process; its samples count unless it is there to warm caches. */
static int count(struct wordcount *self, uint32_t which, bool counts)
{
	const struct counter *counter = &counters[which];
	double mb = (double)self->bench->options->mib * 1.048576;
	uint64_t start_ns = process_now_ns();
	double user = user_s();
	char command[2 * PATH_MAX];
	char speed[REPORT_NAME_BYTES];
	double wall;
	int rc;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(command, sizeof(command), counter->command, self->programs[which], self->text,
		 self->folder);
#pragma GCC diagnostic pop
	rc = sh(self, "TMPDIR=%s %s", self->folder, command);
	if (rc < 0 || !counts)
		return rc;
	wall = (double)(process_now_ns() - start_ns) / 1e9;
	case_sample(report_case(self->bench->report, counter->name, "seconds"), wall);
	if (which != PLAIN && which != TUNED)
		return 0;
	snprintf(speed, sizeof(speed), "%s.core", counter->name);
	case_sample(report_case(self->bench->report, speed, "MB/s of a core"),
		    mb / (user_s() - user));
	return 0;
}

static int counter_step(struct wordcount *self, uint32_t which, uint32_t run, bool counts)
{
	uint32_t expected_ms =
	    (uint32_t)(counters[which].s_per_gib * self->bench->options->mib * 1000ull / 1024);

	if (!bench_step(self->bench, counters[which].name, run, expected_ms))
		return 0;
	return count(self, which, counts);
}

static int answers_compare(struct wordcount *self)
{
	int rc = 0;

	for (uint32_t i = 0; i < ORACLE && rc == 0; i++) {
		rc = sh(self, "cmp %s/%u %s/%u", self->folder, i, self->folder, ORACLE);
		if (rc < 0)
			snprintf(self->error, sizeof(self->error), "%s: a wrong answer",
				 counters[i].name);
	}
	return rc;
}

static int counters_run(struct wordcount *self)
{
	int rc = 0;

	for (uint32_t run = 0; run <= self->bench->options->runs; run++) {
		for (uint32_t i = 0; i < ORACLE && rc == 0; i++)
			rc = counter_step(self, i, run > 0 ? run - 1 : 0, run > 0);
	}
	return rc == 0 ? counter_step(self, ORACLE, 0, true) : rc;
}

static void bars_set(struct bench *bench)
{
	const char *ours = counters[OURS].name;

	for (uint32_t i = PLAIN; i < COUNTERS; i++)
		bench_beside(bench, ours, counters[i].name, strchr(counters[i].name, '.') + 1);
	report_bar(bench->report, "the shell's seconds over Millrace's", counters[ORACLE].name,
		   "millrace", REPORT_AT_LEAST, 10);
	bench_beside(bench, counters[ORACLE].name, ours, "millrace");
	report_bar(bench->report, "Millrace's seconds over plain C's", ours, "plain",
		   REPORT_AT_MOST, 1.6);
	report_bar(bench->report, "plain C, so that it is a peer: MB/s of a core",
		   "wordcount.plain.core", NULL, REPORT_AT_LEAST, 200);
}

int bench_wordcount(struct bench *bench)
{
	struct wordcount self = {.bench = bench};
	int rc = 0;

	if (!bench_planning(bench)) {
		rc = programs_find(&self);
		if (rc == 0)
			rc = scratch_folder(self.folder);
		if (rc == 0)
			rc = text_make(&self);
	}
	if (rc == 0)
		rc = counters_run(&self);
	if (rc == 0 && !bench_planning(bench))
		rc = answers_compare(&self);
	if (rc == 0)
		bars_set(bench);
	else
		fprintf(stderr, "\nmillrace bench: wordcount: %s\n",
			self.error[0] != '\0' ? self.error : strerror(-rc));
	if (self.folder[0] != '\0')
		scratch_remove(self.folder);
	return rc;
}
