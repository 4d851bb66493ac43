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

/* The object of an array whose field has that value. */
static const cJSON *object_find(const cJSON *array, const char *field, double value)
{
	const cJSON *object;

	cJSON_ArrayForEach (object, array) {
		if (cJSON_IsObject(object) && sample_number(object, field) == value)
			return object;
	}
	return NULL;
}

const cJSON *sample_peer(const cJSON *status, double node)
{
	return object_find(sample_group(status, "peers"), "node", node);
}

const cJSON *sample_core(const cJSON *status, double number)
{
	return object_find(sample_group(status, "cores"), "core", number);
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

static double core_number(const cJSON *status, double core, const char *group, const char *name)
{
	return sample_number(cJSON_GetObjectItemCaseSensitive(sample_core(status, core), group),
			     name);
}

double sample_core_rate(const struct watch_node *node, double core, const char *group,
			const char *name)
{
	return rate(node, core_number(node->now, core, group, name),
		    core_number(node->before, core, group, name));
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
