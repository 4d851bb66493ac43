/* How a run ended, in words for the user. */
#include "backend.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int backend_error(char *error, size_t error_bytes, int rc, const char *format, ...)
{
	va_list args;

	if (error_bytes > 0) {
		va_start(args, format);
		vsnprintf(error, error_bytes, format, args);
		va_end(args);
	}
	return rc;
}

bool backend_region_fits(const struct region *region, uint32_t header_off,
			 struct sandbox_result *result)
{
	if (region->bytes <= MR_REGION_BYTES_MAX &&
	    (uint64_t)header_off + sizeof(struct mr_region) <= region->bytes)
		return true;
	memset(result, 0, offsetof(struct sandbox_result, text));
	result->outcome = SANDBOX_FAILED;
	snprintf(result->text, sizeof(result->text),
		 "a region of %llu bytes does not suit this function: its image lies at %u and a "
		 "region has at most %u bytes",
		 (unsigned long long)region->bytes, header_off, MR_REGION_BYTES_MAX);
	return false;
}

/* The function's own words: UTF-8 that it promised, which may be anything. */
static void text_copy(char *text, size_t text_bytes, const struct region *region,
		      const struct mr_region *header)
{
	const uint32_t off = header->error_off;
	uint32_t len = header->error_len;
	size_t n = 0;

	if (off == 0 || off >= region->bytes)
		return;
	if (len > region->bytes - off)
		len = (uint32_t)(region->bytes - off);
	for (uint32_t i = 0; i < len && n + 1 < text_bytes; i++) {
		const uint8_t c = region->base[off + i];

		text[n++] = c >= 0x20 && c != 0x7f ? (char)c : ' ';
	}
	text[n] = 0;
}

/* The status that the function left in its header. */
static int32_t header_status(const struct region *region, uint32_t header_off)
{
	const struct mr_region *header = (const void *)(region->base + header_off);

	return *(const volatile int32_t *)&header->status;
}

static void failure_describe(const struct guest_report *report, const struct region *region,
			     uint32_t header_off, struct sandbox_result *result)
{
	char words[MR_ERROR_BYTES_MAX - 64] = "";
	struct mr_region header;

	memcpy(&header, region->base + header_off, sizeof(header));
	result->outcome = SANDBOX_FAILED;
	text_copy(words, sizeof(words), region, &header);
	if (words[0] != 0)
		snprintf(result->text, sizeof(result->text), "%s", words);
	else
		snprintf(result->text, sizeof(result->text),
			 "the function returned %d and gave no reason",
			 report->status != 0 ? report->status : header.status);
}

static const char *outcome_sentence(enum sandbox_outcome outcome)
{
	switch (outcome) {
	case SANDBOX_OUT_OF_BOUNDS:
		return "it accessed memory or a table outside its bounds";
	case SANDBOX_STACK_OVERFLOW:
		return "its stack overflowed: recursion without end, or too large local variables";
	case SANDBOX_DIVISION:
		return "it divided an integer by zero, or the smallest integer by -1";
	case SANDBOX_CONVERSION:
		return "it converted a floating-point number that no integer can hold";
	case SANDBOX_UNREACHABLE:
		return "it gave up by itself: abort(), a failed assertion or unreachable code";
	case SANDBOX_BAD_CALL:
		return "it called through a pointer that is no function of that type";
	default:
		return sandbox_outcome_text(outcome);
	}
}

/* A trap may be meant: a program that ends in its middle has no other way, and has said before
 * whether it ends well, or why it fails. */
static void trap_describe(const struct guest_report *report, const struct region *region,
			  uint32_t header_off, struct sandbox_result *result)
{
	const int32_t status = header_status(region, header_off);

	if (status == MR_STATUS_ENDED) {
		result->outcome = SANDBOX_OK;
		return;
	}
	snprintf(result->text, sizeof(result->text), "%s", outcome_sentence(report->outcome));
	if (status != 0)
		failure_describe(report, region, header_off, result);
}

void backend_result(const struct guest_report *report, const struct region *region,
		    uint32_t header_off, uint32_t time_limit_ms, struct sandbox_result *result)
{
	result->outcome = report->outcome;
	result->run_ns = report->run_ns;
	result->text[0] = 0;
	switch (report->outcome) {
	case SANDBOX_OK:
		/* Not the whole header: most of it was just written in other pieces than a copy
		 * reads, for which the processor would have to wait. */
		if (report->status != 0 || header_status(region, header_off) != 0)
			failure_describe(report, region, header_off, result);
		break;
	case SANDBOX_UNREACHABLE:
		trap_describe(report, region, header_off, result);
		break;
	case SANDBOX_TIME_LIMIT:
		snprintf(result->text, sizeof(result->text),
			 "it ran for %u ms, its time limit; raise it with a `time` line in the "
			 "function's block",
			 time_limit_ms != 0 ? time_limit_ms : MR_TIME_LIMIT_MS_DEFAULT);
		break;
	case SANDBOX_CRASHED:
		snprintf(result->text, sizeof(result->text), "signal %d (%s) at address %#lx",
			 report->signo, strsignal(report->signo), (unsigned long)report->fault);
		break;
	default:
		snprintf(result->text, sizeof(result->text), "%s",
			 outcome_sentence(report->outcome));
	}
}
