/* Paths, as they are walked. */
#ifndef JSON_PATH_H
#define JSON_PATH_H

#include "json.h"
#include "json_document.h"

struct json_path {
	char *text; /* as it was written, for errors; keys point into a copy behind it */
	struct json_step steps[MR_JSON_STEPS_MAX];
	size_t count;
};

#endif
