/* A scheduler over a plan made from text, for the tests of this folder. */
#ifndef SCHED_TEST_H
#define SCHED_TEST_H

#include "scheduler.h"
#include "test.h"

/* The plan of the last composition in text, or the test ends. Free with plan_free(). */
struct plan *plan_make(const char *text);
/* A scheduler in memory of its own, or NULL with error text. Free with sched_drop(). */
struct sched *sched_make(const struct sched_config *config, char *error, size_t error_bytes);
void sched_drop(struct sched **sched);
/* The vertex or edge of that name, or the test ends; an edge is named "from>to". */
uint32_t vertex_find(const struct plan *plan, const char *name);
uint32_t edge_find(const struct plan *plan, const char *name);

#endif
