/* What the backends share: their operations, and how a run's end is put into words. */
#ifndef BACKEND_H
#define BACKEND_H

#include "guest.h"
#include "sandbox.h"

extern const struct sandbox_ops sandbox_wasm;
extern const struct sandbox_ops sandbox_wasm_process;
extern const struct sandbox_ops sandbox_process;
extern const struct sandbox_ops sandbox_native;
extern const struct sandbox_ops sandbox_kvm;
extern const struct sandbox_ops sandbox_auto;

/* Is there room for a region header at header_off? Fills in *result when there is not. */
bool backend_region_fits(const struct region *region, uint32_t header_off,
			 struct sandbox_result *result);
/* Turns what guest_run() reported, and what the function left in its header, into *result. */
void backend_result(const struct guest_report *report, const struct region *region,
		    uint32_t header_off, uint32_t time_limit_ms, struct sandbox_result *result);
/* Formats into error, when there is room; returns rc. */
__attribute__((format(printf, 4, 5))) int backend_error(char *error, size_t error_bytes, int rc,
							const char *format, ...);

#endif
