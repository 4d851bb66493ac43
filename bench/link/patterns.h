/* What the two roles do in each pattern. */
#ifndef PATTERNS_H
#define PATTERNS_H

#include "endpoint.h"

/* NULL when there is no such pattern over messages. */
const struct endpoint_pattern *pattern_of(enum pair_pattern pattern, enum pair_role role);
/* Which role says when a run has lasted long enough: the one whose figures count. */
enum pair_role pattern_clock(enum pair_pattern pattern);

/* Once, when both are there: sends what starts it all. */
void pattern_begin(struct endpoint *endpoint);

#endif
