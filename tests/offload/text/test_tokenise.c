/* Each way to tokenise against the reference: random texts, in pieces of any size, with any room.
 */
#include <time.h>

#include "random_table.h"
#include "test.h"
#include "tokenise_reference.h"
#include "tokenise_ways.h"

#define ROUNDS_DEFAULT 2000
#define TEXT_BYTES_MAX 700
#define TEXTS_MAX 40
#define WORDS_ROOM (TEXT_BYTES_MAX + TOKENS_BLOCK_WORDS)
#define BYTES_ROOM (TEXT_BYTES_MAX + TOKENS_BLOCK_BYTES)

struct column {
	uint8_t bytes[BYTES_ROOM];
	int32_t offsets[WORDS_ROOM];
	struct tokens tokens;
};

static void column_empty(struct column *column, size_t bytes_room, size_t words_room)
{
	column->tokens = (struct tokens){.bytes = column->bytes,
					 .offsets = column->offsets,
					 .bytes_room = bytes_room,
					 .words_room = words_room};
}

/* Several texts in one piece of memory. */
struct texts {
	uint8_t *bytes; /* of exactly as many: reading behind them is seen */
	size_t count;
	int32_t starts[TEXTS_MAX];
	size_t starts_count;
};

static int by_place(const void *a, const void *b)
{
	return *(const int32_t *)a - *(const int32_t *)b;
}

static void texts_cut(struct random *random, struct texts *texts)
{
	texts->starts_count = random_below(random, 2) ? random_below(random, TEXTS_MAX + 1) : 0;
	for (size_t i = 0; i < texts->starts_count; i++)
		texts->starts[i] = (int32_t)random_below(random, texts->count + 1);
	qsort(texts->starts, texts->starts_count, sizeof(texts->starts[0]), by_place);
}

/* Texts of mostly long or mostly short words, of any bytes, and of those at the edges of ranges. */
static size_t text_make(struct random *random, uint8_t *text)
{
	static const uint8_t edges[] = "/09:@AZ[`az{\x80\xc1\xe1\xff\0 ";
	size_t bytes = random_below(random, TEXT_BYTES_MAX + 1);
	uint64_t words = random_below(random, 100), any = random_below(random, 3);

	for (size_t i = 0; i < bytes; i++) {
		uint64_t drawn = random_next(random);

		if (any == 0)
			text[i] = (uint8_t)drawn;
		else if (any == 1)
			text[i] = edges[drawn % sizeof(edges)];
		else
			text[i] = drawn % 100 < words ? (uint8_t)('a' + (drawn >> 32) % 26) : ' ';
	}
	return bytes;
}

/* Fills tokens again and again, as a pipeline does; appends them to all. */
static void columns_append(struct column *all, struct column *part)
{
	const struct tokens *from = &part->tokens;
	struct tokens *to = &all->tokens;

	for (size_t i = 0; i < from->words; i++)
		to->offsets[to->words + i] = (int32_t)to->used + from->offsets[i];
	memcpy(to->bytes + to->used, from->bytes, from->used);
	to->words += from->words;
	to->used += from->used;
	to->offsets[to->words] = (int32_t)to->used;
}

/* Texts begin at starts; the bytes come in pieces, which are cut anywhere. */
static void tokenise_pieces(tokenise_way way, struct random *random, const struct texts *texts,
			    struct column *all)
{
	size_t piece_max = 1 + random_below(random, random_below(random, 2) ? 3 : 300);
	struct token_text text = {.bytes = texts->bytes};
	static struct column part[2];
	unsigned int turn = 0;

	column_empty(&part[0], BYTES_ROOM, TOKENS_BLOCK_WORDS + 1 + random_below(random, 100));
	while (text.at < texts->count) {
		text.starts = texts->starts;
		text.starts_count = texts->starts_count;
		if (text.at == text.end) {
			text.end += 1 + random_below(random, piece_max);
			text.end = text.end < texts->count ? text.end : texts->count;
		}
		way(&part[turn].tokens, &text);
		if (text.at == text.end)
			continue;
		CHECK(tokens_full(&part[turn].tokens), "%zu of %zu bytes taken", text.at, text.end);
		column_empty(&part[!turn], BYTES_ROOM, part[turn].tokens.words_room);
		tokens_move_on(&part[turn].tokens, &part[!turn].tokens);
		columns_append(all, &part[turn]);
		turn = !turn;
	}
	tokens_end_text(&part[turn].tokens);
	columns_append(all, &part[turn]);
}

static void check_way(const struct tokenise_named *named, struct random *random,
		      const struct texts *texts, const struct column *wanted, uint64_t seed)
{
	static struct column got;

	column_empty(&got, BYTES_ROOM, WORDS_ROOM);
	tokenise_pieces(named->way, random, texts, &got);
	CHECK(got.tokens.words == wanted->tokens.words, "seed %llu, %s: %zu words, not %zu",
	      (unsigned long long)seed, named->name, got.tokens.words, wanted->tokens.words);
	CHECK(memcmp(got.offsets, wanted->offsets, (wanted->tokens.words + 1) * 4) == 0,
	      "seed %llu, %s: other offsets", (unsigned long long)seed, named->name);
	CHECK(memcmp(got.bytes, wanted->bytes, wanted->tokens.used) == 0,
	      "seed %llu, %s: other bytes", (unsigned long long)seed, named->name);
}

/* Text by text. */
static void texts_reference(struct tokens *tokens, const struct texts *texts)
{
	size_t at = 0;

	for (size_t i = 0; i < texts->starts_count; i++) {
		size_t end = (size_t)texts->starts[i];

		tokenise_reference(tokens, texts->bytes + at, end - at);
		at = end;
	}
	tokenise_reference(tokens, texts->bytes + at, texts->count - at);
}

static void check_random(uint64_t seed)
{
	static struct column wanted;
	struct random random = {seed};
	uint8_t text[TEXT_BYTES_MAX];
	struct texts texts = {.count = text_make(&random, text)};

	texts.bytes = malloc(texts.count > 0 ? texts.count : 1);
	CHECK(texts.bytes != NULL, "no memory");
	memcpy(texts.bytes, text, texts.count);
	texts_cut(&random, &texts);
	column_empty(&wanted, BYTES_ROOM, WORDS_ROOM);
	texts_reference(&wanted.tokens, &texts);
	for (const struct tokenise_named *named = tokenise_ways; named->name != NULL; named++)
		if (named->here())
			check_way(named, &random, &texts, &wanted, seed);
	free(texts.bytes);
}

static void check_known(void)
{
	static const char text[] = "The cat's 2 Caf\xc3\xa9s";
	static struct column got;

	column_empty(&got, BYTES_ROOM, WORDS_ROOM);
	tokenise(&got.tokens,
		 &(struct token_text){.bytes = (const uint8_t *)text, .end = strlen(text)});
	tokens_end_text(&got.tokens);
	CHECK(got.tokens.words == 6 && got.tokens.used == 12, "%zu words", got.tokens.words);
	CHECK(memcmp(got.bytes, "thecats2cafs", 12) == 0, "words");
	CHECK(got.offsets[1] == 3 && got.offsets[5] == 11, "offsets");
}

static void check_long(void)
{
	int32_t offsets[] = {0, 5, MR_WORD_BYTES_MAX + 5, 2 * MR_WORD_BYTES_MAX + 6};
	struct tokens tokens = {.offsets = offsets, .words = 3};

	CHECK(tokens_long(&tokens, 0) == 2, "the third word is too long");
	tokens.words = 2;
	CHECK(tokens_long(&tokens, 0) == 2, "no word is too long");
}

int main(int argc, char **argv)
{
	uint64_t rounds = argc > 1 ? strtoull(argv[1], NULL, 0) : ROUNDS_DEFAULT;
	uint64_t seed = (uint64_t)time(NULL);

	printf("seeds from %llu on\n", (unsigned long long)seed);
	for (uint64_t i = 0; i < rounds; i++)
		check_random(seed + i);
	check_known();
	check_long();
	return 0;
}
