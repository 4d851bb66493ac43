/* How a run of an image ended, in words for the user. */
#include "image_report.h"

#include <stdio.h>

#include "backend.h"

/* Below the stack there is nothing else: an access there is a stack that grew too large. */
static bool stack_overflowed(const struct image *image, uint64_t address)
{
	return address < IMAGE_STACK_TOP - image->stack_bytes && address >= IMAGE_STACK_LOW;
}

static void access_describe(const struct image *image, const struct image_report *report,
			    const struct region *region, struct sandbox_result *result)
{
	const unsigned long long address = report->address;

	if (stack_overflowed(image, address)) {
		result->outcome = SANDBOX_STACK_OVERFLOW;
		snprintf(result->text, sizeof(result->text),
			 "its stack of %llu bytes overflowed: recursion without end, or too large "
			 "local variables; -z stack-size at its link makes it larger",
			 (unsigned long long)image->stack_bytes);
		return;
	}
	result->outcome = SANDBOX_OUT_OF_BOUNDS;
	if (address >= IMAGE_REGION_BASE && address - IMAGE_REGION_BASE <= UINT32_MAX)
		snprintf(result->text, sizeof(result->text),
			 "it accessed memory outside its bounds: offset %llu of a region of %llu "
			 "bytes (its instruction at %#llx)",
			 (unsigned long long)(address - IMAGE_REGION_BASE),
			 (unsigned long long)region->bytes, (unsigned long long)report->at);
	else
		snprintf(result->text, sizeof(result->text),
			 "it accessed memory outside its bounds: address %#llx (its instruction at "
			 "%#llx)",
			 address, (unsigned long long)report->at);
}

static void illegal_describe(const struct image *image, const uint8_t *file,
			     const struct image_report *report, struct sandbox_result *result)
{
	const unsigned long long at = report->at;

	if (image_gave_up(image, file, at)) {
		result->outcome = SANDBOX_UNREACHABLE;
		snprintf(result->text, sizeof(result->text),
			 "it gave up by itself at %#llx: abort(), a failed assertion or "
			 "unreachable code",
			 at);
	} else {
		snprintf(result->text, sizeof(result->text), "illegal instruction at %#llx", at);
	}
}

void image_result(const struct image *image, const uint8_t *file, const struct image_report *report,
		  const struct region *region, uint32_t header_off, uint32_t time_limit_ms,
		  struct sandbox_result *result)
{
	const struct guest_report ended = {
	    .outcome = report->end == IMAGE_OUT_OF_TIME ? SANDBOX_TIME_LIMIT
		       : report->end == IMAGE_DIVISION  ? SANDBOX_DIVISION
							: SANDBOX_OK,
	    .status = report->status,
	    .run_ns = report->run_ns,
	};

	if (report->end == IMAGE_RETURNED || ended.outcome != SANDBOX_OK) {
		backend_result(&ended, region, header_off, time_limit_ms, result);
		return;
	}
	result->outcome = SANDBOX_CRASHED;
	result->run_ns = report->run_ns;
	switch (report->end) {
	case IMAGE_ACCESS:
		access_describe(image, report, region, result);
		break;
	case IMAGE_ILLEGAL:
		illegal_describe(image, file, report, result);
		break;
	case IMAGE_PRIVILEGED:
		snprintf(result->text, sizeof(result->text),
			 "the instruction at %#llx is none for functions: it is privileged, or its "
			 "address is one that no memory has",
			 (unsigned long long)report->at);
		break;
	case IMAGE_SYSTEM_CALL:
		snprintf(result->text, sizeof(result->text),
			 "it made system call %u (its instruction at %#llx); a function makes none",
			 report->number, (unsigned long long)report->at);
		break;
	default:
		snprintf(result->text, sizeof(result->text), "signal %u (its instruction at %#llx)",
			 report->number, (unsigned long long)report->at);
	}
}
