/* The arithmetic of splits: where items aim to begin, before line ends are known. Pure. */
#ifndef SPLIT_H
#define SPLIT_H

#include "source.h"

/*
 * Item k is [boundary(k), boundary(k + 1)), where boundary(k) is the byte after the first '\n' at
 * or after split_target(k) - 1: a line belongs to the item its first byte is aimed at. boundary(0)
 * is split->first, and without such a '\n' boundary(k) is split->end.
 */
uint64_t split_target(const struct source_split *split, uint32_t k);

#endif
