/*
 * The floor of the process backend: a static program that forks, installs a filter that allows only
 * to exit, exits, and is waited for; no region, no function. process_floor MILLISECONDS
 *
 * Also what posix_spawn() starts, when it is given no argument. Prints the nanoseconds of each, one
 * a line.
 */
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SAMPLES_MAX (1 << 20)
#define WARM 50

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static struct sock_filter filter[] = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 0, 1),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
};
static struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]), filter};

static void once(void)
{
	int status;
	/* Without libc's own work around fork(). */
	const pid_t pid = (pid_t)syscall(SYS_clone, 17 /* SIGCHLD */, 0, 0, 0, 0);

	if (pid == 0) {
		if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0)
			syscall(SYS_exit_group, 1);
		syscall(SYS_exit_group, 0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) ||
	    WEXITSTATUS(status) != 0)
		exit(1);
}

int main(int argc, char **argv)
{
	static uint32_t samples[SAMPLES_MAX];
	uint32_t count = 0;
	uint64_t end_ns;

	if (argc < 2)
		return 0;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return 1;
	for (int i = 0; i < WARM; i++)
		once();
	end_ns = now_ns() + (uint64_t)atoi(argv[1]) * 1000000u;
	while (count < SAMPLES_MAX) {
		const uint64_t start_ns = now_ns();

		if (start_ns >= end_ns)
			break;
		once();
		samples[count++] = (uint32_t)(now_ns() - start_ns);
	}
	for (uint32_t i = 0; i < count; i++)
		printf("%u\n", samples[i]);
	return 0;
}
