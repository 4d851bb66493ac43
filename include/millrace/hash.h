/*
 * The published 64-bit hash of a key: XXH64 with seed 0, and the key group it selects.
 *
 * One freestanding header for C, OpenCL C, HLS and functions in a sandbox: it includes nothing
 * when the compiler is not a hosted C compiler, and reads bytes one word at a time without
 * assuming alignment. Little-endian machines only, as every target of Millrace is.
 *
 * Source: "xxHash fast digest algorithm", specification version 0.1.1, section XXH64.
 */
#ifndef MILLRACE_HASH_H
#define MILLRACE_HASH_H

#ifdef __OPENCL_VERSION__
typedef ulong mr_u64;
typedef uint mr_u32;
typedef uchar mr_u8;
#define MR_HASH_FN static inline
#else
#include <stdint.h>
typedef uint64_t mr_u64;
typedef uint32_t mr_u32;
typedef uint8_t mr_u8;
#define MR_HASH_FN static inline
#endif

/* Key groups are the unit in which keys move between nodes; their number never changes, so that
 * growing or losing a node moves groups and rehashes nothing. */
#define MR_KEY_GROUP_BITS 12
#define MR_KEY_GROUPS (1 << MR_KEY_GROUP_BITS)

#define MR_XXH_P1 0x9E3779B185EBCA87ul
#define MR_XXH_P2 0xC2B2AE3D27D4EB4Ful
#define MR_XXH_P3 0x165667B19E3779F9ul
#define MR_XXH_P4 0x85EBCA77C2B2AE63ul
#define MR_XXH_P5 0x27D4EB2F165667C5ul

MR_HASH_FN mr_u64 mr_xxh_rotl(mr_u64 x, int r)
{
	return (x << r) | (x >> (64 - r));
}

MR_HASH_FN mr_u64 mr_xxh_read64(const mr_u8 *p)
{
#ifdef __OPENCL_VERSION__
	mr_u64 v = 0;
	for (int i = 7; i >= 0; i--)
		v = v << 8 | p[i];
#else
	mr_u64 v;
	__builtin_memcpy(&v, p, sizeof(v));
#endif
	return v;
}

MR_HASH_FN mr_u32 mr_xxh_read32(const mr_u8 *p)
{
#ifdef __OPENCL_VERSION__
	mr_u32 v = 0;
	for (int i = 3; i >= 0; i--)
		v = v << 8 | p[i];
#else
	mr_u32 v;
	__builtin_memcpy(&v, p, sizeof(v));
#endif
	return v;
}

MR_HASH_FN mr_u64 mr_xxh_round(mr_u64 acc, mr_u64 input)
{
	return mr_xxh_rotl(acc + input * (mr_u64)MR_XXH_P2, 31) * (mr_u64)MR_XXH_P1;
}

MR_HASH_FN mr_u64 mr_xxh_merge(mr_u64 acc, mr_u64 lane)
{
	return (acc ^ mr_xxh_round(0, lane)) * (mr_u64)MR_XXH_P1 + (mr_u64)MR_XXH_P4;
}

/* XXH64 (seed 0) of the len bytes at key. Pure; cannot fail. */
MR_HASH_FN mr_u64 mr_hash64(const void *key, mr_u64 len)
{
	const mr_u8 *p = (const mr_u8 *)key;
	mr_u64 left = len;
	mr_u64 h;

	if (left >= 32) {
		mr_u64 a = (mr_u64)MR_XXH_P1 + (mr_u64)MR_XXH_P2;
		mr_u64 b = (mr_u64)MR_XXH_P2;
		mr_u64 c = 0;
		mr_u64 d = 0 - (mr_u64)MR_XXH_P1;

		for (; left >= 32; left -= 32, p += 32) {
			a = mr_xxh_round(a, mr_xxh_read64(p));
			b = mr_xxh_round(b, mr_xxh_read64(p + 8));
			c = mr_xxh_round(c, mr_xxh_read64(p + 16));
			d = mr_xxh_round(d, mr_xxh_read64(p + 24));
		}
		h = mr_xxh_rotl(a, 1) + mr_xxh_rotl(b, 7) + mr_xxh_rotl(c, 12) + mr_xxh_rotl(d, 18);
		h = mr_xxh_merge(h, a);
		h = mr_xxh_merge(h, b);
		h = mr_xxh_merge(h, c);
		h = mr_xxh_merge(h, d);
	} else {
		h = (mr_u64)MR_XXH_P5;
	}
	h += len;
	for (; left >= 8; left -= 8, p += 8)
		h = mr_xxh_rotl(h ^ mr_xxh_round(0, mr_xxh_read64(p)), 27) * (mr_u64)MR_XXH_P1 +
		    (mr_u64)MR_XXH_P4;
	if (left >= 4) {
		h = mr_xxh_rotl(h ^ mr_xxh_read32(p) * (mr_u64)MR_XXH_P1, 23) * (mr_u64)MR_XXH_P2 +
		    (mr_u64)MR_XXH_P3;
		left -= 4;
		p += 4;
	}
	for (; left > 0; left--, p++)
		h = mr_xxh_rotl(h ^ *p * (mr_u64)MR_XXH_P5, 11) * (mr_u64)MR_XXH_P1;
	h = (h ^ (h >> 33)) * (mr_u64)MR_XXH_P2;
	h = (h ^ (h >> 29)) * (mr_u64)MR_XXH_P3;
	return h ^ (h >> 32);
}

/* The key group of a hash: its top bits, so that sorting by hash sorts by group. */
MR_HASH_FN mr_u32 mr_key_group(mr_u64 hash)
{
	return (mr_u32)(hash >> (64 - MR_KEY_GROUP_BITS));
}

/* The smallest hash of a key group: what a group item (MR_ITEM_GROUP) carries. */
MR_HASH_FN mr_u64 mr_key_group_hash(mr_u32 group)
{
	return (mr_u64)group << (64 - MR_KEY_GROUP_BITS);
}

#endif
