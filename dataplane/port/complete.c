/* Completing devargs: buffers and queues that fit our frames. */
#include <errno.h>
#include <stdio.h>

#include "complete.h"
#include "interface.h"

/*
 * af_packet's rings. A frame holds the kernel's header (under 128 bytes) and the packet; blocks are
 * whole pages and hold whole frames, at least eight. 1024 frames are what a full chunk window of
 * one message can put on the wire at once; two rings have to fit the 8 MiB that an ordinary user
 * may lock.
 */
#define AF_PACKET_HEAD_BYTES 128
#define AF_PACKET_FRAME_STEP 2048
#define AF_PACKET_BLOCK_FRAMES 8
#define AF_PACKET_FRAMES 1024
#define AF_PACKET_FRAMES_MIN 128 /* of each of many queues: four bursts */
#define AF_PACKET_RING_BYTES_MAX (3u << 20)

#define ETHER_HEAD_BYTES 14
#define MEMIF_BUFFER_STEP 64
#define MEMIF_BUFFER_BYTES_MIN 2048 /* the driver's default */
#define VIRTIO_QUEUE_FRAMES 1024    /* its default of 256 is a quarter of a chunk window */

static uint32_t round_up(uint32_t bytes, uint32_t step)
{
	return (bytes + step - 1) / step * step;
}

static int af_packet_complete(struct port_spec *spec, uint32_t mtu, uint32_t queues)
{
	uint32_t frame_bytes = round_up(mtu + AF_PACKET_HEAD_BYTES, AF_PACKET_FRAME_STEP);
	uint32_t frames = AF_PACKET_FRAMES;
	uint32_t ring_bytes_max = AF_PACKET_RING_BYTES_MAX / queues;
	char given[16];
	int rc = 0;

	if (queues > 1)
		rc = port_spec_default(spec, "qpairs", queues);
	if (rc < 0)
		return rc;
	if (frames * frame_bytes > ring_bytes_max)
		frames =
		    ring_bytes_max / frame_bytes / AF_PACKET_BLOCK_FRAMES * AF_PACKET_BLOCK_FRAMES;
	if (frames < AF_PACKET_FRAMES_MIN)
		frames = AF_PACKET_FRAMES_MIN;
	/* Sizes that the user chose belong together. */
	if (port_spec_value(spec, "framesz", given, sizeof(given)) ||
	    port_spec_value(spec, "blocksz", given, sizeof(given)))
		return 0;
	rc = port_spec_default(spec, "blocksz", frame_bytes * AF_PACKET_BLOCK_FRAMES);
	if (rc == 0)
		rc = port_spec_default(spec, "framesz", frame_bytes);
	if (rc == 0)
		rc = port_spec_default(spec, "framecnt", frames);
	return rc;
}

/* A frame in one buffer: of what lies in several, the 22.11 driver leaves the mark of the first
 * behind, and joins the next frame there to its follower. */
static int memif_complete(struct port_spec *spec, uint32_t mtu)
{
	uint32_t bytes = round_up(mtu + ETHER_HEAD_BYTES, MEMIF_BUFFER_STEP);

	return port_spec_default(spec, "bsize",
				 bytes > MEMIF_BUFFER_BYTES_MIN ? bytes : MEMIF_BUFFER_BYTES_MIN);
}

/* As many queues as the interface has now: the driver takes no more. */
static int af_xdp_complete(struct port_spec *spec, uint32_t queues)
{
	uint32_t there = interface_queues(spec);

	return queues > 1 ? port_spec_default(spec, "queue_count", queues < there ? queues : there)
			  : 0;
}

static int virtio_complete(struct port_spec *spec, uint32_t queues)
{
	int rc = queues > 1 ? port_spec_default(spec, "queues", queues) : 0;

	return rc == 0 ? port_spec_default(spec, "queue_size", VIRTIO_QUEUE_FRAMES) : rc;
}

int port_spec_complete(struct port_spec *spec, uint32_t mtu, uint32_t queues, char *error,
		       size_t error_bytes)
{
	int rc = 0;

	if (spec->kind == SPEC_INTERFACE || port_spec_driver(spec, "net_af_packet"))
		rc = af_packet_complete(spec, mtu, queues);
	else if (port_spec_driver(spec, "net_af_xdp"))
		rc = af_xdp_complete(spec, queues);
	else if (port_spec_driver(spec, "net_memif"))
		rc = memif_complete(spec, mtu);
	else if (port_spec_driver(spec, "net_virtio_user") || port_spec_driver(spec, "virtio_user"))
		rc = virtio_complete(spec, queues);
	else if (port_spec_driver(spec, "net_vhost") && queues > 1)
		rc = port_spec_default(spec, "queues", queues);
	if (rc < 0)
		snprintf(error, error_bytes,
			 "port %s: its devargs are too long: at most %u bytes, sizes added",
			 spec->name, DEVARGS_BYTES_MAX - 1);
	return rc;
}
