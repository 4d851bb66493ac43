/* Finding the receive ring of a memif port, and its flag. */
#include <dirent.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/mman.h>
#include <sys/stat.h>

#include "doorbell_memif.h"

#define MEMIF_COOKIE 0x3E31F20u
#define MEMIF_MASK_INT 1u /* the flag: do not ring */
#define MEMIF_DESCRIPTOR_BYTES 16
#define MEMIF_LOG2_SLOTS_MAX 14
#define MEMIF_REGION "/memfd:memif_region_0" /* what the driver calls it */
#define MEMIF_EVENT "anon_inode:[eventfd]"

/* The head of a ring; its descriptors follow. */
struct memif_ring {
	uint32_t cookie;
	_Atomic uint16_t flags; // receiver: wo, sender: ro
	uint16_t head;
	uint8_t other_lines[120];
};

_Static_assert(sizeof(struct memif_ring) == 128,
	       "three cache lines, of which descriptors share one");

/* --- Descriptors ----------------------------------------------------------------------------- */

struct found {
	int region_fd; /* -1: none */
	struct stat region;
	bool several;
};

static void region_note(struct found *found, int fd)
{
	struct stat status;

	if (fstat(fd, &status) != 0)
		return;
	/* Both ends of one connection may be in this process. */
	found->several |= found->region_fd >= 0 && found->region.st_ino != status.st_ino;
	found->region_fd = fd;
	found->region = status;
}

/* The driver's eventfds are the ones that are not closed on exec: ours and other drivers' are. */
static void event_note(struct doorbell_memif *bell, int fd)
{
	int flags = fcntl(fd, F_GETFD);

	if (flags >= 0 && (flags & FD_CLOEXEC) == 0 && bell->event_count < MEMIF_EVENTS_MAX)
		bell->events[bell->event_count++] = fd;
}

static void descriptor_note(struct doorbell_memif *bell, struct found *found, const char *name)
{
	char path[64], target[64];
	int fd = atoi(name);
	ssize_t bytes;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	bytes = readlink(path, target, sizeof(target) - 1);
	if (bytes < 0)
		return;
	target[bytes] = '\0';
	if (strncmp(target, MEMIF_REGION, strlen(MEMIF_REGION)) == 0)
		region_note(found, fd);
	else if (strcmp(target, MEMIF_EVENT) == 0)
		event_note(bell, fd);
}

static void descriptors_find(struct doorbell_memif *bell, struct found *found)
{
	DIR *directory = opendir("/proc/self/fd");
	struct dirent *entry;

	*found = (struct found){.region_fd = -1};
	bell->event_count = 0;
	if (directory == NULL)
		return;
	while ((entry = readdir(directory)) != NULL) {
		if (entry->d_name[0] != '.')
			descriptor_note(bell, found, entry->d_name);
	}
	closedir(directory);
}

/* --- The ring -------------------------------------------------------------------------------- */

static struct memif_ring *ring_at(const struct doorbell_memif *bell, size_t offset)
{
	struct memif_ring *ring = (void *)((uint8_t *)bell->region + offset);

	if (offset + sizeof(*ring) > bell->region_bytes || ring->cookie != MEMIF_COOKIE)
		return NULL;
	return ring;
}

/* Rings follow each other, all of one length, which is where the second begins. */
static size_t ring_bytes(const struct doorbell_memif *bell)
{
	for (uint32_t shift = 0; shift <= MEMIF_LOG2_SLOTS_MAX; shift++) {
		size_t bytes =
		    sizeof(struct memif_ring) + ((size_t)MEMIF_DESCRIPTOR_BYTES << shift);

		if (ring_at(bell, bytes) != NULL)
			return bytes;
	}
	return 0;
}

/* As many each way, at most what the port has queues: the first half is the server's to receive
 * from. */
static struct memif_ring *ring_find(const struct doorbell_memif *bell)
{
	size_t bytes = ring_at(bell, 0) != NULL ? ring_bytes(bell) : 0;
	uint32_t count = 0;

	while (bytes > 0 && count < 2u * bell->queues && ring_at(bell, count * bytes) != NULL)
		count++;
	if (bell->queue >= count / 2)
		return NULL;
	return ring_at(bell, (bell->queue + (bell->server ? 0 : count / 2)) * bytes);
}

/* Sealed against shrinking, so that looking at it cannot fault. */
static void region_map(struct doorbell_memif *bell, const struct found *found)
{
	int seals = fcntl(found->region_fd, F_GET_SEALS);
	void *at;

	if (found->several || seals < 0 || (seals & F_SEAL_SHRINK) == 0)
		return;
	at = mmap(NULL, (size_t)found->region.st_size, PROT_READ | PROT_WRITE, MAP_SHARED,
		  found->region_fd, 0);
	if (at == MAP_FAILED)
		return;
	bell->region = at;
	bell->region_bytes = (size_t)found->region.st_size;
	bell->region_fd = found->region_fd;
	bell->region_inode = found->region.st_ino;
	bell->ring = ring_find(bell);
}

bool doorbell_memif_find(struct doorbell_memif *bell)
{
	struct found found;

	doorbell_memif_forget(bell);
	descriptors_find(bell, &found);
	if (found.region_fd >= 0 && bell->event_count > 0)
		region_map(bell, &found);
	if (bell->ring == NULL)
		doorbell_memif_forget(bell);
	return bell->ring != NULL;
}

bool doorbell_memif_current(const struct doorbell_memif *bell)
{
	struct stat status;

	return bell->ring != NULL && fstat(bell->region_fd, &status) == 0 &&
	       status.st_ino == bell->region_inode;
}

void doorbell_memif_ask(struct doorbell_memif *bell, bool ring)
{
	if (bell->ring != NULL)
		atomic_store(&bell->ring->flags, ring ? 0 : MEMIF_MASK_INT);
}

void doorbell_memif_forget(struct doorbell_memif *bell)
{
	if (bell->region != NULL)
		munmap(bell->region, bell->region_bytes);
	bell->region = NULL;
	bell->ring = NULL;
	bell->region_inode = 0;
}
