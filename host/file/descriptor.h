/* Descriptors of files, opened, read and written whole: short counts and signals are gone over. */
#ifndef DESCRIPTOR_H
#define DESCRIPTOR_H

#include <stddef.h>
#include <stdint.h>

/* Opens a regular file to be read: its descriptor, with its length, or -errno; -EISDIR and -EINVAL
 * when it is something else, of which a FIFO or a device would keep the reader waiting. */
int descriptor_open(const char *path, uint64_t *bytes);
/* 0; -EIO when the file ends before count bytes; or -errno. */
int descriptor_read(int fd, void *bytes, size_t count);
/* 0 or -errno. */
int descriptor_write(int fd, const void *bytes, size_t count);

#endif
