/*
 * An image that does what no function should: it shows what its sandbox makes of it.
 *
 * Its entry first keeps everything that it was entered with, so that ATTACK_WITNESS can look for
 * what an earlier run may have left.
 */
#include <millrace_function.h>

#include "kvm_attack.h"

#define STACK_TOP 0x30000000ull /* of host/sandbox/image/image.h */
#define THREAD_BYTES 256
#define EXTENDED_BYTES 16384 /* of all state that XSAVE knows, with AMX */
#define END_PORT 0x10        /* of host/sandbox/kvm/kvm_layout.h */

enum { RAX, RBX, RCX, RDX, RSI, RDI, RBP, RSP, R8, R15 = 15, FLAGS, WORDS };

uint64_t attack_words[WORDS];
uint8_t attack_extended[EXTENDED_BYTES] __attribute__((aligned(64)));
int32_t attack_entry(void *base, uint32_t header_off);

__asm__(".globl mr_entry\n"
	"mr_entry:\n"
	"	mov %rax, attack_words + 8 * 0(%rip)\n"
	"	mov %rbx, attack_words + 8 * 1(%rip)\n"
	"	mov %rcx, attack_words + 8 * 2(%rip)\n"
	"	mov %rdx, attack_words + 8 * 3(%rip)\n"
	"	mov %rsi, attack_words + 8 * 4(%rip)\n"
	"	mov %rdi, attack_words + 8 * 5(%rip)\n"
	"	mov %rbp, attack_words + 8 * 6(%rip)\n"
	"	mov %rsp, attack_words + 8 * 7(%rip)\n"
	"	mov %r8, attack_words + 8 * 8(%rip)\n"
	"	mov %r9, attack_words + 8 * 9(%rip)\n"
	"	mov %r10, attack_words + 8 * 10(%rip)\n"
	"	mov %r11, attack_words + 8 * 11(%rip)\n"
	"	mov %r12, attack_words + 8 * 12(%rip)\n"
	"	mov %r13, attack_words + 8 * 13(%rip)\n"
	"	mov %r14, attack_words + 8 * 14(%rip)\n"
	"	mov %r15, attack_words + 8 * 15(%rip)\n"
	"	pushfq\n"
	"	popq attack_words + 8 * 16(%rip)\n"
	"	xor %ecx, %ecx\n"
	"	xgetbv\n"
	"	xsave64 attack_extended(%rip)\n"
	"	jmp attack_entry\n");

/* ---- Leaving ring 3 ---- */

static void system_call(uint64_t number)
{
	__asm__ volatile("syscall"
			 : "+a"(number)
			 : "D"(1), "S"(2), "d"(3)
			 : "rcx", "r11", "memory");
}

static void system_enter(uint64_t number)
{
	__asm__ volatile("sysenter" : "+a"(number) : : "rcx", "rdx", "memory");
}

static void system_interrupt(uint64_t number)
{
	__asm__ volatile("int $0x80" : "+a"(number) : : "memory");
}

static void port_write(uint16_t port, uint64_t width)
{
	if (width == 1)
		__asm__ volatile("outb %b0, %1" : : "a"(0), "d"(port));
	else if (width == 2)
		__asm__ volatile("outw %w0, %1" : : "a"(0), "d"(port));
	else
		__asm__ volatile("outl %0, %1" : : "a"(0), "d"(port));
}

static void port_read(uint16_t port, uint64_t width)
{
	uint32_t value;

	if (width == 1)
		__asm__ volatile("inb %1, %b0" : "=a"(value) : "d"(port));
	else if (width == 2)
		__asm__ volatile("inw %1, %w0" : "=a"(value) : "d"(port));
	else
		__asm__ volatile("inl %1, %0" : "=a"(value) : "d"(port));
}

static void port_string(uint16_t port, int in)
{
	uint8_t bytes[64] = {0};
	uint8_t *at = bytes;
	uint64_t count = sizeof(bytes);

	if (in)
		__asm__ volatile("rep insb" : "+D"(at), "+c"(count) : "d"(port) : "memory");
	else
		__asm__ volatile("rep outsb" : "+S"(at), "+c"(count) : "d"(port) : "memory");
}

/* Four bytes each: int $n; jmp behind the table. */
__asm__(".p2align 4\n"
	"attack_interrupts:\n"
	".set n, 0\n"
	".rept 256\n"
	"	.byte 0xcd, n, 0xc3, 0x90\n"
	"	.set n, n + 1\n"
	".endr\n");
extern uint8_t attack_interrupts[];

static void interrupt(uint64_t number)
{
	((void (*)(void))(uintptr_t)(attack_interrupts + 4 * (number & 255)))();
}

#define TRY(number, ...)                       \
	case number:                           \
		__asm__ volatile(__VA_ARGS__); \
		break

static void privileged(uint64_t number)
{
	uint64_t a = 0, d = 0, c = 0x10;
	uint8_t table[16] = {0};

	switch (number) {
		TRY(0, "hlt");
		TRY(1, "cli");
		TRY(2, "sti");
		TRY(3, "mov %%cr0, %0" : "=r"(a));
		TRY(4, "mov %0, %%cr0" : : "r"(a));
		TRY(5, "mov %%cr3, %0" : "=r"(a));
		TRY(6, "mov %0, %%cr3" : : "r"(a));
		TRY(7, "mov %%cr4, %0" : "=r"(a));
		TRY(8, "mov %0, %%cr4" : : "r"(a));
		TRY(9, "mov %%dr7, %0" : "=r"(a));
		TRY(10, "mov %0, %%dr7" : : "r"(a));
		TRY(11, "rdmsr" : "=a"(a), "=d"(d) : "c"(c));
		TRY(12, "wrmsr" : : "a"(a), "d"(d), "c"(0xc0000082u));
		TRY(13, "lgdt %0" : : "m"(table));
		TRY(14, "lidt %0" : : "m"(table));
		TRY(15, "lldt %w0" : : "r"((uint32_t)0));
		TRY(16, "ltr %w0" : : "r"((uint32_t)0x40));
		TRY(17, "invlpg (%0)" : : "r"(table));
		TRY(18, "wbinvd");
		TRY(19, "clts");
		TRY(20, "lmsw %w0" : : "r"((uint32_t)0));
		TRY(21, "swapgs");
		TRY(22, "sysretq" : : : "memory");
		TRY(23, "sysexit" : : : "memory");
		TRY(24, "push $0x18; push $0; push $2; push $0x10; lea 1f(%%rip), %0; push %0; "
			"iretq; 1:"
		    : "=r"(a)
		    :
		    : "memory");
		TRY(25, "rdpmc" : "=a"(a), "=d"(d) : "c"(c));
		TRY(26, "xsetbv" : : "a"(7), "d"(0), "c"(0));
		TRY(27, ".byte 0x0f, 0x01, 0xc4"); /* vmxoff */
		TRY(28, "invd");
		TRY(29, "mov %0, %%cr8" : : "r"(a));
		TRY(30, "monitor" : : "a"(table), "c"(0), "d"(0));
		TRY(31, "mwait" : : "a"(0), "c"(0));
	}
}

/* ---- Selectors, flags, stacks ---- */

/* What follows means the same in 64 and in 32 bits, and ends the run: there is no way back. */
static void far_return(uint64_t selector)
{
	__asm__ volatile("push %0\n"
			 "lea 1f(%%rip), %%rax\n"
			 "push %%rax\n"
			 "lretq\n"
			 "1: mov %%cs, %%eax\n"
			 "out %%eax, %1\n"
			 "2: jmp 2b"
			 :
			 : "r"(selector), "i"(END_PORT)
			 : "rax", "memory");
}

static void selector_load(uint64_t selector, uint64_t which)
{
	const uint16_t s = (uint16_t)selector;

	switch (which) {
		TRY(0, "mov %w0, %%ds" : : "r"(s));
		TRY(1, "mov %w0, %%es" : : "r"(s));
		TRY(2, "mov %w0, %%fs" : : "r"(s));
		TRY(3, "mov %w0, %%gs" : : "r"(s));
		TRY(4, "mov %w0, %%ss" : : "r"(s));
	}
}

static uint64_t flags_set(uint64_t flags)
{
	__asm__ volatile("push %0; popfq; nop; nop; pushfq; pop %0"
			 : "+r"(flags)
			 :
			 : "memory", "cc");
	return flags;
}

static void stack_push(uint64_t address, int fault)
{
	if (fault)
		__asm__ volatile("mov %0, %%rsp; ud2" : : "r"(address));
	__asm__ volatile("mov %0, %%rsp; push %0; push %0" : : "r"(address));
}

/* ---- Memory and code ---- */

static const uint8_t return_code[] = {0xc3}; /* ret */

static void jump(uint64_t address)
{
	__asm__("" : "+r"(address)); /* whatever the compiler knows of it */
	((void (*)(void))(uintptr_t)address)();
}

static void memory_execute(volatile uint8_t *memory)
{
	memory[0] = return_code[0];
	jump((uintptr_t)memory);
}

__attribute__((noinline)) static uint64_t recurse(uint64_t depth)
{
	volatile uint8_t frame[512];

	frame[depth % sizeof(frame)] = (uint8_t)depth;
	return recurse(depth + 1) + frame[0];
}

__attribute__((noinline, optimize("no-stack-clash-protection"))) static void deep(uint64_t bytes)
{
	volatile uint8_t *far = (volatile uint8_t *)__builtin_frame_address(0) - bytes;

	*far = 1;
}

/* ---- Time ---- */

static void spin_string(struct mr_call *call)
{
	for (;;) {
		void *to = call->base + call->header->heap_off;
		uint64_t count = call->header->heap_end - call->header->heap_off;

		__asm__ volatile("rep stosb" : "+D"(to), "+c"(count) : "a"(0) : "memory");
	}
}

static void spin_wait(void)
{
	for (;;)
		__asm__ volatile(".byte 0x66, 0x0f, 0xae, 0xf1" : : "a"(-1), "d"(-1), "c"(1));
}

/* Some 3 instructions of a cycle each: 1,000 turns are about a third to one microsecond. */
static void spin_us(uint64_t us)
{
	uint64_t turns = us * 1000;

	__asm__ volatile("1: sub $1, %0; jnz 1b" : "+r"(turns) : : "cc");
}

/* ---- What an earlier run may have left ---- */

#define DATA_WORDS 1500
static uint64_t attack_data[DATA_WORDS] = {[0 ... DATA_WORDS - 1] = 0x0123456789abcdefull};
static uint64_t attack_bss[DATA_WORDS];

static void words_fill(volatile uint64_t *from, volatile uint64_t *end)
{
	for (; from < end; from++)
		*from = ATTACK_SECRET;
}

/* Leaves by the port, so that registers keep what they hold. */
static void scribble(void)
{
	volatile uint64_t *low = (uint64_t *)(uintptr_t)(STACK_TOP - ATTACK_STACK_BYTES);
	volatile uint64_t *top = (uint64_t *)(uintptr_t)STACK_TOP;
	const uint32_t mxcsr = 0x7f80; /* rounds toward zero */
	const uint16_t control = 0x0f7f;

	words_fill(attack_data, attack_data + DATA_WORDS);
	words_fill(attack_bss, attack_bss + DATA_WORDS);
	words_fill(low, (uint64_t *)__builtin_frame_address(0) - 64);
	words_fill(top - THREAD_BYTES / 8, top);
	__asm__ volatile("ldmxcsr %1\n"
			 "fldcw %2\n"
			 "fldpi\n"
			 "mov %0, %%rbx\n"
			 "mov %0, %%rcx\n"
			 "mov %0, %%rdx\n"
			 "mov %0, %%rsi\n"
			 "mov %0, %%rdi\n"
			 "mov %0, %%rbp\n"
			 "mov %0, %%r8\n"
			 "mov %0, %%r9\n"
			 "mov %0, %%r10\n"
			 "mov %0, %%r11\n"
			 "mov %0, %%r12\n"
			 "mov %0, %%r13\n"
			 "mov %0, %%r14\n"
			 "mov %0, %%r15\n"
			 "movq %0, %%xmm0\n"
			 "movq %0, %%xmm7\n"
			 "movq %0, %%xmm15\n"
			 "push $0x40cd5\n" /* direction, alignment check, and all results */
			 "popfq\n"
			 "xor %%eax, %%eax\n"
			 "out %%eax, %3\n"
			 :
			 : "a"(ATTACK_SECRET), "m"(mxcsr), "m"(control), "i"(END_PORT)
			 : "memory");
}

static int words_check(struct mr_call *call, const volatile uint64_t *from,
		       const volatile uint64_t *end, uint64_t wanted, const char *what)
{
	for (; from < end; from++)
		if (*from != wanted)
			return mr_fail(call, what);
	return 0;
}

static int extended_check(struct mr_call *call)
{
	for (uint32_t i = 0; i < EXTENDED_BYTES; i++) {
		const uint8_t wanted = i == 0    ? 0x7f
				       : i == 1  ? 0x03
				       : i == 24 ? 0x80
				       : i == 25 ? 0x1f
						 : 0;

		if (i >= 28 && i < 32)
			continue; /* which bits of MXCSR there are */
		if (i >= 512 && i < 520)
			continue; /* which components the processor thinks are in use */
		if (attack_extended[i] != wanted)
			return mr_fail_number(call, "floating-point state is left over at byte ", i,
					      "");
	}
	return 0;
}

static int registers_check(struct mr_call *call)
{
	for (uint32_t i = 0; i <= R15; i++)
		if (i != RBX && i != RSI && i != RDI && i != RSP && attack_words[i] != 0)
			return mr_fail_number(call, "a register is left over: number ", i, "");
	if (attack_words[RSP] != STACK_TOP - THREAD_BYTES - 8)
		return mr_fail(call, "the stack begins elsewhere");
	if ((attack_words[FLAGS] & 0x47500) != 0) /* trap to nested task, alignment: not results */
		return mr_fail_number(call, "flags are left over: ", attack_words[FLAGS], "");
	return extended_check(call);
}

static int witness(struct mr_call *call)
{
	const uint64_t *low = (uint64_t *)(uintptr_t)(STACK_TOP - ATTACK_STACK_BYTES);
	const uint64_t *top = (uint64_t *)(uintptr_t)STACK_TOP;
	const uint64_t *block = top - THREAD_BYTES / 8;

	if (registers_check(call) != 0 ||
	    words_check(call, attack_data, attack_data + DATA_WORDS, 0x0123456789abcdefull,
			"data is not as it was linked") != 0 ||
	    words_check(call, attack_bss, attack_bss + DATA_WORDS, 0, "bss is not zero") != 0 ||
	    words_check(call, low, (uint64_t *)__builtin_frame_address(0) - 512, 0,
			"the stack is not zero") != 0 ||
	    words_check(call, block, block + 1, (uintptr_t)block, "FS has no block") != 0 ||
	    words_check(call, block + 1, top, 0, "the thread's block is not zero") != 0)
		return MR_FAILED;
	return words_check(call, (uint64_t *)(void *)(call->base + call->header->heap_off),
			   (uint64_t *)(void *)(call->base + (call->header->heap_end & ~7u)), 0,
			   "the region's heap is not zero");
}

/* ---- */

static int attack(struct mr_call *call)
{
	const struct mr_item *item = mr_in_only(call, "order");
	volatile uint8_t on_stack[16];
	struct attack_order order;

	if (item == NULL || item->bytes_len != sizeof(order))
		return MR_FAILED;
	__builtin_memcpy(&order, mr_item_bytes(call, item).data, sizeof(order));
	if ((order.kind == ATTACK_READ || order.kind == ATTACK_WRITE) && order.extra == 1)
		order.number += (uintptr_t)call->base;
	switch ((enum attack)order.kind) {
	case ATTACK_NONE:
		break;
	case ATTACK_SYSCALL:
		system_call(order.number);
		break;
	case ATTACK_SYSENTER:
		system_enter(order.number);
		break;
	case ATTACK_INT80:
		system_interrupt(order.number);
		break;
	case ATTACK_OUT:
		port_write((uint16_t)order.number, order.extra);
		break;
	case ATTACK_IN:
		port_read((uint16_t)order.number, order.extra);
		break;
	case ATTACK_OUTS:
	case ATTACK_INS:
		port_string((uint16_t)order.number, order.kind == ATTACK_INS);
		break;
	case ATTACK_READ:
		(void)*(volatile uint8_t *)(uintptr_t)order.number;
		break;
	case ATTACK_WRITE:
		*(volatile uint8_t *)(uintptr_t)order.number = 0xee;
		break;
	case ATTACK_JUMP:
		jump(order.number);
		break;
	case ATTACK_INTERRUPT:
		interrupt(order.number);
		break;
	case ATTACK_PRIVILEGED:
		privileged(order.number);
		break;
	case ATTACK_FAR:
		far_return(order.number);
		break;
	case ATTACK_SELECTOR:
		selector_load(order.number, order.extra);
		break;
	case ATTACK_FLAGS:
		return (int)flags_set(order.number);
	case ATTACK_STACK:
	case ATTACK_FAULT_AT:
		stack_push(order.number, order.kind == ATTACK_FAULT_AT);
		break;
	case ATTACK_OWN_CODE:
		memory_execute((volatile uint8_t *)(uintptr_t)attack_entry);
		break;
	case ATTACK_REGION_CODE:
		memory_execute(call->base + call->header->heap_off);
		break;
	case ATTACK_STACK_CODE:
		memory_execute(on_stack);
		break;
	case ATTACK_DEEP:
		deep(order.number);
		break;
	case ATTACK_RECURSE:
		return (int)recurse(0);
	case ATTACK_SPIN:
		for (;;)
			__asm__ volatile("");
	case ATTACK_SPIN_STRING:
		spin_string(call);
		break;
	case ATTACK_SPIN_WAIT:
		spin_wait();
		break;
	case ATTACK_SPIN_US:
		spin_us(order.number);
		break;
	case ATTACK_ZERO:
		if (*(volatile uint64_t *)(uintptr_t)order.number != 0)
			return mr_fail(call, "something is left over there");
		break;
	case ATTACK_SCRIBBLE:
		scribble();
		break;
	case ATTACK_WITNESS:
		return witness(call);
	}
	return 0;
}

int32_t attack_entry(void *base, uint32_t header_off)
{
	return mr_call_run(base, header_off, attack);
}
