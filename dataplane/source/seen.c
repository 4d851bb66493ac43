/* What a walk has reached: an open-addressing hash set, at most half full. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <millrace/hash.h>

#include "seen.h"

static struct seen_entry *slot_find(struct seen_entry *entries, uint32_t limit, dev_t dev,
				    ino_t ino, uint32_t tag)
{
	uint64_t key[3] = {dev, ino, tag};
	uint64_t at = mr_hash64(key, sizeof(key));

	for (;; at++) {
		struct seen_entry *entry = &entries[at & (limit - 1)];

		if (entry->path == NULL ||
		    (entry->dev == dev && entry->ino == ino && entry->tag == tag))
			return entry;
	}
}

static int seen_grow(struct seen *seen)
{
	uint32_t limit = seen->limit == 0 ? 256 : 2 * seen->limit;
	struct seen_entry *entries = calloc(limit, sizeof(*entries));

	if (entries == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < seen->limit; i++) {
		const struct seen_entry *old = &seen->entries[i];

		if (old->path != NULL)
			*slot_find(entries, limit, old->dev, old->ino, old->tag) = *old;
	}
	free(seen->entries);
	seen->entries = entries;
	seen->limit = limit;
	return 0;
}

int seen_add(struct seen *seen, dev_t dev, ino_t ino, uint32_t tag, const char *path,
	     const char **path_before)
{
	struct seen_entry *entry;

	if (2 * seen->count >= seen->limit && seen_grow(seen) < 0)
		return -ENOMEM;
	entry = slot_find(seen->entries, seen->limit, dev, ino, tag);
	if (entry->path != NULL) {
		*path_before = entry->path;
		return 0;
	}
	*entry = (struct seen_entry){dev, ino, tag, strdup(path)};
	if (entry->path == NULL)
		return -ENOMEM;
	seen->count++;
	return 1;
}

void seen_free(struct seen *seen)
{
	for (uint32_t i = 0; i < seen->limit; i++)
		free(seen->entries[i].path);
	free(seen->entries);
	*seen = (struct seen){0};
}
