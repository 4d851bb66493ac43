/*
 * The body of POST /jobs: JSON from outside, checked and taken apart. Pure.
 *
 *   {"file": "wordcount.mr", "text": "...", "composition": "wordcount",
 *    "inputs": {"text": "file:/etc/services"}, "outputs": ["counts"],
 *    "functions": {"count": "0123456789abcdef"},
 *    "checkpoint": {"name": "nightly", "every": 10}}
 *
 * composition may be left out (the last of the text); file is for error texts; functions are the
 * code of every function by mr_hash64 in 16 hexadecimal digits; checkpoint may be left out, and its
 * every, an epoch each, too: the node says whether it may have that name.
 */
#ifndef JOB_REQUEST_H
#define JOB_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include <millrace/limits.h>

#define JOB_REQUEST_BYTES_MAX \
	(8u << 20) /* the longest text, each byte escaped as \u00XX, and URIs */
#define JOB_REQUEST_FUNCTIONS_MAX MR_VERTICES_MAX

struct job_request_input {
	const char *set;
	const char *uri;
};

struct job_request_code {
	const char *function;
	uint64_t hash;
};

/* Strings live in json. */
struct job_request {
	cJSON *json;
	const char *file;
	const char *text;
	const char *composition; /* NULL: the last */
	const char *checkpoint;  /* NULL: none */
	uint32_t checkpoint_every;
	struct job_request_input inputs[MR_SETS_MAX];
	const char *outputs[MR_SETS_MAX]; /* each a name_valid(), no two the same */
	struct job_request_code codes[JOB_REQUEST_FUNCTIONS_MAX];
	uint32_t input_count;
	uint32_t output_count;
	uint32_t code_count;
};

/* Letters, digits and '_', not starting with a digit, shorter than MR_NAME_BYTES_MAX:
 * what a set may be called, and safe as the name of a file. */
bool name_valid(const char *name);
/* Exactly 16 hexadecimal digits. */
bool hash_parse(const char *text, uint64_t *hash);

/* 0; -EINVAL with error text; -ENOMEM. On success *request is freed by job_request_free(). */
int job_request_parse(const char *body, size_t body_bytes, struct job_request **request,
		      char *error, size_t error_bytes);
/* Nulls *request; *request may be NULL. */
void job_request_free(struct job_request **request);

#endif
