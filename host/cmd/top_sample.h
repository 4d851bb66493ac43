/*
 * What two answers of a node say: values, and rates between them. Answers come from outside: what
 * is missing in one, or is of another kind, counts as 0.
 */
#ifndef TOP_SAMPLE_H
#define TOP_SAMPLE_H

#include <cjson/cJSON.h>

#include "watch.h"

/* A number of an object, or 0; object may be NULL. */
double sample_number(const cJSON *object, const char *name);
/* A string of an object, or "". */
const char *sample_string(const cJSON *object, const char *name);
/* The object GROUP of a status' metrics; NULL for "" gives the metrics themselves. */
const cJSON *sample_group(const cJSON *status, const char *group);
/* The I/O core with that number in a status, or NULL. */
const cJSON *sample_core(const cJSON *status, double number);
/* The peer with that number in a status, or NULL. */
const cJSON *sample_peer(const cJSON *status, double node);

/* Seconds between the two answers, by the node's own clock; 0 without two. */
double sample_seconds(const struct watch_node *node);
/* By how much a number grew, per second; 0 without two answers or when it shrank. */
double sample_rate(const struct watch_node *node, const char *group, const char *name);
double sample_peer_rate(const struct watch_node *node, double peer, const char *name);

double sample_core_rate(const struct watch_node *node, double core, const char *group,
			const char *name);

/* All counters of dropped frames, wherever they are counted: the sum, and its rate. */
double sample_drops(const cJSON *status);
double sample_drops_rate(const struct watch_node *node);
/* Calls visit for each such counter. */
void sample_drops_visit(const cJSON *status,
			void (*visit)(const char *group, const char *name, double value,
				      void *opaque),
			void *opaque);

#endif
