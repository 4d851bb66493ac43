/* Finding the rings of a memif port, and the flag of the one it receives by. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/mman.h>
#include <sys/stat.h>

#include "memif_rings.h"

#define MEMIF_COOKIE 0x3E31F20u
#define MEMIF_MASK_INT 1u /* the flag: do not ring */
#define MEMIF_LOG2_SLOTS_MAX 14
#define MEMIF_REGION "/memfd:memif_region_0" /* what the driver calls it */
#define MEMIF_EVENT "anon_inode:[eventfd]"

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
static void event_note(struct memif_rings *rings, int fd)
{
	int flags = fcntl(fd, F_GETFD);

	if (flags >= 0 && (flags & FD_CLOEXEC) == 0 && rings->event_count < MEMIF_EVENTS_MAX)
		rings->events[rings->event_count++] = fd;
}

static void descriptor_note(struct memif_rings *rings, struct found *found, const char *name)
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
		event_note(rings, fd);
}

static void descriptors_find(struct memif_rings *rings, struct found *found)
{
	DIR *directory = opendir("/proc/self/fd");
	struct dirent *entry;

	*found = (struct found){.region_fd = -1};
	rings->event_count = 0;
	if (directory == NULL)
		return;
	while ((entry = readdir(directory)) != NULL) {
		if (entry->d_name[0] != '.')
			descriptor_note(rings, found, entry->d_name);
	}
	closedir(directory);
}

/* --- The rings ------------------------------------------------------------------------------- */

static struct memif_ring *ring_at(const struct memif_rings *rings, size_t offset)
{
	struct memif_ring *ring = (void *)((uint8_t *)rings->region + offset);

	if (offset + sizeof(*ring) > rings->region_bytes || ring->cookie != MEMIF_COOKIE)
		return NULL;
	return ring;
}

static size_t ring_bytes(uint32_t slots)
{
	return sizeof(struct memif_ring) + slots * sizeof(struct memif_descriptor);
}

/* Rings follow each other, all of one length, which is where the second begins. */
static uint32_t slots_find(const struct memif_rings *rings)
{
	for (uint32_t shift = 0; shift <= MEMIF_LOG2_SLOTS_MAX; shift++)
		if (ring_at(rings, ring_bytes(1u << shift)) != NULL)
			return 1u << shift;
	return 0;
}

/* The driver that copies has a buffer for each slot, one behind the other. */
static void buffers_find(const struct memif_rings *rings, struct memif_way *way)
{
	const struct memif_descriptor *descriptors = way->ring->descriptors;
	uint32_t first = descriptors[0].offset;
	uint32_t bytes = rings->slots < 2 ? 0 : descriptors[1].offset - first;

	if (bytes < MEMIF_BUFFER_BYTES_MIN)
		return;
	for (uint32_t slot = 0; slot < rings->slots; slot++)
		if (descriptors[slot].region != 0 ||
		    descriptors[slot].offset != first + slot * bytes)
			return;
	if (first + (uint64_t)rings->slots * bytes > rings->region_bytes)
		return;
	way->buffers = (const uint8_t *)rings->region + first;
	way->buffer_bytes = bytes;
}

/* As many each way, at most what the port has queues: the first half is the server's to receive
 * from. */
static void ways_find(struct memif_rings *rings)
{
	size_t bytes;
	uint32_t count = 0;
	uint32_t rx, tx;

	rings->slots = ring_at(rings, 0) != NULL ? slots_find(rings) : 0;
	if (rings->slots == 0)
		return;
	bytes = ring_bytes(rings->slots);
	while (count < 2u * rings->queues && ring_at(rings, count * bytes) != NULL)
		count++;
	rx = rings->rx_queue + (rings->server ? 0 : count / 2);
	tx = rings->tx_queue + (rings->server ? count / 2 : 0);
	if (rings->rx_queue >= count / 2 || rings->tx_queue >= count / 2 ||
	    count * bytes > rings->region_bytes)
		return;
	rings->rx = (struct memif_way){.ring = ring_at(rings, rx * bytes)};
	rings->tx = (struct memif_way){.ring = ring_at(rings, tx * bytes)};
	buffers_find(rings, &rings->rx);
	buffers_find(rings, &rings->tx);
	rings->copied = rings->rx.buffers != NULL && rings->tx.buffers != NULL;
}

/* Sealed against shrinking, so that looking at it cannot fault. */
static void region_map(struct memif_rings *rings, const struct found *found)
{
	int seals = fcntl(found->region_fd, F_GET_SEALS);
	void *at;

	if (found->several || seals < 0 || (seals & F_SEAL_SHRINK) == 0)
		return;
	at = mmap(NULL, (size_t)found->region.st_size, PROT_READ | PROT_WRITE, MAP_SHARED,
		  found->region_fd, 0);
	if (at == MAP_FAILED)
		return;
	rings->region = at;
	rings->region_bytes = (size_t)found->region.st_size;
	rings->region_fd = found->region_fd;
	rings->region_inode = found->region.st_ino;
	ways_find(rings);
}

bool memif_rings_find(struct memif_rings *rings)
{
	struct found found;

	memif_rings_forget(rings);
	descriptors_find(rings, &found);
	if (found.region_fd >= 0 && rings->event_count > 0)
		region_map(rings, &found);
	if (rings->rx.ring == NULL)
		memif_rings_forget(rings);
	return rings->rx.ring != NULL;
}

bool memif_rings_current(const struct memif_rings *rings)
{
	struct stat status;

	return rings->rx.ring != NULL && fstat(rings->region_fd, &status) == 0 &&
	       status.st_ino == rings->region_inode;
}

void memif_rings_ask(struct memif_rings *rings, bool ring)
{
	if (rings->rx.ring != NULL)
		atomic_store(&rings->rx.ring->flags, ring ? 0 : MEMIF_MASK_INT);
}

void memif_rings_forget(struct memif_rings *rings)
{
	if (rings->region != NULL)
		munmap(rings->region, rings->region_bytes);
	rings->region = NULL;
	rings->rx.ring = NULL;
	rings->copied = false;
	rings->region_inode = 0;
}
