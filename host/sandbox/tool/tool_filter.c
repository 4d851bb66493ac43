/*
 * Which system calls a compiler may make: those on files, memory and its own children. What is not
 * listed fails with EPERM (no sockets, no tracing, no mounts, no keys, no modules, no other
 * namespaces, no io_uring), which a compiler takes as any other error of its surroundings.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "tool_confine.h"

#define X32_BIT 0x40000000u
#define NAMESPACES                                                                                 \
	(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | \
	 CLONE_NEWCGROUP)

static const unsigned short allowed[] = {
    /* files, by path and by descriptor; Landlock says which */
    SYS_open, SYS_openat, SYS_creat, SYS_close, SYS_close_range, SYS_read, SYS_write, SYS_readv,
    SYS_writev, SYS_pread64, SYS_pwrite64, SYS_lseek, SYS_stat, SYS_fstat, SYS_lstat,
    SYS_newfstatat, SYS_statx, SYS_statfs, SYS_fstatfs, SYS_access, SYS_faccessat, SYS_faccessat2,
    SYS_readlink, SYS_readlinkat, SYS_getcwd, SYS_chdir, SYS_getdents64, SYS_unlink, SYS_unlinkat,
    SYS_rename, SYS_renameat, SYS_renameat2, SYS_chmod, SYS_fchmod, SYS_fchmodat, SYS_umask,
    SYS_ftruncate, SYS_truncate, SYS_fallocate, SYS_fadvise64, SYS_utimensat, SYS_dup, SYS_dup2,
    SYS_dup3, SYS_fcntl, SYS_pipe, SYS_pipe2, SYS_poll, SYS_ppoll, SYS_select, SYS_pselect6,
    SYS_copy_file_range, SYS_sendfile,
    /* memory */
    SYS_brk, SYS_mmap, SYS_mprotect, SYS_munmap, SYS_mremap, SYS_madvise,
    /* its children, itself */
    SYS_fork, SYS_vfork, SYS_execve, SYS_wait4, SYS_waitid, SYS_exit, SYS_exit_group, SYS_kill,
    SYS_tgkill, SYS_getpid, SYS_getppid, SYS_getpgrp, SYS_gettid, SYS_getuid, SYS_geteuid,
    SYS_getgid, SYS_getegid, SYS_getgroups, SYS_getrlimit, SYS_setrlimit, SYS_prlimit64,
    SYS_getrusage, SYS_set_tid_address, SYS_set_robust_list, SYS_rseq, SYS_arch_prctl, SYS_futex,
    SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_sigaltstack, SYS_restart_syscall,
    /* time and the machine */
    SYS_clock_gettime, SYS_clock_getres, SYS_clock_nanosleep, SYS_nanosleep, SYS_gettimeofday,
    SYS_time, SYS_times, SYS_alarm, SYS_setitimer, SYS_uname, SYS_sysinfo, SYS_getrandom,
    SYS_sched_getaffinity, SYS_sched_yield, SYS_getcpu};
#define ALLOWED_COUNT (sizeof(allowed) / sizeof(allowed[0]))

#define FIELD(name) ((unsigned int)offsetof(struct seccomp_data, name))
#define EMIT(code, k, if_true, if_false)           \
	filter[n++] = (struct sock_filter)         \
	{                                          \
		(code), (if_true), (if_false), (k) \
	}
#define FAIL_WITH(error) EMIT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (error), 0, 0)

int tool_filter_install(void)
{
	struct sock_filter filter[2 * ALLOWED_COUNT + 32];
	unsigned short n = 0;

	EMIT(BPF_LD | BPF_W | BPF_ABS, FIELD(arch), 0, 0);
	EMIT(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0);
	EMIT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS, 0, 0);
	EMIT(BPF_LD | BPF_W | BPF_ABS, FIELD(nr), 0, 0);
	EMIT(BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1);
	EMIT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS, 0, 0);
	for (size_t i = 0; i < ALLOWED_COUNT; i++) {
		EMIT(BPF_JMP | BPF_JEQ | BPF_K, allowed[i], 0, 1);
		EMIT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
	}
	/* clone3() has its flags in memory, where no filter sees them: as if it were not there. */
	EMIT(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1);
	FAIL_WITH(ENOSYS);
	/* Nothing that it opens is a terminal. */
	EMIT(BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 0, 1);
	FAIL_WITH(ENOTTY);
	EMIT(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 3);
	EMIT(BPF_LD | BPF_W | BPF_ABS, FIELD(args[0]), 0, 0);
	EMIT(BPF_JMP | BPF_JSET | BPF_K, NAMESPACES, 1, 0);
	EMIT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
	FAIL_WITH(EPERM);

	const struct sock_fprog program = {.len = n, .filter = filter};

	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
		return -errno;
	return 0;
}
