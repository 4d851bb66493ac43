/* Spill files: an unlinked file, and the map of its free extents. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "spill.h"

struct extent {
	uint64_t offset;
	uint64_t bytes;
};

struct spill_file {
	int fd;
	uint64_t end;         // first byte never reserved
	struct extent *holes; // free extents below end, by offset, never adjacent
	uint32_t hole_count;
	uint32_t hole_limit;
};

/* --- The file -------------------------------------------------------------------------------- */

/* File systems without O_TMPFILE (overlays, NFS) get a name for a moment. */
static int folder_open(const char *folder)
{
	char path[MR_URI_BYTES_MAX];
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0)
		return fd;
	if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)
		return -errno;
	if (snprintf(path, sizeof(path), "%s/millrace-spill-XXXXXX", folder) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	unlink(path);
	return fd;
}

static int temporary_open(const char **folder)
{
	const char *folders[] = {getenv("TMPDIR"), "/var/tmp", "/tmp"};
	int rc = -ENOENT;

	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders) && rc < 0; i++) {
		if (folders[i] == NULL || folders[i][0] == '\0')
			continue;
		*folder = folders[i];
		rc = folder_open(folders[i]);
	}
	return rc;
}

int spill_open(struct spill_file **file, const char *folder, char *error, size_t error_bytes)
{
	int fd = folder != NULL ? folder_open(folder) : temporary_open(&folder);
	struct spill_file *f;

	if (fd < 0) {
		snprintf(error, error_bytes,
			 "cannot make a spill file in %s: %s: name a folder with room in TMPDIR",
			 folder, strerror(-fd));
		return fd;
	}
	f = calloc(1, sizeof(*f));
	if (f == NULL) {
		close(fd);
		snprintf(error, error_bytes, "out of memory");
		return -ENOMEM;
	}
	f->fd = fd;
	*file = f;
	return 0;
}

void spill_close(struct spill_file **file)
{
	if (*file == NULL)
		return;
	close((*file)->fd);
	free((*file)->holes);
	free(*file);
	*file = NULL;
}

int spill_fd(const struct spill_file *file)
{
	return file->fd;
}

int spill_read(const struct spill_file *file, void *to, size_t bytes, uint64_t offset)
{
	uint8_t *at = to;

	while (bytes > 0) {
		ssize_t got = pread(file->fd, at, bytes, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : -EIO;
		at += got;
		bytes -= (size_t)got;
		offset += (uint64_t)got;
	}
	return 0;
}

/* --- Extents --------------------------------------------------------------------------------- */

static uint64_t pages(uint64_t bytes)
{
	return (bytes + MR_PAGE_BYTES - 1) & ~(uint64_t)(MR_PAGE_BYTES - 1);
}

static void hole_remove(struct spill_file *f, uint32_t at)
{
	f->hole_count--;
	memmove(&f->holes[at], &f->holes[at + 1], (f->hole_count - at) * sizeof(*f->holes));
}

/* Without memory to remember a hole its space is merely not used again. */
static void hole_insert(struct spill_file *f, uint32_t at, struct extent hole)
{
	if (f->hole_count == f->hole_limit) {
		uint32_t limit = f->hole_limit == 0 ? 64 : 2 * f->hole_limit;
		struct extent *holes = reallocarray(f->holes, limit, sizeof(*holes));

		if (holes == NULL)
			return;
		f->holes = holes;
		f->hole_limit = limit;
	}
	memmove(&f->holes[at + 1], &f->holes[at], (f->hole_count - at) * sizeof(*f->holes));
	f->holes[at] = hole;
	f->hole_count++;
}

/* Number of the first hole at or after offset. */
static uint32_t hole_find(const struct spill_file *f, uint64_t offset)
{
	uint32_t low = 0;
	uint32_t high = f->hole_count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (f->holes[middle].offset < offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

uint64_t spill_reserve(struct spill_file *file, uint64_t bytes)
{
	uint64_t offset;

	bytes = pages(bytes);
	for (uint32_t i = 0; i < file->hole_count; i++) {
		struct extent *hole = &file->holes[i];

		if (hole->bytes < bytes)
			continue;
		offset = hole->offset;
		hole->offset += bytes;
		hole->bytes -= bytes;
		if (hole->bytes == 0)
			hole_remove(file, i);
		return offset;
	}
	offset = file->end;
	file->end += bytes;
	return offset;
}

void spill_release(struct spill_file *file, uint64_t offset, uint64_t bytes)
{
	struct extent hole = {offset, pages(bytes)};
	uint32_t at = hole_find(file, offset);

	if (hole.bytes == 0)
		return;
	if (at < file->hole_count && file->holes[at].offset == hole.offset + hole.bytes) {
		hole.bytes += file->holes[at].bytes;
		hole_remove(file, at);
	}
	if (at > 0 && file->holes[at - 1].offset + file->holes[at - 1].bytes == hole.offset) {
		hole.offset = file->holes[at - 1].offset;
		hole.bytes += file->holes[at - 1].bytes;
		hole_remove(file, --at);
	}
	if (hole.offset + hole.bytes == file->end)
		file->end = hole.offset;
	else
		hole_insert(file, at, hole);
}
