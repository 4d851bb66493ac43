/*
 * The process backend: an image in a process of its own, with an address space of its own for each
 * run, that can make no system call. docs/sandbox.md has the design.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <millrace/hash.h>

#include "backend.h"
#include "image_report.h"
#include "process_memory.h"
#include "process_zygote.h"

_Static_assert(PROCESS_STACK_TOP == IMAGE_STACK_TOP, "image.h");
_Static_assert(PROCESS_REGION_BASE == IMAGE_REGION_BASE, "image.h");
_Static_assert(PROCESS_THREAD_BYTES == IMAGE_THREAD_BYTES, "image.h");
_Static_assert(ZYGOTE_CODE >= IMAGE_HIGH && ZYGOTE_DATA < IMAGE_REGION_BASE, "apart");
_Static_assert(sizeof(struct process_note) <= MR_ALIGN, "it lies before the image");

struct process_code {
	struct sandbox_code base;
	struct image image;
	uint8_t *file;
	int image_fd; // the segments, page by page
	pthread_mutex_t lock;
	struct zygote *idle; // under lock; the one used last is first, and warm
};

/* The segments' pages as a run begins with them, in a file that nobody can change. */
static int image_file_make(const struct image *image, const uint8_t *file)
{
	uint64_t bytes = 0, off = 0;
	uint8_t *pages;
	int fd = memfd_create("millrace-image", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int rc;

	if (fd < 0)
		return -errno;
	for (uint32_t i = 0; i < image->segment_count; i++)
		bytes += image->segments[i].bytes;
	if (ftruncate(fd, (off_t)bytes) != 0)
		goto fail;
	pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (pages == MAP_FAILED)
		goto fail;
	for (uint32_t i = 0; i < image->segment_count; i++) {
		const struct image_segment *s = &image->segments[i];

		memcpy(pages + off, file + s->file_off, s->file_bytes); /* the rest is zero */
		off += s->bytes;
	}
	munmap(pages, bytes);
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0)
		goto fail;
	return fd;
fail:
	rc = -errno;
	close(fd);
	return rc;
}

static struct zygote *zygote_take(struct process_code *code, char *error, size_t error_bytes)
{
	struct zygote *zygote;

	pthread_mutex_lock(&code->lock);
	zygote = code->idle;
	if (zygote != NULL)
		code->idle = zygote->next_idle;
	pthread_mutex_unlock(&code->lock);
	if (zygote == NULL)
		zygote_start(&code->image, code->image_fd, &zygote, error, error_bytes);
	return zygote;
}

static void zygote_give(struct process_code *code, struct zygote *zygote)
{
	pthread_mutex_lock(&code->lock);
	zygote->next_idle = code->idle;
	code->idle = zygote;
	pthread_mutex_unlock(&code->lock);
}

static void process_release(struct sandbox_code *prepared)
{
	struct process_code *code = (struct process_code *)prepared;

	while (code->idle != NULL) {
		struct zygote *zygote = code->idle;

		code->idle = zygote->next_idle;
		zygote_stop(&zygote);
	}
	pthread_mutex_destroy(&code->lock);
	if (code->image_fd >= 0)
		close(code->image_fd);
	free(code->file);
	free(code);
}

static int process_prepare(const void *bytes, size_t len, const char *cache_dir,
			   struct sandbox_code **prepared, char *error, size_t error_bytes)
{
	struct process_code *code = calloc(1, sizeof(*code));
	struct zygote *zygote;
	int rc;

	if (code == NULL)
		return backend_error(error, error_bytes, -ENOMEM,
				     "no memory for a function's code");
	code->base.ops = &sandbox_process;
	code->base.hash = mr_hash64(bytes, len);
	code->base.header_off = MR_ALIGN; /* before it: the note of a run's end */
	code->image_fd = -1;
	pthread_mutex_init(&code->lock, NULL);
	rc = image_check(bytes, len, &code->image, error, error_bytes);
	if (rc < 0)
		goto release;
	code->file = malloc(len);
	code->image_fd = code->file != NULL ? image_file_make(&code->image, bytes) : -ENOMEM;
	if (code->image_fd < 0) {
		rc = backend_error(error, error_bytes, code->image_fd,
				   "no memory for a function's image: %s",
				   strerror(-code->image_fd));
		goto release;
	}
	memcpy(code->file, bytes, len);
	/* The first, so that what cannot be confined is known now. */
	rc = zygote_start(&code->image, code->image_fd, &zygote, error, error_bytes);
	if (rc < 0)
		goto release;
	zygote_give(code, zygote);
	*prepared = &code->base;
	return 0;
release:
	process_release(&code->base);
	return rc;
}

/* Why a child that took a signal took it. */
static void fault_describe(const struct process_note *note, struct image_report *report)
{
	report->at = note->at;
	report->address = note->address;
	report->number = note->signal;
	switch (note->signal) {
	case SIGSEGV:
		report->end = note->code == SEGV_MAPERR || note->code == SEGV_ACCERR
				  ? IMAGE_ACCESS
				  : IMAGE_PRIVILEGED;
		break;
	case SIGBUS:
		report->end = IMAGE_ACCESS;
		break;
	case SIGFPE:
		report->end = note->code == FPE_INTDIV ? IMAGE_DIVISION : IMAGE_SIGNAL;
		break;
	case SIGILL:
		report->end = IMAGE_ILLEGAL;
		break;
	case SIGSYS:
		report->end = IMAGE_SYSTEM_CALL;
		report->number = note->call;
		break;
	default:
		report->end = IMAGE_SIGNAL;
	}
}

/* A child's words are its own: whatever they are, they name one of the ends of this run. */
static void end_describe(const struct process_reply *reply, const struct region *region,
			 struct image_report *report)
{
	struct process_note note;

	region_snapshot(&note, region->base, sizeof(note));
	if (reply->condemned) {
		report->end = IMAGE_OUT_OF_TIME;
	} else if (WIFSIGNALED(reply->status)) {
		report->end = IMAGE_SIGNAL;
		report->number = (uint32_t)WTERMSIG(reply->status);
	} else if (WEXITSTATUS(reply->status) == CHILD_FAULTED) {
		fault_describe(&note, report);
	} else if (WEXITSTATUS(reply->status) == CHILD_RETURNED) {
		report->end = IMAGE_RETURNED;
	} else if (WEXITSTATUS(reply->status) == CHILD_STATUS) {
		report->end = IMAGE_RETURNED;
		report->status = note.status != 0 ? note.status : 1;
	} else { /* it jumped into the gate; or its walls did not stand, and it was not run */
		report->end = IMAGE_SYSTEM_CALL;
		report->number = SYS_exit_group;
	}
}

static void run_failed(struct sandbox_result *result, const char *what, int rc)
{
	result->outcome = SANDBOX_FAILED;
	result->run_ns = 0;
	backend_error(result->text, sizeof(result->text), 0, "%s: %s", what, strerror(-rc));
}

/* 0, or -errno with the result filled in: the zygote is of no more use. */
static int run_in(struct process_code *code, struct zygote *zygote, struct region *region,
		  struct process_request *request, struct sandbox_result *result)
{
	struct poll_clock *clock = &guest_self()->clock;
	const uint64_t start_ns = poll_clock_now_ns(clock);
	struct image_report report = {.end = IMAGE_RETURNED};
	struct process_memory memory;
	struct process_reply reply;
	int rc = process_memory_share(zygote, region, &memory);

	if (rc < 0) {
		run_failed(result, "the region cannot be shared with the sandbox's process", rc);
		return rc;
	}
	request->offset = memory.offset;
	request->bytes = memory.bytes;
	rc = zygote_run(zygote, request, memory.send_fd, &reply);
	if (rc < 0) {
		run_failed(result, "the sandbox's process was killed, by the system or by hand",
			   rc);
		return rc;
	}
	if (reply.error != 0) {
		run_failed(result, "the sandbox's process could not begin the run", reply.error);
		return reply.error;
	}
	process_memory_collect(zygote, region, &memory);
	end_describe(&reply, region, &report);
	report.run_ns = poll_clock_now_ns(clock) - start_ns;
	image_result(&code->image, code->file, &report, region, request->header_off,
		     request->time_limit_ms, result);
	return 0;
}

static void process_run(struct sandbox_code *prepared, struct region *region, uint32_t header_off,
			uint32_t time_limit_ms, struct sandbox_result *result)
{
	struct process_code *code = (struct process_code *)prepared;
	struct process_request request = {
	    .header_off = header_off,
	    .time_limit_ms = time_limit_ms != 0 ? time_limit_ms : MR_TIME_LIMIT_MS_DEFAULT};
	struct zygote *zygote;

	if (!backend_region_fits(region, header_off, result))
		return;
	zygote = zygote_take(code, result->text, sizeof(result->text));
	if (zygote == NULL) {
		result->outcome = SANDBOX_FAILED;
		result->run_ns = 0;
		return;
	}
	if (run_in(code, zygote, region, &request, result) == 0)
		zygote_give(code, zygote);
	else
		zygote_stop(&zygote);
}

const struct sandbox_ops sandbox_process = {
    .name = "process",
    .prepare = process_prepare,
    .release = process_release,
    .run = process_run,
    .code_suffix = ".elf",
    .maps_regions = true,
};
