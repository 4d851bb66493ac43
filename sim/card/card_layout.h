/* Where things are on the card: said by its xclbin, and kept to by its driver. */
#ifndef CARD_LAYOUT_H
#define CARD_LAYOUT_H

#include <stdint.h>

#define CARD_PAGE_BYTES 4096
#define CARD_BANK_BYTES (16ull << 30) /* of one DDR4 module of an Alveo U250 */
#define CARD_BANKS_ADDRESS 0x4000000000ull
#define CARD_UNITS_ADDRESS 0x1800000ull /* of control registers, 64 KiB for each compute unit */
#define CARD_UNIT_BYTES 0x10000

static inline uint64_t card_bank_address(uint32_t bank)
{
	return CARD_BANKS_ADDRESS + bank * CARD_BANK_BYTES;
}

static inline uint64_t card_unit_address(uint32_t unit)
{
	return CARD_UNITS_ADDRESS + (uint64_t)unit * CARD_UNIT_BYTES;
}

#endif
