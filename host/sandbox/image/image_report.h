/* How a run of an image ended, in the words that all backends share which confine native code. */
#ifndef IMAGE_REPORT_H
#define IMAGE_REPORT_H

#include "image.h"
#include "sandbox.h"

enum image_end {
	IMAGE_RETURNED,
	IMAGE_OUT_OF_TIME,
	IMAGE_ACCESS,      /* to memory that is not there, or not in that way */
	IMAGE_DIVISION,    /* by zero, or the smallest integer by -1 */
	IMAGE_ILLEGAL,     /* no instruction of this processor */
	IMAGE_PRIVILEGED,  /* not an instruction for functions: I/O ports, hlt, an address that no
			      memory can have (general protection) */
	IMAGE_SYSTEM_CALL, /* of any kind */
	IMAGE_SIGNAL,      /* ended by a signal, or an exception, of that number */
};

struct image_report {
	enum image_end end;
	int32_t status;   // IMAGE_RETURNED: what it returned
	uint64_t address; // IMAGE_ACCESS: of the memory
	uint64_t at;      // of the instruction; 0 when it is not known
	uint32_t number;  // of the system call, signal or exception
	uint64_t run_ns;
};

/* Turns a report, and what the function left in its header, into *result. file is the image's. */
void image_result(const struct image *image, const uint8_t *file, const struct image_report *report,
		  const struct region *region, uint32_t header_off, uint32_t time_limit_ms,
		  struct sandbox_result *result);

#endif
