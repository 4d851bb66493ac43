/* Finds the code of a function in the folders it may lie in. */
#include "locate.h"

#include <errno.h>
#include <glob.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct search {
	const char *function;
	const char *const *suffixes; /* two; the second may be NULL */
	char *path;
	char *places; /* text: what was looked at, for the error */
	size_t places_bytes;
};

static void place_note(struct search *search, const char *dir)
{
	size_t used = strlen(search->places);

	snprintf(search->places + used, search->places_bytes - used, "\n  %s", dir);
}

static bool found_as(struct search *search, const char *dir, const char *subdir, const char *suffix)
{
	int n = snprintf(search->path, PATH_MAX, "%s%s%s/%s%s", dir, subdir ? "/" : "",
			 subdir ? subdir : "", search->function, suffix);

	return n > 0 && n < PATH_MAX && access(search->path, R_OK) == 0;
}

static bool found_at(struct search *search, const char *dir, const char *subdir)
{
	const char *const *suffixes = search->suffixes;

	return found_as(search, dir, subdir, suffixes[0]) ||
	       (suffixes[1] != NULL && found_as(search, dir, subdir, suffixes[1]));
}

static bool found_in(struct search *search, const char *dir)
{
	place_note(search, dir);
	return found_at(search, dir, NULL);
}

/* Any subfolder: the first by name. */
static bool found_below_as(struct search *search, const char *dir, const char *suffix)
{
	glob_t matches;
	bool found;
	int n = snprintf(search->path, PATH_MAX, "%s/*/%s%s", dir, search->function, suffix);

	if (n < 0 || n >= PATH_MAX || glob(search->path, 0, NULL, &matches) != 0)
		return false;
	found = matches.gl_pathc > 0 && strlen(matches.gl_pathv[0]) < PATH_MAX;
	if (found)
		strcpy(search->path, matches.gl_pathv[0]);
	globfree(&matches);
	return found;
}

static bool found_below(struct search *search, const char *dir)
{
	const char *const *suffixes = search->suffixes;

	return found_below_as(search, dir, suffixes[0]) ||
	       (suffixes[1] != NULL && found_below_as(search, dir, suffixes[1]));
}

static bool found_in_tree(struct search *search, const char *tree, const char *package)
{
	char shown[PATH_MAX + 8];

	snprintf(shown, sizeof(shown), "%s[/*]", tree);
	place_note(search, shown);
	return found_at(search, tree, package) || found_at(search, tree, NULL) ||
	       found_below(search, tree);
}

/* functions/ beside the running program; false when that cannot be told. */
static bool build_tree(char tree[PATH_MAX])
{
	static const char name[] = "/functions";
	ssize_t n = readlink("/proc/self/exe", tree, PATH_MAX - sizeof(name));
	char *slash;

	if (n <= 0)
		return false;
	tree[n] = '\0';
	slash = strrchr(tree, '/');
	if (slash == NULL)
		return false;
	strcpy(slash, name);
	return true;
}

static bool function_search(struct search *search, const struct locate_places *places)
{
	char dir_copy[PATH_MAX], package_copy[PATH_MAX], tree[PATH_MAX];
	const char *dir, *package;

	for (size_t i = 0; i < places->dir_count; i++) {
		if (found_in(search, places->dirs[i]))
			return true;
	}
	snprintf(dir_copy, sizeof(dir_copy), "%s", places->composition_file);
	dir = dirname(dir_copy);
	if (found_in(search, dir))
		return true;
	if (realpath(dir, package_copy) == NULL)
		snprintf(package_copy, sizeof(package_copy), "%s", dir);
	package = basename(package_copy);
	if (build_tree(tree) && found_in_tree(search, tree, package))
		return true;
	return found_in_tree(search, MR_FUNCTIONS_DIR, package);
}

int locate_function(const struct locate_places *places, const char *function,
		    const char *const suffixes[2], char *path, char *error, size_t error_bytes)
{
	const bool two = suffixes[1] != NULL;
	char looked[2048] = "";
	struct search search = {function, suffixes, path, looked, sizeof(looked)};

	if (function_search(&search, places))
		return 0;
	snprintf(error, error_bytes,
		 "function %s: no %s%s%s%s; looked in%s\nBuild it, or name its folder with "
		 "--functions.",
		 function, function, suffixes[0], two ? " or " : "", two ? suffixes[1] : "",
		 looked);
	return -ENOENT;
}
