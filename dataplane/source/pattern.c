/* Patterns of paths. */
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "pattern.h"

static bool is_glob(const char *component)
{
	for (; *component != '\0'; component++) {
		if (*component == '\\' && component[1] != '\0')
			component++;
		else if (strchr("*?[", *component) != NULL)
			return true;
	}
	return false;
}

static void unescape(char *text)
{
	char *to = text;

	for (; *text != '\0'; text++) {
		if (*text == '\\' && text[1] != '\0')
			text++;
		*to++ = *text;
	}
	*to = '\0';
}

static bool is_deep(const char *component)
{
	return strcmp(component, "**") == 0;
}

void pattern_cut(struct pattern *pattern, const char *path, char root[MR_URI_BYTES_MAX])
{
	size_t root_length = 0;
	char *rest = NULL;

	pattern->count = 0;
	snprintf(root, MR_URI_BYTES_MAX, "%s", path);
	snprintf(pattern->text, sizeof(pattern->text), "%s", path);
	for (char *at = strtok_r(pattern->text, "/", &rest); at != NULL;
	     at = strtok_r(NULL, "/", &rest)) {
		uint32_t count = pattern->count;

		if (count == 0 && !is_glob(at))
			root_length += strlen(at) + 1;
		else if (count == 0 || !is_deep(at) || !is_deep(pattern->components[count - 1]))
			pattern->components[pattern->count++] = at;
	}
	root[root_length > 0 ? root_length : 1] = '\0';
	unescape(root);
}

bool pattern_is_deep(const struct pattern *pattern, uint32_t component)
{
	return is_deep(pattern->components[component]);
}

bool pattern_matches(const struct pattern *pattern, uint32_t component, const char *name)
{
	return fnmatch(pattern->components[component], name, FNM_PERIOD) == 0;
}
