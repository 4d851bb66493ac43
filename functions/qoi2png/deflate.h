/*
 * Deflate: repetitions found by hash chains, written in one block of the fixed Huffman code. Better
 * compressors choose their codes; this one is small and needs no libc. Source: RFC 1951.
 */
#ifndef DEFLATE_H
#define DEFLATE_H

#include <millrace_function.h>

#define DEFLATE_WINDOW 32768u /* bytes that a repetition may lie back */
#define DEFLATE_HASH_BITS 15  /* as many chains as the window has bytes */
#define DEFLATE_CHAIN_MAX 16  /* places looked at for one repetition: speed against size */
#define DEFLATE_MATCH_MIN 4   /* never longer than its literals: at most 26 bits */
#define DEFLATE_MATCH_MAX 258 /* RFC 1951 */
#define DEFLATE_NOWHERE 0xffffffffu
#define DEFLATE_END 256

/* Where four bytes that hash alike were before. */
struct deflate_tables {
	uint32_t head[1u << DEFLATE_HASH_BITS];
	uint32_t before[DEFLATE_WINDOW];
};

struct deflate_out {
	uint8_t *at;
	uint64_t held;
	uint32_t held_bits;
};

struct deflate_match {
	uint32_t length; /* 0: none */
	uint32_t distance;
};

/* The most bytes that so many become. */
static uint64_t deflate_bytes_max(uint64_t bytes)
{
	return bytes + bytes / 8 + 16;
}

/* --- Bits ------------------------------------------------------------------------------------ */

static void deflate_bits(struct deflate_out *out, uint32_t bits, uint32_t count)
{
	out->held |= (uint64_t)bits << out->held_bits;
	out->held_bits += count;
	while (out->held_bits >= 8) {
		*out->at++ = (uint8_t)out->held;
		out->held >>= 8;
		out->held_bits -= 8;
	}
}

/* Huffman codes go out from their highest bit. */
static void deflate_code(struct deflate_out *out, uint32_t code, uint32_t count)
{
	uint32_t turned = 0;

	for (uint32_t i = 0; i < count; i++)
		turned |= (code >> i & 1) << (count - 1 - i);
	deflate_bits(out, turned, count);
}

/* A literal, the end, or a length's symbol: section 3.2.6. */
static void deflate_symbol(struct deflate_out *out, uint32_t symbol)
{
	if (symbol < 144)
		deflate_code(out, 0x30 + symbol, 8);
	else if (symbol < 256)
		deflate_code(out, 0x190 + symbol - 144, 9);
	else if (symbol < 280)
		deflate_code(out, symbol - 256, 7);
	else
		deflate_code(out, 0xc0 + symbol - 280, 8);
}

/* The last of the ranges that begins at value or before it. */
static uint32_t deflate_range(const uint16_t *begins, uint32_t count, uint32_t value)
{
	uint32_t range = count - 1;

	while (begins[range] > value)
		range--;
	return range;
}

/* Section 3.2.5. */
static void deflate_match_write(struct deflate_out *out, const struct deflate_match *match)
{
	static const uint16_t lengths[29] = {3,  4,  5,  6,   7,   8,   9,   10,  11, 13,
					     15, 17, 19, 23,  27,  31,  35,  43,  51, 59,
					     67, 83, 99, 115, 131, 163, 195, 227, 258};
	static const uint8_t length_bits[29] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
						2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
	static const uint16_t distances[30] = {
	    1,   2,   3,   4,   5,   7,    9,    13,   17,   25,   33,   49,   65,    97,    129,
	    193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577};
	const uint32_t l = deflate_range(lengths, 29, match->length);
	const uint32_t d = deflate_range(distances, 30, match->distance);

	deflate_symbol(out, 257 + l);
	deflate_bits(out, match->length - lengths[l], length_bits[l]);
	deflate_code(out, d, 5);
	deflate_bits(out, match->distance - distances[d], d < 2 ? 0 : d / 2 - 1);
}

/* --- Repetitions ----------------------------------------------------------------------------- */

static uint32_t deflate_hash(const uint8_t *at)
{
	uint32_t word;

	__builtin_memcpy(&word, at, 4);
	return word * 2654435761u >> (32 - DEFLATE_HASH_BITS); /* 2^32 / the golden ratio */
}

static void deflate_note(struct deflate_tables *tables, const uint8_t *bytes, uint32_t at)
{
	uint32_t *head = &tables->head[deflate_hash(bytes + at)];

	tables->before[at % DEFLATE_WINDOW] = *head;
	*head = at;
}

static uint32_t deflate_common(const uint8_t *a, const uint8_t *b, uint32_t most)
{
	uint32_t n = 0;

	while (n < most && a[n] == b[n])
		n++;
	return n;
}

/* The longest repetition of what begins at `at`, of the latest places that may have one. */
static struct deflate_match deflate_find(const struct deflate_tables *tables, const uint8_t *bytes,
					 uint32_t at, uint32_t count)
{
	const uint32_t most = count - at < DEFLATE_MATCH_MAX ? count - at : DEFLATE_MATCH_MAX;
	uint32_t place = tables->head[deflate_hash(bytes + at)];
	struct deflate_match best = {0, 0};

	for (uint32_t i = 0;
	     i < DEFLATE_CHAIN_MAX && place != DEFLATE_NOWHERE && at - place <= DEFLATE_WINDOW - 1;
	     i++) {
		const uint32_t length = deflate_common(bytes + place, bytes + at, most);

		if (length >= DEFLATE_MATCH_MIN && length > best.length)
			best = (struct deflate_match){length, at - place};
		place = tables->before[place % DEFLATE_WINDOW];
	}
	return best;
}

/* Writes at most deflate_bytes_max() at to; returns the end of what was written. */
static uint8_t *deflate_write(struct deflate_tables *tables, const uint8_t *bytes, uint32_t count,
			      uint8_t *to)
{
	struct deflate_out out = {to, 0, 0};
	uint32_t at = 0;

	__builtin_memset(tables, 0xff, sizeof(*tables)); /* DEFLATE_NOWHERE */
	deflate_bits(&out, 1, 1);                        /* the last block, */
	deflate_bits(&out, 1, 2);                        /* of the fixed code */
	while (at < count) {
		struct deflate_match match = {0, 0};
		uint32_t taken = 1;

		if (count - at >= 4)
			match = deflate_find(tables, bytes, at, count);
		if (match.length > 0) {
			deflate_match_write(&out, &match);
			taken = match.length;
		} else {
			deflate_symbol(&out, bytes[at]);
		}
		for (; taken > 0; taken--, at++)
			if (count - at >= 4)
				deflate_note(tables, bytes, at);
	}
	deflate_symbol(&out, DEFLATE_END);
	deflate_bits(&out, 0, 7); /* what is held goes out */
	return out.at;
}

#endif
