/* The loop of matmul outside of any sandbox, compiled as images are. */
#ifndef BARE_MATMUL_H
#define BARE_MATMUL_H

#include <stdint.h>

/* Ticks of the processor's clock that it takes. */
uint64_t bare_matmul(const uint32_t *a, const uint32_t *b, uint32_t *c, uint32_t side);

#endif
