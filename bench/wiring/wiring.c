/* Sockets and links for the two ends of a port under test. */
#include "wiring.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "scratch.h"
#include "shell.h"

#define HUGE_BYTES_NEEDED (256ull << 20) /* for one worker: its heap, mbufs and regions */
#define AF_XDP_MTU_MAX 3498 /* veth with XDP: a page less headroom, skb_shared_info and headers */
/* net_af_packet names its fanout group by process id ^ interface: of neighbours, these two differ.
 */
#define VETH_INDEX_SENDER 4096
#define VETH_INDEX_RECEIVER 8192

static const char *const names[WIRING_KINDS] = {
    [WIRING_MEMIF] = "memif",   [WIRING_VIRTIO_USER] = "virtio_user",
    [WIRING_AF_XDP] = "af_xdp", [WIRING_AF_PACKET] = "af_packet",
    [WIRING_RING] = "ring",
};

const char *wiring_name(enum wiring_kind kind)
{
	return names[kind];
}

int wiring_find(const char *name, enum wiring_kind *kind)
{
	for (uint32_t i = 0; i < WIRING_KINDS; i++) {
		if (strcmp(names[i], name) == 0) {
			*kind = i;
			return 0;
		}
	}
	return -ENOENT;
}

static void spec_set(struct wiring *wiring, enum pair_role role, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void spec_set(struct wiring *wiring, enum pair_role role, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(wiring->specs[role], sizeof(wiring->specs[role]), format, ap);
	va_end(ap);
}

static int folder_make(struct wiring *wiring, char *error, size_t error_bytes)
{
	int rc = scratch_folder(wiring->folder);

	if (rc < 0)
		snprintf(error, error_bytes, "no folder for sockets: %s", strerror(-rc));
	return rc;
}

/* A buffer of memif's rings holds a whole frame: chains of buffers cost more than copying. */
static int memif_make(struct wiring *wiring, char *error, size_t error_bytes)
{
	uint32_t buffer_bytes = wiring->mtu <= 2000 ? 2048 : 9216;
	int rc = folder_make(wiring, error, error_bytes);

	spec_set(wiring, PAIR_RECEIVER,
		 "net_memif0,role=server,id=0,socket=%s/memif.sock,socket-abstract=no,bsize=%u",
		 wiring->folder, buffer_bytes);
	spec_set(wiring, PAIR_SENDER,
		 "net_memif0,role=client,id=0,socket=%s/memif.sock,socket-abstract=no,bsize=%u",
		 wiring->folder, buffer_bytes);
	return rc;
}

static bool huge_pages_there(uint64_t bytes)
{
	void *at = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);

	if (at == MAP_FAILED)
		return false;
	munmap(at, bytes);
	return true;
}

static int virtio_make(struct wiring *wiring, char *error, size_t error_bytes)
{
	int rc;

	if (!huge_pages_there(2 * HUGE_BYTES_NEEDED)) {
		snprintf(error, error_bytes,
			 "virtio_user needs %llu MiB of free huge pages (as root: sysctl "
			 "vm.nr_hugepages=1024)",
			 2 * HUGE_BYTES_NEEDED >> 20);
		return -ENOTSUP;
	}
	rc = folder_make(wiring, error, error_bytes);
	spec_set(wiring, PAIR_RECEIVER, "net_vhost0,iface=%s/vhost.sock", wiring->folder);
	spec_set(wiring, PAIR_SENDER, "net_virtio_user0,path=%s/vhost.sock,queue_size=1024",
		 wiring->folder);
	return rc;
}

/* --- veth ------------------------------------------------------------------------------------ */

static int veth_make(struct wiring *wiring, char *error, size_t error_bytes)
{
	static uint32_t pairs;
	uint32_t number = pairs++;
	int rc;

	if (geteuid() != 0) {
		snprintf(error, error_bytes, "network interfaces of its own need root");
		return -ENOTSUP;
	}
	snprintf(wiring->link, sizeof(wiring->link), "bench%us", number);
	rc = shell_run(error, error_bytes,
		       "ip link add bench%us index %u mtu %u type veth "
		       "peer name bench%ur index %u mtu %u && "
		       "ip link set bench%us up && ip link set bench%ur up",
		       number, VETH_INDEX_SENDER + number, wiring->mtu, number,
		       VETH_INDEX_RECEIVER + number, wiring->mtu, number, number);
	if (rc < 0)
		wiring->link[0] = '\0';
	return rc;
}

static int af_xdp_make(struct wiring *wiring, char *error, size_t error_bytes)
{
	int rc;

	if (wiring->mtu > AF_XDP_MTU_MAX) {
		snprintf(error, error_bytes,
			 "a frame of AF_XDP lies within one page: at most %u bytes of IP on veth",
			 AF_XDP_MTU_MAX);
		return -ENOTSUP;
	}
	rc = veth_make(wiring, error, error_bytes);
	for (uint32_t role = 0; role < PAIR_ROLES; role++)
		spec_set(wiring, role, "net_af_xdp0,iface=%.*s%c,busy_budget=0",
			 (int)strlen(wiring->link) - 1, wiring->link,
			 role == PAIR_SENDER ? 's' : 'r');
	return rc;
}

/* Blocks are whole pages of whole frames. */
static int af_packet_make(struct wiring *wiring, char *error, size_t error_bytes)
{
	uint32_t frame_bytes = (wiring->mtu + 128 + 2047) / 2048 * 2048;
	int rc = veth_make(wiring, error, error_bytes);

	for (uint32_t role = 0; role < PAIR_ROLES; role++)
		spec_set(wiring, role,
			 "net_af_packet0,iface=%.*s%c,blocksz=%u,framesz=%u,framecnt=1024,"
			 "qdisc_bypass=1",
			 (int)strlen(wiring->link) - 1, wiring->link,
			 role == PAIR_SENDER ? 's' : 'r', frame_bytes * 8, frame_bytes);
	return rc;
}

static int ring_make(struct wiring *wiring, char *error, size_t error_bytes)
{
	for (uint32_t role = 0; role < PAIR_ROLES; role++)
		spec_set(wiring, role, "ring");
	return 0;
}

int wiring_make(struct wiring *wiring, enum wiring_kind kind, uint32_t mtu, char *error,
		size_t error_bytes)
{
	static int (*const makers[WIRING_KINDS])(struct wiring *, char *, size_t) = {
	    [WIRING_MEMIF] = memif_make,   [WIRING_VIRTIO_USER] = virtio_make,
	    [WIRING_AF_XDP] = af_xdp_make, [WIRING_AF_PACKET] = af_packet_make,
	    [WIRING_RING] = ring_make,
	};
	int rc;

	*wiring = (struct wiring){.kind = kind, .mtu = mtu};
	rc = makers[kind](wiring, error, error_bytes);
	if (rc < 0)
		wiring_remove(wiring);
	return rc;
}

void wiring_remove(struct wiring *wiring)
{
	char waste[256];

	if (wiring->folder[0] != '\0')
		scratch_remove(wiring->folder);
	if (wiring->link[0] != '\0')
		shell_run(waste, sizeof(waste), "ip link del %s", wiring->link);
	wiring->folder[0] = '\0';
	wiring->link[0] = '\0';
}
