/* A function that tries what its input says. It is native code only: no wasm module can say these
 * things. What it comes back from is put out. */
#include <millrace_function.h>

#include "attack.h"

static uint8_t variable[64] = {0xc3}; /* ret */

static uint64_t system_call(const uint64_t *a)
{
	register uint64_t r10 __asm__("r10") = a[4];
	register uint64_t r8 __asm__("r8") = a[5];
	register uint64_t r9 __asm__("r9") = a[6];
	uint64_t rax = a[0];

	__asm__ volatile("syscall"
			 : "+a"(rax)
			 : "D"(a[1]), "S"(a[2]), "d"(a[3]), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return rax;
}

static uint64_t int80(const uint64_t *a)
{
	uint64_t rax = a[0];

	__asm__ volatile("int $0x80"
			 : "+a"(rax)
			 : "b"(a[1]), "c"(a[2]), "d"(a[3]), "S"(a[4]), "D"(a[5])
			 : "r8", "r9", "r10", "r11", "memory");
	return rax;
}

static uint64_t sysenter(const uint64_t *a)
{
	uint64_t rax = a[0];

	__asm__ volatile("sysenter"
			 : "+a"(rax)
			 : "b"(a[1]), "c"(a[2]), "d"(a[3]), "S"(a[4]), "D"(a[5])
			 : "memory");
	return rax;
}

static uint64_t call(const uint64_t *a)
{
	register uint64_t r10 __asm__("r10") = a[5];
	uint64_t rax = a[1];

	__asm__ volatile("call *%[to]"
			 : "+a"(rax)
			 : [to] "r"(a[0]), "D"(a[2]), "S"(a[3]), "d"(a[4]), "r"(r10)
			 : "rcx", "r8", "r9", "r11", "memory");
	return rax;
}

static void frame(uint64_t bytes)
{
	__asm__ volatile("mov %%rsp, %%rbx\n"
			 "sub %0, %%rsp\n"
			 "movq $1, (%%rsp)\n"
			 "mov %%rbx, %%rsp\n"
			 :
			 : "r"(bytes)
			 : "rbx", "memory");
}

static void instruction(uint64_t which)
{
	static const uint8_t table[10] = {0};
	static const struct {
		uint32_t offset;
		uint16_t selector;
	} __attribute__((packed)) far = {0x1000, 0x23};

	switch (which) {
	case INSTRUCTION_HLT:
		__asm__ volatile("hlt");
		break;
	case INSTRUCTION_CLI:
		__asm__ volatile("cli");
		break;
	case INSTRUCTION_IN:
		__asm__ volatile("in $0x80, %%al" : : : "rax");
		break;
	case INSTRUCTION_OUT:
		__asm__ volatile("out %al, $0x80");
		break;
	case INSTRUCTION_RDMSR:
		__asm__ volatile("rdmsr" : : "c"(0xc0000080) : "rax", "rdx");
		break;
	case INSTRUCTION_WRMSR:
		__asm__ volatile("wrmsr" : : "c"(0xc0000080), "a"(0), "d"(0));
		break;
	case INSTRUCTION_READ_CR3:
		__asm__ volatile("mov %%cr3, %%rax" : : : "rax");
		break;
	case INSTRUCTION_WRITE_CR3:
		__asm__ volatile("mov %0, %%cr3" : : "r"(0ull));
		break;
	case INSTRUCTION_LGDT:
		__asm__ volatile("lgdt %0" : : "m"(table));
		break;
	case INSTRUCTION_LIDT:
		__asm__ volatile("lidt %0" : : "m"(table));
		break;
	case INSTRUCTION_LTR:
		__asm__ volatile("ltr %0" : : "r"((uint16_t)0x40));
		break;
	case INSTRUCTION_INVLPG:
		__asm__ volatile("invlpg (%0)" : : "r"(table));
		break;
	case INSTRUCTION_WBINVD:
		__asm__ volatile("wbinvd");
		break;
	case INSTRUCTION_SWAPGS:
		__asm__ volatile("swapgs");
		break;
	case INSTRUCTION_SYSRET:
		__asm__ volatile("sysretq" : : "c"(0x1000), "a"(0) : "r11");
		break;
	case INSTRUCTION_IRET:
		__asm__ volatile("push $0x18\n push %%rsp\n push $2\n push $0x10\n push $0x1000\n"
				 "iretq"
				 :
				 :
				 : "memory");
		break;
	case INSTRUCTION_INT3:
		__asm__ volatile("int3");
		break;
	case INSTRUCTION_ICEBP:
		__asm__ volatile(".byte 0xf1");
		break;
	case INSTRUCTION_UD2:
		__asm__ volatile("ud2");
		break;
	case INSTRUCTION_SINGLE_STEP:
		__asm__ volatile("pushfq\n orl $0x100, (%%rsp)\n popfq\n nop\n nop" : : : "memory");
		break;
	case INSTRUCTION_ALIGNMENT:
		__asm__ volatile("pushfq\n orl $0x40000, (%%rsp)\n popfq\n"
				 "movl $1, 1(%0)"
				 :
				 : "r"(variable)
				 : "memory");
		break;
	case INSTRUCTION_STACK_SEGMENT:
		__asm__ volatile("mov %0, %%ss" : : "r"(0x10));
		break;
	case INSTRUCTION_FAR_JUMP:
		__asm__ volatile("ljmp *%0" : : "m"(far));
		break;
	case INSTRUCTION_NO_STACK:
		__asm__ volatile("xor %esp, %esp\n push %rax");
		break;
	case INSTRUCTION_VMCALL:
		__asm__ volatile("vmcall" : : "a"(0));
		break;
	case INSTRUCTION_MONITOR:
		__asm__ volatile("monitor" : : "a"(variable), "c"(0), "d"(0));
		break;
	}
}

/* At the far end of the heap: nothing grows there. */
static void own_data(struct mr_call *call, uint64_t which)
{
	uint8_t on_stack[16] = {0xc3};
	uint8_t *heap = (uint8_t *)mr_alloc(call, 16, 16);
	uint8_t *const places[] = {heap, on_stack, variable};

	heap[0] = 0xc3;
	__asm__ volatile("call *%0" : : "r"(places[which % 3]) : "memory");
}

/* Around its memory lies what is the host's, in some sandboxes. */
static void near(uint8_t *memory, const uint64_t *a)
{
	*(volatile uint32_t *)(memory + (int64_t)a[0]) = (uint32_t)a[1];
}

static void betray(uint8_t *memory, const uint64_t *a)
{
	near(memory, a);
	for (;;)
		++*(volatile uint64_t *)(memory + (int64_t)a[2]);
}

static uint64_t attack_do(struct mr_call *call_, const struct attack *attack)
{
	switch (attack->kind) {
	case ATTACK_SYSCALL:
		return system_call(attack->a);
	case ATTACK_INT80:
		return int80(attack->a);
	case ATTACK_SYSENTER:
		return sysenter(attack->a);
	case ATTACK_CALL:
		return call(attack->a);
	case ATTACK_READ:
		return *(volatile uint8_t *)(uintptr_t)attack->a[0];
	case ATTACK_WRITE:
		*(volatile uint8_t *)(uintptr_t)attack->a[0] = 1;
		return 0;
	case ATTACK_FRAME:
		frame(attack->a[0]);
		return 0;
	case ATTACK_INSTRUCTION:
		instruction(attack->a[0]);
		return 0;
	case ATTACK_NEAR:
		near(call_->base, attack->a);
		return 0;
	case ATTACK_BETRAY:
		betray(call_->base, attack->a);
		return 0;
	case ATTACK_OWN_DATA:
		own_data(call_, attack->a[0]);
		return 0;
	default:
		return 0;
	}
}

static int attack(struct mr_call *call_)
{
	const struct mr_item *item = mr_in_only(call_, "in");
	struct mr_set *out = mr_out(call_, "out");
	struct mr_bytes bytes = {NULL, sizeof(uint64_t)};
	struct attack attack_;
	uint64_t *result = (uint64_t *)mr_alloc(call_, sizeof(*result), 8);

	if (item == NULL || out == NULL || result == NULL || item->bytes_len != sizeof(attack_))
		return mr_fail(call_, "no such attack");
	__builtin_memcpy(&attack_, mr_item_bytes(call_, item).data, sizeof(attack_));
	*result = attack_do(call_, &attack_);
	bytes.data = (const uint8_t *)result;
	return mr_out_add(call_, out, mr_none(), mr_text("survived"), bytes);
}

MR_ENTRY(attack)
