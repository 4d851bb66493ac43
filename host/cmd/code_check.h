/* Would a sandbox take this code? */
#ifndef CODE_CHECK_H
#define CODE_CHECK_H

#include <stddef.h>

#include "toolchain.h"

/* Reads a file and prepares it, as a node would; what that makes stays in the cache. An image is
 * held to image_check(), which all sandboxes that run images do first. 0, or -errno with error text
 * that names the file. */
int code_check(enum toolchain_kind kind, const char *path, char *error, size_t error_bytes);

#endif
