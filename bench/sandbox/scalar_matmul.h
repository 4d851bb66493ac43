/* Both orders of the loop outside of any sandbox, as plain scalar code. */
#ifndef SCALAR_MATMUL_H
#define SCALAR_MATMUL_H

#include <stdint.h>

/* Ticks of the processor's clock that a * b took, row by row or element by element. */
uint64_t scalar_rows(const uint32_t *a, const uint32_t *b, uint32_t *c, uint32_t side);
uint64_t scalar_columns(const uint32_t *a, const uint32_t *b, uint32_t *c, uint32_t side);

#endif
