/* A strict reader of the Prometheus text format, for what a node says of itself. */
#ifndef EXPOSITION_CHECK_H
#define EXPOSITION_CHECK_H

/* Names and labels well formed; each family has help, a type and then all its samples together;
 * counters end in _total; no series twice; histograms' buckets ascend, do not shrink, and end at
 * +Inf with the count. Fails a CHECK, with the line. Returns the number of samples. */
unsigned exposition_check(const char *text);
/* The value of the series written like that ("name{labels}"); fails a CHECK when there is none. */
double exposition_value(const char *text, const char *series);

#endif
