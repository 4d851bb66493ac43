/* A node's metrics as JSON. */
#include "metrics_json.h"

#include <inttypes.h>
#include <stdio.h>

#include "job_json.h"

static void pool_json_add(cJSON *json, const struct region_pool_stats *pool)
{
	cJSON *object = cJSON_AddObjectToObject(json, "pool");

	cJSON_AddNumberToObject(object, "bytes", (double)pool->bytes);
	cJSON_AddNumberToObject(object, "used_bytes", (double)pool->used_bytes);
	cJSON_AddNumberToObject(object, "peak_bytes", (double)pool->peak_bytes);
	cJSON_AddNumberToObject(object, "regions", (double)pool->regions);
	cJSON_AddNumberToObject(object, "failures", (double)pool->failures);
}

static void transport_json_add(cJSON *json, const struct transport_counters *counters)
{
	cJSON *object = cJSON_AddObjectToObject(json, "transport");

#define ADD(name) cJSON_AddNumberToObject(object, #name, (double)counters->name);
	TRANSPORT_COUNTERS(ADD)
#undef ADD
}

static void link_json_add(cJSON *json, const struct link_counters *counters)
{
	cJSON *object = cJSON_AddObjectToObject(json, "link");

#define ADD(name) cJSON_AddNumberToObject(object, #name, (double)counters->name);
	LINK_COUNTERS(ADD)
#undef ADD
}

static void handover_json_add(cJSON *json, const struct handover_counters *counters)
{
	cJSON *object = cJSON_AddObjectToObject(json, "handover");

#define ADD(name) cJSON_AddNumberToObject(object, #name, (double)counters->name);
	HANDOVER_COUNTERS(ADD)
#undef ADD
}

static void sandbox_json_add(cJSON *json, const struct sandbox_counters *counters)
{
	cJSON *object = cJSON_AddObjectToObject(json, "sandbox");

#define ADD(name) cJSON_AddNumberToObject(object, #name, (double)counters->name);
	SANDBOX_COUNTERS(ADD)
#undef ADD
}

static void port_json_add(cJSON *json, const struct node_metrics *metrics)
{
	const struct port_counters *counters = &metrics->port;
	const uint8_t *mac = metrics->port_abilities.mac;
	cJSON *object = cJSON_AddObjectToObject(json, "port");
	char text[24];

	snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
		 mac[3], mac[4], mac[5]);
	cJSON_AddStringToObject(object, "driver", metrics->port_abilities.driver);
	cJSON_AddStringToObject(object, "mac", text);
	cJSON_AddNumberToObject(object, "mtu", metrics->port_abilities.mtu);
	cJSON_AddBoolToObject(object, "multi_segment", metrics->port_abilities.multi_segment);
#define ADD(name) cJSON_AddNumberToObject(object, #name, (double)counters->name);
	PORT_COUNTERS(ADD)
#undef ADD
}

static void queues_json_add(cJSON *json, const struct node_queues *queues)
{
	cJSON *object = cJSON_AddObjectToObject(json, "queues");

#define ADD(name) cJSON_AddNumberToObject(object, #name, (double)queues->name);
	NODE_QUEUES(ADD)
#undef ADD
}

static void histogram_json_add(cJSON *json, const char *name, const struct histogram *histogram)
{
	cJSON *object = cJSON_AddObjectToObject(json, name);

	cJSON_AddNumberToObject(object, "count", (double)histogram->count);
	cJSON_AddNumberToObject(object, "sum", (double)histogram->sum);
	cJSON_AddNumberToObject(object, "p50", (double)histogram_percentile(histogram, 500000));
	cJSON_AddNumberToObject(object, "p90", (double)histogram_percentile(histogram, 900000));
	cJSON_AddNumberToObject(object, "p99", (double)histogram_percentile(histogram, 990000));
	cJSON_AddNumberToObject(object, "p999", (double)histogram_percentile(histogram, 999000));
	cJSON_AddNumberToObject(object, "max", (double)histogram->max);
}

static void histograms_json_add(cJSON *json, const struct node_metrics *metrics)
{
	cJSON *object = cJSON_AddObjectToObject(json, "histograms");

#define ADD_MESSAGES(name) histogram_json_add(object, #name, &metrics->messages.name);
#define ADD_NODE(name) histogram_json_add(object, #name, &metrics->histograms.name);
	TRANSPORT_HISTOGRAMS(ADD_MESSAGES)
	NODE_HISTOGRAMS(ADD_NODE)
#undef ADD_MESSAGES
#undef ADD_NODE
}

static cJSON *peer_json(const struct transport_peer_stats *peer,
			const struct handover_peer_counters *handed)
{
	cJSON *object = cJSON_CreateObject();
	char text[32];

	cJSON_AddNumberToObject(object, "node", peer->node);
	snprintf(text, sizeof(text), "%u.%u.%u.%u:%u", peer->ip >> 24, peer->ip >> 16 & 255,
		 peer->ip >> 8 & 255, peer->ip & 255, peer->udp_port);
	cJSON_AddStringToObject(object, "address", text);
	cJSON_AddBoolToObject(object, "up", peer->contact);
	/* Too large for what a JSON number holds. */
	snprintf(text, sizeof(text), "%" PRIu64, peer->incarnation);
	cJSON_AddStringToObject(object, "incarnation", text);
#define ADD_COUNTER(name) cJSON_AddNumberToObject(object, #name, (double)peer->counters.name);
#define ADD_GAUGE(name) cJSON_AddNumberToObject(object, #name, (double)peer->name);
	TRANSPORT_PEER_COUNTERS(ADD_COUNTER)
#define ADD_HANDED(name) cJSON_AddNumberToObject(object, #name, (double)handed->name);
	TRANSPORT_PEER_GAUGES(ADD_GAUGE)
	HANDOVER_PEER_COUNTERS(ADD_HANDED)
#undef ADD_COUNTER
#undef ADD_GAUGE
#undef ADD_HANDED
	return object;
}

static void peers_json_add(cJSON *json, const struct node_metrics *metrics)
{
	cJSON *array = cJSON_AddArrayToObject(json, "peers");

	for (uint32_t i = 0; i < metrics->peer_count; i++)
		cJSON_AddItemToArray(array, peer_json(&metrics->peers[i], &metrics->handed[i]));
}

static void seal_json_add(cJSON *json, const struct node_metrics *metrics)
{
	cJSON *object = cJSON_AddObjectToObject(json, "seal");

	cJSON_AddBoolToObject(object, "on", metrics->sealed);
	cJSON_AddStringToObject(object, "backend", metrics->cipher_backend);
#define ADD(name) cJSON_AddNumberToObject(object, #name, (double)metrics->seal.name);
	SEAL_COUNTERS(ADD)
#undef ADD
}

/* Each core's share of what is above. */
static void cores_json_add(cJSON *json, const struct node_metrics *metrics)
{
	cJSON *array = cJSON_AddArrayToObject(json, "cores");

	for (uint32_t i = 0; i < metrics->core_count; i++) {
		const struct node_core_metrics *core = &metrics->cores[i];
		cJSON *object = cJSON_CreateObject();
		cJSON *group;

		cJSON_AddNumberToObject(object, "core", i);
		transport_json_add(object, &core->transport);
		link_json_add(object, &core->link);
		group = cJSON_AddObjectToObject(object, "port");
#define ADD_PORT(name) cJSON_AddNumberToObject(group, #name, (double)core->port.name);
		PORT_COUNTERS(ADD_PORT)
#undef ADD_PORT
		group = cJSON_AddObjectToObject(object, "seal");
#define ADD_SEAL(name) cJSON_AddNumberToObject(group, #name, (double)core->seal.name);
		SEAL_COUNTERS(ADD_SEAL)
#undef ADD_SEAL
		cJSON_AddItemToArray(array, object);
	}
}

cJSON *metrics_json_write(const struct node_metrics *metrics)
{
	cJSON *json = cJSON_CreateObject();
	char incarnation[24];

	if (json == NULL)
		return NULL;
	cJSON_AddNumberToObject(json, "node", metrics->node);
	snprintf(incarnation, sizeof(incarnation), "%" PRIu64, metrics->incarnation);
	cJSON_AddStringToObject(json, "incarnation", incarnation);
	cJSON_AddNumberToObject(json, "uptime_seconds", (double)metrics->uptime_ns / 1e9);
	cJSON_AddNumberToObject(json, "workers", metrics->workers);
	cJSON_AddNumberToObject(json, "workers_busy", metrics->workers_busy);
	cJSON_AddNumberToObject(json, "workers_active", metrics->workers_active);
	cJSON_AddNumberToObject(json, "spare_workers", metrics->spare_workers);
	cJSON_AddNumberToObject(json, "spare_workers_active", metrics->spare_workers_active);
	cJSON_AddNumberToObject(json, "slices_entered", (double)metrics->slices_entered);
	cJSON_AddNumberToObject(json, "spare_returns", (double)metrics->spare_returns);
	cJSON_AddNumberToObject(json, "spare_failures", (double)metrics->spare_failures);
	cJSON_AddNumberToObject(json, "io_cores_active", metrics->io_cores_active);
	cJSON_AddNumberToObject(json, "cores_moved", (double)metrics->cores_moved);
	cJSON_AddNumberToObject(json, "jobs_running", metrics->jobs_running);
	cJSON_AddNumberToObject(json, "jobs_done", (double)metrics->jobs_done);
	cJSON_AddNumberToObject(json, "jobs_failed", (double)metrics->jobs_failed);
#define CALL(name) cJSON_AddNumberToObject(json, #name, (double)metrics->calls.name);
	NODE_CALL_COUNTERS(CALL)
#undef CALL
	job_json_counters(cJSON_AddObjectToObject(json, "jobs"), &metrics->jobs);
	pool_json_add(json, &metrics->pool);
	transport_json_add(json, &metrics->transport);
	queues_json_add(json, &metrics->queues);
	histograms_json_add(json, metrics);
	peers_json_add(json, metrics);
	handover_json_add(json, &metrics->handover);
	sandbox_json_add(json, &metrics->sandbox);
	link_json_add(json, &metrics->link);
	port_json_add(json, metrics);
	seal_json_add(json, metrics);
	cores_json_add(json, metrics);
	return json;
}
