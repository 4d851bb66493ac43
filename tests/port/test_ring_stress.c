/* Ring ports under threads: no frame lost, doubled, changed or out of order, no wakeup lost. */
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "port.h"
#include "test.h"

#define SENDERS 2
#define FRAMES_DEFAULT 200000 /* of each sender */
#define WAKE_MS_MAX 10000     /* a wakeup that takes longer is lost */

/* Frames of a sender carry their number and as many bytes of it as their length says. */
struct frame {
	uint8_t to[6];
	uint8_t from[6];
	uint16_t type;
	uint8_t sender;
	uint8_t pad;
	uint32_t number;
	uint8_t body[200];
};

struct sender {
	struct port *port;
	uint8_t index;
	uint32_t frames;
	const uint8_t *to;
};

static uint32_t body_bytes(uint32_t number)
{
	return number * 7 % sizeof(((struct frame *)0)->body);
}

static void frame_make(struct frame *frame, const struct sender *sender, uint32_t number)
{
	memcpy(frame->to, sender->to, 6);
	memcpy(frame->from, sender->port->abilities.mac, 6);
	frame->sender = sender->index;
	frame->number = number;
	memset(frame->body, (int)(number + sender->index), body_bytes(number));
}

/* Bursts of changing size, now and then with a pause in which the receiver falls asleep. */
static void *sender_run(void *opaque)
{
	struct sender *sender = opaque;
	static _Thread_local struct frame frames[MR_PORT_BURST];
	struct port_tx tx[MR_PORT_BURST];
	uint32_t number = 0;

	while (number < sender->frames) {
		uint32_t count = 1 + number * 13 % MR_PORT_BURST;
		uint32_t sent = 0;

		if (count > sender->frames - number)
			count = sender->frames - number;
		for (uint32_t i = 0; i < count; i++) {
			frame_make(&frames[i], sender, number + i);
			tx[i] = (struct port_tx){
			    .pieces = {{&frames[i], offsetof(struct frame, body)},
				       {frames[i].body, body_bytes(number + i)}},
			    .piece_count = 2,
			};
		}
		while (sent < count) {
			uint32_t n = port_tx(sender->port, tx + sent, count - sent);

			sent += n;
			if (n == 0)
				sched_yield();
		}
		number += count;
		if (number % 64 == 0)
			usleep(number % 128);
	}
	return NULL;
}

static void frame_check(const struct port_rx *rx, uint32_t next[SENDERS])
{
	const struct frame *frame = (const struct frame *)(const void *)rx->data;
	uint32_t expected;

	CHECK(rx->bytes >= offsetof(struct frame, body) && frame->sender < SENDERS, "a frame");
	expected = next[frame->sender]++;
	CHECK(frame->number == expected, "sender %u: frame %u instead of %u", frame->sender,
	      frame->number, expected);
	CHECK(rx->bytes == offsetof(struct frame, body) + body_bytes(expected), "length");
	for (uint32_t i = 0; i < body_bytes(expected); i++)
		CHECK(frame->body[i] == (uint8_t)(expected + frame->sender), "byte %u", i);
}

/* Polls as a node does: asleep on the doorbell whenever nothing waits. */
static uint32_t receive(struct port *port, uint32_t frames)
{
	struct port_rx rx[MR_PORT_BURST];
	uint32_t next[SENDERS] = {0};
	uint32_t sleeps = 0;
	uint32_t got = 0;

	while (got < frames) {
		uint32_t n = port_rx(port, rx, MR_PORT_BURST);

		for (uint32_t i = 0; i < n; i++)
			frame_check(&rx[i], next);
		port_rx_release(port, rx, n);
		got += n;
		if (n == 0 && !port_arm(port)) {
			struct pollfd wake = {.fd = port->wake_fd, .events = POLLIN};

			CHECK(poll(&wake, 1, WAKE_MS_MAX) == 1, "a wakeup was lost at frame %u",
			      got);
			sleeps++;
		}
	}
	CHECK(port_rx(port, rx, MR_PORT_BURST) == 0, "a frame more than was sent");
	return sleeps;
}

int main(int argc, char **argv)
{
	uint32_t frames = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 0) : FRAMES_DEFAULT;
	struct sender senders[SENDERS];
	pthread_t threads[SENDERS];
	struct ring_switch *sw;
	struct port *port;
	uint32_t sleeps;

	CHECK(ring_switch_create(&sw, SENDERS + 1, MR_MTU_DEFAULT) == 0, "switch");
	CHECK(ring_port_open(sw, SENDERS, &port) == 0, "receiver");
	for (uint8_t i = 0; i < SENDERS; i++) {
		senders[i] =
		    (struct sender){.index = i, .frames = frames, .to = port->abilities.mac};
		CHECK(ring_port_open(sw, i, &senders[i].port) == 0, "sender");
		CHECK(pthread_create(&threads[i], NULL, sender_run, &senders[i]) == 0, "thread");
	}
	sleeps = receive(port, frames * SENDERS);
	for (uint8_t i = 0; i < SENDERS; i++) {
		pthread_join(threads[i], NULL);
		CHECK(senders[i].port->counters.tx_frames == frames, "tx_frames");
		port_close(&senders[i].port);
	}
	CHECK(port->counters.rx_frames == (uint64_t)frames * SENDERS, "rx_frames");
	CHECK(sleeps > 0, "the doorbell was never needed");
	printf("%u frames of each of %u senders, %u sleeps\n", frames, SENDERS, sleeps);
	port_close(&port);
	ring_switch_destroy(&sw);
	return 0;
}
