/* The controller of cores at work: it is told what this node's threads were busy with, and parks
 * and wakes workers and I/O cores as it says. */
#include "io_core.h"
#include "node_internal.h"

#define CONTROL_NS (MR_CONTROL_MS * 1000000ull)

static void io_cores_park(struct node *node, uint32_t active)
{
	node->io_cores_active = active;
	for (uint32_t i = 1; i < node->io_core_count; i++)
		atomic_store_explicit(&node->io_cores[i]->parked, i >= active,
				      memory_order_relaxed);
}

void control_init(struct node *node, uint32_t io_least, uint32_t workers)
{
	const uint32_t begin[CORE_SIDES] = {io_least, workers}, least[CORE_SIDES] = {io_least, 1};
	const uint32_t all = io_least + workers;
	const uint32_t most[CORE_SIDES] = {
	    node->io_core_count < all - 1 ? node->io_core_count : all - 1, workers};

	node->io_cores_active = node->io_core_count;
	if (io_least == 0 || io_least >= node->io_core_count || most[CORE_SIDE_IO] < io_least)
		return;
	core_control_init(&node->control.core, begin, least, most);
	io_cores_park(node, io_least);
	node->control.on = true;
}

static uint64_t io_busy_ns(const struct node *node)
{
	uint64_t busy_ns = node->control.own_busy_ns;

	for (uint32_t i = 1; i < node->io_core_count; i++)
		busy_ns += atomic_load_explicit(&node->io_cores[i]->busy_ns, memory_order_relaxed);
	return busy_ns;
}

static void io_cores_activate(struct node *node, uint32_t active)
{
	io_cores_park(node, active);
	for (uint32_t peer = 0; peer < node->nodes; peer++)
		if (peer != node->id && node->peer_incarnations[peer] != 0)
			io_cores_tell(node, peer);
}

void control_tick(struct node *node)
{
	struct node_control *control = &node->control;
	const uint64_t busy_ns[CORE_SIDES] = {[CORE_SIDE_IO] = io_busy_ns(node),
					      [CORE_SIDE_COMPUTE] =
						  workers_busy_ns(&node->workers, node->now_ns)};
	struct core_sample sample;
	int32_t moved;

	control->next_ns = node->now_ns + CONTROL_NS;
	for (int side = 0; side < CORE_SIDES; side++) {
		/* A worker that ends its task while we look may be counted a little short. */
		sample.busy_ns[side] = busy_ns[side] > control->busy_ns[side]
					   ? busy_ns[side] - control->busy_ns[side]
					   : 0;
		control->busy_ns[side] = busy_ns[side];
	}
	moved = core_control_step(&control->core, node->now_ns, &sample);
	if (moved == 0)
		return;
	workers_activate(&node->workers, control->core.cores[CORE_SIDE_COMPUTE]);
	io_cores_activate(node, control->core.cores[CORE_SIDE_IO]);
}
