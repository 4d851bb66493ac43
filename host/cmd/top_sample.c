/* Values and rates out of what nodes answer. */
#include "top_sample.h"

#include <string.h>

double sample_number(const cJSON *object, const char *name)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

	return cJSON_IsNumber(item) ? item->valuedouble : 0;
}

const char *sample_string(const cJSON *object, const char *name)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));

	return text != NULL ? text : "";
}

const cJSON *sample_group(const cJSON *status, const char *group)
{
	const cJSON *metrics = cJSON_GetObjectItemCaseSensitive(status, "metrics");

	return group != NULL ? cJSON_GetObjectItemCaseSensitive(metrics, group) : metrics;
}

const cJSON *sample_peer(const cJSON *status, double node)
{
	const cJSON *peer;

	cJSON_ArrayForEach (peer, sample_group(status, "peers")) {
		if (cJSON_IsObject(peer) && sample_number(peer, "node") == node)
			return peer;
	}
	return NULL;
}

double sample_seconds(const struct watch_node *node)
{
	double now = sample_number(sample_group(node->now, NULL), "uptime_seconds");
	double before = sample_number(sample_group(node->before, NULL), "uptime_seconds");

	if (node->before == NULL || now < before)
		return 0;
	/* A node that sleeps tells the same again: nothing happened, for as long as we waited. */
	return now > before ? now - before : (double)(node->now_ns - node->before_ns) / 1e9;
}

static double rate(const struct watch_node *node, double now, double before)
{
	double seconds = sample_seconds(node);

	return seconds > 0 && now > before ? (now - before) / seconds : 0;
}

double sample_rate(const struct watch_node *node, const char *group, const char *name)
{
	return rate(node, sample_number(sample_group(node->now, group), name),
		    sample_number(sample_group(node->before, group), name));
}

double sample_peer_rate(const struct watch_node *node, double peer, const char *name)
{
	return rate(node, sample_number(sample_peer(node->now, peer), name),
		    sample_number(sample_peer(node->before, peer), name));
}

void sample_drops_visit(const cJSON *status,
			void (*visit)(const char *group, const char *name, double value,
				      void *opaque),
			void *opaque)
{
	static const char *const groups[] = {"port", "link", "handover", "transport"};

	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		const cJSON *item;

		cJSON_ArrayForEach (item, sample_group(status, groups[i])) {
			if (item->string != NULL && strncmp(item->string, "drop_", 5) == 0 &&
			    cJSON_IsNumber(item))
				visit(groups[i], item->string, item->valuedouble, opaque);
		}
	}
}

static void add(const char *group, const char *name, double value, void *opaque)
{
	(void)group;
	(void)name;
	*(double *)opaque += value;
}

double sample_drops(const cJSON *status)
{
	double sum = 0;

	sample_drops_visit(status, add, &sum);
	return sum;
}

double sample_drops_rate(const struct watch_node *node)
{
	return rate(node, sample_drops(node->now), sample_drops(node->before));
}
