/*
 * Functions run on items that lie in folders, and what they make compared with what they should.
 *
 * A case is a folder: in/SET/ITEM is what the function gets, out/SET/ITEM what it is to make of it
 * (item_folder.h). Cases of a composition's only function lie in test/CASE beside it; where there
 * are several functions, in test/FUNCTION/CASE.
 */
#ifndef FUNCTION_TEST_H
#define FUNCTION_TEST_H

#include <stdbool.h>
#include <stdint.h>

#include "bundle.h"
#include "function_call.h"

struct test_options {
	const char *tests;   /* the folder of cases */
	const char *sandbox; /* "wasm", ... */
	const char *only;    /* NULL: every case */
	const char *out;     /* outputs are written below it; NULL: nowhere */
	bool accept;         /* outputs become what is expected */
};

/* One case that was run. */
struct test_result {
	const char *function;
	const char *name;
	bool passed;
	bool compared; /* with something expected */
	struct sandbox_result ran;
	uint64_t region_bytes;
	char why[2 * MR_ERROR_BYTES_MAX]; /* it failed */
};

/* Runs the cases of function number index of the bundle, in the order of their names, and tells of
 * each. The calling thread has called sandbox_thread_enter(). Their number, or -errno with error
 * text. */
int function_test(const struct test_options *options, const struct bundle *bundle, uint32_t index,
		  void (*tell)(void *opaque, const struct test_result *result), void *opaque,
		  char *error, size_t error_bytes);

#endif
