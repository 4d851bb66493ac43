/*
 * The walls around a compiler that reads a stranger's module. Called in a child process, between
 * fork and exec: system calls only, on memory that is a copy.
 */
#ifndef TOOL_CONFINE_H
#define TOOL_CONFINE_H

#include <stdbool.h>

#include "tool.h"

/* What a compiler may read and execute: where distributions keep compilers, what these are linked
 * with, and headers. And where the dynamic linker finds libraries. */
#define TOOL_PROGRAMS "/usr", "/bin", "/lib", "/lib64"
#define TOOL_LIBRARY_LIST "/etc/ld.so.cache"

/* Own user, pid, mount, network, IPC, UTS and cgroup namespaces, in which the next child is the
 * first process: when it ends, so does everything that it started. False where they are not
 * allowed. */
bool tool_namespaces_enter(void);
/*
 * Limits, no capabilities, no new privileges, no files but the system's programs (to read and
 * execute) and, with folder, the current one (to read and write), no system calls but those of a
 * compiler. Everything that is executed from then on is held by it. namespaces: they were entered,
 * so that there may be mounts, and processes can be counted apart from our own. *closed says
 * whether other files are out of reach: where the machine allows no mounts and the kernel has no
 * Landlock, they are kept by their permissions only. 0 or -errno.
 */
int tool_confine(const struct tool_limits *limits, bool folder, bool namespaces, bool *closed);
/* The first wall, in those namespaces, before rights are dropped. 1; 0 where it cannot be, and
 * nothing has changed that matters; or -errno. */
int tool_root_enter(bool folder);
/* The last wall: which system calls there are. 0 or -errno. */
int tool_filter_install(void);

#endif
