/* The platform's pages in a guest. */
#include "kvm_system.h"

#include <string.h>

#include "kvm_layout.h"

#define GDT_OFF 0 /* in the page of descriptors */
#define GDT_BYTES 0x50
#define TSS_OFF 0x400
#define TSS_MAP_OFF 104 /* of the I/O permission bit map in it: behind the fixed part */
#define TSS_MAP_BYTES (KVM_PORT_END / 8 + 2)
#define TSS_BYTES (TSS_MAP_OFF + TSS_MAP_BYTES + 1) /* and a byte of ones */
#define IDT_OFF 0x800
#define IDT_BYTES (KVM_EXCEPTIONS * 16)

#define DOUBLE_FAULT 8

#define CR0_PE (1ull << 0)
#define CR0_MP (1ull << 1)
#define CR0_ET (1ull << 4)
#define CR0_NE (1ull << 5)
#define CR0_WP (1ull << 16)
#define CR0_PG (1ull << 31)
#define CR4_PAE (1ull << 5)
#define CR4_OSFXSR (1ull << 9)
#define CR4_OSXMMEXCPT (1ull << 10)
#define CR4_UMIP (1ull << 11)
#define CR4_OSXSAVE (1ull << 18)
#define EFER_LME (1ull << 8)
#define EFER_LMA (1ull << 10)
#define EFER_NXE (1ull << 11)

static uint64_t page_address(enum kvm_system_page page)
{
	return KVM_SYSTEM_ADDRESS + (uint64_t)page * KVM_PAGE_BYTES;
}

/* Two stacks in one page, so that a fault on the way into a handler has its own. */
static uint64_t stack_top(int exception)
{
	return page_address(KVM_PAGE_STACKS) +
	       (exception == DOUBLE_FAULT ? KVM_PAGE_BYTES / 2 : KVM_PAGE_BYTES);
}

static void put_u64(uint8_t *to, uint64_t value)
{
	memcpy(to, &value, sizeof(value));
}

/* All are marked accessed, and the task busy, so that the processor never writes here. */
static void gdt_write(uint8_t *gdt)
{
	const uint64_t tss = page_address(KVM_PAGE_DESCRIPTORS) + TSS_OFF;

	put_u64(gdt + (KVM_SELECTOR_KERNEL_CODE & ~7), 0x00af9b000000ffffull);
	put_u64(gdt + (KVM_SELECTOR_USER_DATA & ~7), 0x00cff3000000ffffull);
	put_u64(gdt + (KVM_SELECTOR_USER_CODE & ~7), 0x00affb000000ffffull);
	put_u64(gdt + KVM_SELECTOR_TASK, (uint64_t)(TSS_BYTES - 1) | (tss & 0xffffff) << 16 |
					     0x8bull << 40 | (tss >> 24 & 0xff) << 56);
	put_u64(gdt + KVM_SELECTOR_TASK + 8, tss >> 32);
}

/* Ring 3 may write 32 bits to one port, and touch no other. */
static void tss_write(uint8_t *tss)
{
	const uint16_t map_off = TSS_MAP_OFF;
	uint8_t *map = tss + TSS_MAP_OFF;

	put_u64(tss + 4, stack_top(0));
	put_u64(tss + 36, stack_top(0));
	put_u64(tss + 44, stack_top(DOUBLE_FAULT));
	memcpy(tss + 102, &map_off, sizeof(map_off));
	memset(map, 0xff, TSS_MAP_BYTES + 1);
	map[KVM_PORT_END / 8] &= (uint8_t) ~(0xfu << KVM_PORT_END % 8);
}

static void gate_write(uint8_t *gate, uint64_t to, unsigned int stack)
{
	put_u64(gate, (to & 0xffff) | KVM_SELECTOR_KERNEL_CODE << 16 | (uint64_t)stack << 32 |
			  0x8eull << 40 | (to >> 16 & 0xffff) << 48);
	put_u64(gate + 8, to >> 32);
}

/* A stub tells the host and stops: out %al, $PORT_FAULT; hlt; jmp to hlt. */
static void exceptions_write(uint8_t *idt, uint8_t *stubs)
{
	static const uint8_t stub[KVM_STUB_BYTES] = {0xe6, KVM_PORT_FAULT, 0xf4, 0xeb, 0xfd};

	for (int i = 0; i < KVM_EXCEPTIONS; i++) {
		memcpy(stubs + i * KVM_STUB_BYTES, stub, sizeof(stub));
		gate_write(idt + (size_t)i * 16,
			   page_address(KVM_PAGE_STUBS) + (uint64_t)i * KVM_STUB_BYTES,
			   i == DOUBLE_FAULT ? 2 : 1);
	}
}

/*
 * Calls the function in rbx with what the host put into rdi and rsi. First all of the processor's
 * extended state, in ring 3 where that is cheap, becomes what it is after a reset: XRSTOR from an
 * area that says of every component that it is in its initial state.
 */
static void entry_write(uint8_t *entry)
{
	static const uint8_t restore[] = {
	    0x31, 0xc9,       /* xor %ecx, %ecx */
	    0x0f, 0x01, 0xd0, /* xgetbv */
	    0x48, 0xb9,       /* movabs $KVM_PAGE_CLEAN, %rcx */
	};
	static const uint8_t call[] = {
	    0x0f, 0xae,         0x29, /* xrstor (%rcx) */
	    0x31, 0xc0,               /* xor %eax, %eax */
	    0x31, 0xc9,               /* xor %ecx, %ecx */
	    0x31, 0xd2,               /* xor %edx, %edx */
	    0xff, 0xd3,               /* call *%rbx */
	    0xe7, KVM_PORT_END,       /* out %eax, $KVM_PORT_END */
	    0x0f, 0x0b,               /* ud2 */
	};

	memcpy(entry, restore, sizeof(restore));
	put_u64(entry + sizeof(restore), page_address(KVM_PAGE_CLEAN));
	memcpy(entry + sizeof(restore) + 8, call, sizeof(call));
}

static void clean_write(uint8_t *area)
{
	const uint32_t mxcsr = 0x1f80; /* the only word that is read even so */

	memcpy(area + 24, &mxcsr, sizeof(mxcsr));
}

void kvm_system_write(uint8_t *base)
{
	uint8_t *descriptors = base + KVM_PAGE_DESCRIPTORS * KVM_PAGE_BYTES;

	gdt_write(descriptors + GDT_OFF);
	tss_write(descriptors + TSS_OFF);
	exceptions_write(descriptors + IDT_OFF, base + KVM_PAGE_STUBS * KVM_PAGE_BYTES);
	entry_write(base + KVM_PAGE_ENTRY * KVM_PAGE_BYTES);
	clean_write(base + KVM_PAGE_CLEAN * KVM_PAGE_BYTES);
}

void kvm_system_registers(struct kvm_sregs *sregs, uint64_t root, int umip)
{
	const struct kvm_segment data = {.limit = 0xffffffff,
					 .selector = KVM_SELECTOR_USER_DATA,
					 .type = 3,
					 .present = 1,
					 .dpl = 3,
					 .db = 1,
					 .s = 1,
					 .g = 1};
	const uint64_t descriptors = page_address(KVM_PAGE_DESCRIPTORS);

	sregs->ds = sregs->es = sregs->fs = sregs->gs = sregs->ss = data;
	sregs->cs = data;
	sregs->cs.selector = KVM_SELECTOR_USER_CODE;
	sregs->cs.type = 11;
	sregs->cs.db = 0;
	sregs->cs.l = 1;
	sregs->ldt = (struct kvm_segment){.unusable = 1};
	sregs->tr = (struct kvm_segment){.base = descriptors + TSS_OFF,
					 .limit = TSS_BYTES - 1,
					 .selector = KVM_SELECTOR_TASK,
					 .type = 11,
					 .present = 1};
	sregs->gdt = (struct kvm_dtable){.base = descriptors + GDT_OFF, .limit = GDT_BYTES - 1};
	sregs->idt = (struct kvm_dtable){.base = descriptors + IDT_OFF, .limit = IDT_BYTES - 1};
	sregs->cr0 = CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP | CR0_PG;
	sregs->cr2 = 0;
	sregs->cr3 = root;
	sregs->cr4 = CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT | CR4_OSXSAVE | (umip ? CR4_UMIP : 0);
	sregs->efer = EFER_LME | EFER_LMA | EFER_NXE;
}

int kvm_system_exception(uint64_t ip)
{
	const uint64_t stubs = page_address(KVM_PAGE_STUBS);

	if (ip < stubs || ip >= stubs + KVM_EXCEPTIONS * KVM_STUB_BYTES)
		return -1;
	return (int)((ip - stubs) / KVM_STUB_BYTES);
}

void kvm_system_frame(const uint8_t *base, int exception, struct kvm_frame *frame)
{
	/* Double fault, invalid TSS to page fault, alignment check, control protection. */
	static const uint32_t with_code = 0x00227d00;
	const uint64_t top = stack_top(exception) - KVM_SYSTEM_ADDRESS;
	uint64_t words[6]; /* error code, ip, code selector, flags, sp, stack selector */

	memcpy(words, base + top - sizeof(words), sizeof(words));
	frame->error_code = (with_code >> exception & 1) != 0 ? words[0] : 0;
	frame->ip = words[1];
	frame->code_selector = words[2];
	frame->flags = words[3];
	frame->sp = words[4];
}
