/* Regions of another process, held here. */
#include "channel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct import {
	const uint8_t *base;
	uint64_t bytes;
	int wake_fd;          // of the channel's thread; written only until closed
	pthread_mutex_t lock; // of everything below
	uint32_t held;
	bool closed;
	uint32_t released_count;
	uint32_t released[MR_ATTACH_LOANS_MAX];
	bool
	    out[MR_ATTACH_LOANS_MAX]; /* the token's region is held, or its release not yet taken */
};

struct borrowed {
	struct region region;
	struct import *import;
	uint32_t token;
};

int import_create(struct import **created, const uint8_t *base, uint64_t bytes, int wake_fd)
{
	struct import *import = calloc(1, sizeof(*import));

	if (import == NULL)
		return -ENOMEM;
	import->base = base;
	import->bytes = bytes;
	import->wake_fd = wake_fd;
	pthread_mutex_init(&import->lock, NULL);
	*created = import;
	return 0;
}

static void import_free(struct import *import)
{
	munmap((void *)(uintptr_t)import->base, import->bytes);
	pthread_mutex_destroy(&import->lock);
	free(import);
}

void import_close(struct import **closed)
{
	struct import *import = *closed;
	bool last;

	*closed = NULL;
	if (import == NULL)
		return;
	pthread_mutex_lock(&import->lock);
	import->closed = true;
	last = import->held == 0;
	pthread_mutex_unlock(&import->lock);
	if (last)
		import_free(import);
}

/* The channel's thread may sleep. Only a full counter fails, and then it wakes anyway. */
static void wake(int fd)
{
	static const uint64_t one = 1;
	ssize_t written = write(fd, &one, sizeof(one));

	(void)written;
}

static void borrowed_release(struct region *region)
{
	struct borrowed *borrowed = (struct borrowed *)region; /* its first member */
	struct import *import = borrowed->import;
	bool last;

	pthread_mutex_lock(&import->lock);
	import->held--;
	last = import->closed && import->held == 0;
	if (!import->closed) {
		import->released[import->released_count++] = borrowed->token;
		if (import->released_count == 1)
			wake(import->wake_fd);
	}
	pthread_mutex_unlock(&import->lock);
	free(borrowed);
	if (last)
		import_free(import);
}

int import_region(struct import *import, uint32_t token, uint64_t offset, uint64_t bytes,
		  struct region **region)
{
	struct borrowed *borrowed;
	bool out;

	if (token >= MR_ATTACH_LOANS_MAX || bytes == 0 || offset % MR_PAGE_BYTES != 0 ||
	    offset > import->bytes || bytes > import->bytes - offset)
		return -EBADMSG;
	borrowed = malloc(sizeof(*borrowed));
	if (borrowed == NULL)
		return -ENOMEM;
	region_init_foreign(&borrowed->region, import->base + offset, bytes, borrowed_release);
	borrowed->import = import;
	borrowed->token = token;
	pthread_mutex_lock(&import->lock);
	out = import->out[token];
	import->out[token] = true;
	import->held += !out;
	pthread_mutex_unlock(&import->lock);
	if (out) {
		free(borrowed);
		return -EBADMSG;
	}
	*region = &borrowed->region;
	return 0;
}

uint32_t import_released(struct import *import, uint32_t *tokens, uint32_t max)
{
	uint32_t n;

	pthread_mutex_lock(&import->lock);
	n = import->released_count < max ? import->released_count : max;
	import->released_count -= n;
	memcpy(tokens, import->released + import->released_count, n * sizeof(*tokens));
	for (uint32_t i = 0; i < n; i++)
		import->out[tokens[i]] = false;
	pthread_mutex_unlock(&import->lock);
	return n;
}
