/* What a walk has reached: a set of (device, inode, tag), each with the path it was reached by. */
#ifndef SEEN_H
#define SEEN_H

#include <stdint.h>
#include <sys/types.h>

struct seen_entry {
	dev_t dev;
	ino_t ino;
	uint32_t tag;
	char *path; // NULL: free slot
};

/* All zero is an empty set. */
struct seen {
	struct seen_entry *entries;
	uint32_t count;
	uint32_t limit; // a power of two
};

/* Copies path. 1 when it is new; 0 when it was there, *path_before then being the set's; -ENOMEM.
 */
int seen_add(struct seen *seen, dev_t dev, ino_t ino, uint32_t tag, const char *path,
	     const char **path_before);
void seen_free(struct seen *seen);

#endif
