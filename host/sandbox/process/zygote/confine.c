/*
 * What a zygote does once: children's memory as it will be, and every wall that this machine has.
 *
 * Order matters: descriptors and memory first, then the walls that need system calls, the filter
 * last. A wall that a kernel lacks is left out and said so; the filter, no new privileges and the
 * memory are not left out.
 */
#include <asm/prctl.h>
#include <asm/signal.h>
#include <linux/capability.h>
#include <linux/errno.h>
#include <linux/landlock.h>
#include <linux/mman.h>
#include <linux/prctl.h>
#include <linux/resource.h>

#include "process_protocol.h"
#include "system.h"

#define ADDRESSES_END 0x7ffffffff000 /* of a process, with four levels of page tables */

struct kernel_action {
	void (*handler)(void);
	unsigned long flags;
	void (*restorer)(void);
	uint64_t mask;
};

struct kernel_stack {
	uint64_t address;
	int flags;
	uint64_t bytes;
};

struct kernel_limit {
	uint64_t now, most;
};

extern uint8_t zygote_end[];
void child_fault(void);

static int segments_map(const struct process_setup *setup)
{
	for (uint32_t i = 0; i < setup->segment_count; i++) {
		const struct image_segment *s = &setup->segments[i];
		const int rights = PROT_READ | ((s->rights & IMAGE_WRITE) != 0 ? PROT_WRITE : 0) |
				   ((s->rights & IMAGE_EXECUTE) != 0 ? PROT_EXEC : 0);
		const long rc =
		    SYSTEM_6(__NR_mmap, s->address, s->bytes, rights,
			     MAP_PRIVATE | MAP_FIXED_NOREPLACE, ZYGOTE_IMAGE, s->file_off);

		if (rc < 0)
			return (int)rc;
	}
	return 0;
}

/* The function's stack, and above it the one for its last signal. Never touched here, so that each
 * child's is fresh. */
static int stack_map(const struct process_setup *setup)
{
	const uint64_t low = PROCESS_STACK_TOP - setup->stack_bytes;
	const struct kernel_stack stack = {.address = PROCESS_STACK_TOP,
					   .bytes = PROCESS_SIGNAL_STACK_BYTES};
	long rc = SYSTEM_6(
	    __NR_mmap, low, setup->stack_bytes + PROCESS_SIGNAL_STACK_BYTES, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | MAP_NORESERVE, -1, 0);

	if (rc < 0)
		return (int)rc;
	rc = SYSTEM_2(__NR_sigaltstack, &stack, 0);
	if (rc < 0)
		return (int)rc;
	return (int)SYSTEM_2(__NR_arch_prctl, ARCH_SET_FS,
			     PROCESS_STACK_TOP - PROCESS_THREAD_BYTES);
}

/* What an instruction may cause ends a child with a note of why. The zygote has
 * no region: its own fault ends it. */
static int signals_set(void)
{
	static const int signals[] = {SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV, SIGSYS};
	const struct kernel_action action = {.handler = child_fault,
					     .flags = SA_SIGINFO | SA_ONSTACK | SA_RESTORER,
					     .restorer = child_fault,
					     .mask = ~0ull};
	/* Waited for (zygote.c): SIGCHLD and the host's. */
	const uint64_t blocked = 1ull << (SIGCHLD - 1) | 1ull << (PROCESS_INTERRUPT - 1);
	long rc = SYSTEM_4(__NR_rt_sigprocmask, SIG_SETMASK, &blocked, 0, sizeof(blocked));

	for (size_t i = 0; rc == 0 && i < sizeof(signals) / sizeof(signals[0]); i++)
		rc = SYSTEM_4(__NR_rt_sigaction, signals[i], &action, 0, sizeof(action.mask));
	return (int)rc;
}

/* No child has our data; nobody has the first stack and the vdso. Returns PROCESS_BARE, or 0 where
 * the kernel keeps the vdso where it is (mseal_system_mappings). */
static int memory_strip(void)
{
	const uint64_t above = PROCESS_REGION_BASE + (1ull << 32);
	long rc =
	    SYSTEM_3(__NR_madvise, ZYGOTE_DATA, (uint64_t)zygote_end - ZYGOTE_DATA, MADV_DONTFORK);

	if (rc < 0)
		return (int)rc;
	return SYSTEM_2(__NR_munmap, above, ADDRESSES_END - above) == 0 ? PROCESS_BARE : 0;
}

static int limits_set(int namespaces)
{
	static const struct {
		int what;
		uint64_t most;
	} limits[] = {
	    {RLIMIT_CORE, 0},    {RLIMIT_FSIZE, 0},    {RLIMIT_MEMLOCK, 0},
	    {RLIMIT_NOFILE, 16}, {RLIMIT_MSGQUEUE, 0},
	};
	long rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof(limits) / sizeof(limits[0]); i++) {
		const struct kernel_limit limit = {limits[i].most, limits[i].most};

		rc = SYSTEM_4(__NR_prlimit64, 0, limits[i].what, &limit, 0);
	}
	/* Counted within the user namespace: the zygote and a child. */
	if (rc == 0 && namespaces) {
		const struct kernel_limit limit = {2, 2};

		rc = SYSTEM_4(__NR_prlimit64, 0, RLIMIT_NPROC, &limit, 0);
	}
	return (int)rc;
}

/* No file may be opened, made or changed: every access that version 1 knows, allowed nowhere.
 * Returns PROCESS_LANDLOCK, or 0 where the kernel has none. */
static int landlock_enter(void)
{
	const struct landlock_ruleset_attr attr = {.handled_access_fs = (1 << 13) - 1};
	long fd = SYSTEM_3(__NR_landlock_create_ruleset, &attr, sizeof(attr.handled_access_fs), 0);
	long rc;

	if (fd == -ENOSYS || fd == -EOPNOTSUPP)
		return 0;
	if (fd < 0)
		return (int)fd;
	rc = SYSTEM_2(__NR_landlock_restrict_self, fd, 0);
	SYSTEM_1(__NR_close, fd);
	return rc < 0 ? (int)rc : PROCESS_LANDLOCK;
}

/* Root's rights, where no user namespace took them away. */
static int rights_drop(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	static const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3];

	return (int)SYSTEM_2(__NR_capset, &head, none);
}

int confine(const struct process_setup *setup)
{
	int walls = setup->namespaces ? PROCESS_NAMESPACES : 0;
	long rc = segments_map(setup);

	SYSTEM_1(__NR_close, ZYGOTE_IMAGE);
	if (rc == 0)
		rc = stack_map(setup);
	if (rc == 0)
		rc = signals_set();
	if (rc == 0)
		rc = limits_set(setup->namespaces != 0);
	if (rc == 0)
		rc = rights_drop();
	if (rc == 0)
		rc = SYSTEM_6(__NR_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0, 0);
	if (rc == 0)
		rc = SYSTEM_6(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0);
	if (rc < 0)
		return (int)rc;
	rc = memory_strip();
	if (rc < 0)
		return (int)rc;
	walls |= (int)rc;
	rc = landlock_enter();
	if (rc < 0)
		return (int)rc;
	walls |= (int)rc;
	rc = filter_install();
	return rc < 0 ? (int)rc : walls;
}
