/*
 * The walls around a compiler that reads a stranger's module. Called in a child process, between
 * fork and exec: system calls only, on memory that is a copy.
 */
#ifndef TOOL_CONFINE_H
#define TOOL_CONFINE_H

#include <stdbool.h>

#include "tool.h"

/* Own user, pid, network, IPC, UTS and cgroup namespaces, in which the next child is the first
 * process: when it ends, so does everything that it started. False where they are not allowed. */
bool tool_namespaces_enter(void);
/*
 * Limits, no capabilities, no new privileges, no files but the system's programs (to read and
 * execute) and folder (to read and write; NULL: none), no system calls but those of a compiler.
 * Everything that is executed from then on is held by it. namespaces: they were entered, so that
 * processes can be counted apart from our own. *landlock says whether
 * the kernel has it: without it files are kept by their permissions only. 0 or -errno.
 */
int tool_confine(const struct tool_limits *limits, const char *folder, bool namespaces,
		 bool *landlock);
/* The last wall: which system calls there are. 0 or -errno. */
int tool_filter_install(void);

#endif
