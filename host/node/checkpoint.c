/* A job's checkpoints: whose they are, whether there is one, and which one counts. */
#include "checkpoint.h"

#include <cjson/cJSON.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "descriptor.h"
#include <millrace/hash.h>

#define MANIFEST_BYTES_MAX 4096

static const char *const part_names[PARTS] = {
    [PART_COMPOSITION] = "composition",
    [PART_FUNCTIONS] = "functions",
    [PART_INPUTS] = "inputs",
    [PART_NODES] = "nodes",
};

static const char *reason(int rc)
{
	switch (rc) {
	case -EINVAL:
		return "it is not a regular file";
	case -EBADMSG:
		return "it is damaged: restore it, or remove it to begin anew";
	case -ENOSPC:
		return "No space left on device; free space there and run the job again: it goes "
		       "on from the last checkpoint";
	case -EDQUOT:
		return "Disk quota exceeded; free space there and run the job again: it goes on "
		       "from the last checkpoint";
	default:
		return strerror(-rc);
	}
}

int checkpoint_explain(const char *what, const char *path, int rc, char *error, size_t error_bytes)
{
	snprintf(error, error_bytes, "checkpoint: cannot %s %.600s: %s", what, path, reason(rc));
	return rc;
}

bool checkpoint_state_path(const struct checkpoint *checkpoint, uint32_t epoch, uint32_t node,
			   char path[MR_URI_BYTES_MAX])
{
	return snprintf(path, MR_URI_BYTES_MAX, "%s/state-%u-%u", checkpoint->folder, epoch, node) <
	       MR_URI_BYTES_MAX;
}

static bool is_name(const char *name)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789_-.";
	size_t length = strlen(name);

	return length > 0 && length < MR_NAME_BYTES_MAX && name[0] != '.' &&
	       strspn(name, allowed) == length;
}

/* Where this node has a job's checkpoint; *folder is malloc'ed. 0; -ENOMEM; -EINVAL with error
 * text: it may not be. */
static int folder_find(const struct node *node, const char *name, char **folder, char *error,
		       size_t error_bytes)
{
	char path[MR_URI_BYTES_MAX - 64];
	const char *base = node->checkpoints_dir;
	int length;

	if (base != NULL && base[0] == 0) {
		snprintf(error, error_bytes,
			 "checkpoint: node %u keeps none: start its millraced with "
			 "--checkpoints DIR",
			 node->id);
		return -EINVAL;
	}
	if (base != NULL && !is_name(name)) {
		snprintf(error, error_bytes,
			 "checkpoint: \"%.200s\" is not the name of one: a millraced keeps them in "
			 "a folder of its own, by names of up to %d letters, digits, '_', '-' and "
			 "'.', the first not a '.'",
			 name, MR_NAME_BYTES_MAX - 1);
		return -EINVAL;
	}
	length = snprintf(path, sizeof(path), "%s%s%s", base != NULL ? base : "",
			  base != NULL ? "/" : "", name);
	if (length >= (int)sizeof(path)) {
		snprintf(error, error_bytes, "checkpoint: the folder's name is too long");
		return -EINVAL;
	}
	*folder = strdup(path);
	return *folder != NULL ? 0 : -ENOMEM;
}

/* What a node locks, and removes at the end: its own file in a folder that a name stands for. */
static bool lock_path(const struct job *job, char path[MR_URI_BYTES_MAX])
{
	return snprintf(path, MR_URI_BYTES_MAX, "%s/lock-%u", job->checkpoint->folder,
			job->node->id) < MR_URI_BYTES_MAX;
}

/* Was it removed between open() and here, by a job that ended? Then it locks nothing. */
static bool is_gone(int fd)
{
	struct stat status;

	return fstat(fd, &status) != 0 || status.st_nlink == 0;
}

/* The checkpoint is for this job alone: the leader's folder, or each node's. 0; -EINVAL with error
 * text. */
static int checkpoint_lock(struct job *job, char *error, size_t error_bytes)
{
	struct checkpoint *checkpoint = job->checkpoint;
	const bool named = job->node->checkpoints_dir != NULL;
	char path[MR_URI_BYTES_MAX];

	if (!named && job->lead == NULL)
		return 0;
	if (!named)
		checkpoint->lock_fd = open(checkpoint->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	else if (lock_path(job, path))
		checkpoint->lock_fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (checkpoint->lock_fd < 0) {
		checkpoint_explain("open", checkpoint->folder, -errno, error, error_bytes);
		return -EINVAL;
	}
	if (flock(checkpoint->lock_fd, LOCK_EX | LOCK_NB) != 0 || is_gone(checkpoint->lock_fd)) {
		snprintf(
		    error, error_bytes,
		    "checkpoint: %.600s is in use by another job: give each a folder of its own",
		    checkpoint->folder);
		return -EINVAL;
	}
	return 0;
}

/* The folder is made if there is none, and locked. 0; -ENOMEM; -EINVAL with error text. */
static int checkpoint_new(struct job *job, const char *name, uint32_t every, char *error,
			  size_t error_bytes)
{
	struct checkpoint *checkpoint = job->checkpoint = calloc(1, sizeof(*checkpoint));
	int rc;

	if (checkpoint == NULL)
		return -ENOMEM;
	checkpoint->lock_fd = -1;
	checkpoint->every = every > 0 ? every : 1;
	checkpoint->name = strdup(name);
	if (checkpoint->name == NULL)
		return -ENOMEM;
	rc = folder_find(job->node, name, &checkpoint->folder, error, error_bytes);
	if (rc == 0 && mkdir(checkpoint->folder, 0777) != 0 && errno != EEXIST) {
		checkpoint_explain("make the folder", checkpoint->folder, -errno, error,
				   error_bytes);
		rc = -EINVAL;
	}
	return rc != 0 ? rc : checkpoint_lock(job, error, error_bytes);
}

int checkpoint_open(struct job *job, const char *name, uint32_t every, char *error,
		    size_t error_bytes)
{
	if (job->plan->epochs == 0) {
		snprintf(error, error_bytes,
			 "composition %s has no epochs: there is nothing to checkpoint",
			 job->plan->name);
		return -EINVAL;
	}
	return checkpoint_new(job, name, every, error, error_bytes);
}

void checkpoint_free(struct checkpoint **freed)
{
	struct checkpoint *checkpoint = *freed;

	*freed = NULL;
	if (checkpoint == NULL)
		return;
	checkpoint_load_free(&checkpoint->load);
	if (checkpoint->lock_fd >= 0)
		close(checkpoint->lock_fd);
	free(checkpoint->folder);
	free(checkpoint->name);
	free(checkpoint);
}

/* --- Whose it is ------------------------------------------------------------------------------ */

static uint64_t hash_add(uint64_t sum, const void *bytes, size_t count)
{
	const uint64_t pair[2] = {sum, mr_hash64(bytes, count)};

	return mr_hash64(pair, sizeof(pair));
}

static uint64_t inputs_hash(const struct job *job)
{
	uint64_t sum = 0;

	for (uint32_t v = 0; v < job->plan->vertex_count; v++) {
		const struct lead_source *source = &job->lead->sources[v];

		if (!source->given)
			continue;
		sum = hash_add(sum, source->uri_text, strlen(source->uri_text));
		for (uint32_t i = 0; i < source->file_count; i++) {
			const struct lead_file *file = &source->files[i];
			const uint64_t numbers[3] = {v, file->bytes, (uint64_t)file->mtime_ns};

			sum = hash_add(sum, file->path, strlen(file->path));
			sum = hash_add(sum, numbers, sizeof(numbers));
		}
	}
	return sum;
}

static void identify(struct job *job)
{
	struct checkpoint *checkpoint = job->checkpoint;
	const struct lead *lead = job->lead;
	uint64_t nodes = job->node->nodes, functions = 0;

	for (uint32_t f = 0; f < job->plan->function_count; f++)
		functions = hash_add(functions, &job->functions[f].hash, sizeof(uint64_t));
	checkpoint->parts[PART_COMPOSITION] = hash_add(hash_add(0, lead->text, lead->text_bytes),
						       job->plan->name, strlen(job->plan->name));
	checkpoint->parts[PART_FUNCTIONS] = functions;
	checkpoint->parts[PART_INPUTS] = inputs_hash(job);
	checkpoint->parts[PART_NODES] = hash_add(0, &nodes, sizeof(nodes));
	checkpoint->identity = mr_hash64(checkpoint->parts, sizeof(checkpoint->parts));
}

/* --- The file that says which one counts ------------------------------------------------------ */

static int manifest_read(const char *path, cJSON **json)
{
	char text[MANIFEST_BYTES_MAX];
	uint64_t bytes;
	int fd = descriptor_open(path, &bytes);
	int rc;

	if (fd < 0)
		return fd;
	rc = bytes <= sizeof(text) ? descriptor_read(fd, text, bytes) : -EBADMSG;
	close(fd);
	if (rc != 0)
		return rc;
	*json = cJSON_ParseWithLength(text, bytes);
	return *json != NULL ? 0 : -EBADMSG;
}

/* 0, or -EINVAL with error text: it is of another job. */
static int manifest_check(const struct checkpoint *checkpoint, const cJSON *json, char *error,
			  size_t error_bytes)
{
	for (uint32_t i = 0; i < PARTS; i++) {
		const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(json, part_names[i]));

		if (text != NULL && strtoull(text, NULL, 16) == checkpoint->parts[i])
			continue;
		snprintf(
		    error, error_bytes,
		    "checkpoint: %.600s holds one of a job with other %s: give another folder, or "
		    "remove that one to begin anew",
		    checkpoint->folder, part_names[i]);
		return -EINVAL;
	}
	return 0;
}

int checkpoint_find(struct job *job, char *error, size_t error_bytes)
{
	struct checkpoint *checkpoint = job->checkpoint;
	char path[MR_URI_BYTES_MAX];
	cJSON *json = NULL;
	double epoch;
	int rc;

	identify(job);
	snprintf(path, sizeof(path), "%s/checkpoint", checkpoint->folder);
	rc = manifest_read(path, &json);
	if (rc == -ENOENT)
		return 0;
	if (rc != 0)
		return checkpoint_explain("read", path, rc, error, error_bytes);
	rc = manifest_check(checkpoint, json, error, error_bytes);
	epoch = cJSON_GetNumberValue(cJSON_GetObjectItem(json, "epoch"));
	if (rc == 0 && !(epoch >= 0 && epoch + 1 < job->plan->epochs))
		rc = checkpoint_explain("read", path, -EBADMSG, error, error_bytes);
	cJSON_Delete(json);
	if (rc == 0) {
		checkpoint->resumed = true;
		job->epoch = (uint32_t)epoch + 1;
		job->counters.epochs = job->epoch;
	}
	return rc;
}

static int manifest_write(const struct checkpoint *checkpoint, uint32_t epoch, char *error,
			  size_t error_bytes)
{
	struct checkpoint_file file;
	cJSON *json = cJSON_CreateObject();
	char *text;
	int rc;

	cJSON_AddNumberToObject(json, "epoch", epoch);
	for (uint32_t i = 0; i < PARTS; i++) {
		char hash[20];

		snprintf(hash, sizeof(hash), "%016" PRIx64, checkpoint->parts[i]);
		cJSON_AddStringToObject(json, part_names[i], hash);
	}
	text = cJSON_Print(json);
	cJSON_Delete(json);
	snprintf(file.path, sizeof(file.path), "%s/checkpoint", checkpoint->folder);
	rc = text != NULL ? checkpoint_file_begin(&file) : -ENOMEM;
	if (rc == 0)
		rc = checkpoint_file_end(&file, descriptor_write(file.fd, text, strlen(text)),
					 checkpoint->folder);
	free(text);
	return rc == 0 ? 0 : checkpoint_explain("write", file.path, rc, error, error_bytes);
}

void checkpoint_states_remove(const struct checkpoint *checkpoint, uint32_t of, int64_t kept)
{
	DIR *folder = opendir(checkpoint->folder);
	struct dirent *entry;

	while (folder != NULL && (entry = readdir(folder)) != NULL) {
		unsigned epoch, node;
		int end = 0;

		if (sscanf(entry->d_name, "state-%u-%u%n", &epoch, &node, &end) != 2 ||
		    (entry->d_name[end] != 0 && strcmp(entry->d_name + end, ".part") != 0) ||
		    (int64_t)epoch == kept || (of != CHECKPOINT_ALL && of != node))
			continue;
		unlinkat(dirfd(folder), entry->d_name, 0);
	}
	if (folder != NULL)
		closedir(folder);
}

struct commit {
	struct task task;
	struct job *job;
	uint32_t epoch;
	int rc;
	char error[MR_ERROR_BYTES_MAX];
};

static void commit_work(struct task *task)
{
	struct commit *commit = (struct commit *)task;
	const struct checkpoint *checkpoint = commit->job->checkpoint;

	commit->rc =
	    manifest_write(checkpoint, commit->epoch, commit->error, sizeof(commit->error));
	if (commit->rc == 0)
		checkpoint_states_remove(checkpoint, CHECKPOINT_ALL, commit->epoch);
}

static void commit_done(struct task *task)
{
	struct commit *commit = (struct commit *)task;
	struct job *job = commit->job;

	if (commit->rc != 0)
		job_fail(job, "%s", commit->error);
	else if (!job->over)
		epoch_next(job);
	job_unbusy(job);
	free(commit);
}

void checkpoint_commit(struct job *job)
{
	struct commit *commit = calloc(1, sizeof(*commit));

	if (commit == NULL) {
		job_fail(job, "no memory for a checkpoint");
		return;
	}
	commit->job = job;
	commit->epoch = job->epoch;
	commit->task.work = commit_work;
	commit->task.done = commit_done;
	job->busy++;
	workers_push(&job->node->workers, &commit->task);
}

void checkpoint_remove(const struct job *job)
{
	const struct checkpoint *checkpoint = job->checkpoint;
	char path[MR_URI_BYTES_MAX];

	snprintf(path, sizeof(path), "%s/checkpoint", checkpoint->folder);
	if (job->lead != NULL)
		unlink(path);
	checkpoint_states_remove(checkpoint, job->lead != NULL ? CHECKPOINT_ALL : job->node->id,
				 -1);
	if (job->node->checkpoints_dir != NULL && lock_path(job, path)) {
		unlink(path);
		rmdir(checkpoint->folder); /* if it is empty */
	}
}

bool checkpoint_due(const struct job *job)
{
	return job->checkpoint != NULL && (job->epoch + 1) % job->checkpoint->every == 0 &&
	       job->epoch + 1 != job->plan->epochs;
}

bool checkpoint_saved(const struct job *job)
{
	return job->checkpoint->saved;
}

void checkpoint_begin(struct job *job)
{
	struct checkpoint *checkpoint = job->checkpoint;

	if (checkpoint->saved)
		checkpoint->committed = (int64_t)job->epoch - 1;
	checkpoint->saved = false;
}

/* --- As it travels in START ------------------------------------------------------------------- */

void checkpoint_describe(const struct job *job, cJSON *start)
{
	const struct checkpoint *checkpoint = job->checkpoint;
	cJSON *json = cJSON_AddObjectToObject(start, "checkpoint");
	char identity[20];

	snprintf(identity, sizeof(identity), "%016" PRIx64, checkpoint->identity);
	cJSON_AddStringToObject(json, "name", checkpoint->name);
	cJSON_AddNumberToObject(json, "every", checkpoint->every);
	cJSON_AddStringToObject(json, "identity", identity);
	cJSON_AddNumberToObject(json, "epoch", job->epoch);
	cJSON_AddBoolToObject(json, "resumed", checkpoint->resumed);
}

int checkpoint_apply(struct job *job, const cJSON *json)
{
	const char *name = cJSON_GetStringValue(cJSON_GetObjectItem(json, "name"));
	const char *identity = cJSON_GetStringValue(cJSON_GetObjectItem(json, "identity"));
	double every = cJSON_GetNumberValue(cJSON_GetObjectItem(json, "every"));
	double epoch = cJSON_GetNumberValue(cJSON_GetObjectItem(json, "epoch"));
	bool resumed = cJSON_IsTrue(cJSON_GetObjectItem(json, "resumed"));
	char error[MR_ERROR_BYTES_MAX] = "";
	int rc = 0;

	if (json == NULL)
		return 0;
	if (name == NULL || identity == NULL || !(every >= 1 && every <= MR_EPOCHS_MAX) ||
	    !(epoch >= resumed && epoch < job->plan->epochs))
		return -EBADMSG;
	if (job->checkpoint == NULL)
		rc = checkpoint_new(job, name, (uint32_t)every, error, sizeof(error));
	if (rc == -EINVAL)
		job_fail(job, "%s", error);
	if (rc != 0)
		return rc;
	job->checkpoint->identity = strtoull(identity, NULL, 16);
	job->epoch = (uint32_t)epoch;
	job->checkpoint->resumed = resumed;
	job->checkpoint->committed = resumed ? (int64_t)epoch - 1 : -1;
	return resumed ? checkpoint_load_begin(job) : 0;
}
