/* What `millrace run` tells: progress on a terminal, a summary, or one JSON object. */
#ifndef REPORT_H
#define REPORT_H

#include "run.h"

/* Redraws one line on standard error; opaque is unused. */
void report_progress(const struct mr_progress *progress, void *opaque);
/* Removes that line. */
void report_progress_end(void);
/* For people, on standard error. */
void report_summary(const struct run_result *result);
/* For programs, on standard output: also of a run that failed. */
void report_json(const struct run_request *request, const struct run_result *result);

#endif
