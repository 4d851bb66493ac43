/* Scatter-gather compare: frames of many sizes and splits through two ports, byte for byte. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "test.h"
#include "wire.h"

#define WIRE_TYPE_HIGH 0x88 /* IEEE 802: local experimental EtherType 1 */
#define WIRE_TYPE_LOW 0xb5
#define WIRE_HEAD_BYTES 14
#define WIRE_WINDOW 8 /* frames on their way at once: no queue is that short */
#define WIRE_PATIENCE_S 5
#define WIRE_FRAME_MAX (MR_MTU_MAX + WIRE_HEAD_BYTES)

static uint64_t next_random(uint64_t *state)
{
	/* splitmix64 */
	uint64_t z = (*state += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static uint64_t now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec;
}

/* Frame number index of a plan, the same each time. Smallest and largest come first. */
static uint32_t frame_make(uint8_t *frame, const struct wire_plan *plan, uint32_t index,
			   uint32_t bytes_max, const uint8_t to[6], const uint8_t from[6])
{
	uint64_t state = plan->seed * 1000003 + index;
	uint32_t span = bytes_max - plan->bytes_min + 1;
	uint32_t bytes = plan->bytes_min + (uint32_t)(next_random(&state) % span);

	if (index < 2)
		bytes = index == 0 ? plan->bytes_min : bytes_max;
	memcpy(frame, to, 6);
	memcpy(frame + 6, from, 6);
	frame[12] = WIRE_TYPE_HIGH;
	frame[13] = WIRE_TYPE_LOW;
	for (uint32_t i = WIRE_HEAD_BYTES; i < bytes; i++)
		frame[i] = (uint8_t)next_random(&state);
	return bytes;
}

/* Cuts a frame in 1 to 4 pieces, many of them of one byte or odd sizes, some empty; the last lies
 * in the region. */
static void frame_split(struct port_tx *tx, const uint8_t *frame, uint32_t bytes,
			struct region *region, uint64_t *state)
{
	uint32_t count = 1 + (uint32_t)(next_random(state) % MR_PORT_SEGMENTS_MAX);
	uint32_t at = 0;

	tx->piece_count = count;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t left = bytes - at;
		uint32_t n = left;

		if (i + 1 < count) {
			uint32_t shapes[] = {1,
					     7,
					     WIRE_HEAD_BYTES,
					     54,
					     left / 2 | 1,
					     (uint32_t)(next_random(state) % (left + 1))};

			n = shapes[next_random(state) % (sizeof(shapes) / sizeof(shapes[0]))];
			if (n > left)
				n = left;
		}
		tx->pieces[i] = (struct port_piece){n > 0 ? frame + at : NULL, n,
						    i + 1 == count ? region : NULL};
		at += n;
	}
}

static struct region *frames_region(const struct wire_plan *plan)
{
	uint64_t start = now_s();
	struct region *region;

	/* The device gives earlier ones back as it is given more, or when it is idle. */
	while (region_alloc(plan->pool, WIRE_WINDOW * WIRE_FRAME_MAX, REGION_ANY, &region) != 0)
		CHECK(now_s() - start < WIRE_PATIENCE_S, "no region came back");
	return region;
}

/* Sends frames [first, first + count) of the plan. */
static void send_some(struct port *from, const uint8_t to_mac[6], const struct wire_plan *plan,
		      uint32_t first, uint32_t count)
{
	static uint8_t room[WIRE_WINDOW * WIRE_FRAME_MAX];
	struct region *region = plan->pool != NULL ? frames_region(plan) : NULL;
	uint8_t *frames = region != NULL ? region->base : room;
	struct port_tx tx[WIRE_WINDOW];
	uint64_t state = plan->seed + first;
	uint64_t start = now_s();
	uint32_t sent = 0;

	for (uint32_t i = 0; i < count; i++) {
		uint8_t *frame = frames + (size_t)i * WIRE_FRAME_MAX;
		uint32_t bytes =
		    frame_make(frame, plan, first + i, from->abilities.mtu + WIRE_HEAD_BYTES,
			       to_mac, from->abilities.mac);

		frame_split(&tx[i], frame, bytes, region, &state);
	}
	if (region != NULL)
		region_freeze(region);
	while (sent < count) {
		sent += port_tx(from, tx + sent, count - sent);
		CHECK(now_s() - start < WIRE_PATIENCE_S, "frame %u could not be sent",
		      first + sent);
	}
	region_unref(&region); /* the port has its own reference, where it needs one */
}

static bool frame_is_ours(const struct port_rx *frame)
{
	return frame->bytes >= WIRE_HEAD_BYTES && frame->data[12] == WIRE_TYPE_HIGH &&
	       frame->data[13] == WIRE_TYPE_LOW;
}

static void frame_check(const struct port_rx *frame, const uint8_t *expected, uint32_t bytes,
			uint32_t index)
{
	CHECK(frame->bytes == bytes, "frame %u: %u bytes instead of %u", index, frame->bytes,
	      bytes);
	for (uint32_t i = 0; i < bytes; i++)
		CHECK(frame->data[i] == expected[i], "frame %u of %u bytes differs at byte %u",
		      index, bytes, i);
}

static void receive_some(struct port *to, const uint8_t from_mac[6], const uint8_t to_mac[6],
			 uint32_t mtu, const struct wire_plan *plan, uint32_t first, uint32_t count)
{
	static uint8_t expected[WIRE_FRAME_MAX];
	struct port_rx rx[MR_PORT_BURST];
	uint64_t start = now_s();
	uint32_t got = 0;

	while (got < count) {
		uint32_t n = port_rx(to, rx, MR_PORT_BURST);

		for (uint32_t i = 0; i < n; i++) {
			if (!frame_is_ours(&rx[i]))
				continue;
			CHECK(got < count, "a frame more than was sent");
			frame_check(&rx[i], expected,
				    frame_make(expected, plan, first + got, mtu + WIRE_HEAD_BYTES,
					       to_mac, from_mac),
				    first + got);
			got++;
		}
		port_rx_release(to, rx, n);
		CHECK(now_s() - start < WIRE_PATIENCE_S, "frame %u did not arrive", first + got);
		if (n == 0)
			sched_yield();
	}
}

/* Owners poll their ports from the start; some drivers hand out receive buffers only then. */
static void poll_once(struct port *port)
{
	struct port_rx rx[MR_PORT_BURST];
	uint32_t n = port_rx(port, rx, MR_PORT_BURST);

	port_rx_release(port, rx, n);
}

void wire_compare(struct port *from, struct port *to, const struct wire_plan *plan)
{
	uint64_t before = from->counters.tx_frames;

	poll_once(from);
	poll_once(to);
	for (uint32_t first = 0; first < plan->frames; first += WIRE_WINDOW) {
		uint32_t left = plan->frames - first;
		uint32_t count = left < WIRE_WINDOW ? left : WIRE_WINDOW;

		send_some(from, to->abilities.mac, plan, first, count);
		receive_some(to, from->abilities.mac, to->abilities.mac, from->abilities.mtu, plan,
			     first, count);
	}
	CHECK(from->counters.tx_frames == before + plan->frames, "tx_frames");
	CHECK(from->counters.drop_tx_oversize == 0, "drop_tx_oversize");
	printf("%s: mtu %u, %u frames; in all %llu external, %llu linearised, %llu copied\n",
	       from->abilities.driver, from->abilities.mtu, plan->frames,
	       (unsigned long long)from->counters.tx_external,
	       (unsigned long long)from->counters.tx_linearised,
	       (unsigned long long)from->counters.tx_copied);
}

void wire_send_all(struct port *from, const uint8_t to_mac[6], const struct wire_plan *plan)
{
	for (uint32_t i = 0; i < plan->frames; i++)
		send_some(from, to_mac, plan, i, 1);
}

void wire_receive_all(struct port *to, const uint8_t from_mac[6], const uint8_t to_mac[6],
		      uint32_t mtu, const struct wire_plan *plan)
{
	receive_some(to, from_mac, to_mac, mtu, plan, 0, plan->frames);
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text), "%s: %s", path,
	      strerror(errno));
	close(fd);
}

void wire_namespace_enter(void)
{
	char map[64];
	uid_t uid = geteuid();
	gid_t gid = getegid();

	if (unshare(CLONE_NEWNET | (uid == 0 ? 0 : CLONE_NEWUSER)) < 0)
		SKIP("no network namespace: %s", strerror(errno));
	if (uid == 0)
		return;
	write_file("/proc/self/setgroups", "deny");
	snprintf(map, sizeof(map), "0 %u 1", uid);
	write_file("/proc/self/uid_map", map);
	snprintf(map, sizeof(map), "0 %u 1", gid);
	write_file("/proc/self/gid_map", map);
}

void wire_become_ordinary(void)
{
	if (geteuid() != 0)
		return;
	CHECK(setresgid(65534, 65534, 65534) == 0, "setresgid");
	CHECK(setresuid(65534, 65534, 65534) == 0, "setresuid");
	/* Or /proc/self stays root's, and with it the maps of a user namespace. */
	CHECK(prctl(PR_SET_DUMPABLE, 1) == 0, "prctl");
}

void wire_command(const char *command)
{
	int status = system(command);

	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s", command);
}
