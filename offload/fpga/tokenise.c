/* fpga_tokenise: words of runs, one behind the other; a word that a run's end cuts is joined again.
 */
#include <errno.h>
#include <inttypes.h>

#include "fpga_card.h"
#include "fpga_error.h"

struct tokenising {
	const uint8_t *text;
	uint64_t bytes;
	uint32_t run_bytes;
	struct fpga_word *words;
	uint64_t capacity;
	uint64_t count;
};

static uint32_t bytes_of(const struct tokenising *work, uint64_t number)
{
	const uint64_t left = work->bytes - number * work->run_bytes;

	return left < work->run_bytes ? (uint32_t)left : work->run_bytes;
}

static bool byte_alnum(uint8_t byte)
{
	const uint8_t lower = byte | 0x20;

	return (byte >= '0' && byte <= '9') || (lower >= 'a' && lower <= 'z');
}

static int tokenise_begin(void *context, struct fpga_run *run, uint64_t number,
			  struct fpga_error *error)
{
	const struct tokenising *work = context;
	const uint32_t bytes = bytes_of(work, number);
	const uint64_t most = (uint64_t)bytes / 2 + bytes % 2;
	int rc;

	fpga_run_scalar(run, TOKENISE_BYTES, bytes);
	/* One more than fits: the first may belong to the word before. */
	fpga_run_scalar(run, TOKENISE_CAPACITY, most <= work->capacity ? most : work->capacity + 1);
	rc =
	    fpga_run_input(run, TOKENISE_TEXT, work->text + number * work->run_bytes, bytes, error);
	return rc == 0 ? fpga_run_start(run, error) : rc;
}

/* Whether a run's words lie in its text, the first bytes of which may go on with the word before.
 */
static bool words_sane(const struct beat *beats, uint64_t kept, uint32_t bytes)
{
	uint64_t end = 0;

	for (uint64_t i = 0; i < kept; i++) {
		const uint64_t word = beats[i / BEAT_WORDS].word[i % BEAT_WORDS];

		if ((uint32_t)word < end || word >> 32 == 0)
			return false;
		end = (word & UINT32_MAX) + (word >> 32);
	}
	return end <= bytes;
}

static bool word_goes_on(const struct tokenising *work, uint64_t first)
{
	return first > 0 && work->count > 0 && byte_alnum(work->text[first - 1]) &&
	       byte_alnum(work->text[first]);
}

static void words_take(struct tokenising *work, uint64_t first, const struct beat *beats,
		       uint64_t kept, uint64_t found)
{
	const uint64_t begin = work->count;
	uint64_t taken = kept > 0 && word_goes_on(work, first);

	if (taken > 0 && begin <= work->capacity)
		work->words[begin - 1].bytes += (uint32_t)(beats[0].word[0] >> 32);
	work->count += found - taken;
	for (uint64_t at = begin; taken < kept && at < work->capacity; at++, taken++) {
		const uint64_t word = beats[taken / BEAT_WORDS].word[taken % BEAT_WORDS];

		work->words[at] =
		    (struct fpga_word){(uint32_t)(first + (uint32_t)word), (uint32_t)(word >> 32)};
	}
}

static int tokenise_end(void *context, struct fpga_run *run, uint64_t number,
			struct fpga_error *error)
{
	struct tokenising *work = context;
	const uint64_t capacity = run->values[TOKENISE_CAPACITY].scalar;
	const uint64_t most = ((uint64_t)bytes_of(work, number) + 1) / 2;
	const struct beat *beats = NULL;
	uint64_t found, kept;
	int rc = fpga_run_wait(run, error);

	if (rc < 0)
		return rc;
	found = run->status.result[0];
	kept = found < capacity ? found : capacity;
	if (found > most)
		return fpga_run_nonsense(run, "it found more words than fit the text", error);
	rc = fpga_run_fetch(run, TOKENISE_WORDS, beats_of(kept * 8) * BEAT_BYTES, &beats, error);
	if (rc == 0)
		rc = fpga_run_verify(run, error);
	if (rc == 0 && !words_sane(beats, kept, bytes_of(work, number)))
		rc = fpga_run_nonsense(run, "its words are not in the text", error);
	if (rc == 0)
		words_take(work, number * work->run_bytes, beats, kept, found);
	return rc;
}

int fpga_tokenise(struct fpga_card *card, const void *text, uint64_t bytes, struct fpga_word *words,
		  uint64_t capacity, uint64_t *count, struct fpga_error *error)
{
	struct tokenising work = {text, bytes, card->run_bytes, words, capacity, 0};
	struct fpga_work runs = {KERNEL_TOKENISE, 0, tokenise_begin, tokenise_end};
	int rc;

	if (bytes > UINT32_MAX)
		return fpga_fail(error, -E2BIG,
				 "tokenise: %" PRIu64 " bytes: offsets have 32 bits, cut the text",
				 bytes);
	runs.runs = bytes / work.run_bytes + (bytes % work.run_bytes != 0);
	rc = fpga_work_do(card, &runs, &work, error);
	if (rc == 0)
		*count = work.count;
	return rc;
}
