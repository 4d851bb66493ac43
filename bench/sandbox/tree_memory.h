/* Memory of this process and all that it started. */
#ifndef TREE_MEMORY_H
#define TREE_MEMORY_H

/* KiB that are resident, what is shared counted in parts (Pss of /proc/PID/smaps_rollup); tables of
 * the kernel's are not in it. 0 when it cannot be told of one of them. */
double tree_memory_kib(void);

#endif
