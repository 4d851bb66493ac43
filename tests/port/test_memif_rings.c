/* The rings of a memif port are found in memory laid out as DPDK's driver does it, and in no other;
 * what is in them shows when the driver has nothing to do. */
#include <fcntl.h>
#include <unistd.h>

#include <sys/eventfd.h>
#include <sys/mman.h>

#include "memif_ahead.h"
#include "test.h"

#define SLOTS 8
#define BUFFER_BYTES 2048
#define RING_BYTES (sizeof(struct memif_ring) + SLOTS * sizeof(struct memif_descriptor))
#define COOKIE 0x3E31F20u

/* What a client makes, with as many rings each way as it has queues. */
struct region {
	int fd;
	int event_fd;
	size_t bytes;
	uint8_t *base;
};

static struct memif_ring *ring_of(const struct region *region, uint32_t index)
{
	return (void *)(region->base + index * RING_BYTES);
}

static void region_make(struct region *region, uint32_t rings)
{
	region->bytes = rings * (RING_BYTES + SLOTS * BUFFER_BYTES);
	region->fd = memfd_create("memif_region_0", MFD_ALLOW_SEALING);
	region->event_fd = eventfd(0, EFD_NONBLOCK);
	CHECK(region->fd >= 0 && region->event_fd >= 0);
	CHECK(ftruncate(region->fd, (off_t)region->bytes) == 0);
	CHECK(fcntl(region->fd, F_ADD_SEALS, F_SEAL_SHRINK) == 0);
	region->base = mmap(NULL, region->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, region->fd, 0);
	CHECK(region->base != MAP_FAILED);
	for (uint32_t i = 0; i < rings; i++) {
		ring_of(region, i)->cookie = COOKIE;
		for (uint32_t slot = 0; slot < SLOTS; slot++)
			ring_of(region, i)->descriptors[slot] = (struct memif_descriptor){
			    .bytes = BUFFER_BYTES,
			    .offset =
				(uint32_t)(rings * RING_BYTES) + (i * SLOTS + slot) * BUFFER_BYTES,
			};
	}
}

static void region_free(struct region *region)
{
	munmap(region->base, region->bytes);
	close(region->fd);
	close(region->event_fd);
}

/* In the mapping that was found: how far from its begin. */
static size_t place(const struct memif_rings *rings, const void *at)
{
	return (size_t)((const uint8_t *)at - (const uint8_t *)rings->region);
}

static void test_found(void)
{
	struct memif_rings server = {.server = true, .rx_queue = 1, .queues = 2};
	struct memif_rings client = {.tx_queue = 1, .queues = 2};
	struct region region;

	CHECK(!memif_rings_find(&server) && !memif_rings_current(&server), "nothing is there");
	region_make(&region, 4);
	CHECK(memif_rings_find(&server) && memif_rings_find(&client));
	CHECK(memif_rings_current(&server) && server.slots == SLOTS && server.event_count > 0);
	CHECK(place(&server, server.rx.ring) == 1 * RING_BYTES);
	CHECK(place(&server, server.tx.ring) == 2 * RING_BYTES);
	CHECK(place(&client, client.rx.ring) == 2 * RING_BYTES);
	CHECK(place(&client, client.tx.ring) == 1 * RING_BYTES);
	CHECK(server.copied && server.rx.buffer_bytes == BUFFER_BYTES);
	CHECK(place(&server, server.rx.buffers) == ring_of(&region, 1)->descriptors[0].offset);
	memif_rings_ask(&server, false);
	CHECK(ring_of(&region, 1)->flags == 1 && ring_of(&region, 2)->flags == 0);
	memif_rings_forget(&server);
	CHECK(!memif_rings_current(&server) && !server.copied);
	region_free(&region);
	CHECK(!memif_rings_current(&client), "the peer is gone");
	memif_rings_forget(&client);
}

/* Buffers that do not lie as the driver's do are not looked at. */
static void test_not_copied(void)
{
	struct memif_rings rings = {.server = true, .queues = 1};
	struct region region;

	region_make(&region, 2);
	ring_of(&region, 0)->descriptors[SLOTS - 1].offset += 64;
	CHECK(memif_rings_find(&rings) && !rings.copied && rings.rx.buffers == NULL);
	ring_of(&region, 0)->descriptors[SLOTS - 1].offset -= 64;
	ring_of(&region, 1)->descriptors[3].region = 1;
	CHECK(memif_rings_find(&rings) && !rings.copied, "memory that is lent");
	for (uint32_t slot = 0; slot < SLOTS; slot++)
		ring_of(&region, 1)->descriptors[slot] = (struct memif_descriptor){.bytes = 0};
	CHECK(memif_rings_find(&rings) && !rings.copied, "not laid out");
	for (uint32_t slot = 0; slot < SLOTS; slot++)
		ring_of(&region, 1)->descriptors[slot].offset =
		    (uint32_t)region.bytes - BUFFER_BYTES + slot * BUFFER_BYTES;
	CHECK(memif_rings_find(&rings) && !rings.copied, "behind the end");
	memif_rings_forget(&rings);
	region_free(&region);
}

static void test_idle(void)
{
	struct memif_rings server = {.server = true, .queues = 1};
	struct memif_rings client = {.queues = 1};
	struct region region;
	struct memif_ring *up, *down;

	region_make(&region, 2);
	CHECK(memif_rings_find(&server) && memif_rings_find(&client));
	up = ring_of(&region, 0);
	down = ring_of(&region, 1);
	CHECK(memif_idle(&server));
	CHECK(!memif_idle(&client), "it has given no slots yet");
	for (uint32_t at = UINT16_MAX - 2 * SLOTS; at < UINT16_MAX + 2 * SLOTS; at++) {
		up->head = up->tail = (uint16_t)at;
		down->tail = (uint16_t)at;
		down->head = (uint16_t)(at + SLOTS);
		CHECK(memif_idle(&server) && memif_idle(&client), "%u", at);
		up->head++;
		down->tail++;
		CHECK(!memif_idle(&server) && !memif_idle(&client), "%u", at);
		memif_ahead(&server);
		memif_ahead(&client);
		up->tail++;
		CHECK(memif_idle(&server), "%u", at);
		down->head = (uint16_t)(at + 1); /* taken, and nothing given back */
		CHECK(!memif_idle(&client), "%u", at);
	}
	memif_rings_forget(&server);
	memif_rings_forget(&client);
	region_free(&region);
}

int main(void)
{
	test_found();
	test_not_copied();
	test_idle();
	return 0;
}
