/*
 * The compiler of a stranger's module: what it may not reach, shown by programs of the system run
 * in its place through the same confinement; and its limits. Modules that are made to hurt it:
 * bombs.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cache.h"
#include "sandbox_counters.h"
#include "test.h"
#include "tool.h"

#define LOG_BYTES 4096

static const struct tool_limits usual = {
    .seconds = 60, .memory_bytes = 4ull << 30, .file_bytes = 512ull << 20};
static char cache[64], folder[CACHE_PATH_BYTES];
static char secret[CACHE_PATH_BYTES + 16]; // beside the folder: somebody else's

/* What that program says, in the folder, within limits. */
static void planted(const struct tool_limits *limits, const char *const argv[], char log[LOG_BYTES],
		    struct tool_result *result)
{
	const int rc = tool_run(argv, folder, limits, log, LOG_BYTES, result);

	CHECK(rc == 0, "%s: %s", argv[0], strerror(-rc));
}

/* Perl text that prints what it reached, and `no` for each thing refused. */
static void perl_expects(const char *text, const char *expected)
{
	const char *const argv[] = {"perl", "-e", text, NULL};
	struct tool_result result;
	char log[LOG_BYTES];

	planted(&usual, argv, log, &result);
	CHECK(strcmp(log, expected) == 0, "%s\n  said: %s", text, log);
}

/* A kernel without that call, for us and all that we start. */
static void call_forget(unsigned int number)
{
	struct sock_filter filter[] = {
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]), filter};

	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
}

/* The confinement lets a compiler do what it has to: otherwise what follows shows nothing. */
static void work_possible(void)
{
	perl_expects("open(F,'>','made') and print F 'x' and close F and -s 'made' == 1 and "
		     "unlink('made') and print 'wrote '; open(F,'<','/usr/bin/perl') and print "
		     "'read '; print `echo ran`;",
		     "wrote read ran\n");
}

static void network_closed(void)
{
	/* AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, AF_VSOCK; then socketpair. */
	perl_expects(
	    "for my $f (1, 2, 10, 16, 17, 40) { for my $t (1, 2, 3) { print socket(S, $f, $t, 0) ? "
	    "\"socket $f $t \" : ''; } } print socketpair(A, B, 1, 1, 0) ? 'pair' : 'no';",
	    "no");
}

/* By number: ptrace, process_vm_readv and _writev, pidfd_open, mount, open_tree, chroot, unshare,
 * setns, bpf, perf_event_open, keyctl, add_key, io_uring_setup, userfaultfd, memfd_create,
 * init_module, kexec_load, symlink, link, mknod, setuid, socket by another name, prctl,
 * personality, clone3, landlock_create_ruleset, shmget, msgget, semget, inotify_init1, quotactl. */
static void calls_refused(void)
{
	perl_expects(
	    "for my $n (101, 310, 311, 434, 165, 428, 161, 272, 308, 321, 298, 250, 248, 425, "
	    "323, 319, 175, 246, 88, 86, 133, 105, 41, 157, 135, 435, 444, 29, 68, 64, 294, "
	    "179) { $! = 0; my $rc = syscall($n, 0, 0, 0, 0, 0); print \"$n \" if $rc >= 0 or ($! "
	    "!= "
	    "1 and $! != 38); } print 'none';",
	    "none");
	/* clone() into a new user namespace. */
	perl_expects("print syscall(56, 0x10000000 | 17, 0, 0, 0, 0) < 0 ? 'no' : 'cloned';", "no");
}

static void files_closed(void)
{
	char text[3 * sizeof(secret) + 512];

	snprintf(text, sizeof(text),
		 "for my $f ('%s', '../secret', '/etc/passwd', '/etc/hostname', '/proc/self/maps', "
		 "'/proc/1/environ', '/dev/zero', '/sys/kernel/notes') { print open(F, '<', $f) ? "
		 "\"read $f \" : ''; } print opendir(D, '..') && grep(/secret/, readdir(D)) ? "
		 "'listed ' : ''; print 'none';",
		 secret);
	perl_expects(text, "none");
	snprintf(
	    text, sizeof(text),
	    "for my $f ('%s', '../made', '/tmp/made-by-a-compiler', '/dev/shm/made', "
	    "'/usr/lib/made', '/var/tmp/made') { print open(F, '>', $f) ? \"wrote $f \" : ''; } "
	    "print unlink('%s') ? 'removed ' : ''; print rename('%s', 'mine') ? 'moved ' : ''; "
	    "print mkdir('below') ? 'folder ' : ''; print symlink('/etc', 'etc') ? 'link ' : ''; "
	    "print 'none';",
	    secret, secret, secret);
	perl_expects(text, "none");
	CHECK(access(secret, R_OK) == 0);
	/* What it writes it cannot run. */
	perl_expects(
	    "open(F, '>', 'run') and print F \"#!/bin/sh\\necho ran\\n\" and close F; chmod 0755, "
	    "'run'; print system('./run') == 0 ? 'ran' : 'no'; unlink 'run';",
	    "no");
}

/* Either wall around files is enough; with neither they are open, and that is counted. */
static void each_wall_enough(void)
{
	static const struct {
		bool mounts, landlock;
	} walls[] = {{true, false}, {false, true}, {false, false}};

	for (size_t i = 0; i < sizeof(walls) / sizeof(walls[0]); i++) {
		const pid_t pid = fork();
		int status;

		CHECK(pid >= 0);
		if (pid == 0) {
			if (!walls[i].mounts)
				call_forget(SYS_mount);
			if (!walls[i].landlock)
				call_forget(SYS_landlock_create_ruleset);
			work_possible();
			if (atomic_load(&sandbox_counts.tools_files_open) == 0)
				files_closed();
			else if (walls[i].mounts || walls[i].landlock)
				printf("here files are open without %s\n",
				       walls[i].mounts ? "Landlock" : "mounts");
			CHECK(walls[i].mounts || walls[i].landlock ||
			      atomic_load(&sandbox_counts.tools_files_open) > 0);
			exit(0);
		}
		CHECK(waitpid(pid, &status, 0) == pid && status == 0, "walls %zu", i);
	}
}

/* Descriptors that we hold open, close-on-exec or not, are not there. */
static void descriptors_closed(void)
{
	const int fd = open(secret, O_RDONLY);

	CHECK(fd >= 0);
	perl_expects(
	    "for my $n (3 .. 200) { print open(F, '<&=', $n) ? \"$n \" : ''; } print 'none';",
	    "none");
	close(fd);
}

/* Its own process is the second of its namespace, and our signals are out of its reach. */
static void processes_apart(void)
{
	char text[256];

	if (atomic_load(&sandbox_counts.tools_no_namespaces) > 0) {
		printf("no namespaces here: that processes are apart was not tried\n");
		return;
	}
	snprintf(text, sizeof(text), "print $$, ' ', kill(0, %d);", (int)getpid());
	perl_expects(text, "2 0");
}

static double seconds_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Is there a process whose command line has our mark? It would have outlived its tool. */
static bool process_left(void)
{
	char command[128];

	snprintf(command, sizeof(command), "grep -zqs '[#]mark-%d$' /proc/[0-9]*/cmdline",
		 (int)getpid());
	return system(command) == 0;
}

static void time_ends(void)
{
	const struct tool_limits short_time = {
	    .seconds = 1, .memory_bytes = usual.memory_bytes, .file_bytes = usual.file_bytes};
	/* It computes; it waits, also without outputs that would tell its end; it starts others
	 * that wait. */
	const char *const texts[] = {"1 while 1; #mark-%d", "sleep 100; #mark-%d",
				     "close STDOUT; close STDERR; sleep 100; #mark-%d",
				     "for (1..8) { fork or last } sleep 100; #mark-%d"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char text[128], log[LOG_BYTES];
		const char *const argv[] = {"perl", "-e", text, NULL};
		const double start = seconds_now();
		struct tool_result result;

		snprintf(text, sizeof(text), texts[i], (int)getpid());
		planted(&short_time, argv, log, &result);
		CHECK(result.timed_out ||
			  (WIFSIGNALED(result.status) && (WTERMSIG(result.status) == SIGXCPU ||
							  WTERMSIG(result.status) == SIGKILL)),
		      "status %#x", (unsigned)result.status);
		CHECK(seconds_now() - start < 10);
		CHECK(!process_left(), "%s", text);
	}
}

static void memory_ends(void)
{
	const struct tool_limits little = {
	    .seconds = 60, .memory_bytes = 256 << 20, .file_bytes = usual.file_bytes};
	const char *const argv[] = {"perl", "-e", "my $x = 'x' x (400 << 20); print 'had it';",
				    NULL};
	struct tool_result result;
	char log[LOG_BYTES];

	planted(&little, argv, log, &result);
	CHECK(result.status != 0 && strstr(log, "had it") == NULL, "%s", log);
	planted(&usual, argv, log, &result);
	CHECK(result.status == 0 && strcmp(log, "had it") == 0, "%s", log);
}

static void output_ends(void)
{
	const struct tool_limits little = {
	    .seconds = 60, .memory_bytes = usual.memory_bytes, .file_bytes = 1 << 20};
	const char *const argv[] = {
	    "perl", "-e",
	    "open(F, '>', 'big'); print F 'x' x (2 << 20); close F; print 'wrote it';", NULL};
	char log[LOG_BYTES], big[CACHE_PATH_BYTES + 8];
	struct tool_result result;
	struct stat st;

	planted(&little, argv, log, &result);
	CHECK(WIFSIGNALED(result.status) && WTERMSIG(result.status) == SIGXFSZ, "%s", log);
	snprintf(big, sizeof(big), "%s/big", folder);
	CHECK(stat(big, &st) == 0 && st.st_size <= 1 << 20);
	unlink(big);
	/* Words beyond the log's room are read and dropped. */
	const char *const words[] = {"perl", "-e", "print 'y' x (1 << 20); exit 3;", NULL};

	planted(&usual, words, log, &result);
	CHECK(result.log_bytes == LOG_BYTES - 1 && WEXITSTATUS(result.status) == 3);
}

static void missing_told(void)
{
	const char *const argv[] = {"no-such-compiler", NULL};
	struct tool_result result;
	char log[LOG_BYTES];

	CHECK(tool_run(argv, folder, &usual, log, sizeof(log), &result) == -ENOENT);
}

int main(void)
{
	char error[MR_ERROR_BYTES_MAX];
	FILE *file;

	snprintf(cache, sizeof(cache), "/tmp/millrace-compiler-XXXXXX");
	CHECK(mkdtemp(cache) != NULL);
	CHECK(cache_build_begin(cache, folder, error, sizeof(error)) == 0, "%s", error);
	snprintf(secret, sizeof(secret), "%s/secret", cache);
	file = fopen(secret, "w");
	CHECK(file != NULL && fputs("of another tenant\n", file) >= 0 && fclose(file) == 0);
	work_possible();
	network_closed();
	calls_refused();
	if (atomic_load(&sandbox_counts.tools_files_open) == 0)
		files_closed();
	else
		printf("neither mounts nor Landlock here: that files are closed was not tried\n");
	each_wall_enough();
	descriptors_closed();
	processes_apart();
	time_ends();
	memory_ends();
	output_ends();
	missing_told();
	cache_build_end(folder);
	CHECK(access(folder, F_OK) != 0, "something is left in %s", folder);
	unlink(secret);
	CHECK(rmdir(cache) == 0);
	return 0;
}
