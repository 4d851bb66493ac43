/* Functions' code by content hash: bytes and what a sandbox prepared of them, shared by the jobs
 * and nodes of a process, so that each is compiled once. Where prepared code has processes of its
 * own, each job has an entry for itself. */
#include "node_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <millrace/hash.h>

struct code_entry {
	TAILQ_ENTRY(code_entry) link;
	uint64_t hash;
	uint64_t job; /* 0: of all jobs */
	uint32_t users;
	void *bytes;
	size_t byte_count;
	const struct sandbox_ops *sandbox;
	struct sandbox_code *code;
	pthread_mutex_t preparing; /* held while it is compiled */
};

static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static TAILQ_HEAD(, code_entry) table = TAILQ_HEAD_INITIALIZER(table);

int code_open(struct code_entry **opened, uint64_t hash, uint64_t job)
{
	struct code_entry *entry;

	pthread_mutex_lock(&table_lock);
	TAILQ_FOREACH (entry, &table, link)
		if (entry->hash == hash && entry->job == job)
			break;
	if (entry == NULL) {
		entry = calloc(1, sizeof(*entry));
		if (entry == NULL) {
			pthread_mutex_unlock(&table_lock);
			return -ENOMEM;
		}
		entry->hash = hash;
		entry->job = job;
		pthread_mutex_init(&entry->preparing, NULL);
		TAILQ_INSERT_HEAD(&table, entry, link);
	}
	entry->users++;
	pthread_mutex_unlock(&table_lock);
	*opened = entry;
	return 0;
}

const struct sandbox_ops *code_sandbox(const struct job *job, uint32_t function)
{
	return operator_or(&job->plan->functions[function], job->node->sandbox);
}

uint64_t code_owner(const struct job *job, uint32_t function)
{
	return code_sandbox(job, function)->per_job ? job->id : 0;
}

bool code_known(const struct code_entry *entry)
{
	bool known;

	pthread_mutex_lock(&table_lock);
	known = entry->bytes != NULL;
	pthread_mutex_unlock(&table_lock);
	return known;
}

int code_supply(struct code_entry *entry, const void *bytes, size_t byte_count)
{
	void *copy;
	int rc = 0;

	if (mr_hash64(bytes, byte_count) != entry->hash)
		return -EBADMSG;
	copy = malloc(byte_count > 0 ? byte_count : 1);
	if (copy == NULL)
		return -ENOMEM;
	memcpy(copy, bytes, byte_count);
	pthread_mutex_lock(&table_lock);
	if (entry->bytes == NULL) {
		entry->bytes = copy;
		entry->byte_count = byte_count;
		copy = NULL;
	} else if (entry->byte_count != byte_count ||
		   memcmp(entry->bytes, bytes, byte_count) != 0) {
		rc = -EEXIST; /* the hash is no proof: it can be forged */
	}
	pthread_mutex_unlock(&table_lock);
	free(copy);
	return rc;
}

int code_prepare(struct code_entry *entry, const struct sandbox_ops *sandbox, const char *cache_dir,
		 struct sandbox_code **code, char *error, size_t error_bytes)
{
	int rc = 0;

	pthread_mutex_lock(&entry->preparing);
	if (entry->code == NULL) {
		rc = sandbox->prepare(entry->bytes, entry->byte_count, cache_dir, &entry->code,
				      error, error_bytes);
		entry->sandbox = sandbox;
	} else if (entry->sandbox != sandbox) {
		rc = -EINVAL;
		snprintf(error, error_bytes, "the same code is in use in sandbox %s",
			 entry->sandbox->name);
	}
	*code = entry->code;
	pthread_mutex_unlock(&entry->preparing);
	return rc;
}

void code_close(struct code_entry **closed)
{
	struct code_entry *entry = *closed;
	bool last;

	*closed = NULL;
	if (entry == NULL)
		return;
	pthread_mutex_lock(&table_lock);
	last = --entry->users == 0;
	if (last)
		TAILQ_REMOVE(&table, entry, link);
	pthread_mutex_unlock(&table_lock);
	if (!last)
		return;
	sandbox_release(&entry->code);
	pthread_mutex_destroy(&entry->preparing);
	free(entry->bytes);
	free(entry);
}
