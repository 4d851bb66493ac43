/* What a hypervisor took of the workers' cores: a run without its cores measures the neighbours. */
#ifndef STEAL_H
#define STEAL_H

#include <stdint.h>

/* Time that the workers' two cores (process_core()) wanted to run and were not let, since boot, in
 * steps of the kernel's clock tick: "steal" of /proc/stat. 0 where that is not known. */
uint64_t steal_ns(void);

#endif
