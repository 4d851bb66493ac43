/*
 * Every way out of ring 3 that the processor has ends the run that tries it, and only that.
 *
 *	test_kvm_attacks DIR
 */
#include <unistd.h>

#include "image.h"
#include "kvm_attacker.h"
#include "kvm_layout.h"
#include "sandbox_counters.h"
#include "test.h"

#define SYSTEM_CALLS 600u /* past the last of Linux's, 470 or so */
#define X32_BIT 0x40000000u
#define PVM_CPUID 26 /* int $26 is CPUID under PVM, and a fault elsewhere */
#define SELECTORS 0x10000u

static struct attacker attacker;

static void refused(struct attack_order order)
{
	attacker_expect(&attacker, order, SANDBOX_CRASHED, "");
}

static void accessed(enum attack kind, uint64_t address)
{
	const bool canonical = address < 1ull << 47 || address >= 0xffff800000000000ull;

	if (canonical)
		attacker_expect(&attacker, (struct attack_order){kind, address, 0},
				SANDBOX_OUT_OF_BOUNDS, "outside its bounds");
	else
		refused((struct attack_order){kind, address, 0});
}

/* The witness fails with words if anything at all is not as it should be. */
static void all_is_well(void)
{
	attacker_expect(&attacker, (struct attack_order){ATTACK_WITNESS, 0, 0}, SANDBOX_OK, "");
}

static void system_calls_refused(void)
{
	static const enum attack ways[] = {ATTACK_SYSCALL, ATTACK_SYSENTER, ATTACK_INT80};
	static const uint32_t odd[] = {X32_BIT, X32_BIT | 1, 0x7fffffff, 0x80000000, 0xffffffff};
	char words[64];

	for (size_t way = 0; way < 3; way++) {
		for (uint32_t n = 0; n < SYSTEM_CALLS; n++) {
			snprintf(words, sizeof(words), "system call %u ", n);
			attacker_expect(&attacker, (struct attack_order){ways[way], n, 0},
					SANDBOX_CRASHED, words);
		}
		for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
			refused((struct attack_order){ways[way], odd[i], 0});
	}
	all_is_well();
}

/* The processor refuses it: the host never sees it. */
static void port_refused(enum attack kind, uint32_t port, uint64_t width)
{
	attacker_expect(&attacker, (struct attack_order){kind, port, width}, SANDBOX_CRASHED,
			"privileged");
}

/* One port ends a run, by 32 bits; used otherwise, that is none of it either. */
static void ports_refused(void)
{
	for (uint32_t port = 0; port < 0x10000; port++) {
		const uint64_t width = 1u << port % 3;

		if (port + width > KVM_PORT_END && port < KVM_PORT_END + 4)
			continue;
		port_refused(ATTACK_OUT, port, width);
		if (port % 16 == 0 || port < 64)
			port_refused(ATTACK_IN, port, width);
	}
	for (uint32_t port = KVM_PORT_END - 3; port < KVM_PORT_END + 4; port++)
		if (port != KVM_PORT_END)
			port_refused(ATTACK_OUT, port, 4);
	for (uint64_t width = 1; width <= 2; width *= 2)
		refused((struct attack_order){ATTACK_OUT, KVM_PORT_END, width});
	for (uint32_t port = KVM_PORT_END; port < KVM_PORT_END + 4; port++) {
		refused((struct attack_order){ATTACK_INS, port, 0});
		all_is_well();
		refused((struct attack_order){ATTACK_OUTS, port, 0});
		all_is_well();
		refused((struct attack_order){ATTACK_IN, port, 1});
		all_is_well();
	}
	attacker_expect(&attacker, (struct attack_order){ATTACK_OUT, KVM_PORT_END, 4}, SANDBOX_OK,
			"");
	all_is_well();
}

static void instructions_refused(void)
{
	for (uint32_t n = 0; n < ATTACK_PRIVILEGED_COUNT; n++) {
		refused((struct attack_order){ATTACK_PRIVILEGED, n, 0});
		all_is_well();
	}
	for (uint32_t n = 0; n < 256; n++)
		if (n != PVM_CPUID)
			refused((struct attack_order){ATTACK_INTERRUPT, n, 0});
	all_is_well();
}

/* The platform's pages are the supervisor's, but for two that may be read. */
static void platform_refused(void)
{
	for (uint32_t page = 0; page < KVM_SYSTEM_PAGES + KVM_CLEAN_PAGES; page++) {
		const uint64_t address = KVM_SYSTEM_ADDRESS + page * KVM_PAGE_BYTES;
		const bool readable =
		    page >= KVM_PAGE_ENTRY && page < KVM_PAGE_CLEAN + KVM_CLEAN_PAGES;

		accessed(ATTACK_WRITE, address);
		if (!readable)
			accessed(ATTACK_READ, address);
		if (page != KVM_PAGE_ENTRY)
			accessed(ATTACK_JUMP, address);
	}
	all_is_well();
}

/* Wherever else an address may point: the tables cover 128 TiB, of which this looks at each part
 * that a table of the second level stands for, where anything of ours is, and of the first. */
static void addresses_refused(void)
{
	static const uint64_t known[] = {
	    0,
	    8,
	    IMAGE_STACK_TOP,
	    IMAGE_LOW - 1,
	    IMAGE_HIGH,
	    IMAGE_REGION_BASE - 1,
	    KVM_PHYSICAL_BASE + (1ull << 30),
	    KVM_SYSCALL_ADDRESS,
	    0xfee00000,
	    0xfffbc000,
	    0x00007fffffffe000,
	    0x0000800000000000,
	    0x8000000000000000,
	    0xffff7fffffffffff,
	    0xffff800000000000,
	    0xffff888000000000,
	    0xffffffff81000000,
	    0xffffffffff600000,
	    0xffffffffffffffff,
	};
	const uint64_t ours[] = {
	    (uintptr_t)region_pool_provider(harness_pool())->base,
	    (uintptr_t)known,
	    (uintptr_t)ours,
	    (uintptr_t)&addresses_refused,
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		accessed(ATTACK_READ, known[i]);
		accessed(ATTACK_WRITE, known[i]);
		accessed(ATTACK_JUMP, known[i]);
	}
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		accessed(ATTACK_READ, ours[i]);
	for (uint64_t root = 1; root < 256; root++) {
		accessed(ATTACK_READ, root * KVM_ROOT_SLOT_BYTES + KVM_LARGE_BYTES);
		accessed(ATTACK_READ, ~0ull << 47 | root * KVM_ROOT_SLOT_BYTES);
	}
	for (uint64_t gib = 5; gib < 1024; gib++)
		if (gib << 30 != KVM_SYSTEM_ADDRESS)
			accessed(ATTACK_READ, gib << 30);
	all_is_well();
}

static void code_refused(void)
{
	static const enum attack kinds[] = {ATTACK_OWN_CODE, ATTACK_REGION_CODE, ATTACK_STACK_CODE};

	for (size_t i = 0; i < 3; i++)
		attacker_expect(&attacker, (struct attack_order){kinds[i], 0, 0},
				SANDBOX_OUT_OF_BOUNDS, "");
	/* Into the entry, at every byte: calls itself, or ends. */
	for (uint64_t byte = 0; byte < 64; byte++) {
		const struct attack_order order = {
		    ATTACK_JUMP, KVM_SYSTEM_ADDRESS + KVM_PAGE_ENTRY * KVM_PAGE_BYTES + byte, 0};
		struct sandbox_result result;

		CHECK(attacker_run(&attacker, order, 20, &result, NULL) != SANDBOX_BAD_OUTPUT);
		all_is_well();
	}
}

static void stacks_refused(void)
{
	static const uint64_t stacks[] = {
	    0,
	    8,
	    0x8000000000000000,
	    IMAGE_STACK_TOP + 65536,
	    IMAGE_LOW + 4096,
	    KVM_SYSTEM_ADDRESS + (KVM_PAGE_STACKS + 1) * KVM_PAGE_BYTES,
	    0xffffffff81000000,
	};

	for (size_t i = 0; i < sizeof(stacks) / sizeof(stacks[0]); i++) {
		struct sandbox_result result;
		const enum sandbox_outcome outcome = attacker_run(
		    &attacker, (struct attack_order){ATTACK_STACK, stacks[i], 0}, 0, &result, NULL);

		CHECK(outcome == SANDBOX_OUT_OF_BOUNDS || outcome == SANDBOX_CRASHED, "%s",
		      result.text);
		/* The exception's own stack is never the function's. */
		attacker_expect(&attacker, (struct attack_order){ATTACK_FAULT_AT, stacks[i], 0},
				SANDBOX_UNREACHABLE, "gave up");
		all_is_well();
	}
	attacker_expect(&attacker, (struct attack_order){ATTACK_RECURSE, 0, 0},
			SANDBOX_STACK_OVERFLOW, "recursion");
	for (uint64_t bytes = 65536; bytes < IMAGE_STACK_TOP - IMAGE_STACK_LOW; bytes *= 4)
		attacker_expect(&attacker, (struct attack_order){ATTACK_DEEP, bytes, 0},
				SANDBOX_STACK_OVERFLOW, "recursion");
	all_is_well();
}

/* A selector leads to code of ring 3, or to a fault; also after those that lead to 32-bit code. */
static void selectors_refused(void)
{
	struct sandbox_result result;
	int32_t status;

	for (uint32_t selector = 0; selector < SELECTORS; selector += selector < 128 ? 1 : 37) {
		const struct attack_order order = {ATTACK_FAR, selector, 0};
		const enum sandbox_outcome outcome =
		    attacker_run(&attacker, order, 0, &result, &status);

		if (outcome == SANDBOX_FAILED) /* the status is the selector it got */
			CHECK(strstr(result.text, "returned 51 ") != NULL ||
				  strstr(result.text, "returned 35 ") != NULL,
			      "selector %#x: %s", selector, result.text);
		else
			CHECK(outcome == SANDBOX_CRASHED, "selector %#x: %s", selector,
			      result.text);
		for (uint64_t which = 0; which < 5; which++) {
			const enum sandbox_outcome loaded = attacker_run(
			    &attacker, (struct attack_order){ATTACK_SELECTOR, selector, which}, 0,
			    &result, NULL);

			CHECK(loaded == SANDBOX_OK || loaded == SANDBOX_CRASHED, "%s", result.text);
		}
		all_is_well();
	}
}

/* Ring 3 raises neither its I/O privilege nor interrupts, whatever it pops. */
static void flags_refused(void)
{
	struct sandbox_result result;
	int32_t status;

	for (uint32_t bit = 0; bit < 22; bit++) {
		const struct attack_order order = {ATTACK_FLAGS, 1u << bit | 0x3000u, 0};
		const enum sandbox_outcome outcome =
		    attacker_run(&attacker, order, 0, &result, &status);

		CHECK(outcome == SANDBOX_FAILED || outcome == SANDBOX_CRASHED, "bit %u: %s", bit,
		      result.text);
		if (outcome == SANDBOX_FAILED)
			CHECK((status & 0x3000) == 0, "bit %u: flags %#x", bit, (unsigned)status);
		all_is_well();
	}
}

static void loops_end(void)
{
	static const enum attack loops[] = {ATTACK_SPIN, ATTACK_SPIN_STRING, ATTACK_SPIN_WAIT};

	for (size_t i = 0; i < 3; i++) {
		struct sandbox_result result;
		const enum sandbox_outcome outcome = attacker_run(
		    &attacker, (struct attack_order){loops[i], 0, 0}, 20, &result, NULL);

		/* TPAUSE is hidden where hiding works. */
		CHECK(outcome == SANDBOX_TIME_LIMIT ||
			  (outcome == SANDBOX_CRASHED && loops[i] == ATTACK_SPIN_WAIT),
		      "%s", result.text);
		all_is_well();
	}
}

int main(int argc, char **argv)
{
	CHECK(argc == 2);
	harness_start();
	attacker_prepare(&attacker, "kvm", argv[1]);
	all_is_well();
	system_calls_refused();
	ports_refused();
	instructions_refused();
	platform_refused();
	addresses_refused();
	code_refused();
	stacks_refused();
	selectors_refused();
	flags_refused();
	loops_end();
	CHECK(sandbox_counts.kvm_machines_replaced == 0);
	CHECK(sandbox_counts.kvm_machines_made == 1);
	sandbox_release(&attacker.code);
	harness_stop();
	return 0;
}
