/* Commands of the machine's own tools, for setting up and taking down. */
#ifndef SHELL_H
#define SHELL_H

#include <stddef.h>

/* Runs a shell command. 0, or -errno with what it printed in error: -EIO when it failed. */
int shell_run(char *error, size_t error_bytes, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same in another network namespace. */
int shell_run_in(int netns_fd, char *error, size_t error_bytes, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
