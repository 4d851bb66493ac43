/*
 * Rules that have a device sort frames: UDP destination port to queue.
 *
 * All or none: with some of the rules only, the device would spread the rest by chance, which the
 * cores mend, but slower. Drivers without rules say so, and RSS or one queue is what there is.
 *
 * Source: DPDK 22.11 programmer's guide, "Generic flow API (rte_flow)".
 */
#include <rte_flow.h>

#include "dpdk_port.h"

static bool rule_create(const struct dpdk_device *device, uint16_t queue)
{
	const struct rte_flow_attr ingress = {.ingress = 1};
	const struct rte_flow_item_udp udp = {
	    .hdr.dst_port = rte_cpu_to_be_16((uint16_t)(device->spread.udp_port + queue))};
	const struct rte_flow_item_udp mask = {.hdr.dst_port = RTE_BE16(UINT16_MAX)};
	const struct rte_flow_item pattern[] = {
	    {.type = RTE_FLOW_ITEM_TYPE_ETH},
	    {.type = RTE_FLOW_ITEM_TYPE_IPV4},
	    {.type = RTE_FLOW_ITEM_TYPE_UDP, .spec = &udp, .mask = &mask},
	    {.type = RTE_FLOW_ITEM_TYPE_END},
	};
	const struct rte_flow_action_queue to = {.index = queue};
	const struct rte_flow_action actions[] = {
	    {.type = RTE_FLOW_ACTION_TYPE_QUEUE, .conf = &to},
	    {.type = RTE_FLOW_ACTION_TYPE_END},
	};
	struct rte_flow_error error;

	return rte_flow_validate(device->id, &ingress, pattern, actions, &error) == 0 &&
	       rte_flow_create(device->id, &ingress, pattern, actions, &error) != NULL;
}

void dpdk_steer(const struct dpdk_device *device)
{
	struct rte_flow_error error;

	for (uint16_t queue = 0; device->rx_queues > 1 && queue < device->rx_queues; queue++) {
		if (!rule_create(device, queue)) {
			if (queue > 0)
				rte_flow_flush(device->id, &error);
			return;
		}
	}
}
