/* A new function's folder: source, composition and a test, that build and pass as they are. */
#ifndef SCAFFOLD_H
#define SCAFFOLD_H

#include <stddef.h>

/* Makes the folder dir/name. 0; -EINVAL for a name that no function may have, -EEXIST when
 * something is there already, else -errno; with error text, and nothing is left behind. */
int scaffold_make(const char *dir, const char *name, char *error, size_t error_bytes);

#endif
