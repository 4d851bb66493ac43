/*
 * The system calls of a worker: it waits for its turn, gives it, and ends. Anything else is a
 * signal whose handler tells the host which call it was.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "worker_confine.h"

#define FIELD(name) ((unsigned int)offsetof(struct seccomp_data, name))
#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (field))
#define RETURN(action) BPF_STMT(BPF_RET | BPF_K, (action))
/* The next instruction if equal, else the one after it. */
#define IF_EQUAL(value) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, 1)
#define UNLESS_EQUAL(value) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 1, 0)
#define ALLOW(call) IF_EQUAL(call), RETURN(SECCOMP_RET_ALLOW)

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
	const struct sock_fprog program = {.len = sizeof(filter) / sizeof(filter[0]),
					   .filter = filter};

	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
		return -errno;
	return 0;
}
