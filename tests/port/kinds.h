/* What tests that run on many kinds of port share: the kind is named on the command line, and the
 * sockets of its wire lie in a folder of the test's own. */
#ifndef KINDS_H
#define KINDS_H

#include <stdbool.h>
#include <stddef.h>

struct kind {
	const char *name;
	void (*run)(void);
};

/* Runs the one of that name, which must be there. */
void kind_run(const struct kind *kinds, size_t count, const char *name);

/* Made when it is first asked for, removed when the test ends. */
const char *kind_folder(void);

/* The two ends of a wire through a socket in that folder. */
#define KIND_SPEC_BYTES 128
void kind_memif(char server[KIND_SPEC_BYTES], char client[KIND_SPEC_BYTES], bool zero_copy);
void kind_vhost(char device[KIND_SPEC_BYTES], char driver[KIND_SPEC_BYTES]);

#endif
