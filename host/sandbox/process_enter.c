/*
 * Becoming a zygote: from a process that borrows our memory to one that has none of it.
 *
 * The new process shares our memory until it executes the zygote (as after vfork(): this thread
 * waits), so that it costs the same however large this process is. In its own namespaces it has
 * all rights there for a moment, which it uses to change to an empty root; executing loses them.
 */
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

#include "process_zygote.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x10u /* Linux 6.3: may be executed, whatever vm.memfd_noexec says by default */
#endif

#define ENTER_STACK_BYTES 65536
#define ENTER_NAMESPACES                                                                           \
	(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | \
	 CLONE_NEWCGROUP)
#define ENTER_FD_PARKED 16 /* descriptors wait above this for their numbers */

/* The zygote's file, built into this library (process_embed.S). */
extern const uint8_t process_zygote_file[], process_zygote_file_end[];

struct enter {
	int socket;
	int image_fd;
	int zygote_fd;
	bool namespaces;
	int error; // of the new process: it writes into our memory
};

/* Runs on a small stack of its own beside our thread's: nothing for sanitizers to follow. */
#define ENTER_SIDE __attribute__((noinline, no_sanitize("address", "thread", "undefined")))

ENTER_SIDE static int descriptors_place(struct enter *enter)
{
	const int parked[] = {fcntl(enter->socket, F_DUPFD, ENTER_FD_PARKED),
			      fcntl(enter->image_fd, F_DUPFD, ENTER_FD_PARKED),
			      fcntl(enter->zygote_fd, F_DUPFD, ENTER_FD_PARKED)};

	if (parked[0] < 0 || parked[1] < 0 || parked[2] < 0 || dup2(parked[0], ZYGOTE_SOCKET) < 0 ||
	    dup2(parked[1], ZYGOTE_IMAGE) < 0 || dup3(parked[2], ZYGOTE_FREE, O_CLOEXEC) < 0 ||
	    syscall(SYS_close_range, 0, ZYGOTE_SOCKET - 1, 0) != 0 ||
	    syscall(SYS_close_range, ZYGOTE_FREE + 1, ~0u, 0) != 0)
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
	static char *const arguments[] = {(char *)"millrace-sandbox", NULL};
	static char *const environment[] = {NULL};
	struct enter *enter = context;

	setsid(); /* signals from a terminal are for its users */
	enter->error = descriptors_place(enter);
	if (enter->error == 0) {
		if (enter->namespaces)
			root_empty();
		syscall(SYS_execveat, ZYGOTE_FREE, "", arguments, environment, AT_EMPTY_PATH);
		enter->error = -errno;
	}
	_exit(127);
}

static int zygote_file_make(void)
{
	const size_t bytes = (size_t)(process_zygote_file_end - process_zygote_file);
	int fd = (int)syscall(SYS_memfd_create, "millrace-zygote", MFD_CLOEXEC | MFD_EXEC);
	int rc;

	if (fd < 0 && errno == EINVAL)
		fd = (int)syscall(SYS_memfd_create, "millrace-zygote", MFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, process_zygote_file, bytes) != (ssize_t)bytes) {
		rc = errno != 0 ? -errno : -EIO;
		close(fd);
		return rc;
	}
	return fd;
}

pid_t process_enter(int socket, int image_fd, bool namespaces)
{
	struct enter enter = {.socket = socket, .image_fd = image_fd, .namespaces = namespaces};
	sigset_t all, earlier;
	uint8_t *stack;
	pid_t pid;

	enter.zygote_fd = zygote_file_make();
	if (enter.zygote_fd < 0)
		return enter.zygote_fd;
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
	close(enter.zygote_fd);
	return pid;
}
