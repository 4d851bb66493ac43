/*
 * CRC32C (Castagnoli), as iSCSI and SCTP use it: detects what Ethernet's and IP's checks let by.
 *
 * Source: RFC 3720 appendix B.4 (test vectors), RFC 4960 appendix B.
 */
#ifndef CRC32C_H
#define CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* Continues crc over bytes of data; start with 0. crc32c(crc32c(0, a), b) == crc32c(0, a ++ b). */
uint32_t crc32c(uint32_t crc, const void *data, size_t bytes);
/* Of bytes of data, the four of them at an offset taken as 0: where the CRC itself lies. */
uint32_t crc32c_without(const void *data, size_t bytes, size_t offset);

#endif
