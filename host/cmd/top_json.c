/* The JSON of `millrace top`: what nodes said, and the rates between two answers. */
#include <string.h>

#include "top_sample.h"
#include "top_view.h"

/* The rate of every counter of a group: what is a level, not a count, has none. */
static void rates_add(cJSON *rates, const struct watch_node *node, const char *group)
{
	cJSON *object = cJSON_AddObjectToObject(rates, group);
	const cJSON *item;

	cJSON_ArrayForEach (item, sample_group(node->now, group)) {
		if (item->string != NULL && cJSON_IsNumber(item) &&
		    strcmp(item->string, "mtu") != 0)
			cJSON_AddNumberToObject(object, item->string,
						sample_rate(node, group, item->string));
	}
}

static cJSON *node_json(const struct watch_node *node)
{
	static const char *const groups[] = {"port", "link", "handover", "transport", "jobs"};
	cJSON *object = cJSON_CreateObject();
	cJSON *rates;

	cJSON_AddStringToObject(object, "url", node->url);
	cJSON_AddBoolToObject(object, "up", node->now != NULL && node->error[0] == '\0');
	if (node->error[0] != '\0')
		cJSON_AddStringToObject(object, "error", node->error);
	if (node->now == NULL)
		return object;
	cJSON_AddNumberToObject(object, "seconds", sample_seconds(node));
	rates = cJSON_AddObjectToObject(object, "rates");
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		rates_add(rates, node, groups[i]);
	cJSON_AddNumberToObject(object, "drops", sample_drops(node->now));
	cJSON_AddItemToObject(object, "status", cJSON_Duplicate(node->now, true));
	return object;
}

char *top_view_json(const struct watch *watch)
{
	cJSON *json = cJSON_CreateObject();
	cJSON *nodes = cJSON_AddArrayToObject(json, "nodes");
	char *text;

	for (uint32_t i = 0; i < watch_count(watch); i++)
		cJSON_AddItemToArray(nodes, node_json(watch_node(watch, i)));
	text = json != NULL ? cJSON_PrintUnformatted(json) : NULL;
	cJSON_Delete(json);
	return text;
}
