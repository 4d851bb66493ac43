/*
 * Sets as folders, for who develops a function: a set is a folder, an item a file in it.
 *
 * The file's name says the item's: [KEY=]NAME[~N], where N tells items of one name apart, and is
 * always there where there is no name. What a file's name cannot hold, and '%', '=' and '~', is
 * written as '%' and two hexadecimal digits. Files whose names begin with a dot are no items.
 */
#ifndef ITEM_FOLDER_H
#define ITEM_FOLDER_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <millrace/limits.h>

struct folder_item {
	char file[NAME_MAX + 1];
	uint8_t *name; /* may be NULL when it has no bytes; so may the others */
	uint8_t *key;
	uint8_t *bytes;
	uint32_t name_bytes;
	uint32_t key_bytes;
	uint32_t byte_count;
	uint32_t order; /* among those alike */
	bool keyed;
};

/* The set's own: name, key and bytes of each item, and the array. */
struct folder_set {
	struct folder_item *items;
	uint32_t count;
};

/* All items of the folder dir/name, by the names of their files (numbers in them by value); without
 * that folder, none. 0, or -errno with error text. */
int folder_set_read(struct folder_set *set, const char *dir, const char *name, char *error,
		    size_t error_bytes);
/* Adds a copy of an item; folder_set_name() must follow. 0, -ENOMEM, or -E2BIG at
 * MR_SET_ITEMS_MAX. */
int folder_set_add(struct folder_set *set, const struct folder_item *item);
/* Gives every item the name of its file, and orders them by it. 0, or -errno with error text. */
int folder_set_name(struct folder_set *set, char *error, size_t error_bytes);
/* One file for each item, in dir/name, which is made; other files there stay. 0, or -errno with
 * error text. */
int folder_set_write(const struct folder_set *set, const char *dir, const char *name, char *error,
		     size_t error_bytes);
/* The same, and removes the other files there, so that dir/name is this set and no more; hidden
 * files stay. */
int folder_set_replace(const struct folder_set *set, const char *dir, const char *name, char *error,
		       size_t error_bytes);
/* Zeroes *set, which may be zero already. */
void folder_set_free(struct folder_set *set);

/* How two sets of files differ, in words: the first difference by the names of files. False when
 * they are equal, byte for byte. */
bool folder_set_differs(const struct folder_set *wanted, const struct folder_set *got, char *text,
			size_t text_bytes);

#endif
