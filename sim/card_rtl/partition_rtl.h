/* What the card whose partition is Verilog counts beside. */
#ifndef PARTITION_RTL_H
#define PARTITION_RTL_H

#include "kernel_table.h"

/* Cycles of all runs of partition since the library was loaded, and the beats of keys in them.
 * Exported: for tests, which find it in the loaded library. */
void card_rtl_count(uint64_t *cycles, uint64_t *beats);

#endif
