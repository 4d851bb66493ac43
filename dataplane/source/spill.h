/*
 * Spill files: where batches wait when memory has no room for them. Unlinked from the start, so
 * that nothing is left behind whatever happens; extents are reused after release.
 */
#ifndef SPILL_H
#define SPILL_H

#include "io.h"

struct spill_file;

/* In folder (NULL: $TMPDIR, then /var/tmp, then /tmp). 0 or -errno with error text. Owner thread
 * only. */
int spill_open(struct spill_file **file, const char *folder, char *error, size_t error_bytes);
/* Nulls *file. */
void spill_close(struct spill_file **file);
int spill_fd(const struct spill_file *file);
/* Reads all of it, and waits for the disk. Any thread. 0, -EIO behind the end, or -errno. */
int spill_read(const struct spill_file *file, void *to, size_t bytes, uint64_t offset);
/* Reserves an extent; its offset is returned. Page-aligned. */
uint64_t spill_reserve(struct spill_file *file, uint64_t bytes);
void spill_release(struct spill_file *file, uint64_t offset, uint64_t bytes);

#endif
