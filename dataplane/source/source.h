/*
 * Sources: declared inputs named as URIs, listed, split and read straight into regions.
 *
 * file:PATH, file:///PATH or file://NODE/PATH (only on that node), with globs (* ? [..] and ** for
 * any depth) in PATH, percent-encoding as in RFC 3986, and options: ?split=line|none&bytes=SIZE
 * (plain bytes or KiB, MiB, GiB) and ?range=FIRST-LAST (bytes, inclusive, as HTTP's).
 * docs/sources.md.
 *
 * Symbolic links are followed once: a file reached again through a link, or a folder reached again,
 * is not read twice, so that a loop of links ends; the list says how many were left out.
 */
#ifndef SOURCE_H
#define SOURCE_H

#include "io.h"

struct source_uri {
	/* A pattern, absolute (a relative one is taken from the current folder); what stands for
	 * itself though it is a glob or a backslash, because it was percent-encoded, has a \ before
	 * it. */
	char path[MR_URI_BYTES_MAX];
	int32_t node;   /* named as authority, or -1 */
	bool has_split; /* the URI says how to split: overrides the composition's split */
	bool split_line;
	uint64_t split_bytes; /* with split_line */
	uint64_t range_first;
	uint64_t range_last; /* UINT64_MAX: to the end */
};

/* 0 or -EINVAL with error text quoting the URI and saying what to do. */
int source_uri_parse(const char *text, struct source_uri *uri, char *error, size_t error_bytes);

struct source_file {
	char *path;
	uint64_t bytes;
	int64_t mtime_ns;
};

struct source_list {
	struct source_file *files; /* ordered by path, bytewise */
	uint32_t count;
	uint32_t links_followed;
	uint32_t links_repeated; /* left out, having been reached before */
};

/* Regular files that match, hidden ones only when the pattern names the dot. A pattern without
 * globs that names no file is -ENOENT; a glob that matches nothing is an empty list; unreadable
 * folders and more than MR_SOURCE_FILES_MAX files are errors. Blocking; call before the data flows.
 */
int source_list_files(const struct source_uri *uri, struct source_list *list, char *error,
		      size_t error_bytes);
void source_list_free(struct source_list *list);

/* A piece of a file aimed at, before line ends are known. Item number index of `split_count` items.
 */
struct source_split {
	const char *path;    /* owned by the caller */
	uint64_t file_bytes; /* as listed: a file that changed since fails */
	int64_t mtime_ns;
	uint64_t first; /* range of the file that is input at all: [first, end) */
	uint64_t end;
	uint64_t bytes; /* aimed at; 0: the whole range is one item */
	uint32_t index;
};

/* Items aimed at in a range of that many bytes (an empty range is one empty item). */
uint32_t source_split_count(uint64_t range_bytes, uint64_t split_bytes);

/*
 * Fetches one split: opens the file, finds the line ends around it, tells its exact size, then
 * reads it to where the caller wants it. A split that lies inside one long line is empty (bytes 0):
 * the split in which that line starts has it whole. Callbacks come from io_poll(); the last one may
 * free the fetch. A file whose size or time is not as listed, before or after, fails with -ESTALE.
 */
struct source_fetch {
	/* Caller sets (the split and its path outlive the fetch): */
	const struct source_split *split;
	uint64_t bytes_max; /* a longer item fails, naming file and offset */
	/* rc 0: item is bytes long, at offset of the file: answer with source_fetch_read() or
	 * source_fetch_close(). rc < 0: over, fetch->error says why. */
	void (*sized)(struct source_fetch *fetch, int rc, uint64_t offset, uint64_t bytes);
	void (*done)(struct source_fetch *fetch, int rc);
	void *opaque;
	char error[MR_ERROR_BYTES_MAX];
	/* The source's: */
	struct io_engine *engine;
	struct io_op op;
	int fd;
	int phase;
	uint64_t offset;
	uint64_t bytes;
	uint64_t probe_at;
	uint8_t *probe; /* MR_SPLIT_PROBE_BYTES, allocated while probing */
};

void source_fetch_start(struct source_fetch *fetch, struct io_engine *engine);
void source_fetch_read(struct source_fetch *fetch, void *dest);
/* Ends a fetch after sized() without reading. */
void source_fetch_close(struct source_fetch *fetch);

#endif
