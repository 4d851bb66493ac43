/* What this machine has to give: cores and memory, as far as we may use them. */
#ifndef MACHINE_H
#define MACHINE_H

#include <stdint.h>

#include "port.h"

/* Cores this process may run on; at least 1. */
uint32_t machine_cores(void);
/* The mode asked for, unless as many threads as will run leave no core to look for frames on. */
enum port_poll_mode machine_poll(enum port_poll_mode asked, uint32_t threads);
/* Bytes of memory, or our control group's limit when that is less. */
uint64_t machine_memory_bytes(void);
/* Bytes of huge pages nobody has taken, of the size there is most of. */
uint64_t machine_huge_page_bytes(void);

#endif
