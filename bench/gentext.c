/*
 * gentext BYTES [--distinct] [--seed N]: text for benchmarks on standard output, always the same.
 *
 * Lines of about ten words from a vocabulary of 262,143, the word of rank k about as often as 1/k
 * (Zipf's law), and less beyond rank 16,384, as in real text: a rank is uniform within an octave,
 * and octaves are equally likely but for the last. With --distinct, nearly every word is new.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OCTAVES 18
#define WORD_BYTES 16
#define BUFFER_BYTES (1u << 20)

static uint8_t words[1u << OCTAVES]
		    [WORD_BYTES]; /* text, a space, and the length in the last byte */
static uint64_t state;

/* xorshift64*. */
static uint64_t random_next(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 0x2545f4914f6cdd1dull;
}

/* Syllables spell the rank: distinct for every rank, longer for rarer words. */
static void words_make(void)
{
	static const char consonants[] = "tnsrhldcmfpgwybv";
	static const char vowels[] = "eaoiuy";

	for (uint32_t rank = 1; rank < 1u << OCTAVES; rank++) {
		uint32_t left = rank * 0x9e3779b1u >> 14 & 3; /* some variety of length */
		uint8_t *word = words[rank];
		uint32_t n = 0;

		for (uint32_t value = rank; value > 0 && n < WORD_BYTES - 5; value /= 96) {
			word[n++] = (uint8_t)consonants[value % 16];
			word[n++] = (uint8_t)vowels[value / 16 % 6];
		}
		for (; left > 1; left--)
			word[n++] = 's';
		word[n++] = ' ';
		word[WORD_BYTES - 1] = (uint8_t)n;
	}
}

/* 64 equal chances: 4 for each octave up to the 13th, 3, 2, 2 and 1 for the others. */
static uint32_t rank_draw(uint64_t bits)
{
	static const uint8_t last[] = {14, 14, 14, 15, 15, 16, 16, 17};
	const uint32_t chance = bits & 63;
	const uint32_t octave = chance < 56 ? chance / 4 : last[chance - 56];

	return 1u << octave | ((uint32_t)(bits >> 16) & ((1u << octave) - 1));
}

static size_t zipf_word(uint8_t *to, uint64_t bits)
{
	const uint8_t *word = words[rank_draw(bits)];

	memcpy(to, word, WORD_BYTES);
	if ((bits >> 34 & 15) == 0)
		to[0] &= (uint8_t)~0x20;
	return word[WORD_BYTES - 1];
}

static size_t distinct_word(uint8_t *to, uint64_t bits)
{
	static const char digits[] = "abcdefghijklmnopqrstuvwxyz012345";
	const size_t len = 6 + (bits >> 60 & 3);

	for (size_t i = 0; i < len; i++)
		to[i] = (uint8_t)digits[bits >> (5 * i) & 31];
	to[len] = ' ';
	return len + 1;
}

static bool buffer_write(const uint8_t *buffer, size_t bytes)
{
	while (bytes > 0) {
		const ssize_t n = write(STDOUT_FILENO, buffer, bytes);

		if (n < 0 && errno != EINTR) {
			fprintf(stderr, "gentext: %s\n", strerror(errno));
			return false;
		}
		buffer += n > 0 ? n : 0;
		bytes -= n > 0 ? (size_t)n : 0;
	}
	return true;
}

static bool text_write(uint64_t bytes, bool distinct)
{
	static uint8_t buffer[BUFFER_BYTES + 64];
	uint32_t column = 0;

	while (bytes > 0) {
		size_t n = 0;

		while (n < BUFFER_BYTES) {
			const uint64_t bits = random_next();

			n += distinct ? distinct_word(buffer + n, bits)
				      : zipf_word(buffer + n, bits);
			if (++column >= 6 + (bits >> 38 & 7)) {
				buffer[n - 1] = '\n';
				column = 0;
			}
		}
		if (n >= bytes) {
			n = bytes;
			buffer[n - 1] = '\n';
		}
		if (!buffer_write(buffer, n))
			return false;
		bytes -= n;
	}
	return true;
}

int main(int argc, char **argv)
{
	bool distinct = false;
	uint64_t bytes = 0;

	state = 1;
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--distinct") == 0)
			distinct = true;
		else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc)
			state = strtoull(argv[++i], NULL, 0);
		else
			bytes = strtoull(argv[i], NULL, 0);
	}
	if (bytes == 0) {
		fprintf(stderr, "usage: gentext BYTES [--distinct] [--seed N]\n");
		return 2;
	}
	state = (state + 1) * 0x9e3779b97f4a7c15ull;
	words_make();
	return text_write(bytes, distinct) ? 0 : 1;
}
