/* Looking at processes from outside, for tests of backends that have some. */
#ifndef PROCESSES_H
#define PROCESSES_H

#include <stdint.h>
#include <sys/types.h>

#define PROCESS_PATIENCE_MS 20000

void process_rest_ms(long ms);
/* The first child of a process, of any of its threads, besides that one; 0: none. */
pid_t process_child(pid_t pid, pid_t besides);
/* Processor time of this process and of all below it, ended or not; children's in steps of 10 ms.
 */
uint64_t process_cpu_ns(void);
/* Until it is gone, or a zombie; exits when it stays. what: in words. */
void process_gone_wait(pid_t pid, const char *what);
/* How many it has open; -1 where we may not look. */
long process_descriptors(pid_t pid);
/* A field of its /proc/PID/status has that value; exits otherwise. */
void process_status_has(pid_t pid, const char *field, const char *value);
long process_resident_kib(pid_t pid);

#endif
