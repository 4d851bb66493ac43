/*
 * A node's metrics as JSON: what GET /status tells beside jobs, and `millrace top` shows.
 *
 * Fields have the names of the counters; times end in _ns. Histograms are told as count, sum,
 * percentiles and the greatest value. Incarnations are strings: 64 bits do not fit a JSON number.
 */
#ifndef METRICS_JSON_H
#define METRICS_JSON_H

#include <cjson/cJSON.h>

#include "node.h"

/* An object for a whole node. The caller owns it; NULL when out of memory. */
cJSON *metrics_json_write(const struct node_metrics *metrics);

#endif
