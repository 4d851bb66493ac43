/* The ring between a link and the capture's thread: frames come out whole and in order while both
 * sides run; what finds no room is refused, and nothing else suffers. */
#include "frame_ring.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

#define RING_BYTES 4096u
#define FRAMES 50000u
#define FRAME_BYTES_MAX 700u

static struct frame_ring ring;
static uint64_t refused;

static uint32_t length_of(uint64_t number)
{
	return (uint32_t)(number * 2654435761u % FRAME_BYTES_MAX);
}

static void *produce(void *unused)
{
	uint8_t bytes[FRAME_BYTES_MAX];

	for (uint64_t number = 0; number < FRAMES;) {
		uint32_t length = length_of(number), cut = length / 3;
		struct frame_head head = {number, length + 1000, length, number % 2 != 0};
		/* Of the third piece, only what is to be kept is read. */
		const struct port_piece pieces[] = {
		    {bytes, cut}, {bytes + cut, length - cut}, {NULL, 1000}};

		memset(bytes, (int)(number & 255), length);
		if (frame_ring_put(&ring, &head, pieces)) {
			number++;
		} else {
			refused++;
			sched_yield(); /* there may be one core for both */
		}
	}
	return unused;
}

static void consume(void)
{
	uint8_t bytes[FRAME_BYTES_MAX];
	struct frame_head head;

	for (uint64_t number = 0; number < FRAMES;) {
		if (!frame_ring_peek(&ring, &head)) {
			sched_yield();
			continue;
		}
		CHECK(head.time_ns == number && head.kept == length_of(number) &&
			  head.bytes == head.kept + 1000 && head.out == (number % 2 != 0),
		      "frame %lu", (unsigned long)number);
		frame_ring_take(&ring, &head, bytes);
		for (uint32_t i = 0; i < head.kept; i++)
			CHECK(bytes[i] == (uint8_t)number, "frame %lu, byte %u",
			      (unsigned long)number, i);
		number++;
	}
	CHECK(!frame_ring_peek(&ring, &head), "more than was put");
}

static void test_threads(void)
{
	pthread_t producer;

	CHECK(frame_ring_open(&ring, RING_BYTES) == 0);
	CHECK(pthread_create(&producer, NULL, produce, NULL) == 0);
	consume();
	pthread_join(producer, NULL);
	printf("%lu of %u tries were refused\n", (unsigned long)refused, FRAMES);
	frame_ring_close(&ring);
}

/* Filled to the brim, emptied, and again, so that each place is once where it goes round. */
static void test_full(void)
{
	static const uint8_t bytes[100];
	struct frame_head head = {0, sizeof(bytes), sizeof(bytes), false};
	const struct port_piece piece = {bytes, sizeof(bytes)};
	uint8_t taken[sizeof(bytes)];
	uint32_t first = 0;

	CHECK(frame_ring_open(&ring, RING_BYTES) == 0);
	for (uint32_t turn = 0; turn < 300; turn++) {
		uint32_t count = 0;

		while (frame_ring_put(&ring, &head, &piece))
			count++;
		CHECK(count == RING_BYTES / 128 && (first == 0 || count == first), "%u", count);
		first = count;
		for (uint32_t i = 0; i < count; i++) {
			CHECK(frame_ring_peek(&ring, &head));
			frame_ring_take(&ring, &head, taken);
		}
		CHECK(!frame_ring_peek(&ring, &head));
		/* One of another size moves all later ones. */
		head.kept = 8;
		CHECK(frame_ring_put(&ring, &head, &piece) && frame_ring_peek(&ring, &head));
		frame_ring_take(&ring, &head, taken);
		head.kept = sizeof(bytes);
	}
	frame_ring_close(&ring);
}

int main(void)
{
	test_full();
	test_threads();
	return 0;
}
