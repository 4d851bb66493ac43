/* Random calls of an FPGA card's operators, their results compared with plain C's. */
#ifndef CALLS_H
#define CALLS_H

#include <stdbool.h>
#include <stdint.h>

#include "fpga.h"

enum call_kind { CALL_PARTITION, CALL_CRC32C, CALL_AGGREGATE, CALL_SORT, CALL_TOKENISE, CALLS };

#define CALL_ROWS_MAX 30000

void calls_seed(uint64_t seed);
uint64_t calls_random(void);
/* One call of that size on random data, in pages of their own or between them. What the call
 * returned; ends the test where a good result is not plain C's. */
int call_try(struct fpga_card *card, enum call_kind kind, uint32_t size, bool whole_pages,
	     struct fpga_error *error);

#endif
