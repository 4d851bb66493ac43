/* The program behind `millrace bench NAME`: measures, prints, and holds figures to their bars. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "keeper.h"
#include "options.h"
#include "worker.h"

enum { EXIT_SHORT = 1, EXIT_USAGE = 2, EXIT_CANNOT = 4, EXIT_NOTHING = 77 };

static const struct {
	const char *name;
	const char *summary;
	int (*run)(struct bench *bench);
} benches[] = {
    {"transport", "messages between two processes, beside the port's limits", bench_transport},
    {"sandbox", "what a run costs in each sandbox, alone and under load, beside its floor",
     bench_sandbox},
    {"operators", "steps on a table, on one core, beside memcpy and others' grouped sums",
     bench_operators},
    {"polling", "what polling costs and a sleeper's first frame waits", bench_polling},
    {"wordcount", "the words of a text, beside plain C and the shell", bench_wordcount},
};

#define BENCH_COUNT (sizeof(benches) / sizeof(benches[0]))

static void names_print(FILE *file)
{
	for (size_t i = 0; i < BENCH_COUNT; i++)
		fprintf(file, "  %-12s %s\n", benches[i].name, benches[i].summary);
}

static void help_print(FILE *file)
{
	fputs("Usage: millrace bench NAME [options]\n"
	      "Measures, with limits and peers in the same run; docs/bench.md says what each case "
	      "is.\n"
	      "\n",
	      file);
	names_print(file);
	fputs(
	    "\n"
	    "  --json           one JSON object on standard output\n"
	    "  --check          each figure asked for beside its bar, and without --case only "
	    "what\n"
	    "                   that takes; exit code 1 when one falls short, 77 when none could\n"
	    "                   be measured\n"
	    "  --quick          what the machine's other work disturbed is not measured again\n"
	    "  --runs N         runs of each case, of which medians are taken; default 5\n"
	    "  --ms N           milliseconds of one run; default 300\n"
	    "  --case PATTERN   only cases whose names match, as the shell matches files\n"
	    "  --port NAME      memif, virtio_user, af_xdp, af_packet or ring; default "
	    "all\n"
	    "  --poll MODE      polling: always, adaptive or interrupt; default all\n"
	    "  --sizes LIST     transport: bytes of messages, like 32,4KiB,1MiB; operators: of a\n"
	    "                   column, default 64MiB\n"
	    "  --mib N          wordcount: MiB of text; default 1024\n"
	    "\n"
	    "Examples:\n"
	    "  millrace bench transport --port memif\n"
	    "  millrace bench transport --case 'memif.*.pingpong.*' --json > memif.json\n"
	    "  millrace bench transport --check\n",
	    file);
}

/* --json keeps standard output for the object: the bars go to standard error then. */
static int report_finish(const struct report *report, const struct bench_options *options)
{
	FILE *bars = options->json ? stderr : stdout;
	uint32_t measured;
	uint32_t short_count;

	if (options->json && report_print_json(report, stdout) < 0)
		return EXIT_CANNOT;
	if (!options->json)
		report_print_text(report, stdout);
	if (!options->check)
		return EXIT_SUCCESS;
	short_count = report_check(report, bars, &measured);
	fprintf(bars, "%u figures held to a bar, %u fall short\n", measured, short_count);
	if (measured == 0)
		return EXIT_NOTHING;
	return short_count > 0 ? EXIT_SHORT : EXIT_SUCCESS;
}

struct task {
	size_t index; /* of the benchmark */
	const struct bench_options *options;
};

/* In a process of its own, whose end the keeper waits for. */
static int task_run(void *opaque)
{
	const struct task *task = opaque;
	struct bench bench = {.options = task->options};
	int code = EXIT_CANNOT;

	if (report_create(&bench.report, benches[task->index].name) < 0)
		return EXIT_CANNOT;
	if (bench_measure(&bench, benches[task->index].run) == 0)
		code = report_finish(bench.report, task->options);
	report_destroy(&bench.report);
	return code;
}

static int bench_run(size_t index, int argc, char **argv)
{
	struct bench_options options;
	struct task task = {.index = index, .options = &options};

	switch (options_parse(&options, argc, argv)) {
	case OPTIONS_HELP:
		help_print(stdout);
		return EXIT_SUCCESS;
	case OPTIONS_WRONG:
		return EXIT_USAGE;
	case OPTIONS_RUN:
		break;
	}
	return keeper_run(task_run, &task);
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		help_print(stdout);
		return EXIT_SUCCESS;
	}
	if (strcmp(argv[1], WORKER_COMMAND) == 0)
		return worker_main(argc > 2 ? argv[2] : "", argc > 3 ? argv[3] : "");
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		help_print(stdout);
		return EXIT_SUCCESS;
	}
	for (size_t i = 0; i < BENCH_COUNT; i++) {
		if (strcmp(benches[i].name, argv[1]) == 0)
			return bench_run(i, argc - 1, argv + 1);
	}
	fprintf(stderr, "millrace bench: there is no benchmark \"%s\"; there are:\n", argv[1]);
	names_print(stderr);
	return EXIT_USAGE;
}
