/*
 * Listing: a walk over the folders that a pattern can match.
 *
 * Real names first: symbolic links are put aside and followed when all else has been walked, in the
 * order of their paths, so that what has a real name in the list is listed by it and a loop ends.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "pattern.h"
#include "quote.h"
#include "seen.h"
#include "source.h"

#define SEEN_FILE                                                                      \
	UINT32_MAX /* the tag of files; folders have the component they are matched at \
		    */

/* A folder to scan, or a link to follow, with the pattern's component its entries must match. */
struct step {
	char *path;
	uint32_t component;
	bool linked; // some part of the path is a link
};

struct steps {
	struct step *steps;
	uint32_t count;
	uint32_t limit;
};

struct walk {
	struct pattern pattern;
	struct steps folders;
	struct steps links;
	struct seen seen;
	struct source_list *list;
	uint32_t file_limit; // allocated
	bool link_new;       // the link being followed led to something new
	char *error;
	size_t error_bytes;
};

__attribute__((format(printf, 3, 4))) static int fail(struct walk *w, int rc, const char *format,
						      ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(w->error, w->error_bytes, format, args);
	va_end(args);
	return rc;
}

static int fail_memory(struct walk *w)
{
	return fail(w, -ENOMEM, "out of memory listing files");
}

/* --- Steps ----------------------------------------------------------------------------------- */

static int step_push(struct walk *w, struct steps *steps, const char *path, uint32_t component,
		     bool linked)
{
	char *copy = strdup(path);

	if (copy != NULL && steps->count == steps->limit) {
		uint32_t limit = steps->limit == 0 ? 64 : 2 * steps->limit;
		struct step *grown = reallocarray(steps->steps, limit, sizeof(*grown));

		if (grown == NULL) {
			free(copy);
			return fail_memory(w);
		}
		steps->steps = grown;
		steps->limit = limit;
	}
	if (copy == NULL)
		return fail_memory(w);
	steps->steps[steps->count++] = (struct step){copy, component, linked};
	return 0;
}

static void steps_free(struct steps *steps)
{
	for (uint32_t i = 0; i < steps->count; i++)
		free(steps->steps[i].path);
	free(steps->steps);
	*steps = (struct steps){0};
}

static int step_compare(const void *a, const void *b)
{
	const struct step *left = a;
	const struct step *right = b;
	int order = strcmp(left->path, right->path);

	if (order != 0)
		return order;
	return (left->component > right->component) - (left->component < right->component);
}

/* --- What the walk finds --------------------------------------------------------------------- */

static int file_add(struct walk *w, const char *path, const struct stat *st)
{
	struct source_list *list = w->list;

	if (list->count == MR_SOURCE_FILES_MAX)
		return fail(w, -E2BIG,
			    "more than %u files match: name fewer with a narrower pattern",
			    MR_SOURCE_FILES_MAX);
	if (list->count == w->file_limit) {
		uint32_t limit = w->file_limit == 0 ? 64 : 2 * w->file_limit;
		struct source_file *files = reallocarray(list->files, limit, sizeof(*files));

		if (files == NULL)
			return fail_memory(w);
		list->files = files;
		w->file_limit = limit;
	}
	list->files[list->count] = (struct source_file){
	    .path = strdup(path),
	    .bytes = (uint64_t)st->st_size,
	    .mtime_ns = st->st_mtim.tv_sec * 1000000000ll + st->st_mtim.tv_nsec,
	};
	if (list->files[list->count].path == NULL)
		return fail_memory(w);
	list->count++;
	return 0;
}

/* 1: new; 0: reached before; or -errno. Counts what a link led to in vain; the same path reached by
 * two ways through the pattern is not that. */
static int reach(struct walk *w, const char *path, const struct stat *st, uint32_t tag, bool linked)
{
	const char *before;
	int rc = seen_add(&w->seen, st->st_dev, st->st_ino, tag, path, &before);

	if (rc < 0)
		return fail_memory(w);
	w->link_new |= rc > 0;
	if (rc == 0 && linked && strcmp(before, path) != 0)
		w->list->links_repeated++;
	return rc;
}

/* Hard links are files of their own, as real names are; list_finish() drops the same path twice. */
static int file_found(struct walk *w, const char *path, const struct stat *st, bool linked)
{
	int rc = reach(w, path, st, SEEN_FILE, linked);

	if (rc < 0 || (rc == 0 && linked))
		return rc;
	return file_add(w, path, st);
}

static int folder_found(struct walk *w, const char *path, const struct stat *st, uint32_t component,
			bool linked)
{
	int rc = reach(w, path, st, component, linked);

	return rc <= 0 ? rc : step_push(w, &w->folders, path, component, linked);
}

/* --- Matching -------------------------------------------------------------------------------- */

/* Could that entry, matched from this component on, be of use? Spares most files a look. */
static bool entry_matches(const struct walk *w, const struct dirent *entry, uint32_t component)
{
	const char *name = entry->d_name;
	bool last = component + 1 == w->pattern.count;

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return false;
	if (pattern_is_deep(&w->pattern, component)) {
		if (name[0] != '.' && (last || entry->d_type != DT_REG))
			return true;
		component++;
	}
	return component < w->pattern.count && pattern_matches(&w->pattern, component, name);
}

/* An entry whose name matches and whose type is known, links having been followed. */
static int entry_take(struct walk *w, const char *path, const char *name, const struct stat *st,
		      uint32_t component, bool linked)
{
	bool folder = S_ISDIR(st->st_mode);
	bool last = component + 1 == w->pattern.count;
	bool deep = pattern_is_deep(&w->pattern, component);
	int rc = 0;

	if (!folder && !S_ISREG(st->st_mode))
		return 0;
	if (deep && name[0] != '.' && folder)
		rc = folder_found(w, path, st, component, linked);
	if (rc < 0)
		return rc;
	if (deep && !last)
		return entry_take(w, path, name, st, component + 1, linked);
	if (!deep && !pattern_matches(&w->pattern, component, name))
		return 0;
	if (deep && name[0] == '.')
		return 0;
	if (!folder)
		return last ? file_found(w, path, st, linked) : 0;
	return last ? 0 : folder_found(w, path, st, component + 1, linked);
}

/* --- Scanning -------------------------------------------------------------------------------- */

static int entry_scan(struct walk *w, const struct step *step, int dir_fd,
		      const struct dirent *entry)
{
	const char *name = entry->d_name;
	char path[MR_URI_BYTES_MAX];
	const char *slash = step->path[1] == '\0' ? "" : "/";
	struct quoted quoted;
	struct stat st;

	if (!entry_matches(w, entry, step->component))
		return 0;
	if (snprintf(path, sizeof(path), "%s%s%s", step->path, slash, name) >= (int)sizeof(path))
		return fail(w, -ENAMETOOLONG, "a path below %s is longer than %zu bytes",
			    quote_string(&quoted, step->path), sizeof(path) - 1);
	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
		if (errno == ENOENT)
			return 0; /* removed since the folder was read */
		return fail(w, -errno, "cannot look at %s: %s", quote_string(&quoted, path),
			    strerror(errno));
	}
	if (S_ISLNK(st.st_mode))
		return step_push(w, &w->links, path, step->component, true);
	return entry_take(w, path, name, &st, step->component, step->linked);
}

static int folder_scan(struct walk *w, const struct step *step)
{
	DIR *dir = opendir(step->path);
	struct dirent *entry;
	struct quoted quoted;
	int rc = 0;

	if (dir == NULL && errno == ENOENT)
		return 0; /* removed since it was found */
	if (dir == NULL)
		return fail(w, -errno,
			    "cannot read folder %s: %s: make it readable or leave it out of the "
			    "pattern",
			    quote_string(&quoted, step->path), strerror(errno));
	while (rc == 0 && (errno = 0, entry = readdir(dir)) != NULL)
		rc = entry_scan(w, step, dirfd(dir), entry);
	if (rc == 0 && errno != 0)
		rc = fail(w, -errno, "cannot read folder %s: %s", quote_string(&quoted, step->path),
			  strerror(errno));
	closedir(dir);
	return rc;
}

static int folders_scan(struct walk *w)
{
	int rc = 0;

	while (rc == 0 && w->folders.count > 0) {
		struct step step = w->folders.steps[--w->folders.count];

		rc = folder_scan(w, &step);
		free(step.path);
	}
	return rc;
}

/* --- Links ----------------------------------------------------------------------------------- */

static int link_follow(struct walk *w, const struct step *link)
{
	const char *name = strrchr(link->path, '/') + 1;
	struct quoted quoted;
	struct stat st;

	if (stat(link->path, &st) != 0) {
		if (errno == ENOENT || errno == ELOOP || errno == ENOTDIR)
			return 0; /* leads nowhere */
		return fail(w, -errno, "cannot follow link %s: %s",
			    quote_string(&quoted, link->path), strerror(errno));
	}
	return entry_take(w, link->path, name, &st, link->component, true);
}

/* Follows the links put aside; what lies behind them may put aside more. */
static int links_follow(struct walk *w)
{
	int rc = 0;

	while (rc == 0 && w->links.count > 0) {
		struct steps round = w->links;

		w->links = (struct steps){0};
		qsort(round.steps, round.count, sizeof(*round.steps), step_compare);
		for (uint32_t i = 0; rc == 0 && i < round.count; i++) {
			bool again =
			    i > 0 && strcmp(round.steps[i].path, round.steps[i - 1].path) == 0;
			bool new_before = again && w->link_new;

			w->link_new = false;
			rc = link_follow(w, &round.steps[i]);
			w->list->links_followed += w->link_new && !new_before;
			w->link_new |= new_before;
			if (rc == 0)
				rc = folders_scan(w);
		}
		steps_free(&round);
	}
	return rc;
}

/* --- The walk -------------------------------------------------------------------------------- */

static int one_file(struct walk *w, const char *path)
{
	struct quoted quoted;
	struct stat st;

	quote_string(&quoted, path);
	if (stat(path, &st) != 0)
		return fail(w, -errno, "%s: %s: check the path%s", quoted.text, strerror(errno),
			    errno == ENOENT ? "" : " and its permissions");
	if (S_ISDIR(st.st_mode))
		return fail(w, -EISDIR, "%s is a folder: write %s/** for all the files below it",
			    quoted.text, quoted.text);
	if (!S_ISREG(st.st_mode))
		return fail(w, -EINVAL, "%s is no regular file: copy what it yields into one",
			    quoted.text);
	return file_add(w, path, &st);
}

static int walk_run(struct walk *w, const char *pattern)
{
	char root[MR_URI_BYTES_MAX];
	struct quoted quoted;
	struct stat st;
	int rc;

	pattern_cut(&w->pattern, pattern, root);
	if (w->pattern.count == 0)
		return one_file(w, root);
	if (stat(root, &st) != 0) {
		if (errno == ENOENT || errno == ENOTDIR)
			return 0;
		return fail(w, -errno, "cannot look at %s: %s", quote_string(&quoted, root),
			    strerror(errno));
	}
	if (!S_ISDIR(st.st_mode))
		return 0;
	rc = folder_found(w, root, &st, 0, false);
	if (rc == 0)
		rc = folders_scan(w);
	return rc < 0 ? rc : links_follow(w);
}

/* --- The list -------------------------------------------------------------------------------- */

static int file_compare(const void *a, const void *b)
{
	const struct source_file *left = a;
	const struct source_file *right = b;

	return strcmp(left->path, right->path);
}

static void list_finish(struct source_list *list)
{
	uint32_t kept = 0;

	if (list->count > 0)
		qsort(list->files, list->count, sizeof(*list->files), file_compare);
	for (uint32_t i = 0; i < list->count; i++) {
		if (kept > 0 && strcmp(list->files[i].path, list->files[kept - 1].path) == 0)
			free(list->files[i].path);
		else
			list->files[kept++] = list->files[i];
	}
	list->count = kept;
}

int source_list_files(const struct source_uri *uri, struct source_list *list, char *error,
		      size_t error_bytes)
{
	struct walk *w = calloc(1, sizeof(*w));
	int rc;

	*list = (struct source_list){0};
	if (w == NULL) {
		snprintf(error, error_bytes, "out of memory listing files");
		return -ENOMEM;
	}
	w->list = list;
	w->error = error;
	w->error_bytes = error_bytes;
	rc = walk_run(w, uri->path);
	steps_free(&w->folders);
	steps_free(&w->links);
	seen_free(&w->seen);
	free(w);
	if (rc < 0)
		source_list_free(list);
	else
		list_finish(list);
	return rc;
}

void source_list_free(struct source_list *list)
{
	for (uint32_t i = 0; i < list->count; i++)
		free(list->files[i].path);
	free(list->files);
	*list = (struct source_list){0};
}
