/* Sets as folders: reading, writing and comparing them. */
#include "item_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "descriptor.h"
#include "item_name.h"

static void item_free(struct folder_item *item)
{
	free(item->name);
	free(item->key);
	free(item->bytes);
	*item = (struct folder_item){0};
}

void folder_set_free(struct folder_set *set)
{
	for (uint32_t i = 0; i < set->count; i++)
		item_free(&set->items[i]);
	free(set->items);
	*set = (struct folder_set){0};
}

/* Takes the item's memory, also when it fails. */
static int item_append(struct folder_set *set, struct folder_item *item)
{
	uint32_t room = 0;

	if (set->count == MR_SET_ITEMS_MAX) {
		item_free(item);
		return -E2BIG;
	}
	if ((set->count & (set->count - 1)) == 0) /* full: 0, 1, 2, 4, 8, ... */
		room = set->count == 0 ? 1 : 2 * set->count;
	if (room > 0) {
		struct folder_item *items = realloc(set->items, room * sizeof(*items));

		if (items == NULL) {
			item_free(item);
			return -ENOMEM;
		}
		set->items = items;
	}
	set->items[set->count++] = *item;
	return 0;
}

static int bytes_copy(uint8_t **to, const uint8_t *from, uint32_t bytes)
{
	*to = NULL;
	if (bytes == 0)
		return 0;
	*to = malloc(bytes);
	if (*to == NULL)
		return -ENOMEM;
	memcpy(*to, from, bytes);
	return 0;
}

int folder_set_add(struct folder_set *set, const struct folder_item *item)
{
	struct folder_item copy = *item;

	copy.key = NULL;
	copy.bytes = NULL;
	if (bytes_copy(&copy.name, item->name, item->name_bytes) == 0 &&
	    bytes_copy(&copy.key, item->key, item->key_bytes) == 0 &&
	    bytes_copy(&copy.bytes, item->bytes, item->byte_count) == 0)
		return item_append(set, &copy);
	item_free(&copy);
	return -ENOMEM;
}

/* --- Reading --------------------------------------------------------------------------------- */

static int file_read(int dir_fd, const char *file, struct folder_item *item)
{
	int fd = openat(dir_fd, file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat status;
	int rc = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) != 0)
		rc = -errno;
	else if (!S_ISREG(status.st_mode))
		rc = S_ISDIR(status.st_mode) ? -EISDIR : -EINVAL;
	else if ((uint64_t)status.st_size > UINT32_MAX)
		rc = -EFBIG;
	else
		item->byte_count = (uint32_t)status.st_size;
	if (rc == 0 && item->byte_count > 0) {
		item->bytes = malloc(item->byte_count);
		rc = item->bytes != NULL ? 0 : -ENOMEM;
	}
	if (rc == 0)
		rc = descriptor_read(fd, item->bytes, item->byte_count);
	close(fd);
	return rc;
}

static int entry_read(struct folder_set *set, int dir_fd, const char *file)
{
	struct folder_item item = {0};
	int rc = item_name_parse(file, &item);

	if (rc == 0)
		rc = file_read(dir_fd, file, &item);
	if (rc != 0) {
		item_free(&item);
		return rc;
	}
	return item_append(set, &item);
}

static int file_compare(const void *a, const void *b)
{
	return strverscmp(((const struct folder_item *)a)->file,
			  ((const struct folder_item *)b)->file);
}

int folder_set_read(struct folder_set *set, const char *dir, const char *name, char *error,
		    size_t error_bytes)
{
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *folder;
	int rc = 0;

	*set = (struct folder_set){0};
	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path)) {
		snprintf(error, error_bytes, "%s/%s: the path is too long", dir, name);
		return -ENAMETOOLONG;
	}
	folder = opendir(path);
	if (folder == NULL && errno == ENOENT)
		return 0;
	if (folder == NULL) {
		snprintf(error, error_bytes, "%s: %s", path, strerror(errno));
		return -errno;
	}
	while (rc == 0 && (entry = readdir(folder)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		rc = entry_read(set, dirfd(folder), entry->d_name);
		if (rc == -EILSEQ)
			snprintf(error, error_bytes,
				 "%s/%s: '%%' must be followed by two hexadecimal digits", path,
				 entry->d_name);
		else if (rc == -EINVAL)
			snprintf(error, error_bytes, "%s/%s: not a regular file", path,
				 entry->d_name);
		else if (rc != 0)
			snprintf(error, error_bytes, "%s/%s: %s", path, entry->d_name,
				 strerror(-rc));
	}
	closedir(folder);
	if (rc != 0)
		folder_set_free(set);
	else if (set->count > 1)
		qsort(set->items, set->count, sizeof(*set->items), file_compare);
	return rc;
}

/* --- Writing --------------------------------------------------------------------------------- */

int folder_set_name(struct folder_set *set, char *error, size_t error_bytes)
{
	uint32_t same = 0;

	for (uint32_t i = 0; i < set->count; i++) {
		set->items[i].order = i;
		if (item_name_print(&set->items[i], 0) != 0)
			goto too_long;
	}
	/* Items of one name stay in their order: the number is all that tells them apart. */
	if (set->count > 1)
		item_names_sort(set->items, set->count);
	for (uint32_t i = 0; i < set->count; i++) {
		same = i > 0 && item_name_same(&set->items[i], &set->items[i - 1]) ? same + 1 : 1;
		if ((same > 1 || set->items[i].name_bytes == 0) &&
		    item_name_print(&set->items[i], same) != 0)
			goto too_long;
	}
	if (set->count > 1)
		qsort(set->items, set->count, sizeof(*set->items), file_compare);
	return 0;
too_long:
	snprintf(error, error_bytes,
		 "an item's key and name do not fit the name of a file, of at most %d bytes",
		 NAME_MAX);
	return -ENAMETOOLONG;
}

static int file_write(int dir_fd, const struct folder_item *item)
{
	int fd = openat(dir_fd, item->file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	int rc;

	if (fd < 0)
		return -errno;
	rc = descriptor_write(fd, item->bytes, item->byte_count);
	if (close(fd) != 0 && rc == 0)
		rc = -errno;
	return rc;
}

/* Makes a folder, and those it lies in. */
static int folder_make(const char *path)
{
	char part[PATH_MAX];

	for (const char *slash = strchr(path + 1, '/');; slash = strchr(slash + 1, '/')) {
		size_t length = slash != NULL ? (size_t)(slash - path) : strlen(path);

		memcpy(part, path, length);
		part[length] = 0;
		if (mkdir(part, 0777) != 0 && errno != EEXIST)
			return -errno;
		if (slash == NULL)
			return 0;
	}
}

/* Removes what an earlier set left in a folder. */
static int others_remove(const struct folder_set *set, const char *path)
{
	DIR *folder = opendir(path);
	struct dirent *entry;
	int rc = 0;

	if (folder == NULL)
		return -errno;
	while (rc == 0 && (entry = readdir(folder)) != NULL) {
		struct folder_item wanted;

		snprintf(wanted.file, sizeof(wanted.file), "%s", entry->d_name);
		if (entry->d_name[0] == '.' ||
		    (set->count > 0 && bsearch(&wanted, set->items, set->count, sizeof(*set->items),
					       file_compare) != NULL))
			continue;
		if (unlinkat(dirfd(folder), entry->d_name, 0) != 0)
			rc = -errno;
	}
	closedir(folder);
	return rc;
}

int folder_set_write(const struct folder_set *set, const char *dir, const char *name, char *error,
		     size_t error_bytes)
{
	char path[PATH_MAX];
	int dir_fd, rc;

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path)) {
		snprintf(error, error_bytes, "%s/%s: the path is too long", dir, name);
		return -ENAMETOOLONG;
	}
	rc = folder_make(path);
	dir_fd = rc == 0 ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (rc == 0 && dir_fd < 0)
		rc = -errno;
	if (rc != 0) {
		snprintf(error, error_bytes, "%s: %s", path, strerror(-rc));
		return rc;
	}
	for (uint32_t i = 0; rc == 0 && i < set->count; i++) {
		rc = file_write(dir_fd, &set->items[i]);
		if (rc != 0)
			snprintf(error, error_bytes, "%s/%s: %s", path, set->items[i].file,
				 strerror(-rc));
	}
	close(dir_fd);
	return rc;
}

int folder_set_replace(const struct folder_set *set, const char *dir, const char *name, char *error,
		       size_t error_bytes)
{
	char path[PATH_MAX];
	int rc = folder_set_write(set, dir, name, error, error_bytes);

	if (rc != 0)
		return rc;
	snprintf(path, sizeof(path), "%s/%s", dir, name); /* it fitted when it was written */
	rc = others_remove(set, path);
	if (rc != 0)
		snprintf(error, error_bytes, "%s: an earlier item cannot be removed: %s", path,
			 strerror(-rc));
	return rc;
}

/* --- Comparing ------------------------------------------------------------------------------- */

static bool item_differs(const struct folder_item *wanted, const struct folder_item *got,
			 char *text, size_t text_bytes)
{
	uint32_t common =
	    wanted->byte_count < got->byte_count ? wanted->byte_count : got->byte_count;
	uint32_t at = 0;
	uint32_t line = 1;

	while (at < common && wanted->bytes[at] == got->bytes[at])
		line += wanted->bytes[at++] == '\n';
	if (at == common && wanted->byte_count == got->byte_count)
		return false;
	snprintf(text, text_bytes, "%s differs at byte %u, line %u: %u bytes, %u expected",
		 got->file, at + 1, line, got->byte_count, wanted->byte_count);
	return true;
}

bool folder_set_differs(const struct folder_set *wanted, const struct folder_set *got, char *text,
			size_t text_bytes)
{
	uint32_t w = 0, g = 0;

	while (w < wanted->count || g < got->count) {
		int order;

		if (w == wanted->count)
			order = 1;
		else if (g == got->count)
			order = -1;
		else
			order = strverscmp(wanted->items[w].file, got->items[g].file);
		if (order < 0) {
			snprintf(text, text_bytes, "%s is missing", wanted->items[w].file);
			return true;
		}
		if (order > 0) {
			snprintf(text, text_bytes, "%s is not expected", got->items[g].file);
			return true;
		}
		if (item_differs(&wanted->items[w++], &got->items[g++], text, text_bytes))
			return true;
	}
	return false;
}
