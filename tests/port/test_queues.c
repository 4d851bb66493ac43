/*
 * Several queues of one port, on the kind of port named: frames come to the core they are for,
 * whichever queue brought them and however few queues the device has; what two threads send at once
 * is all there.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "kinds.h"
#include "test.h"
#include "wire.h"

#define QUEUES 3
#define UDP_PORT 7411
#define FRAME_BYTES 200
#define FRAMES_EACH 300     /* from each queue to each */
#define FRAMES_AT_ONCE 5000 /* from each of two threads */
#define WINDOW 16
#define PATIENCE_S 10

struct end {
	struct port *queues[QUEUES];
	uint32_t count;
};

/* --- Frames ---------------------------------------------------------------------------------- */

enum what { TO_QUEUE, TO_NOBODY, ARP_REPLY };

struct mark {
	uint32_t from; /* queue, or thread */
	uint32_t to;
	uint32_t number;
};

/* Of an IPv4 header, which some devices look at. */
static void checksum_write(uint8_t *ip)
{
	uint32_t total = 0;

	for (int i = 0; i < 20; i += 2)
		total += (uint32_t)(ip[i] << 8 | ip[i + 1]);
	total = (total & 0xffff) + (total >> 16);
	total = ~(total + (total >> 16));
	ip[10] = (uint8_t)(total >> 8);
	ip[11] = (uint8_t)total;
}

static void frame_make(uint8_t frame[FRAME_BYTES], enum what what, const struct port *to,
		       const struct port *from, const struct mark *mark)
{
	uint32_t udp_port = UDP_PORT + mark->to;

	memset(frame, 0, FRAME_BYTES);
	memcpy(frame, to->abilities.mac, 6);
	memcpy(frame + 6, from->abilities.mac, 6);
	if (what == TO_QUEUE) {
		frame[12] = 0x08;
		frame[14] = 0x45;
		frame[17] = FRAME_BYTES - 14; /* length */
		frame[23] = 17;
		frame[36] = (uint8_t)(udp_port >> 8);
		frame[37] = (uint8_t)udp_port;
		frame[39] = FRAME_BYTES - 34;
		checksum_write(frame + 14);
	} else if (what == ARP_REPLY) {
		frame[12] = 0x08;
		frame[13] = 0x06;
		frame[21] = 2;
	} else {
		frame[12] = 0x88;
		frame[13] = 0xb5;
	}
	memcpy(frame + 100, "millrace", 8);
	memcpy(frame + 108, mark, sizeof(*mark));
}

static bool frame_read(const struct port_rx *rx, struct mark *mark)
{
	if (rx->bytes < FRAME_BYTES || memcmp(rx->data + 100, "millrace", 8) != 0)
		return false; /* the kernel looks for neighbours */
	memcpy(mark, rx->data + 108, sizeof(*mark));
	return true;
}

static time_t now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static void frame_send(struct port *from, enum what what, const struct port *to,
		       const struct mark *mark)
{
	uint8_t frame[FRAME_BYTES];
	/* Cut where what says whose it is would be torn. */
	struct port_tx tx = {.pieces = {{frame, 37}, {frame + 37, FRAME_BYTES - 37}},
			     .piece_count = 2};
	time_t start = now_s();

	frame_make(frame, what, to, from, mark);
	while (port_tx(from, &tx, 1) == 0) {
		CHECK(now_s() - start < PATIENCE_S, "a frame cannot be sent");
		sched_yield();
	}
}

/* --- Whose a frame is ------------------------------------------------------------------------ */

/* Polls each queue once; counts what came to which. */
static uint32_t end_poll(struct end *end, uint32_t got[QUEUES][QUEUES])
{
	struct port_rx rx[MR_PORT_BURST];
	uint32_t total = 0;

	for (uint32_t q = 0; q < end->count; q++) {
		uint32_t n = port_rx(end->queues[q], rx, MR_PORT_BURST);

		for (uint32_t i = 0; i < n; i++) {
			struct mark mark;

			if (!frame_read(&rx[i], &mark))
				continue;
			CHECK(mark.to == q || mark.to == UINT32_MAX,
			      "queue %u got a frame of %u's, sent by %u", q, mark.to, mark.from);
			got[mark.from][q]++;
			total++;
		}
		port_rx_release(end->queues[q], rx, n);
	}
	return total;
}

static void end_expect(struct end *end, uint32_t got[QUEUES][QUEUES], uint32_t count)
{
	time_t start = now_s();

	while (count > 0) {
		uint32_t n = end_poll(end, got);

		CHECK(n <= count, "more frames than were sent");
		count -= n;
		CHECK(now_s() - start < PATIENCE_S, "%u frames did not arrive", count);
		if (n == 0)
			sched_yield();
	}
}

static void test_sorted(struct end *from, struct end *to)
{
	uint32_t got[QUEUES][QUEUES] = {0};

	for (uint32_t n = 0; n < FRAMES_EACH; n++) {
		for (uint32_t f = 0; f < from->count; f++) {
			for (uint32_t t = 0; t < to->count; t++) {
				struct mark mark = {f, t, n};

				frame_send(from->queues[f], TO_QUEUE, to->queues[0], &mark);
			}
			end_expect(to, got, to->count);
		}
	}
	for (uint32_t f = 0; f < from->count; f++)
		for (uint32_t t = 0; t < to->count; t++)
			CHECK(got[f][t] == FRAMES_EACH, "%u of %u's to %u", got[f][t], f, t);
}

static void test_others(struct end *from, struct end *to)
{
	uint32_t got[QUEUES][QUEUES] = {0};

	for (uint32_t f = 0; f < from->count; f++) {
		struct mark first = {f, 0, 0}, all = {f, UINT32_MAX, 0};

		frame_send(from->queues[f], TO_NOBODY, to->queues[0], &first);
		end_expect(to, got, 1);
		CHECK(got[f][0] == 1, "what is for nobody is the first's");
		frame_send(from->queues[f], ARP_REPLY, to->queues[0], &all);
		end_expect(to, got, to->count);
		for (uint32_t t = 0; t < to->count; t++)
			CHECK(got[f][t] == 1 + (t == 0), "an answer from %u to %u", f, t);
	}
}

/* --- At once --------------------------------------------------------------------------------- */

struct sender {
	struct port *from;
	const struct port *to;
	uint32_t queue;
	atomic_uint arrived;
	pthread_t thread;
};

static void *sender_main(void *argument)
{
	struct sender *sender = argument;
	time_t start = now_s();

	for (uint32_t i = 0; i < FRAMES_AT_ONCE; i++) {
		struct mark mark = {sender->queue, sender->queue, i};

		while (i - atomic_load(&sender->arrived) >= WINDOW) {
			CHECK(now_s() - start < 2 * PATIENCE_S, "frame %u was lost", i);
			sched_yield();
		}
		frame_send(sender->from, TO_QUEUE, sender->to, &mark);
	}
	return NULL;
}

static void test_at_once(struct end *from, struct end *to)
{
	struct sender senders[2] = {0};
	uint32_t got[QUEUES][QUEUES] = {0};
	time_t start = now_s();

	for (uint32_t i = 0; i < 2; i++) {
		senders[i] =
		    (struct sender){.from = from->queues[i], .to = to->queues[0], .queue = i};
		CHECK(pthread_create(&senders[i].thread, NULL, sender_main, &senders[i]) == 0, " ");
	}
	while (got[0][0] + got[1][1] < 2 * FRAMES_AT_ONCE) {
		if (end_poll(to, got) == 0)
			sched_yield();
		for (uint32_t i = 0; i < 2; i++)
			atomic_store(&senders[i].arrived, got[i][i]);
		CHECK(now_s() - start < 3 * PATIENCE_S, "%u and %u frames arrived", got[0][0],
		      got[1][1]);
	}
	for (uint32_t i = 0; i < 2; i++)
		pthread_join(senders[i].thread, NULL);
}

/* --- Kinds of port --------------------------------------------------------------------------- */

static uint64_t sum(const struct end *end, size_t offset)
{
	uint64_t total = 0;

	for (uint32_t i = 0; i < end->count; i++)
		total += *(const uint64_t *)((const char *)&end->queues[i]->counters + offset);
	return total;
}
#define SUM(end, name) ((unsigned long long)sum(end, offsetof(struct port_counters, name)))

static void end_close(struct end *end, bool backwards)
{
	for (uint32_t i = 0; i < end->count; i++)
		port_close(&end->queues[backwards ? end->count - 1 - i : i]);
}

static void ends_try(struct end *a, struct end *b)
{
	test_sorted(a, b);
	if (a != b)
		test_sorted(b, a);
	test_others(a, b);
	test_at_once(a, b);
	printf("%s: %llu frames were passed on, %llu bursts shared a queue\n",
	       a->queues[0]->abilities.driver, SUM(b, rx_spread), SUM(a, tx_shared));
	CHECK(SUM(b, drop_rx_spread) == 0, "drop_rx_spread");
}

static void eal_start(const char *const *specs, uint32_t count)
{
	struct port_eal_config config = {.specs = specs, .spec_count = count, .queues = QUEUES};
	char error[MR_ERROR_BYTES_MAX], note[MR_ERROR_BYTES_MAX];

	CHECK(port_eal_start(&config, note, sizeof(note), error, sizeof(error)) == 0, "%s", error);
}

static void end_open(struct end *end, const char *spec)
{
	const struct port_spread spread = {.queues = QUEUES, .udp_port = UDP_PORT};
	char error[MR_ERROR_BYTES_MAX] = "";

	end->count = QUEUES;
	CHECK(port_dpdk_open_queues(spec, &spread, end->queues, error, sizeof(error)) == 0, "%s",
	      error);
}

/* Whether all, some or none of the frames were passed on is the driver's to decide. */
static void pair_try(const char *a_spec, const char *b_spec, struct end *a, struct end *b)
{
	const char *specs[] = {a_spec, b_spec};

	eal_start(specs, 2);
	end_open(a, a_spec);
	end_open(b, b_spec);
	/* Some drivers hand out receive buffers only when they are polled. */
	end_poll(a, (uint32_t[QUEUES][QUEUES]){0});
	end_poll(b, (uint32_t[QUEUES][QUEUES]){0});
	ends_try(a, b);
}

/* A node of three cores, and one of one: the senders sort. */
static void test_ring(void)
{
	const struct port_spread spread = {.queues = QUEUES, .udp_port = UDP_PORT};
	const struct port_spread two = {.queues = 2, .udp_port = UDP_PORT};
	const struct port_spread many = {.queues = QUEUES + 1, .udp_port = UDP_PORT};
	struct end a = {.count = 2}, b = {.count = QUEUES};
	struct port *again[QUEUES];
	struct ring_switch *sw;

	CHECK(ring_switch_create_queues(&sw, 3, QUEUES, 1500) == 0, "switch");
	CHECK(ring_queues_open(sw, 0, &two, a.queues) == 0, "two queues");
	CHECK(ring_queues_open(sw, 2, &spread, b.queues) == 0, "three queues");
	CHECK(ring_queues_open(sw, 2, &two, again) == -EBUSY, "opened twice");
	CHECK(ring_queues_open(sw, 1, &many, again) == -EINVAL, "more than there are");
	ends_try(&a, &b);
	CHECK(SUM(&b, rx_spread) == 0, "the sender sorts");
	end_close(&a, true);
	end_close(&b, false);
	CHECK(ring_queues_open(sw, 2, &two, b.queues) == 0, "again, with fewer");
	b.count = 2;
	end_close(&b, false);
	ring_switch_destroy(&sw);
}

static void test_net_ring(void)
{
	const char *specs[] = {"net_ring0"};
	struct end end;

	wire_become_ordinary();
	eal_start(specs, 1);
	end_open(&end, specs[0]);
	ends_try(&end, &end);
	CHECK(SUM(&end, rx_spread) > 0, "what came to a wrong queue was passed on");
	end_close(&end, false);
}

/* Queue and queue are paired: two thirds come to the wrong one. */
static void test_memif(void)
{
	char server[KIND_SPEC_BYTES], client[KIND_SPEC_BYTES];
	struct end a, b;

	kind_memif(server, client, false);
	pair_try(server, client, &a, &b);
	CHECK(SUM(&b, rx_spread) >= FRAMES_EACH * QUEUES * (QUEUES - 1), "passed on");
	CHECK(SUM(&a, tx_shared) == 0, "memif has a queue for each");
	end_close(&b, true);
	end_close(&a, false);
}

static void veth_make(const char *queues)
{
	char command[256];

	wire_namespace_enter();
	snprintf(command, sizeof(command), "ip link add mra %s type veth peer name mrb %s", queues,
		 queues);
	wire_command(command);
	wire_command("ip link set mra up && ip link set mrb up");
}

static void test_af_packet(void)
{
	struct end a, b;

	veth_make("");
	pair_try("mra", "mrb", &a, &b);
	CHECK(SUM(&a, tx_shared) == 0, "af_packet has a queue for each");
	end_close(&a, false);
	end_close(&b, true);
}

/* One queue for three: whoever has it sorts for all, and they take turns to send. */
static void test_one_queue(void)
{
	struct end a, b;

	veth_make("");
	pair_try("net_af_packet0,iface=mra,qpairs=1", "net_af_packet1,iface=mrb,qpairs=1", &a, &b);
	CHECK(SUM(&a, tx_shared) >= 2 * FRAMES_AT_ONCE, "sends shared the queue");
	CHECK(b.queues[0]->counters.rx_spread >= FRAMES_EACH * QUEUES * (QUEUES - 1), "passed on");
	end_close(&a, false);
	end_close(&b, true);
}

static void test_af_xdp(void)
{
	struct end a, b;

	if (geteuid() != 0)
		SKIP("af_xdp needs root");
	veth_make("");
	pair_try("net_af_xdp0,iface=mra", "net_af_xdp1,iface=mrb", &a, &b);
	end_close(&a, false);
	end_close(&b, true);
}

/* The other end is an interface of the kernel, read by af_packet. */
static void test_tap(void)
{
	struct end a, b;

	if (access("/dev/net/tun", R_OK | W_OK) < 0)
		SKIP("no /dev/net/tun");
	wire_namespace_enter();
	pair_try("net_tap0,iface=mrtap", "mrtap", &a, &b);
	end_close(&b, true);
	end_close(&a, false);
}

static const struct kind kinds[] = {
    {"ring", test_ring},     {"net_ring", test_net_ring},
    {"memif", test_memif},   {"af_packet", test_af_packet},
    {"one", test_one_queue}, {"af_xdp", test_af_xdp},
    {"tap", test_tap},
};

int main(int argc, char **argv)
{
	CHECK(argc == 2, "usage: %s KIND", argv[0]);
	kind_run(kinds, sizeof(kinds) / sizeof(kinds[0]), argv[1]);
}
