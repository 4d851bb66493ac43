/*
 * What a program finds and leaves in its file system.
 *
 *	/in/SET/NAME    the items of input sets, to be read. A '/' in an item's name makes folders,
 *	                one at its start is left out; items without a name are called by their
 *number /out/SET/NAME   what is written here becomes items of output sets elsewhere       scratch:
 *it is gone with the call
 *
 * Inputs are looked up where they lie; only what is written takes memory.
 */
#include <stdlib.h>
#include <string.h>
#include <wasi/api.h>

#include "program.h"

#define FIRST_ROOM 4096 /* bytes of a file that is begun */

static struct program_file *files; /* the latest first */

/* --- Paths ----------------------------------------------------------------------------------- */

/* The path without "." and "..", and with one '/' between its parts, none at its ends. */
static uint16_t path_clean(const char *path, uint32_t path_bytes, struct program_node *node)
{
	uint32_t used = 0;

	for (uint32_t i = 0; i < path_bytes;) {
		uint32_t start = i;
		uint32_t length;

		while (i < path_bytes && path[i] != '/')
			i++;
		length = i++ - start;
		if (length == 0 || (length == 1 && path[start] == '.'))
			continue;
		if (length == 2 && path[start] == '.' && path[start + 1] == '.') {
			if (used == 0)
				return __WASI_ERRNO_NOENT;
			while (used > 0 && node->path[--used] != '/')
				;
			continue;
		}
		if (used + 1 + length >= PROGRAM_PATH_BYTES_MAX)
			return __WASI_ERRNO_NAMETOOLONG;
		if (used > 0)
			node->path[used++] = '/';
		memcpy(node->path + used, path + start, length);
		used += length;
	}
	node->path[used] = 0;
	node->path_bytes = used;
	return 0;
}

static struct mr_bytes node_path(const struct program_node *node)
{
	return (struct mr_bytes){(const uint8_t *)node->path, node->path_bytes};
}

/* Is path inside that folder? Then what is behind it; the folder itself has an empty rest. */
static bool path_below(struct mr_bytes path, struct mr_bytes folder, struct mr_bytes *rest)
{
	if (folder.len == 0) {
		*rest = path;
		return true;
	}
	if (path.len < folder.len || memcmp(path.data, folder.data, folder.len) != 0 ||
	    (path.len > folder.len && path.data[folder.len] != '/'))
		return false;
	*rest = path;
	rest->data += path.len > folder.len ? folder.len + 1 : folder.len;
	rest->len = path.len > folder.len ? path.len - folder.len - 1 : 0;
	return true;
}

/* The first part of a path; *rest is what follows it. */
static struct mr_bytes path_first(struct mr_bytes path, struct mr_bytes *rest)
{
	struct mr_bytes first = {path.data, 0};

	while (first.len < path.len && path.data[first.len] != '/')
		first.len++;
	path_below(path, first, rest);
	return first;
}

/* --- Sets ------------------------------------------------------------------------------------ */

static struct mr_set *set_named(struct mr_bytes name, bool output)
{
	const struct mr_region *header = program_call->header;
	uint32_t first = output ? header->in_count : 0;
	uint32_t count = output ? header->out_count : header->in_count;

	for (uint32_t i = first; i < first + count; i++) {
		struct mr_set *set = &program_call->sets[i];
		const struct mr_bytes found = {MR_POINTER(program_call, set->name_off),
					       set->name_len};

		if (mr_equal(found, name))
			return set;
	}
	return NULL;
}

/* How an item is called in its folder. */
static struct mr_bytes item_called(const struct mr_set *set, uint32_t index, uint8_t digits[20])
{
	struct mr_bytes name = mr_item_name(program_call, mr_in_item(program_call, set, index));

	while (name.len > 0 && name.data[0] == '/') {
		name.data++;
		name.len--;
	}
	if (name.len == 0)
		name = (struct mr_bytes){digits, mr_decimal(digits, index)};
	return name;
}

struct mr_bytes program_input(const char *set_name)
{
	const struct mr_set *set = set_named(mr_text(set_name), false);
	struct mr_bytes all = mr_none();
	uint8_t *to;

	if (set == NULL || set->item_count == 0)
		return all;
	if (set->item_count == 1)
		return mr_item_bytes(program_call, mr_in_item(program_call, set, 0));
	to = malloc(set->bytes > 0 ? (size_t)set->bytes : 1);
	if (to == NULL)
		program_exit((uint32_t)mr_fail(program_call,
					       "no memory for a set of several items; "
					       "raise `memory` in the function's "
					       "block"));
	all.data = to;
	for (uint32_t i = 0; i < set->item_count; i++) {
		const struct mr_bytes bytes =
		    mr_item_bytes(program_call, mr_in_item(program_call, set, i));

		memcpy(to + all.len, bytes.data, bytes.len);
		all.len += bytes.len;
	}
	return all;
}

/* --- Finding --------------------------------------------------------------------------------- */

static struct program_file *file_find(struct mr_bytes path)
{
	for (struct program_file *file = files; file != NULL; file = file->next) {
		const struct mr_bytes found = {(const uint8_t *)file->path, file->path_bytes};

		if (!file->removed && mr_equal(found, path))
			return file;
	}
	return NULL;
}

/* In a folder of inputs: an item, or a folder that the names of items make. */
static void item_find(const struct mr_set *set, struct mr_bytes rest, struct program_node *node)
{
	uint8_t digits[20];
	struct mr_bytes behind;

	for (uint32_t i = 0; i < set->item_count; i++) {
		const struct mr_bytes name = item_called(set, i, digits);

		if (mr_equal(name, rest)) {
			node->kind = PROGRAM_ITEM;
			node->item = mr_item_bytes(program_call, mr_in_item(program_call, set, i));
			return;
		}
		if (path_below(name, rest, &behind))
			node->kind = PROGRAM_FOLDER;
	}
}

static void input_find(struct mr_bytes path, struct program_node *node)
{
	struct mr_bytes rest;
	const struct mr_bytes name = path_first(path, &rest);
	const struct mr_set *set = set_named(name, false);

	if (name.len == 0 || (set != NULL && rest.len == 0))
		node->kind = PROGRAM_FOLDER;
	else if (set != NULL)
		item_find(set, rest, node);
}

uint16_t program_find(const char *path, uint32_t path_bytes, struct program_node *node)
{
	struct mr_bytes rest, name, behind;
	uint16_t error = path_clean(path, path_bytes, node);

	node->kind = PROGRAM_NOTHING;
	node->file = NULL;
	if (error != 0)
		return error;
	name = path_first(node_path(node), &rest);
	node->file = file_find(node_path(node));
	if (node->file != NULL)
		node->kind = node->file->folder ? PROGRAM_FOLDER : PROGRAM_FILE;
	else if (mr_equal(name, mr_text("in")))
		input_find(rest, node);
	else if (name.len == 0 || (rest.len == 0 && (mr_equal(name, mr_text("out")) ||
						     mr_equal(name, mr_text("tmp")))))
		node->kind = PROGRAM_FOLDER;
	else if (mr_equal(name, mr_text("out")) &&
		 set_named(path_first(rest, &behind), true) != NULL && behind.len == 0)
		node->kind = PROGRAM_FOLDER;
	return 0;
}

/* --- Writing --------------------------------------------------------------------------------- */

/* Is the folder there that a path lies in? */
static bool parent_is_folder(const struct program_node *node)
{
	struct program_node parent;
	uint32_t length = node->path_bytes;

	while (length > 0 && node->path[length - 1] != '/')
		length--;
	return program_find(node->path, length, &parent) == 0 && parent.kind == PROGRAM_FOLDER;
}

uint16_t program_create(struct program_node *node, bool folder)
{
	struct mr_bytes rest;
	struct program_file *file;

	if (mr_equal(path_first(node_path(node), &rest), mr_text("in")))
		return __WASI_ERRNO_ROFS;
	if (!parent_is_folder(node))
		return __WASI_ERRNO_NOENT;
	file = calloc(1, sizeof(*file) + node->path_bytes);
	if (file == NULL)
		return __WASI_ERRNO_NOSPC;
	file->path = (char *)(file + 1);
	file->path_bytes = node->path_bytes;
	memcpy(file->path, node->path, node->path_bytes);
	file->folder = folder;
	file->next = files;
	files = file;
	node->file = file;
	node->kind = folder ? PROGRAM_FOLDER : PROGRAM_FILE;
	return 0;
}

uint16_t program_resize(struct program_file *file, uint32_t size)
{
	if (size > file->room) {
		uint32_t room = file->room > 0 ? file->room : FIRST_ROOM;
		uint8_t *bytes;

		while (room < size && room < MR_REGION_BYTES_MAX / 2)
			room *= 2;
		if (room < size)
			return __WASI_ERRNO_FBIG;
		/* Of a file that is alone its memory is twice what it holds: try less before giving
		 * up. */
		bytes = realloc(file->bytes, room);
		if (bytes == NULL && (bytes = realloc(file->bytes, room = size)) == NULL)
			return __WASI_ERRNO_NOSPC;
		file->bytes = bytes;
		file->room = room;
	}
	if (size > file->size)
		memset(file->bytes + file->size, 0, size - file->size);
	file->size = size;
	return 0;
}

uint16_t program_rename(struct program_node *from, const struct program_node *to)
{
	struct program_node target = *to;
	uint16_t error;

	if (from->kind == PROGRAM_ITEM || from->kind == PROGRAM_FOLDER)
		return __WASI_ERRNO_ROFS;
	if (from->kind == PROGRAM_NOTHING)
		return __WASI_ERRNO_NOENT;
	if (target.kind == PROGRAM_FILE && target.file == from->file)
		return 0;
	if (target.kind == PROGRAM_FOLDER)
		return __WASI_ERRNO_ISDIR;
	if (target.kind == PROGRAM_FILE)
		target.file->removed = true;
	error = program_create(&target, false);
	if (error != 0)
		return error;
	/* What has the old one open goes on with it: its bytes are the new one's, too. */
	target.file->bytes = from->file->bytes;
	target.file->size = from->file->size;
	target.file->room = from->file->room;
	from->file->removed = true;
	return 0;
}

int program_ship(void)
{
	const struct mr_bytes out = mr_text("out");
	struct program_file *in_order = NULL;

	while (files != NULL) { /* as they were begun */
		struct program_file *file = files;

		files = file->next;
		file->next = in_order;
		in_order = file;
	}
	for (struct program_file *file = in_order; file != NULL; file = file->next) {
		struct mr_bytes path = {(const uint8_t *)file->path, file->path_bytes};
		const struct mr_bytes bytes = {file->bytes, file->size};
		struct mr_bytes rest, name, set;

		if (file->removed || file->folder || !mr_equal(path_first(path, &rest), out))
			continue;
		set = path_first(rest, &name);
		if (mr_out_add(program_call, set_named(set, true), name, mr_none(), bytes) != 0)
			return MR_FAILED;
	}
	return 0;
}

/* --- Folders --------------------------------------------------------------------------------- */

/* Counts down index over names that begin a path below folder, each once. */
struct listing {
	struct mr_bytes folder;
	uint32_t index;
	struct mr_bytes *name;
	bool *is_folder;
	struct mr_bytes last; /* of a run of names with the same first part */
};

/* A path that is there: true when it is the entry looked for. */
static bool listing_sees(struct listing *listing, struct mr_bytes path, bool is_folder)
{
	struct mr_bytes rest, behind, first;

	if (!path_below(path, listing->folder, &rest) || rest.len == 0)
		return false;
	first = path_first(rest, &behind);
	if (mr_equal(first, listing->last)) /* a folder of several items that follow each other */
		return false;
	listing->last = first;
	if (listing->index-- > 0)
		return false;
	*listing->name = first;
	*listing->is_folder = is_folder || behind.len > 0;
	return true;
}

static bool items_list(struct listing *listing, const struct mr_set *set, struct mr_bytes within)
{
	static uint8_t digits[20];
	struct listing items = *listing;
	bool found = false;

	items.folder = within;
	for (uint32_t i = 0; !found && i < set->item_count; i++)
		found = listing_sees(&items, item_called(set, i, digits), false);
	listing->index = items.index;
	return found;
}

static bool sets_list(struct listing *listing, bool output)
{
	const struct mr_region *header = program_call->header;
	uint32_t first = output ? header->in_count : 0;
	uint32_t count = output ? header->out_count : header->in_count;

	if (listing->index >= count) {
		listing->index -= count;
		return false;
	}
	*listing->name = (struct mr_bytes){
	    MR_POINTER(program_call, program_call->sets[first + listing->index].name_off),
	    program_call->sets[first + listing->index].name_len};
	*listing->is_folder = true;
	return true;
}

static bool root_list(struct listing *listing)
{
	static const char *const names[] = {"in", "out", "tmp"};

	if (listing->index >= 3) {
		listing->index -= 3;
		return false;
	}
	*listing->name = mr_text(names[listing->index]);
	*listing->is_folder = true;
	return true;
}

bool program_entry(const struct program_node *folder, uint32_t index, struct mr_bytes *name,
		   bool *is_folder)
{
	struct listing listing = {node_path(folder), index, name, is_folder, mr_none()};
	struct mr_bytes rest, within;
	const struct mr_bytes top = path_first(listing.folder, &rest);
	const struct mr_bytes set = path_first(rest, &within);

	if (mr_equal(top, mr_text("in")))
		return set.len == 0 ? sets_list(&listing, false)
				    : items_list(&listing, set_named(set, false), within);
	if (top.len == 0 && root_list(&listing))
		return true;
	if (mr_equal(top, mr_text("out")) && set.len == 0 && sets_list(&listing, true))
		return true;
	for (const struct program_file *file = files; file != NULL; file = file->next) {
		const struct mr_bytes path = {(const uint8_t *)file->path, file->path_bytes};
		struct mr_bytes below, behind;

		/* Folders are files of their own: what lies deeper is theirs to list. */
		if (file->removed || !path_below(path, listing.folder, &below) || below.len == 0)
			continue;
		path_first(below, &behind);
		if (behind.len == 0 && listing_sees(&listing, path, file->folder))
			return true;
	}
	return false;
}
