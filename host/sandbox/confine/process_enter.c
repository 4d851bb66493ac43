/*
 * Becoming a sandbox's process: from one that borrows our memory to one that has none of it.
 *
 * The new process shares our memory until it executes its program (as after vfork(): this thread
 * waits), so that it costs the same however large this process is. In its own namespaces it has
 * all rights there for a moment, with which it may change to an empty root; executing loses them.
 */
#include "process_enter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef MFD_EXEC
#define MFD_EXEC 0x10u /* Linux 6.3: may be executed, whatever vm.memfd_noexec says by default */
#endif

#define ENTER_STACK_BYTES 65536
#define ENTER_NAMESPACES                                                                           \
	(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | \
	 CLONE_NEWCGROUP)
#define ENTER_FD_PARKED 16 /* descriptors wait above this for their numbers */

struct enter {
	const struct process_program *program;
	const int *fds;
	int program_fd;
	bool namespaces;
	int error; // of the new process: it writes into our memory
};

/* Runs on a small stack of its own beside our thread's: nothing for sanitizers to follow. */
#define ENTER_SIDE __attribute__((noinline, no_sanitize("address", "thread", "undefined")))

/* First out of each other's way. The program's own is behind the others, and goes when it runs. */
ENTER_SIDE static int descriptors_place(const struct enter *enter)
{
	const int count = (int)enter->program->fd_count;
	const int last = PROCESS_FD_FIRST + count;
	int parked[PROCESS_FDS_MAX + 1];

	for (int i = 0; i <= count; i++) {
		parked[i] =
		    fcntl(i < count ? enter->fds[i] : enter->program_fd, F_DUPFD, ENTER_FD_PARKED);
		if (parked[i] < 0)
			return -errno;
	}
	for (int i = 0; i <= count; i++)
		if (dup3(parked[i], PROCESS_FD_FIRST + i, i < count ? 0 : O_CLOEXEC) < 0)
			return -errno;
	if (syscall(SYS_close_range, 0, PROCESS_FD_FIRST - 1, 0) != 0 ||
	    syscall(SYS_close_range, last + 1, ~0u, 0) != 0)
		return -errno;
	return 0;
}

/* A root with nothing in it. Only a second wall: the filter allows no call that takes a path. */
ENTER_SIDE static void root_empty(void)
{
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	    mount("none", "/proc", "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
		  "size=4k,mode=0") == 0 &&
	    chdir("/proc") == 0)
		(void)!chroot(".");
}

ENTER_SIDE static int enter_main(void *context)
{
	static char *const environment[] = {NULL};
	struct enter *enter = context;
	char *const arguments[] = {(char *)(uintptr_t)enter->program->name, NULL};

	setsid(); /* signals from a terminal are for its users */
	enter->error = descriptors_place(enter);
	if (enter->error == 0) {
		if (enter->namespaces && enter->program->empty_root)
			root_empty();
		syscall(SYS_execveat, PROCESS_FD_FIRST + enter->program->fd_count, "", arguments,
			environment, AT_EMPTY_PATH);
		enter->error = -errno;
	}
	_exit(127);
}

static int program_file_make(const struct process_program *program)
{
	const size_t bytes = (size_t)(program->file_end - program->file);
	int fd = (int)syscall(SYS_memfd_create, program->name, MFD_CLOEXEC | MFD_EXEC);
	int rc;

	if (fd < 0 && errno == EINVAL)
		fd = (int)syscall(SYS_memfd_create, program->name, MFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, program->file, bytes) != (ssize_t)bytes) {
		rc = errno != 0 ? -errno : -EIO;
		close(fd);
		return rc;
	}
	return fd;
}

pid_t process_enter(const struct process_program *program, const int *fds, bool namespaces)
{
	struct enter enter = {.program = program, .fds = fds, .namespaces = namespaces};
	sigset_t all, earlier;
	uint8_t *stack;
	pid_t pid;

	enter.program_fd = program_file_make(program);
	if (enter.program_fd < 0)
		return enter.program_fd;
	stack = mmap(NULL, ENTER_STACK_BYTES, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (stack == MAP_FAILED) {
		pid = -errno;
		goto close_file;
	}
	/* A handler of ours must not run there: it would see our memory, and be another process. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &earlier);
	/* Its end sends us no signal, and is for nobody's wait() but ours. */
	pid = clone(enter_main, stack + ENTER_STACK_BYTES,
		    CLONE_VM | CLONE_VFORK | (namespaces ? ENTER_NAMESPACES : 0), &enter);
	if (pid < 0)
		pid = -errno;
	pthread_sigmask(SIG_SETMASK, &earlier, NULL);
	munmap(stack, ENTER_STACK_BYTES);
	if (pid > 0 && enter.error != 0) {
		waitpid(pid, NULL, __WALL);
		pid = enter.error;
	}
close_file:
	close(enter.program_fd);
	return pid;
}
