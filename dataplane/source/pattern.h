/*
 * Patterns of paths, cut into the folder that needs no matching and the components that do.
 *
 * Source: POSIX.1-2017, XCU 2.13 (pattern matching notation) for a component; "**" as bash's
 * globstar.
 */
#ifndef PATTERN_H
#define PATTERN_H

#include <stdbool.h>
#include <stdint.h>

#include <millrace/limits.h>

struct pattern {
	char text[MR_URI_BYTES_MAX];
	const char *components[MR_URI_BYTES_MAX / 2]; // into text
	uint32_t count;
};

/* path as in source_uri: absolute, less than MR_URI_BYTES_MAX bytes. root becomes the folder before
 * the first glob, unescaped; or the whole path, count being 0, when it has none. Repeated "**" say
 * no more than one. */
void pattern_cut(struct pattern *pattern, const char *path, char root[MR_URI_BYTES_MAX]);
/* Is that component "**"? */
bool pattern_is_deep(const struct pattern *pattern, uint32_t component);
/* Does one that is not match a name? A leading dot only by a dot. */
bool pattern_matches(const struct pattern *pattern, uint32_t component, const char *name);

#endif
