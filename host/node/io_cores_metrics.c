/* What the I/O cores of a node count, each and together. */
#include "io_core.h"

#include "node_internal.h"

static void counters_add(struct node_core_metrics *sum, const struct node_core_metrics *part)
{
#define TRANSPORT(name) sum->transport.name += part->transport.name;
#define PORT(name) sum->port.name += part->port.name;
#define LINK(name) sum->link.name += part->link.name;
#define SEAL(name) sum->seal.name += part->seal.name;
	TRANSPORT_COUNTERS(TRANSPORT)
	PORT_COUNTERS(PORT)
	LINK_COUNTERS(LINK)
	SEAL_COUNTERS(SEAL)
#undef TRANSPORT
#undef PORT
#undef LINK
#undef SEAL
}

void io_cores_counters(struct node *node, struct node_core_metrics *sum)
{
	*sum = (struct node_core_metrics){0};
	packet_path_metrics(&node->path, sum);
	for (uint32_t i = 1; i < node->io_core_count; i++) {
		struct io_core *core = node->io_cores[i];

		pthread_mutex_lock(&core->lock);
		counters_add(sum, &core->shown.metrics);
		pthread_mutex_unlock(&core->lock);
	}
}

static void peer_add(struct transport_peer_stats *sum, const struct transport_peer_stats *part)
{
#define COUNTER(name) sum->counters.name += part->counters.name;
	TRANSPORT_PEER_COUNTERS(COUNTER)
#undef COUNTER
	sum->window_bytes += part->window_bytes;
	sum->flight_bytes += part->flight_bytes;
	sum->credit_bytes += part->credit_bytes;
	sum->messages_queued += part->messages_queued;
	sum->messages_sending += part->messages_sending;
	sum->messages_receiving += part->messages_receiving;
}

static void shown_add(struct node_metrics *metrics, const struct core_shown *shown)
{
#define MESSAGES(name) histogram_merge(&metrics->messages.name, &shown->messages.name);
	TRANSPORT_HISTOGRAMS(MESSAGES)
#undef MESSAGES
	histogram_merge(&metrics->histograms.frame_wait_ns, &shown->frame_wait_ns);
	for (uint32_t i = 0; i < metrics->peer_count; i++) {
		const struct transport_peer_stats *part = &shown->peers[metrics->peers[i].node];

		if (part->ip != 0)
			peer_add(&metrics->peers[i], part);
	}
}

void io_cores_metrics(struct node *node, struct node_metrics *metrics)
{
	struct node_core_metrics sum = {0};

	metrics->core_count = node->io_core_count;
	counters_add(&sum, &metrics->cores[0]);
	for (uint32_t i = 1; i < node->io_core_count; i++) {
		struct io_core *core = node->io_cores[i];

		pthread_mutex_lock(&core->lock);
		metrics->cores[i] = core->shown.metrics;
		shown_add(metrics, &core->shown);
		pthread_mutex_unlock(&core->lock);
		counters_add(&sum, &metrics->cores[i]);
	}
	metrics->transport = sum.transport;
	metrics->port = sum.port;
	metrics->link = sum.link;
	metrics->seal = sum.seal;
}
