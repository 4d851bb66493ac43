/* How a run in a virtual machine ended: exceptions become ends of an image. */
#include "kvm_outcome.h"

#include <stdio.h>
#include <string.h>

#include "kvm_layout.h"

/* Vectors, as the Intel SDM names them (volume 3, table 6-1). */
enum {
	VECTOR_DIVIDE = 0,
	VECTOR_ILLEGAL = 6,
	VECTOR_NOT_PRESENT = 11,
	VECTOR_STACK = 12,
	VECTOR_PROTECTION = 13,
	VECTOR_PAGE = 14,
};

/* Is the instruction at ip that of two bytes? Only code is read, which never changes. */
static bool instruction_is(const struct kvm_code *code, uint64_t ip, uint8_t first, uint8_t second)
{
	for (uint32_t i = 0; i < code->image.segment_count; i++) {
		const struct image_segment *segment = &code->image.segments[i];
		const uint8_t *bytes;

		if ((segment->rights & IMAGE_EXECUTE) == 0 || ip < segment->address ||
		    ip - segment->address > segment->bytes - 2)
			continue;
		bytes = code->store->base + code->segment_off[i] + (ip - segment->address);
		return bytes[0] == first && bytes[1] == second;
	}
	return false;
}

static bool instruction_calls_system(const struct kvm_code *code, uint64_t ip)
{
	return instruction_is(code, ip, 0x0f, 0x05) || /* syscall */
	       instruction_is(code, ip, 0x0f, 0x34) || /* sysenter */
	       instruction_is(code, ip, 0xcd, 0x80);   /* int $0x80 */
}

/* Under PVM, SYSCALL leaves rip behind the instruction in rcx and goes where nothing is; the number
 * is in eax then as ever. */
static void exception_translate(const struct kvm_report *report, const struct kvm_code *code,
				uint64_t region_shift, struct image_report *image)
{
	image->at = report->frame.ip;
	image->number = (uint32_t)report->exception;
	image->end = IMAGE_SIGNAL;
	if (report->exception == VECTOR_PAGE && image->at == KVM_SYSCALL_ADDRESS &&
	    instruction_calls_system(code, report->rcx - 2))
		image->at = report->rcx - 2;
	if (instruction_calls_system(code, image->at)) {
		image->end = IMAGE_SYSTEM_CALL;
		image->number = report->eax;
		return;
	}
	switch (report->exception) {
	case VECTOR_DIVIDE:
		image->end = IMAGE_DIVISION;
		return;
	case VECTOR_ILLEGAL:
		image->end = IMAGE_ILLEGAL;
		return;
	case VECTOR_PROTECTION:
	case VECTOR_STACK:
	case VECTOR_NOT_PRESENT:
		image->end = IMAGE_PRIVILEGED;
		return;
	case VECTOR_PAGE:
		image->end = IMAGE_ACCESS;
		image->address = report->address;
		if (image->address >= IMAGE_REGION_BASE)
			image->address -= region_shift;
		return;
	}
}

static void crash_describe(const struct kvm_report *report, struct sandbox_result *result)
{
	result->outcome = SANDBOX_CRASHED;
	result->run_ns = report->run_ns;
	if (report->end == KVM_END_PORT)
		snprintf(result->text, sizeof(result->text),
			 "it used an I/O port, which only the platform does");
	else if (report->exit_reason < 0)
		snprintf(result->text, sizeof(result->text),
			 "its virtual machine was replaced: KVM_RUN says %s",
			 strerror(-report->exit_reason));
	else
		snprintf(result->text, sizeof(result->text),
			 "its virtual machine was replaced: it ended by KVM exit %d",
			 report->exit_reason);
}

/* Vectors past the named ones: what a signal would be called elsewhere. */
static void signal_describe(const struct kvm_report *report, struct sandbox_result *result)
{
	static const char *const names[KVM_EXCEPTIONS] = {
	    [1] = "single step",
	    [2] = "non-maskable interrupt",
	    [3] = "breakpoint",
	    [4] = "overflow",
	    [5] = "bound range",
	    [7] = "no floating point",
	    [8] = "double fault",
	    [10] = "invalid task",
	    [16] = "x87 floating-point error",
	    [17] = "misaligned access",
	    [18] = "machine check",
	    [19] = "SIMD floating-point error",
	    [21] = "control protection",
	};
	const char *name = names[report->exception];

	snprintf(result->text, sizeof(result->text),
		 "processor exception %d (%s), its instruction at %#llx", report->exception,
		 name != NULL ? name : "reserved", (unsigned long long)report->frame.ip);
}

void kvm_outcome_describe(const struct kvm_report *report, const struct kvm_code *code,
			  const struct region *region, uint64_t region_shift,
			  uint32_t time_limit_ms, struct sandbox_result *result)
{
	struct image_report image = {.status = report->status, .run_ns = report->run_ns};

	switch (report->end) {
	case KVM_END_RETURNED:
		image.end = IMAGE_RETURNED;
		break;
	case KVM_END_TIME:
		image.end = IMAGE_OUT_OF_TIME;
		break;
	case KVM_END_EXCEPTION:
		exception_translate(report, code, region_shift, &image);
		break;
	default:
		crash_describe(report, result);
		return;
	}
	image_result(&code->image, code->file, &image, region, code->base.header_off, time_limit_ms,
		     result);
	if (image.end == IMAGE_SIGNAL)
		signal_describe(report, result);
}
