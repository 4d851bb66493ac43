/* Starting the small programs that run functions in processes of their own. */
#ifndef PROCESS_ENTER_H
#define PROCESS_ENTER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define PROCESS_FD_FIRST                                                        \
	3 /* of those that a program begins with; the numbers before are closed \
	   */
#define PROCESS_FDS_MAX 4

/* A program that is built into this library (program_embed.S). */
struct process_program {
	const char *name; // as ps shows it
	const uint8_t *file, *file_end;
	uint32_t fd_count; // at most PROCESS_FDS_MAX
	bool empty_root;   // it needs no file, from the start; where it has namespaces
};

/* A new process that becomes that program, with those descriptors and no others; in its own
 * namespaces, or not. Its end sends no signal, and is for waitpid(__WALL). Its pid or -errno. */
pid_t process_enter(const struct process_program *program, const int *fds, bool namespaces);

#endif
