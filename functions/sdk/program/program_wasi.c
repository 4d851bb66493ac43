/* What is left of what a program asks a system for: arguments, environment, time, chance, the end.
 * Time is a count that moves at each look, randomness comes from the invocation's name: a run that
 * is repeated does the same. */
#include <string.h>

#include "program_open.h"

#define TIME_STEP_NS 1000

static uint64_t looks; /* at the clock */
static uint64_t random_state;

/* --- Arguments, environment ------------------------------------------------------------------ */

/* Lines of a set, the program's name before them where it is arguments. Fills what is not NULL. */
static uint32_t lines(const char *set, const char *first, char **pointers, char *text,
		      uint32_t *text_bytes)
{
	const struct mr_bytes all = program_input(set);
	uint32_t count = 0;
	uint32_t used = 0;

	if (first != NULL) {
		used = (uint32_t)strlen(first) + 1;
		if (text != NULL) {
			memcpy(text, first, used);
			pointers[0] = text;
		}
		count = 1;
	}
	for (uint32_t i = 0; i < all.len;) {
		uint32_t start = i;

		while (i < all.len && all.data[i] != '\n')
			i++;
		if (text != NULL) {
			memcpy(text + used, all.data + start, i - start);
			text[used + i - start] = 0;
			pointers[count] = text + used;
		}
		used += i++ - start + 1;
		count++;
	}
	*text_bytes = used;
	return count;
}

#define PROGRAM_NAME "program"

int32_t WASI(args_sizes_get)(__wasi_size_t *count, __wasi_size_t *bytes);
int32_t WASI(args_sizes_get)(__wasi_size_t *count, __wasi_size_t *bytes)
{
	uint32_t text_bytes;

	*count = lines("args", PROGRAM_NAME, NULL, NULL, &text_bytes);
	*bytes = text_bytes;
	return 0;
}

int32_t WASI(args_get)(char **pointers, char *text);
int32_t WASI(args_get)(char **pointers, char *text)
{
	uint32_t text_bytes;

	lines("args", PROGRAM_NAME, pointers, text, &text_bytes);
	return 0;
}

int32_t WASI(environ_sizes_get)(__wasi_size_t *count, __wasi_size_t *bytes);
int32_t WASI(environ_sizes_get)(__wasi_size_t *count, __wasi_size_t *bytes)
{
	uint32_t text_bytes;

	*count = lines("env", NULL, NULL, NULL, &text_bytes);
	*bytes = text_bytes;
	return 0;
}

int32_t WASI(environ_get)(char **pointers, char *text);
int32_t WASI(environ_get)(char **pointers, char *text)
{
	uint32_t text_bytes;

	lines("env", NULL, pointers, text, &text_bytes);
	return 0;
}

/* --- Time, chance, the end ------------------------------------------------------------------- */

int32_t WASI(clock_res_get)(int32_t clock, __wasi_timestamp_t *resolution);
int32_t WASI(clock_res_get)(int32_t clock, __wasi_timestamp_t *resolution)
{
	*resolution = TIME_STEP_NS;
	return 0;
}

int32_t WASI(clock_time_get)(int32_t clock, int64_t precision, __wasi_timestamp_t *time);
int32_t WASI(clock_time_get)(int32_t clock, int64_t precision, __wasi_timestamp_t *time)
{
	*time = looks++ * TIME_STEP_NS;
	if (clock == __WASI_CLOCKID_REALTIME)
		*time += PROGRAM_TIME_BEGIN_NS;
	return 0;
}

/* Sleeping takes no time: what is waited for is ready, and clocks have moved on. */
int32_t WASI(poll_oneoff)(const __wasi_subscription_t *in, __wasi_event_t *out, int32_t count,
			  __wasi_size_t *done);
int32_t WASI(poll_oneoff)(const __wasi_subscription_t *in, __wasi_event_t *out, int32_t count,
			  __wasi_size_t *done)
{
	for (int32_t i = 0; i < count; i++)
		out[i] = (__wasi_event_t){.userdata = in[i].userdata, .type = in[i].u.tag};
	*done = (__wasi_size_t)count;
	return 0;
}

int32_t WASI(sched_yield)(void);
int32_t WASI(sched_yield)(void)
{
	return 0;
}

/* splitmix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators" (2014). */
static uint8_t random_byte(void)
{
	const struct mr_region *header = program_call->header;
	uint64_t x;

	if (random_state == 0)
		random_state = header->partition ^ (uint64_t)header->vertex << 32 ^ header->epoch;
	x = random_state += 0x9e3779b97f4a7c15ull;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ x >> 27) * 0x94d049bb133111ebull;
	return (uint8_t)(x ^ x >> 31);
}

int32_t WASI(random_get)(uint8_t *bytes, int32_t count);
int32_t WASI(random_get)(uint8_t *bytes, int32_t count)
{
	for (int32_t i = 0; i < count; i++)
		bytes[i] = random_byte();
	return 0;
}

noreturn void WASI(proc_exit)(int32_t code);
noreturn void WASI(proc_exit)(int32_t code)
{
	program_exit((uint32_t)code);
}
