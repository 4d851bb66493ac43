/* Would a sandbox take this code? */
#ifndef CODE_CHECK_H
#define CODE_CHECK_H

#include <stddef.h>

/* Reads a file and prepares it, as a node would; what that makes stays in the cache. 0, or -errno
 * with error text that names the file. */
int code_check(const char *sandbox, const char *path, char *error, size_t error_bytes);

#endif
