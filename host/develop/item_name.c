/* Keys and names of items, as names of files and back. */
#include "item_name.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- From a file's name ---------------------------------------------------------------------- */

/* The value of a hexadecimal digit, or -1. */
static int digit_value(char c)
{
	if (!isxdigit((unsigned char)c))
		return -1;
	return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

/* The bytes that text[0..length) stands for. */
static int part_decode(const char *text, size_t length, uint8_t **bytes, uint32_t *byte_count)
{
	uint32_t n = 0;

	if (length == 0)
		return 0;
	*bytes = malloc(length);
	if (*bytes == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < length; i++) {
		int high = -1, low = -1;

		if (text[i] != '%') {
			(*bytes)[n++] = (uint8_t)text[i];
			continue;
		}
		if (length - i > 2) {
			high = digit_value(text[i + 1]);
			low = digit_value(text[i + 2]);
		}
		if (high < 0 || low < 0)
			return -EILSEQ;
		(*bytes)[n++] = (uint8_t)(high << 4 | low);
		i += 2;
	}
	*byte_count = n;
	return 0;
}

/* Where a name ends: before "~N", if it ends so. */
static size_t name_length(const char *text)
{
	const char *tilde = strrchr(text, '~');

	if (tilde != NULL && tilde[1] != 0 && tilde[1 + strspn(tilde + 1, "0123456789")] == 0)
		return (size_t)(tilde - text);
	return strlen(text);
}

int item_name_parse(const char *file, struct folder_item *item)
{
	const char *name = strchr(file, '=');
	int rc = 0;

	snprintf(item->file, sizeof(item->file), "%s", file);
	if (name != NULL) {
		item->keyed = true;
		rc = part_decode(file, (size_t)(name - file), &item->key, &item->key_bytes);
	}
	name = name != NULL ? name + 1 : file;
	if (rc == 0)
		rc = part_decode(name, name_length(name), &item->name, &item->name_bytes);
	return rc;
}

/* --- To a file's name ------------------------------------------------------------------------ */

struct writing {
	char *text; /* of NAME_MAX + 1 bytes */
	size_t used;
};

static void text_add(struct writing *writing, const char *text)
{
	size_t length = strlen(text);

	if (writing->used + length <= NAME_MAX)
		memcpy(writing->text + writing->used, text, length);
	writing->used += length; /* more than fits is found at the end */
}

/* A dot that begins a file's name would hide it. */
static bool byte_plain(uint8_t byte, bool first)
{
	return byte > ' ' && byte < 127 && strchr("/%=~", byte) == NULL && !(first && byte == '.');
}

static void part_encode(struct writing *writing, const uint8_t *bytes, uint32_t byte_count)
{
	for (uint32_t i = 0; i < byte_count; i++) {
		char text[4] = {(char)bytes[i]};

		if (!byte_plain(bytes[i], writing->used == 0))
			snprintf(text, sizeof(text), "%%%02x", bytes[i]);
		text_add(writing, text);
	}
}

int item_name_print(struct folder_item *item, uint32_t number)
{
	struct writing writing = {.text = item->file};
	char digits[16];

	if (item->keyed) {
		part_encode(&writing, item->key, item->key_bytes);
		text_add(&writing, "=");
	}
	part_encode(&writing, item->name, item->name_bytes);
	if (number > 0) {
		snprintf(digits, sizeof(digits), "~%u", number);
		text_add(&writing, digits);
	}
	if (writing.used > NAME_MAX)
		return -ENAMETOOLONG;
	item->file[writing.used] = 0;
	return 0;
}

/* --- Order ----------------------------------------------------------------------------------- */

static int bytes_order(const uint8_t *a, uint32_t a_bytes, const uint8_t *b, uint32_t b_bytes)
{
	uint32_t common = a_bytes < b_bytes ? a_bytes : b_bytes;
	int order = common > 0 ? memcmp(a, b, common) : 0;

	return order != 0 ? order : (a_bytes > b_bytes) - (a_bytes < b_bytes);
}

static int name_order(const struct folder_item *a, const struct folder_item *b)
{
	int order = a->keyed - b->keyed;

	if (order == 0)
		order = bytes_order(a->key, a->key_bytes, b->key, b->key_bytes);
	return order != 0 ? order : bytes_order(a->name, a->name_bytes, b->name, b->name_bytes);
}

static int sort_order(const void *left, const void *right)
{
	const struct folder_item *a = left, *b = right;
	int order = name_order(a, b);

	return order != 0 ? order : (a->order > b->order) - (a->order < b->order);
}

bool item_name_same(const struct folder_item *a, const struct folder_item *b)
{
	return name_order(a, b) == 0;
}

void item_names_sort(struct folder_item *items, uint32_t count)
{
	qsort(items, count, sizeof(*items), sort_order);
}
