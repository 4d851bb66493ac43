/* A new function: its files are texts here, in which @ stands for the function's name. */
#include "scaffold.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <millrace/limits.h>

static const struct {
	const char *path; /* ends with '/': a folder */
	const char *text;
} files[] = {
    {"", NULL},
    {"@.c", "/* Upper-cases every item. */\n"
	    "#include <millrace_function.h>\n"
	    "\n"
	    "static int @(struct mr_call *call)\n"
	    "{\n"
	    "\tconst struct mr_set *in = mr_in(call, \"text\");\n"
	    "\tstruct mr_set *out = mr_out(call, \"result\");\n"
	    "\n"
	    "\tif (in == NULL || out == NULL)\n"
	    "\t\treturn MR_FAILED;\n"
	    "\tfor (uint32_t i = 0; i < in->item_count; i++) {\n"
	    "\t\tconst struct mr_item *item = mr_in_item(call, in, i);\n"
	    "\t\tconst struct mr_bytes text = mr_item_bytes(call, item);\n"
	    "\t\tuint8_t *upper = mr_alloc(call, text.len, 8);\n"
	    "\t\tconst struct mr_bytes result = {upper, text.len};\n"
	    "\n"
	    "\t\tif (upper == NULL)\n"
	    "\t\t\treturn MR_FAILED;\n"
	    "\t\tfor (uint32_t n = 0; n < text.len; n++)\n"
	    "\t\t\tupper[n] = text.data[n] >= 'a' && text.data[n] <= 'z' ? text.data[n] - 32\n"
	    "\t\t\t\t\t\t\t\t     : text.data[n];\n"
	    "\t\tif (mr_out_add(call, out, mr_item_name(call, item), mr_none(), result) != 0)\n"
	    "\t\t\treturn MR_FAILED;\n"
	    "\t}\n"
	    "\treturn 0;\n"
	    "}\n"
	    "\n"
	    "MR_ENTRY(@)\n"},
    {"@.mr", "# Runs @ on every file that `text` names.\n"
	     "function @ {\n"
	     "\tin text\n"
	     "\tout result\n"
	     "\tmemory 1MiB + 2 x input\n"
	     "\ttime 10s\n"
	     "}\n"
	     "\n"
	     "composition all_@ {\n"
	     "\tin text\n"
	     "\tout result\n"
	     "\t@(text = each text) -> (result)\n"
	     "}\n"},
    {"test/", NULL},
    {"test/hello/", NULL},
    {"test/hello/in/", NULL},
    {"test/hello/in/text/", NULL},
    {"test/hello/in/text/greeting", "Hello, world\n"},
    {"test/hello/out/", NULL},
    {"test/hello/out/result/", NULL},
    {"test/hello/out/result/greeting", "HELLO, WORLD\n"},
};

#define FILE_COUNT (sizeof(files) / sizeof(files[0]))

/* Both a name of a composition's text and of C. */
static bool name_allowed(const char *name)
{
	size_t length = strlen(name);

	/* "all_" goes before it, in the composition's name. */
	if (length == 0 || length + strlen("all_") >= MR_NAME_BYTES_MAX ||
	    isdigit((unsigned char)name[0]))
		return false;
	for (size_t i = 0; i < length; i++) {
		if (!isalnum((unsigned char)name[i]) && name[i] != '_')
			return false;
	}
	return true;
}

static bool name_reserved(const char *name)
{
	static const char *const words[] = {
	    /* of compositions */
	    "function", "composition", "in", "out", "as", "all", "each", "key", "broadcast",
	    /* of C, and the function's entry */
	    "auto", "break", "case", "char", "const", "continue", "default", "do", "double", "else",
	    "enum", "extern", "float", "for", "goto", "if", "inline", "int", "long", "main",
	    "register", "restrict", "return", "short", "signed", "sizeof", "static", "struct",
	    "switch", "typedef", "union", "unsigned", "void", "volatile", "while", "mr_entry"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i], name) == 0)
			return true;
	}
	return false;
}

/* The path of file number i. */
static int path_print(char path[PATH_MAX], const char *dir, const char *name, size_t i)
{
	const char *in_folder = files[i].path;
	bool named = in_folder[0] == '@';
	int length = snprintf(path, PATH_MAX, "%s/%s/%s%s", dir, name, named ? name : "",
			      named ? in_folder + 1 : in_folder);

	return length < PATH_MAX ? 0 : -ENAMETOOLONG;
}

static int text_write(const char *path, const char *text, const char *name)
{
	FILE *file = fopen(path, "wx");
	int rc = 0;

	if (file == NULL)
		return -errno;
	for (; *text != 0; text++) {
		if (*text == '@')
			fputs(name, file);
		else
			fputc(*text, file);
	}
	if (ferror(file))
		rc = -EIO;
	if (fclose(file) != 0 && rc == 0)
		rc = -errno;
	return rc;
}

static int file_make(const char *path, size_t i, const char *name)
{
	if (files[i].text != NULL)
		return text_write(path, files[i].text, name);
	return mkdir(path, 0777) == 0 ? 0 : -errno;
}

static void files_remove(const char *dir, const char *name, size_t count)
{
	char path[PATH_MAX];

	while (count-- > 0) {
		if (path_print(path, dir, name, count) == 0)
			remove(path);
	}
}

int scaffold_make(const char *dir, const char *name, char *error, size_t error_bytes)
{
	char path[PATH_MAX];
	int rc;

	if (!name_allowed(name) || name_reserved(name)) {
		snprintf(error, error_bytes,
			 "\"%s\" cannot name a function: letters, digits and '_' are allowed, no "
			 "digit at the start, at most %zu bytes, and no word of C or of "
			 "compositions",
			 name, MR_NAME_BYTES_MAX - 1 - strlen("all_"));
		return -EINVAL;
	}
	for (size_t i = 0; i < FILE_COUNT; i++) {
		rc = path_print(path, dir, name, i);
		if (rc == 0)
			rc = file_make(path, i, name);
		if (rc != 0) {
			snprintf(error, error_bytes, "%s: %s", path, strerror(-rc));
			files_remove(dir, name, i);
			return rc;
		}
	}
	return 0;
}
