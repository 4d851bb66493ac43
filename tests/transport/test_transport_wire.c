/* The example of docs/wire.md: node 0 sends "hello" with head "hi" to node 1. */
#include "linear.h"
#include "net.h"
#include "pair.h"
#include "test.h"
#include "wire.h"

static uint8_t example[PAIR_FRAME_BYTES_MAX];

static uint32_t line_read(const char *line, uint8_t *to)
{
	uint32_t count = 0;
	unsigned int byte;

	for (int used; sscanf(line, "%2x%n", &byte, &used) == 1; line += used)
		to[count++] = (uint8_t)byte;
	return count;
}

/* The bytes between "```hex" and "```": the example cannot differ from what is documented. */
static uint32_t example_read(const char *path)
{
	FILE *file = fopen(path, "r");
	uint32_t bytes = 0;
	char line[256];

	CHECK(file != NULL, "%s", path);
	while (fgets(line, sizeof(line), file) != NULL && strcmp(line, "```hex\n") != 0)
		;
	while (fgets(line, sizeof(line), file) != NULL && line[0] != '`')
		bytes += line_read(line, example + bytes);
	fclose(file);
	return bytes;
}

int main(int argc, char **argv)
{
	static struct pair pair;
	struct transport_event event;
	struct wire_header header;
	struct wire_shape shape;
	struct wire_data data;
	uint32_t bytes;

	CHECK(argc == 2, "usage: test_transport_wire docs/wire.md");
	bytes = example_read(argv[1]);
	pair_start(&pair, MR_MTU_DEFAULT);
	pair_meet(&pair);
	pair.cut = true;
	CHECK(transport_send(pair.t[0], pair.now_ns, 1, 0, "hi", 2, "hello", 5, NULL, 1) == 0);
	CHECK(pair_carry(&pair, 0));
	if (bytes != pair.frame_bytes || memcmp(example, pair.frame, bytes) != 0) {
		for (uint32_t i = 0; i < pair.frame_bytes; i++)
			printf("%02x%c", pair.frame[i], i % 16 == 15 ? '\n' : ' ');
		CHECK(false, "the encoder gives what is printed above; docs/wire.md says else");
	}
	CHECK(wire_open(example + NET_HEAD_BYTES, bytes - NET_HEAD_BYTES, &header) == WIRE_GOOD);
	CHECK(header.type == WIRE_DATA && header.session == 1 && header.to_incarnation == 101);
	CHECK(wire_read_data(example + NET_HEAD_BYTES + WIRE_HEADER_BYTES,
			     bytes - NET_HEAD_BYTES - WIRE_HEADER_BYTES, &data, &shape));
	CHECK(data.message == 2 && data.body_bytes == 5 && data.head_bytes == 2);
	pair.cut = false;
	linear_input(pair.t[1], pair.now_ns, example, bytes);
	pair_expect(&pair, 1, TRANSPORT_OFFER, &event);
	CHECK(event.body_bytes == 5 && event.head_bytes == 2 && memcmp(event.head, "hi", 2) == 0);

	/* Chunks beyond 4 GiB of stream: the head shifts the body, and nothing wraps. */
	wire_shape_init(&shape, MR_MESSAGE_BYTES_MAX, 256, 476);
	CHECK(shape.chunk_count == (MR_MESSAGE_BYTES_MAX + 256 + 475) / 476);
	CHECK(wire_chunk_offset(&shape, shape.chunk_count - 1) +
		  wire_chunk_body_bytes(&shape, shape.chunk_count - 1) ==
	      MR_MESSAGE_BYTES_MAX);
	CHECK(wire_chunk_offset(&shape, 1) == wire_chunk_body_bytes(&shape, 0));
	pair_stop(&pair);
	return 0;
}
