/*
 * The system calls of a worker: it waits for its turn, gives it, and ends. Anything else is a
 * signal whose handler tells the host which call it was. While it loads its module it may also read
 * and map what is open, and get memory; what is loaded could do the same, if it is not what a
 * compiler makes. A second filter only takes away.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "worker_confine.h"

#define FIELD(name) ((unsigned int)offsetof(struct seccomp_data, name))
#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (field))
#define RETURN(action) BPF_STMT(BPF_RET | BPF_K, (action))
/* The next instruction if equal, else the one after it. */
#define IF_EQUAL(value) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, 1)
#define UNLESS_EQUAL(value) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 1, 0)
#define ALLOW(call) IF_EQUAL(call), RETURN(SECCOMP_RET_ALLOW)

static int filter_install(struct sock_filter *filter, size_t count)
{
	const struct sock_fprog program = {.len = (unsigned short)count, .filter = filter};

	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0 ? 0 : -errno;
}

int worker_load_filter_install(void)
{
	static struct sock_filter filter[] = {
	    LOAD(FIELD(arch)),
	    UNLESS_EQUAL(AUDIT_ARCH_X86_64),
	    RETURN(SECCOMP_RET_KILL_PROCESS),
	    LOAD(FIELD(nr)),
	    IF_EQUAL(SYS_openat),
	    RETURN(SECCOMP_RET_TRAP),
	    IF_EQUAL(SYS_newfstatat),
	    RETURN(SECCOMP_RET_TRAP),
	    ALLOW(SYS_rt_sigreturn), /* of that signal's handler */
	    IF_EQUAL(SYS_read),
	    RETURN(SECCOMP_RET_TRAP),
	    ALLOW(SYS_pread64),
	    ALLOW(SYS_fstat),
	    ALLOW(SYS_mmap),
	    ALLOW(SYS_mprotect),
	    ALLOW(SYS_munmap),
	    ALLOW(SYS_brk),
	    ALLOW(SYS_close),
	    ALLOW(SYS_getrandom), /* malloc() */
	    ALLOW(SYS_exit_group),
	    ALLOW(SYS_sched_yield),
	    ALLOW(SYS_clock_gettime),
	    ALLOW(SYS_restart_syscall),
	    ALLOW(SYS_futex),
	    ALLOW(SYS_seccomp), /* the other filter */
	    RETURN(SECCOMP_RET_ERRNO | EPERM),
	};

	return filter_install(filter, sizeof(filter) / sizeof(filter[0]));
}

int worker_filter_install(void)
{
	static struct sock_filter filter[] = {
	    LOAD(FIELD(arch)),
	    UNLESS_EQUAL(AUDIT_ARCH_X86_64),
	    RETURN(SECCOMP_RET_KILL_PROCESS),
	    LOAD(FIELD(nr)),
	    ALLOW(SYS_exit_group),
	    ALLOW(SYS_sched_yield),
	    ALLOW(SYS_clock_gettime), /* where the vdso has to ask */
	    ALLOW(SYS_restart_syscall),
	    UNLESS_EQUAL(SYS_futex),
	    RETURN(SECCOMP_RET_TRAP),
	    /* On the slot, which the host shares: neither private ones nor those that can do more.
	     */
	    LOAD(FIELD(args[1])),
	    ALLOW(FUTEX_WAIT),
	    ALLOW(FUTEX_WAKE),
	    RETURN(SECCOMP_RET_TRAP),
	};

	return filter_install(filter, sizeof(filter) / sizeof(filter[0]));
}
