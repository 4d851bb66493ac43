/* What DPDK's drivers can do that they do not say of themselves, or say wrongly. */
#ifndef DPDK_DRIVER_H
#define DPDK_DRIVER_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_ethdev.h>

#include "devargs.h"
#include "doorbell.h"
#include "port.h"

struct dpdk_driver {
	const char *name;
	bool scatters;    /* sends a chain of mbufs intact */
	bool memory;      /* its peer reads the frames in memory of this host */
	bool mtu_unasked; /* carries what fits its buffers, whatever length it reports */
	bool pages;       /* an mbuf has to fit a page of 4 KiB */
	bool copies;      /* what it sends, with DPDK's memcpy, slow on what is not aligned */
	bool hangs_up;    /* on DPDK's interrupt thread when its peer goes, at any time */
	/* Takes 32 mbufs of the receive pool for each call that finds a frame, and gives back those
	 * it has no frame for: but only while one has room for a whole buffer of its ring. */
	bool rx_by_burst;
	bool sent_late;         /* looks at what was sent only when its queue fills up */
	uint16_t tx_frames_max; /* handed to it at once; 0: as many as we like */
	enum port_external external;
	bool sends_received; /* without a copy only mbufs of the pool that it receives into */
	enum doorbell_kind doorbell;
	uint16_t rx_held; /* mbufs of the receive pool it holds beside its receive queue */
};

/* The facts about the driver that serves spec; never NULL. */
const struct dpdk_driver *dpdk_driver_facts(const struct port_spec *spec,
					    const struct rte_eth_dev_info *info);
/* How that driver rings for this device. */
enum doorbell_kind dpdk_driver_doorbell(const struct dpdk_driver *driver,
					const struct port_spec *spec);

#endif
