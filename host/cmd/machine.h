/* What this machine has to give: cores and memory, as far as we may use them. */
#ifndef MACHINE_H
#define MACHINE_H

#include <stdint.h>

/* Cores this process may run on; at least 1. */
uint32_t machine_cores(void);
/* Bytes of memory, or our control group's limit when that is less. */
uint64_t machine_memory_bytes(void);
/* Bytes of huge pages nobody has taken, of the size there is most of. */
uint64_t machine_huge_page_bytes(void);

#endif
