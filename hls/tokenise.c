/* Kernel: where the words of a text are. A cycle for each beat finds which bytes are of words, and
 * one more for each beginning and end. */
#include "status.h"

static uint32_t byte_alnum(uint32_t byte)
{
	const uint32_t lower = byte | 0x20;

	return (byte >= '0' && byte <= '9') || (lower >= 'a' && lower <= 'z');
}

/* A bit for each of the first bytes of a beat. */
static uint64_t beat_alnum(const struct beat *beat, uint32_t bytes)
{
	uint64_t bits = 0;

	for (uint32_t i = 0; i < BEAT_BYTES; i++) {
#pragma HLS UNROLL
		const uint32_t byte = (uint32_t)(beat->word[i / 8] >> i % 8 * 8) & 0xff;

		bits |= (uint64_t)(i < bytes && byte_alnum(byte)) << i;
	}
	return bits;
}

struct words {
	struct beat *to;
	uint32_t capacity;
	uint32_t count;
	struct beat beat;
	struct beat_check check;
};

static void words_flush(struct words *words, uint32_t index)
{
	words->to[index] = words->beat;
	beat_check_add(&words->check, &words->beat, index);
	words->beat = (struct beat){{0}};
}

static void words_put(struct words *words, uint32_t offset, uint32_t bytes)
{
	const uint32_t at = words->count++;

	if (at >= words->capacity)
		return;
	words->beat.word[at % BEAT_WORDS] = (uint64_t)bytes << 32 | offset;
	if (at % BEAT_WORDS == BEAT_WORDS - 1)
		words_flush(words, at / BEAT_WORDS);
}

void tokenise(const struct beat *text, struct beat *words, struct beat *status, uint32_t bytes,
	      uint32_t capacity, uint64_t stamp)
{
#pragma HLS INTERFACE m_axi port = text bundle = gmem0 offset = slave max_read_burst_length = 64
#pragma HLS INTERFACE m_axi port = words bundle = gmem1 offset = slave
#pragma HLS INTERFACE m_axi port = status bundle = gmem2 offset = slave
	struct kernel_status end = {.stamp = stamp};
	struct words out = {.to = words, .capacity = capacity};
	struct beat_check check;
	uint64_t inside = 0; /* whether the byte before is of a word */
	uint32_t first = 0;

	beat_check_begin(&check);
	for (uint64_t at = 0; at < bytes; at += BEAT_BYTES) {
		const struct beat beat = text[at / BEAT_BYTES];
		const uint64_t left = bytes - at;
		const uint64_t alnum =
		    beat_alnum(&beat, left < BEAT_BYTES ? (uint32_t)left : BEAT_BYTES);
		uint64_t changes = alnum ^ (alnum << 1 | inside);

		beat_check_add(&check, &beat, at / BEAT_BYTES);
		for (; changes != 0; changes &= changes - 1) {
#pragma HLS PIPELINE II = 1
#pragma HLS LOOP_TRIPCOUNT max = 64
			const uint32_t place = (uint32_t)at + (uint32_t)__builtin_ctzll(changes);

			if (inside)
				words_put(&out, first, place - first);
			first = place;
			inside = !inside;
		}
	}
	if (inside)
		words_put(&out, first, bytes - first);
	if (out.count < capacity ? out.count % BEAT_WORDS != 0 : capacity % BEAT_WORDS != 0)
		words_flush(&out, (out.count < capacity ? out.count : capacity) / BEAT_WORDS);
	end.check_in = beat_check_fold(0, &check);
	end.check_out = beat_check_fold(0, &out.check);
	end.result[0] = out.count;
	status_write(status, &end);
}
