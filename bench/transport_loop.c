/*
 * What the transport itself costs: two of them in one process and thread, joined by memory.
 *
 * Each end's calls are timed apart from the carrying of frames between them, which stands for the
 * port and is not counted. Prints nanoseconds for each packet and message, of the sender's calls,
 * the receiver's calls, and one bare copy of the same payloads; so what a change does is seen
 * without ports, and perf and callgrind see nothing else.
 *
 *     transport_loop [-n MESSAGES] [CASE...]      cases as printed; all by default
 *
 * To count instructions: valgrind --tool=callgrind --collect-atstart=no --toggle-collect=turn
 * transport_loop -n 20000 ping-pong-32
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <x86intrin.h>

#include "transport.h"

#define ENDS 2
#define WINDOW_MAX 64
#define BULK_BYTES (1u << 20)
#define BULK_WINDOW 8
#define POOL_BYTES (64u << 20) /* bodies rotate over it: larger than L2, as real ones do */
#define COOKIE_REPLY (1ull << 32)

struct loop_case {
	const char *name;
	uint32_t mtu;
	uint32_t bytes; /* of a message */
	uint32_t window;
	bool replies; /* each message is answered by one of its size */
	uint64_t messages;
};

static const struct loop_case cases[] = {
    {"bulk-1500", 1500, BULK_BYTES, BULK_WINDOW, false, 2000},
    {"bulk-9000", 9000, BULK_BYTES, BULK_WINDOW, false, 4000},
    {"stream-64", 1500, 64, WINDOW_MAX, false, 2000000},
    {"requests-64", 1500, 64, WINDOW_MAX, true, 2000000},
    {"ping-pong-32", 1500, 32, 1, true, 2000000},
};

struct end {
	struct transport *transport;
	void *memory;
	size_t memory_bytes;
	uint64_t ticks; /* spent inside its calls */
	uint64_t packets;
	uint8_t rooms[MR_PORT_BURST][TRANSPORT_FRAME_BYTES_MAX];
	uint8_t received[MR_PORT_BURST][TRANSPORT_FRAME_BYTES_MAX];
};

struct loop {
	const struct loop_case *run;
	uint64_t messages;
	uint64_t now_ns;
	uint64_t sent;      /* by end 0 */
	uint64_t ended;     /* told to end 0 */
	uint64_t delivered; /* to end 1 */
	uint64_t replied;   /* to end 0 */
	uint64_t bodies;    /* taken from the pool */
};

static struct end ends[ENDS];
static struct loop loop;
static uint8_t *out_pool, *in_pool;
static uint64_t messages_asked; /* of each case; 0: as many as the case says */

static uint8_t *body_next(uint8_t *pool)
{
	uint64_t slots = POOL_BYTES / loop.run->bytes;

	return pool + loop.bodies++ % slots * loop.run->bytes;
}

static void die(const char *what)
{
	fprintf(stderr, "transport_loop: %s\n", what);
	exit(1);
}

static void end_start(uint32_t index)
{
	struct end *end = &ends[index];
	struct transport_config config = {
	    .node = index,
	    .incarnation = 1,
	    .mac = {2, 0, 0, 0, 0, (uint8_t)index},
	    .ip = 0x0a000001 + index,
	    .prefix_len = 24,
	    .udp_port = MR_WIRE_PORT_DEFAULT,
	    .mtu = loop.run->mtu,
	    .peer_timeout_ms = MR_PEER_TIMEOUT_MS_DEFAULT,
	    .small_bytes_max = MR_SMALL_BYTES_MAX,
	};

	end->memory_bytes = transport_bytes(&config);
	end->memory = mmap(NULL, end->memory_bytes, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (end->memory == MAP_FAILED ||
	    transport_init(&end->transport, end->memory, &config, loop.now_ns) != 0 ||
	    transport_peer_add(end->transport, !index, 0x0a000001 + !index, MR_WIRE_PORT_DEFAULT) !=
		0)
		die("cannot start a transport");
	end->ticks = 0;
	end->packets = 0;
}

static void send_one(uint32_t from, uint64_t cookie)
{
	int rc = transport_send(ends[from].transport, loop.now_ns, !from, 0, NULL, 0,
				body_next(out_pool), loop.run->bytes, NULL, cookie);

	if (rc != 0)
		die("a message is refused");
}

static void drain(uint32_t index)
{
	static struct transport_event event;
	struct transport *t = ends[index].transport;

	while (transport_event(t, &event)) {
		switch (event.kind) {
		case TRANSPORT_OFFER:
			transport_accept(t, loop.now_ns, event.offer, body_next(in_pool), 0);
			break;
		case TRANSPORT_MESSAGE:
			loop.delivered += index == 1;
			loop.replied += index == 0;
			if (index == 1 && loop.run->replies)
				send_one(1, COOKIE_REPLY);
			break;
		case TRANSPORT_SENT:
			loop.ended += event.cookie != COOKIE_REPLY;
			break;
		case TRANSPORT_PEER_UP:
			break;
		default:
			die("a message failed");
		}
	}
}

/* Stands for the wire and the port: its time counts for nobody. */
static void carry(const struct transport_frame *frame, uint8_t *to, struct transport_rx *rx)
{
	memcpy(to, frame->head, frame->head_bytes);
	if (frame->body_bytes > 0)
		memcpy(to + frame->head_bytes, frame->body, frame->body_bytes);
	*rx = (struct transport_rx){to, frame->head_bytes + frame->body_bytes};
}

/* One burst from an end to the other; false when it had nothing to send. */
static bool burst(uint32_t from)
{
	struct end *sender = &ends[from];
	struct end *receiver = &ends[!from];
	struct transport_frame frames[MR_PORT_BURST];
	struct transport_rx rx[MR_PORT_BURST];
	uint64_t start = __rdtsc();
	uint32_t count;

	for (uint32_t i = 0; i < MR_PORT_BURST; i++)
		frames[i].head = sender->rooms[i];
	count = transport_output(sender->transport, loop.now_ns, frames, MR_PORT_BURST);
	sender->ticks += __rdtsc() - start;
	sender->packets += count;
	start = __rdtsc();
	transport_output_end(sender->transport);
	sender->ticks += __rdtsc() - start;
	for (uint32_t i = 0; i < count; i++)
		carry(&frames[i], receiver->received[i], &rx[i]);
	start = __rdtsc();
	for (uint32_t done = 0; done < count;) {
		done += transport_input(receiver->transport, loop.now_ns, rx + done, count - done);
		drain(!from);
	}
	transport_input_end(receiver->transport);
	receiver->ticks += __rdtsc() - start;
	return count > 0;
}

static bool finished(void)
{
	const struct loop_case *run = loop.run;

	return loop.ended >= loop.messages && (!run->replies || loop.replied >= loop.messages);
}

/* Not inlined, so that its instructions can be counted. */
__attribute__((noinline)) static void turn(void)
{
	uint64_t answered = loop.run->replies ? loop.replied : loop.ended;
	uint64_t start = __rdtsc();

	while (loop.sent < loop.messages && loop.sent - answered < loop.run->window)
		send_one(0, loop.sent++);
	ends[0].ticks += __rdtsc() - start;
	loop.now_ns += 2000;
	for (uint32_t i = 0; i < ENDS; i++)
		if (transport_deadline(ends[i].transport) <= loop.now_ns)
			transport_tick(ends[i].transport, loop.now_ns);
	burst(0);
	burst(1);
	drain(0);
}

static double clock_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Nanoseconds to copy that many payloads of packets once, over the same rotating memory. */
static double copy_ns(uint64_t bytes, uint32_t piece, double ns_per_tick)
{
	uint64_t rounds = 1ull << 30 < bytes ? 1ull << 30 : bytes;
	uint64_t start = __rdtsc();

	for (uint64_t at = 0; at + piece <= rounds; at += piece)
		memcpy(in_pool + at % (POOL_BYTES - piece), ends[1].received[at / piece % 32],
		       piece);
	return (double)(__rdtsc() - start) * ns_per_tick * piece / (double)rounds;
}

static void run_case(const struct loop_case *run)
{
	double seconds = clock_seconds();
	uint64_t ticks = __rdtsc();
	const struct transport_counters *counters;
	double ns_per_tick, a, b, copy;
	uint64_t packets;

	loop = (struct loop){.run = run, .now_ns = 1};
	loop.messages = messages_asked > 0 ? messages_asked : run->messages;
	for (uint32_t i = 0; i < ENDS; i++)
		end_start(i);
	while (!finished())
		turn();
	ns_per_tick = (clock_seconds() - seconds) * 1e9 / (double)(__rdtsc() - ticks);
	a = (double)ends[0].ticks * ns_per_tick;
	b = (double)ends[1].ticks * ns_per_tick;
	packets = ends[0].packets;
	copy = copy_ns(run->bytes * loop.messages,
		       run->bytes < run->mtu ? run->bytes : run->mtu - 100, ns_per_tick);
	counters = transport_counters(ends[0].transport);
	printf("%-13s %8.1f %8.1f %8.1f %9.1f %9.1f %8.2f %6lu\n", run->name, a / (double)packets,
	       b / (double)packets, copy, a / (double)loop.messages, b / (double)loop.messages,
	       (double)ends[1].packets / (double)packets, counters->retransmits);
	for (uint32_t i = 0; i < ENDS; i++)
		munmap(ends[i].memory, ends[i].memory_bytes);
}

static bool wanted(const char *name, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(name, argv[i]) == 0)
			return true;
	return argc == 1;
}

int main(int argc, char **argv)
{
	if (argc > 2 && strcmp(argv[1], "-n") == 0) {
		messages_asked = strtoull(argv[2], NULL, 10);
		argv += 2;
		argc -= 2;
	}
	out_pool = aligned_alloc(4096, POOL_BYTES);
	in_pool = aligned_alloc(4096, POOL_BYTES);
	if (out_pool == NULL || in_pool == NULL)
		die("no memory");
	memset(out_pool, 1, POOL_BYTES);
	memset(in_pool, 2, POOL_BYTES);
	printf("nanoseconds   a packet of the sender's         a message          packets back\n");
	printf("case            sender receiver   a copy    sender  receiver   for one resent\n");
	for (uint32_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (wanted(cases[i].name, argc, argv))
			run_case(&cases[i]);
	free(out_pool);
	free(in_pool);
	return 0;
}
