/* Tokens: which way makes them, and how they end. */
#include "tokenise.h"

#include <string.h>

#include "tokenise_ways.h"

static bool everywhere(void)
{
	return true;
}

#ifdef __x86_64__
static bool avx512_here(void)
{
	return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vbmi2") &&
	       __builtin_cpu_supports("bmi2");
}

static bool avx2_here(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2");
}
#endif

const struct tokenise_named tokenise_ways[] = {
#ifdef __x86_64__
    {"avx512", tokenise_avx512, avx512_here},
    {"avx2", tokenise_avx2, avx2_here},
#endif
    {"words", tokenise_words, everywhere},
    {0},
};

static tokenise_way best_way(void)
{
	size_t i = 0;

	while (!tokenise_ways[i].here())
		i++;
	return tokenise_ways[i].way;
}

void tokenise(struct tokens *tokens, struct token_text *text)
{
	best_way()(tokens, text);
}

static void end_write(struct tokens *tokens)
{
	tokens->offsets[tokens->words] = (int32_t)tokens->used;
}

void tokens_end_text(struct tokens *tokens)
{
	tokens->inside = false;
	end_write(tokens);
}

void tokens_move_on(struct tokens *from, struct tokens *to)
{
	end_write(from);
	if (!from->inside)
		return;
	from->words--;
	to->used = from->used - (size_t)from->offsets[from->words];
	from->used -= to->used;
	from->inside = false;
	memcpy(to->bytes, from->bytes + from->used, to->used);
	to->offsets[0] = 0;
	to->words = 1;
	to->inside = true;
}

size_t tokens_long(const struct tokens *tokens, size_t first)
{
	int32_t longest = 0;

	for (size_t i = first; i < tokens->words; i++) {
		int32_t bytes = tokens->offsets[i + 1] - tokens->offsets[i];

		longest = bytes > longest ? bytes : longest;
	}
	if (longest <= MR_WORD_BYTES_MAX)
		return tokens->words;
	while (tokens->offsets[first + 1] - tokens->offsets[first] <= MR_WORD_BYTES_MAX)
		first++;
	return first;
}
