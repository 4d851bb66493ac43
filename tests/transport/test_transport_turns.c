/* Credit goes to who needs least, but for one turn in MR_CREDIT_OLDEST: that is the oldest's. */
#include "net.h"
#include "pair.h"
#include "test.h"
#include "wire.h"

#define MTU 9000
#define CHUNK_BYTES (MTU - 100)
#define MESSAGES 3 /* ids 1.. in the order of sending: the longest first */

static const uint64_t sizes[MESSAGES] = {12u << 20, 6u << 20, 3u << 20};
static uint8_t body[12u << 20];
static uint8_t rooms[MESSAGES][12u << 20];
static struct pair pair;

static uint64_t granted_bytes[MESSAGES]; /* as the ACKs said */

/* What the frame that was just carried grants. */
static void grants_read(void)
{
	uint64_t words[WIRE_ACK_WORDS_MAX], echo_words[WIRE_ECHO_WORDS_MAX];
	const uint8_t *at = pair.frame + NET_HEAD_BYTES;
	uint32_t bytes = pair.frame_bytes - NET_HEAD_BYTES - WIRE_HEADER_BYTES;
	struct wire_header header;
	struct wire_echo echo;
	struct wire_ack ack;
	uint32_t length;

	if (pair.frame_bytes == NET_ARP_FRAME_BYTES)
		return;
	CHECK(wire_open(at, pair.frame_bytes - NET_HEAD_BYTES, &header) == WIRE_GOOD);
	if (header.type != WIRE_ACK)
		return;
	at += WIRE_HEADER_BYTES;
	for (length = wire_read_echo(at, bytes, &echo, echo_words); length < bytes;
	     length = wire_read_ack(at, bytes, &ack, words)) {
		at += length;
		bytes -= length;
		CHECK(wire_read_ack(at, bytes, &ack, words) > 0);
		if (ack.state == WIRE_ACCEPTED)
			granted_bytes[ack.message - 1] = (uint64_t)ack.grant * CHUNK_BYTES;
	}
}

static bool carry_both(void)
{
	bool any = pair_carry(&pair, 0);

	while (pair_carry(&pair, 1)) {
		grants_read();
		any = true;
	}
	return any;
}

/* All are offered, then accepted in the order of their ids, before more data comes. */
static void offers_accept(void)
{
	struct transport_event event;
	uint64_t offers[MESSAGES];

	for (uint32_t i = 0; i < MESSAGES; i++)
		CHECK(transport_send(pair.t[0], pair.now_ns, 1, 0, NULL, 0, body, sizes[i], NULL,
				     i) == 0);
	while (carry_both())
		continue;
	for (uint32_t i = 0; i < MESSAGES;) {
		CHECK(transport_event(pair.t[1], &event));
		if (event.kind == TRANSPORT_OFFER)
			offers[i++] = event.offer;
	}
	for (uint32_t i = 0; i < MESSAGES; i++)
		CHECK(transport_accept(pair.t[1], pair.now_ns, offers[i], rooms[i], i) == 0);
}

/* Carries frames until a message is whole; its cookie. */
static uint64_t whole_next(void)
{
	struct transport_event event;

	for (;;) {
		while (transport_event(pair.t[1], &event))
			if (event.kind == TRANSPORT_MESSAGE)
				return event.cookie;
		if (!carry_both())
			pair_pass(&pair, 1);
	}
}

int main(void)
{
	uint64_t before[MESSAGES], given[MESSAGES];
	double share;

	pair_start(&pair, MTU);
	offers_accept();
	while (pair_carry(&pair, 1))
		grants_read();
	memcpy(before, granted_bytes, sizeof(before));
	CHECK(before[0] >= MR_CREDIT_BYTES / 2, "the first took what there was");
	while (granted_bytes[2] + CHUNK_BYTES < sizes[2])
		CHECK(carry_both());
	for (uint32_t i = 0; i < MESSAGES; i++)
		given[i] = granted_bytes[i] - before[i];
	share = (double)given[0] / (double)(given[0] + given[1] + given[2]);
	printf("of %lu KiB granted while all wanted some, the oldest and longest got %.3f, the "
	       "next %lu KiB, the shortest the rest\n",
	       (given[0] + given[1] + given[2]) >> 10, share, given[1] >> 10);
	CHECK(share > 0.5 / MR_CREDIT_OLDEST && share < 1.5 / MR_CREDIT_OLDEST);
	CHECK(given[1] <= 2 * MR_GRANT_BYTES, "not its turn before the shortest has all");
	CHECK(whole_next() == 2 && whole_next() == 1 && whole_next() == 0, "shortest first");
	pair_stop(&pair);
	return 0;
}
