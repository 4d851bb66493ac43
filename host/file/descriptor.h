/* Descriptors of files, read and written whole: short counts and signals are gone over. */
#ifndef DESCRIPTOR_H
#define DESCRIPTOR_H

#include <stddef.h>

/* 0; -EIO when the file ends before count bytes; or -errno. */
int descriptor_read(int fd, void *bytes, size_t count);
/* 0 or -errno. */
int descriptor_write(int fd, const void *bytes, size_t count);

#endif
