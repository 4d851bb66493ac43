/* Files read whole, into memory. */
#ifndef WHOLE_FILE_H
#define WHOLE_FILE_H

#include <stddef.h>
#include <stdint.h>

/* A regular file of at most bytes_max bytes, with a zero after it; the caller frees *text. 0, or
 * -errno with error text that names the file. */
int whole_file_read(const char *path, uint64_t bytes_max, char **text, size_t *bytes, char *error,
		    size_t error_bytes);

#endif
