/*
 * What a right word count of a text adds up to, without counting: checktext FILE...
 *
 * Streams the files and prints "words N checksum X": all words, and the sum modulo 2^64 of the
 * hashes of every one. checkcounts prints the same two for an answer, so that their equality proves
 * an answer too large for the oracle's sort.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <millrace/hash.h>

#define BLOCK_BYTES (1u << 20)

struct word {
	uint8_t *bytes; /* a word that goes on in the next block, so far */
	size_t len;
	size_t room;
};

struct sum {
	uint64_t words;
	uint64_t checksum;
};

/* The lower case of a byte of a word, 0 for any other; indexed by the byte. */
static uint8_t letter[256];

static void letters_init(void)
{
	for (int c = 0; c < 128; c++)
		if (isalnum(c))
			letter[c] = (uint8_t)tolower(c);
}

static void sum_add(struct sum *sum, const uint8_t *word, size_t len)
{
	sum->words++;
	sum->checksum += mr_hash64(word, len);
}

static void word_append(struct word *word, const uint8_t *bytes, size_t len)
{
	if (word->len + len > word->room) {
		word->room = (word->len + len) * 2;
		word->bytes = realloc(word->bytes, word->room);
		if (word->bytes == NULL) {
			fprintf(stderr, "checktext: no memory for a word of %zu bytes\n",
				word->len + len);
			exit(1);
		}
	}
	memcpy(word->bytes + word->len, bytes, len);
	word->len += len;
}

static void word_end(struct word *word, struct sum *sum)
{
	if (word->len > 0)
		sum_add(sum, word->bytes, word->len);
	word->len = 0;
}

/* Lowers the block in place and adds its words; one that touches its end stays in word. */
static void sum_block(struct sum *sum, struct word *word, uint8_t *block, size_t len)
{
	size_t begin = 0;

	for (size_t i = 0; i < len; i++) {
		uint8_t c = letter[block[i]];

		block[i] = c;
		if (c != 0)
			continue;
		if (word->len > 0) {
			word_append(word, block, i);
			word_end(word, sum);
		} else if (i > begin) {
			sum_add(sum, block + begin, i - begin);
		}
		begin = i + 1;
	}
	if (len > begin)
		word_append(word, block + begin, len - begin);
}

static int sum_file(struct sum *sum, const char *path)
{
	static uint8_t block[BLOCK_BYTES];
	struct word word = {0};
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = -1;

	if (fd >= 0) {
		while ((got = read(fd, block, sizeof(block))) > 0)
			sum_block(sum, &word, block, (size_t)got);
		word_end(&word, sum);
	}
	if (got < 0)
		fprintf(stderr, "checktext: %s: %s\n", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	free(word.bytes);
	return got < 0 ? -1 : 0;
}

int main(int argc, char **argv)
{
	struct sum sum = {0};

	if (argc < 2) {
		fprintf(stderr, "usage: checktext FILE...\n");
		return 2;
	}
	letters_init();
	for (int i = 1; i < argc; i++)
		if (sum_file(&sum, argv[i]) != 0)
			return 1;
	printf("words %" PRIu64 " checksum %016" PRIx64 "\n", sum.words, sum.checksum);
	return 0;
}
