/*
 * The zygote: a process without a libc, confined once, that holds a function's code and no more.
 * For each request it maps the region, clones a child that runs the function (child.S), and waits
 * for its end, which it brings about when the time is up.
 *
 * A child has a copy of the zygote's address space without its code and data, so that nothing a
 * function does reaches the zygote. Its socket's end is the end of the zygote and, by their death
 * signal, of its children.
 */
#include <asm/signal.h>
#include <linux/errno.h>
#include <linux/mman.h>
#include <linux/time.h>
#include <linux/wait.h>

#include "process_protocol.h"
#include "system.h"
#include "time_limit.h"

#define MSG_DONTWAIT 0x40
#define MSG_PEEK 2
#define MSG_NOSIGNAL 0x4000
#define MSG_CMSG_CLOEXEC 0x40000000
#define SECOND_NS 1000000000ull
#define HOST_LOOK_NS (SECOND_NS / 10) /* a killed host's child runs on for as long */

/* As the kernel has them. */
struct kernel_piece {
	void *base;
	size_t bytes;
};

struct kernel_message {
	void *name;
	int name_bytes;
	struct kernel_piece *pieces;
	size_t piece_count;
	void *control;
	size_t control_bytes;
	unsigned int flags;
};

struct kernel_control { /* SCM_RIGHTS with one descriptor */
	size_t bytes;
	int level, type;
	int fd;
};

struct kernel_time {
	int64_t s, ns;
};

struct kernel_siginfo {
	int signo, error, code, pad;
	uint32_t pid, uid;
	uint64_t value; // of sigqueue()
	uint8_t rest[128 - 32];
};

long child_clone(uint64_t entry, uint64_t header_off, uint64_t region_bytes, uint64_t own_pid);
_Noreturn void zygote_main(void);

/* The stack (child.S) and everything else that is ours: no child has it. */
extern uint8_t zygote_stack[];
uint8_t zygote_stack[ZYGOTE_STACK_BYTES] __attribute__((aligned(16)));
static struct process_setup setup;
static struct process_request request;
static struct process_reply reply;
static uint64_t own_pid;      // in its own pid namespace
static int memory_fd = -1;    // of the last region
static uint64_t mapped_bytes; // at PROCESS_REGION_BASE

static _Noreturn void end(int code)
{
	for (;;)
		SYSTEM_1(__NR_exit_group, code);
}

/* One message of exactly that size; *fd, unless -1, came along. Does not return at the host's end.
 */
static void receive(void *to, size_t bytes, int *fd)
{
	struct kernel_control control;
	struct kernel_piece piece = {to, bytes};
	struct kernel_message message = {.pieces = &piece,
					 .piece_count = 1,
					 .control = &control,
					 .control_bytes = sizeof(control)};
	long n;

	do {
		n = SYSTEM_3(__NR_recvmsg, ZYGOTE_SOCKET, &message, MSG_CMSG_CLOEXEC);
	} while (n == -EINTR);
	if (n != (long)bytes)
		end(n == 0 ? 0 : 1);
	*fd = message.control_bytes >= offsetof(struct kernel_control, fd) + sizeof(int) &&
		      control.type == 1 /* SCM_RIGHTS */
		  ? control.fd
		  : -1;
}

static void answer(void)
{
	if (SYSTEM_6(__NR_sendto, ZYGOTE_SOCKET, &reply, sizeof(reply), MSG_NOSIGNAL, 0, 0) !=
	    sizeof(reply))
		end(1);
}

static uint64_t clock_ns(int clock)
{
	struct kernel_time now;

	SYSTEM_2(__NR_clock_gettime, clock, &now);
	return (uint64_t)now.s * SECOND_NS + (uint64_t)now.ns;
}

static uint64_t now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

/* How much longer a child may take; as the kernel names a process's clock of time on cores. */
static uint64_t child_left_ns(long pid, uint64_t start_ns)
{
	const uint64_t limit_ns = request.time_limit_ms * 1000000ull;
	const uint64_t elapsed_ns = now_ns() - start_ns;
	const int cpu_clock = (int)(~(uint32_t)pid << 3 | 2);

	return time_left_ns(limit_ns, elapsed_ns < limit_ns ? 0 : clock_ns(cpu_clock), elapsed_ns);
}

/* The region, and only it, where children expect it. 0 or -errno. */
static int region_map(int fd)
{
	long rc;

	if (fd >= 0) {
		if (memory_fd >= 0)
			SYSTEM_1(__NR_close, memory_fd);
		memory_fd = fd;
	}
	if (mapped_bytes > request.bytes)
		SYSTEM_2(__NR_munmap, PROCESS_REGION_BASE + request.bytes,
			 mapped_bytes - request.bytes);
	rc = SYSTEM_6(__NR_mmap, PROCESS_REGION_BASE, request.bytes, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_FIXED, memory_fd, request.offset);
	mapped_bytes = rc < 0 ? 0 : request.bytes;
	return rc < 0 ? (int)rc : 0;
}

/* The host is gone: its end of the socket is closed. */
static int host_gone(void)
{
	char byte;

	return SYSTEM_6(__NR_recvfrom, ZYGOTE_SOCKET, &byte, 1, MSG_DONTWAIT | MSG_PEEK, 0, 0) == 0;
}

/* Waits for a signal for so long; is the child to be ended? A stale signal of the host, for a run
 * that is over, names another run. */
static int child_condemned(uint64_t wait_ns)
{
	static const uint64_t signals = 1ull << (SIGCHLD - 1) | 1ull << (PROCESS_INTERRUPT - 1);
	struct kernel_siginfo info;
	struct kernel_time wait;
	long signo;

	if (wait_ns == 0)
		return 1;
	if (wait_ns > HOST_LOOK_NS)
		wait_ns = HOST_LOOK_NS;
	wait.s = (int64_t)(wait_ns / SECOND_NS);
	wait.ns = (int64_t)(wait_ns % SECOND_NS);
	signo = SYSTEM_4(__NR_rt_sigtimedwait, &signals, &info, &wait, sizeof(signals));
	if (signo == PROCESS_INTERRUPT)
		return info.value == request.run;
	return signo == -EAGAIN && host_gone();
}

static void child_wait(long pid)
{
	const uint64_t start_ns = now_ns();

	for (;;) {
		if (child_condemned(child_left_ns(pid, start_ns)))
			break;
		if (SYSTEM_4(__NR_wait4, pid, &reply.status, WNOHANG, 0) == pid)
			return;
	}
	/* It may have ended just now: then it ended in time. */
	if (SYSTEM_4(__NR_wait4, pid, &reply.status, WNOHANG, 0) == pid)
		return;
	reply.condemned = 1;
	SYSTEM_2(__NR_kill, pid, SIGKILL);
	SYSTEM_4(__NR_wait4, pid, &reply.status, 0, 0);
}

static void request_serve(int fd)
{
	long pid;

	reply.run = request.run;
	reply.status = 0;
	reply.condemned = 0;
	reply.error = region_map(fd);
	if (reply.error == 0) {
		pid = child_clone(setup.entry, request.header_off, request.bytes, own_pid);
		if (pid < 0)
			reply.error = (int32_t)pid;
		else
			child_wait(pid);
	}
	answer();
}

void zygote_main(void)
{
	int fd;
	int walls;

	own_pid = (uint64_t)SYSTEM_1(__NR_getpid, 0);
	receive(&setup, sizeof(setup), &fd);
	walls = confine(&setup);
	reply.error = walls < 0 ? walls : 0;
	reply.walls = walls < 0 ? 0 : (uint32_t)walls;
	answer();
	if (walls < 0)
		end(1);
	for (;;) {
		receive(&request, sizeof(request), &fd);
		request_serve(fd);
	}
}
