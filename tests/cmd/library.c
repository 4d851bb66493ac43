/* A program as its author would write it: built against the installed library by its .pc file. */
#include <millrace/hash.h>
#include <millrace/millrace.h>
#include <millrace/region.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>

struct work {
	const char *file;
	const char *functions;
	const char *input;
	const char *output;
	int rc;
	char error[2048];
};

static void *count_words(void *opaque)
{
	struct work *work = opaque;
	const struct mr_binding input = {"text", work->input};
	const struct mr_binding output = {"counts", work->output};
	const struct mr_options options = {
	    .file = work->file,
	    .inputs = &input,
	    .input_count = 1,
	    .outputs = &output,
	    .output_count = 1,
	    .nodes = 2,
	    .memory_bytes = 128u << 20,
	    .function_dirs = &work->functions,
	    .function_dir_count = 1,
	};
	struct mr_summary summary;

	work->rc = mr_run(&options, &summary, work->error, sizeof(work->error));
	if (work->rc == 0 && (summary.nodes != 2 || summary.invocations == 0))
		work->rc = -1;
	return NULL;
}

static int error_told(const char *file)
{
	const struct mr_options options = {.file = file};
	struct mr_summary summary;
	char error[2048] = "";

	return mr_run(&options, &summary, error, sizeof(error)) < 0 && error[0] != '\0';
}

/* library FILE.mr FUNCTIONS URI OUT1 OUT2: runs twice at once. */
int main(int argc, char **argv)
{
	struct work works[2];
	pthread_t threads[2];
	int rc = 0;

	if (argc != 6)
		return 2;
	if (strcmp(mr_version(), "") == 0 || !error_told("absent.mr") || !error_told(NULL))
		return 1;
	for (int i = 0; i < 2; i++) {
		works[i] = (struct work){argv[1], argv[2], argv[3], argv[4 + i], -1, ""};
		if (pthread_create(&threads[i], NULL, count_words, &works[i]) != 0)
			return 1;
	}
	for (int i = 0; i < 2; i++) {
		pthread_join(threads[i], NULL);
		if (works[i].rc != 0) {
			fprintf(stderr, "run %d: %d: %s\n", i, works[i].rc, works[i].error);
			rc = 1;
		}
	}
	return rc;
}
