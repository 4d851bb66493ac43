/* A node's metrics in the Prometheus text format, version 0.0.4. */
#ifndef METRICS_TEXT_H
#define METRICS_TEXT_H

#include "node.h"

/* Text the caller frees; *bytes is its length. NULL when out of memory. */
char *metrics_text(const struct node_metrics *metrics, size_t *bytes);

#endif
