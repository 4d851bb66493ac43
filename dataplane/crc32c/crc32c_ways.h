/*
 * The ways to compute CRC32C: crc32c.c takes the best one that the machine has, its test all.
 *
 * A crc here is the register as it is, not inverted at either end.
 */
#ifndef CRC32C_WAYS_H
#define CRC32C_WAYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* With the SSE4.2 instruction, which all machines served have. */
uint32_t crc32c_streams(uint32_t crc, const uint8_t *p, size_t bytes);

/* By carry-less products of 512 bits, where the machine has them; of whole blocks of 64 bytes. */
#define CRC32C_FOLD_BYTES_MIN 256
#define CRC32C_FOLD_BLOCK_BYTES 64
bool crc32c_folds(void);
uint32_t crc32c_fold(uint32_t crc, const uint8_t *p, size_t bytes);

#endif
