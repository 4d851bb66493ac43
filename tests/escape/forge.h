/* What the forging function (forge.c) writes where, as the bytes of its input item. */
#ifndef FORGE_H
#define FORGE_H

#include <stdint.h>

enum forge_place {
	FORGE_HEADER,
	FORGE_SET,   /* the output set's entry */
	FORGE_ITEM,  /* the output item's */
	FORGE_FLOOD, /* items without end instead */
};

struct forge {
	uint32_t place;
	uint32_t offset; /* in there */
	uint64_t value;
	uint32_t bytes; /* of it: 1, 2, 4 or 8 */
	uint32_t pad;
};

#endif
