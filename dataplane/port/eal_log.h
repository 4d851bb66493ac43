/* What DPDK logs, kept instead of printed, so that errors can quote the reason. */
#ifndef EAL_LOG_H
#define EAL_LOG_H

#include <stddef.h>

/* From now on DPDK's log goes to memory. 0 or -errno. */
int eal_log_capture(void);
/* Forgets what was logged: before an operation whose reason is to be quoted. */
void eal_log_clear(void);
/* What was logged since, first lines first, as one line; an empty string when nothing was. */
void eal_log_quote(char *text, size_t text_bytes);

#endif
