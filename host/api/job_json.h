/*
 * JSON of jobs: written by the daemon, read back by its client.
 *
 * Job ids are strings in JSON: 64 bits do not fit its numbers. Times are seconds.
 */
#ifndef JOB_JSON_H
#define JOB_JSON_H

#include <cjson/cJSON.h>

#include "node.h"

/* An object for *status at CLOCK_MONOTONIC now_ns. The caller owns it; NULL when out of memory. */
cJSON *job_json_write(const struct job_status *status, uint64_t now_ns);
/* The reverse: started_ns is 0 and ended_ns how long it has run until now. 0, or -EBADMSG when it
 * is no such object (it came from outside). */
int job_json_read(const cJSON *json, struct job_status *status);
/* Adds every field of *counters to the object. */
void job_json_counters(cJSON *object, const struct job_counters *counters);

#endif
