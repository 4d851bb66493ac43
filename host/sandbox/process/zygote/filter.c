/*
 * Which system calls a zygote and its children may make: by where the instruction is.
 *
 * A child has the zygote's code unmapped before its function begins, and can map nothing: so no
 * function is ever at an address of the zygote's code. From the gate, which functions can jump
 * into, the arguments are fixed too. Everything else is a signal that the child takes as its end:
 * the machine's other entries (int 0x80, x32 numbers, the vsyscall page) as well.
 */
#include <asm/signal.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/mman.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>

#include "process_protocol.h"
#include "system.h"

#define FILTER_LENGTH_MAX 128 /* instructions; what follows is about 90 */

#define FIELD(name) offsetof(struct seccomp_data, name)
#define FIELD_HIGH(name) (FIELD(name) + 4)

static struct sock_filter filter[FILTER_LENGTH_MAX];
static uint16_t length;

static struct sock_filter *emit(uint16_t code, uint64_t k, uint8_t if_true, uint8_t if_false)
{
	if (length == FILTER_LENGTH_MAX)
		__builtin_trap();
	filter[length] = (struct sock_filter){code, if_true, if_false, (uint32_t)k};
	return &filter[length++];
}

static void load(size_t field)
{
	emit(BPF_LD | BPF_W | BPF_ABS, field, 0, 0);
}

static void finish(uint32_t action)
{
	emit(BPF_RET | BPF_K, action, 0, 0);
}

/* Goes on if the 32 bits at field are that value; a signal otherwise. */
static void require(size_t field, uint64_t value)
{
	load(field);
	emit(BPF_JMP | BPF_JEQ | BPF_K, value, 1, 0);
	finish(SECCOMP_RET_TRAP);
}

static void require_argument(int index, uint64_t value)
{
	require(FIELD(args[0]) + 8 * (size_t)index, (uint32_t)value);
	require(FIELD_HIGH(args[0]) + 8 * (size_t)index, value >> 32);
}

/* What follows is for that system call, whose number has been loaded, until call_end(). */
static struct sock_filter *call_begin(uint32_t number)
{
	return emit(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 0);
}

static void call_end(struct sock_filter *begin)
{
	finish(SECCOMP_RET_ALLOW);
	begin->jf = (uint8_t)(&filter[length] - begin - 1);
}

static void call_allow(uint32_t number)
{
	call_end(call_begin(number));
}

static void zygote_allow(void)
{
	static const uint16_t calls[] = {__NR_recvmsg,         __NR_mmap,          __NR_munmap,
					 __NR_close,           __NR_clone,         __NR_wait4,
					 __NR_sendto,          __NR_recvfrom,      __NR_kill,
					 __NR_rt_sigtimedwait, __NR_clock_gettime, __NR_exit_group};

	load(FIELD(nr));
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		call_allow(calls[i]);
	finish(SECCOMP_RET_KILL_PROCESS);
}

/* The calls of child.S, each with its arguments. */
static void gate_allow(void)
{
	struct sock_filter *begin;

	load(FIELD(nr));
	call_allow(__NR_exit_group);
	call_allow(__NR_getppid);
	begin = call_begin(__NR_munmap);
	require_argument(0, ZYGOTE_CODE);
	require_argument(1, ZYGOTE_CODE_BYTES);
	call_end(begin);
	begin = call_begin(__NR_close_range);
	require_argument(0, 0);
	require_argument(1, UINT32_MAX);
	require_argument(2, 0);
	call_end(begin);
	begin = call_begin(__NR_prctl);
	require_argument(0, PR_SET_PDEATHSIG);
	require_argument(1, SIGKILL);
	call_end(begin);
	begin = call_begin(__NR_madvise);
	require_argument(0, PROCESS_REGION_BASE);
	require_argument(2, MADV_POPULATE_WRITE);
	call_end(begin);
	finish(SECCOMP_RET_TRAP);
}

int filter_install(void)
{
	struct sock_fprog program = {.filter = filter};
	struct sock_filter *above;

	require(FIELD(arch), AUDIT_ARCH_X86_64);
	require(FIELD_HIGH(instruction_pointer), 0);
	load(FIELD(instruction_pointer));
	/* The kernel names the instruction behind `syscall`: past the first byte, up to the last.
	 */
	emit(BPF_JMP | BPF_JGT | BPF_K, ZYGOTE_CODE, 1, 0);
	finish(SECCOMP_RET_TRAP);
	above = emit(BPF_JMP | BPF_JGE | BPF_K, ZYGOTE_CODE + ZYGOTE_CODE_BYTES, 0, 0);
	zygote_allow();
	above->jt = (uint8_t)(&filter[length] - above - 1);
	load(FIELD(instruction_pointer));
	emit(BPF_JMP | BPF_JGT | BPF_K, ZYGOTE_GATE, 1, 0);
	finish(SECCOMP_RET_TRAP);
	emit(BPF_JMP | BPF_JGE | BPF_K, ZYGOTE_GATE + ZYGOTE_GATE_BYTES, 0, 1);
	finish(SECCOMP_RET_TRAP);
	gate_allow();
	program.len = length;
	return (int)SYSTEM_3(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}
