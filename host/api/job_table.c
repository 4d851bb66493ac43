/* Jobs given over HTTP: submitted with code from the store, results in a folder for each. */
#include "job_table.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct job_entry {
	uint64_t id;
	uint64_t folder; /* number of its folder below the table's: the id is known too late */
	uint32_t output_count;
	char outputs[MR_SETS_MAX][MR_NAME_BYTES_MAX];
};

struct job_table {
	struct node *node;
	struct code_store *codes;
	char dir[MR_URI_BYTES_MAX];
	uint64_t folders; /* made so far */
	uint32_t count;
	struct job_entry *entries[JOB_TABLE_JOBS_MAX]; /* oldest first */
};

static int folder_path(const struct job_table *table, uint64_t folder, const char *set, char *path,
		       size_t path_bytes)
{
	int n = snprintf(path, path_bytes, "%s/%" PRIu64 "%s%s", table->dir, folder, set ? "/" : "",
			 set ? set : "");

	return n < 0 || (size_t)n >= path_bytes ? -ENAMETOOLONG : 0;
}

static void results_remove(const struct job_table *table, const struct job_entry *entry)
{
	char path[MR_URI_BYTES_MAX];

	for (uint32_t i = 0; i < entry->output_count; i++) {
		if (folder_path(table, entry->folder, entry->outputs[i], path, sizeof(path)) == 0)
			unlink(path);
	}
	if (folder_path(table, entry->folder, NULL, path, sizeof(path)) == 0)
		rmdir(path);
}

static void entry_remove(struct job_table *table, uint32_t index)
{
	results_remove(table, table->entries[index]);
	free(table->entries[index]);
	table->count--;
	memmove(&table->entries[index], &table->entries[index + 1],
		(table->count - index) * sizeof(table->entries[0]));
}

static int entry_index(const struct job_table *table, uint64_t id)
{
	for (uint32_t i = 0; i < table->count; i++) {
		if (table->entries[i]->id == id)
			return (int)i;
	}
	return -ENOENT;
}

static bool state_ended(enum job_state state)
{
	return state == JOB_DONE || state == JOB_FAILED;
}

static bool entry_ended(const struct job_table *table, uint32_t index)
{
	struct job_status status;

	return node_job_status(table->node, table->entries[index]->id, &status) < 0 ||
	       state_ended(status.state);
}

static void ended_trim(struct job_table *table)
{
	uint32_t ended = 0;

	for (uint32_t i = 0; i < table->count; i++)
		ended += entry_ended(table, i);
	for (uint32_t i = 0; i < table->count && ended >= JOB_TABLE_ENDED_MAX;) {
		if (!entry_ended(table, i)) {
			i++;
			continue;
		}
		entry_remove(table, i);
		ended--;
	}
}

int job_table_open(struct job_table **table_out, struct node *node, struct code_store *codes,
		   const char *dir, char *error, size_t error_bytes)
{
	struct job_table *table;

	if (mkdir(dir, 0700) < 0 && errno != EEXIST) {
		int rc = -errno;

		snprintf(error, error_bytes, "%s: cannot keep results there: %s", dir,
			 strerror(-rc));
		return rc;
	}
	table = calloc(1, sizeof(*table));
	if (table == NULL)
		return -ENOMEM;
	table->node = node;
	table->codes = codes;
	snprintf(table->dir, sizeof(table->dir), "%s", dir);
	*table_out = table;
	return 0;
}

void job_table_close(struct job_table **table)
{
	if (*table == NULL)
		return;
	while ((*table)->count > 0)
		entry_remove(*table, (*table)->count - 1);
	rmdir((*table)->dir);
	free(*table);
	*table = NULL;
}

static void codes_free(struct job_code *codes, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		free((void *)codes[i].bytes);
}

static int codes_load(struct job_table *table, const struct job_request *request,
		      struct job_code *codes, char *error, size_t error_bytes)
{
	for (uint32_t i = 0; i < request->code_count; i++) {
		const struct job_request_code *wanted = &request->codes[i];
		void *bytes;
		int rc = code_store_get(table->codes, wanted->hash, &bytes, &codes[i].byte_count);

		if (rc < 0) {
			snprintf(error, error_bytes,
				 "function %s: code %016" PRIx64
				 " is not here: PUT /code/%016" PRIx64 " first",
				 wanted->function, wanted->hash, wanted->hash);
			codes_free(codes, i);
			return rc;
		}
		codes[i].function = wanted->function;
		codes[i].bytes = bytes;
	}
	return 0;
}

/* What node_job_submit() is given, and copies. */
struct submission {
	struct job_spec spec;
	struct job_binding inputs[MR_SETS_MAX];
	struct job_binding outputs[MR_SETS_MAX];
	char paths[MR_SETS_MAX][MR_URI_BYTES_MAX];
	struct job_code codes[JOB_REQUEST_FUNCTIONS_MAX];
};

static int submission_fill(struct submission *submission, const struct job_table *table,
			   const struct job_request *request, struct job_entry *entry)
{
	for (uint32_t i = 0; i < request->input_count; i++)
		submission->inputs[i] =
		    (struct job_binding){request->inputs[i].set, request->inputs[i].uri};
	for (uint32_t i = 0; i < request->output_count; i++) {
		int rc = folder_path(table, entry->folder, request->outputs[i],
				     submission->paths[i], sizeof(submission->paths[i]));

		if (rc < 0)
			return rc;
		submission->outputs[i] =
		    (struct job_binding){request->outputs[i], submission->paths[i]};
		snprintf(entry->outputs[i], sizeof(entry->outputs[i]), "%s", request->outputs[i]);
	}
	entry->output_count = request->output_count;
	submission->spec = (struct job_spec){
	    .file = request->file,
	    .text = request->text,
	    .text_bytes = strlen(request->text),
	    .composition = request->composition,
	    .inputs = submission->inputs,
	    .input_count = request->input_count,
	    .outputs = submission->outputs,
	    .output_count = request->output_count,
	    .codes = submission->codes,
	    .code_count = request->code_count,
	    .checkpoint = request->checkpoint,
	    .checkpoint_every = request->checkpoint_every,
	};
	return 0;
}

static int entry_submit(struct job_table *table, const struct job_request *request,
			struct submission *submission, struct job_entry *entry, char *error,
			size_t error_bytes)
{
	char path[MR_URI_BYTES_MAX];
	int rc = submission_fill(submission, table, request, entry);

	if (rc == 0)
		rc = folder_path(table, entry->folder, NULL, path, sizeof(path));
	if (rc == 0 && mkdir(path, 0700) < 0)
		rc = -errno;
	if (rc < 0) {
		snprintf(error, error_bytes, "%s: cannot keep results there: %s", table->dir,
			 strerror(-rc));
		return rc;
	}
	rc = codes_load(table, request, submission->codes, error, error_bytes);
	if (rc == 0) {
		rc =
		    node_job_submit(table->node, &submission->spec, &entry->id, error, error_bytes);
		codes_free(submission->codes, request->code_count);
	}
	if (rc < 0)
		rmdir(path);
	return rc;
}

int job_table_submit(struct job_table *table, const struct job_request *request, uint64_t *id,
		     char *error, size_t error_bytes)
{
	struct submission *submission;
	struct job_entry *entry;
	int rc = -ENOMEM;

	snprintf(error, error_bytes, "out of memory");
	ended_trim(table);
	if (table->count == JOB_TABLE_JOBS_MAX) {
		snprintf(error, error_bytes, "too many jobs run here: try again later");
		return -EBUSY;
	}
	submission = calloc(1, sizeof(*submission));
	entry = calloc(1, sizeof(*entry));
	if (submission == NULL || entry == NULL)
		goto out;
	entry->folder = ++table->folders;
	rc = entry_submit(table, request, submission, entry, error, error_bytes);
	if (rc == 0) {
		*id = entry->id;
		table->entries[table->count++] = entry;
		entry = NULL;
	}
out:
	free(entry);
	free(submission);
	return rc;
}

int job_table_status(struct job_table *table, uint64_t id, struct job_status *status)
{
	return entry_index(table, id) < 0 ? -ENOENT : node_job_status(table->node, id, status);
}

uint32_t job_table_list(const struct job_table *table, uint64_t *ids, uint32_t max)
{
	uint32_t count = table->count < max ? table->count : max;

	for (uint32_t i = 0; i < count; i++)
		ids[i] = table->entries[table->count - 1 - i]->id;
	return count;
}

const char (*job_table_outputs(const struct job_table *table, uint64_t id,
			       uint32_t *count))[MR_NAME_BYTES_MAX]
{
	int index = entry_index(table, id);

	if (index < 0)
		return NULL;
	*count = table->entries[index]->output_count;
	return table->entries[index]->outputs;
}

static int result_open(const char *path, uint64_t *bytes)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	int rc;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0) {
		rc = -errno;
		close(fd);
		return rc;
	}
	*bytes = (uint64_t)st.st_size;
	return fd;
}

int job_table_result(struct job_table *table, uint64_t id, const char *set, uint64_t *bytes)
{
	int index = entry_index(table, id);
	const struct job_entry *entry;
	char path[MR_URI_BYTES_MAX];
	struct job_status status;

	if (index < 0 || node_job_status(table->node, id, &status) < 0)
		return -ENOENT;
	if (status.state != JOB_DONE)
		return -EAGAIN;
	entry = table->entries[index];
	for (uint32_t i = 0; i < entry->output_count; i++) {
		if (strcmp(entry->outputs[i], set) == 0 &&
		    folder_path(table, entry->folder, set, path, sizeof(path)) == 0)
			return result_open(path, bytes);
	}
	return -ENOENT;
}

int job_table_delete(struct job_table *table, uint64_t id)
{
	int index = entry_index(table, id);

	if (index < 0)
		return -ENOENT;
	if (!entry_ended(table, (uint32_t)index))
		return node_job_cancel(table->node, id) == 0 ? -EINPROGRESS : -ENOENT;
	entry_remove(table, (uint32_t)index);
	return 0;
}
