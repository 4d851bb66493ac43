/*
 * What native code can try with the machine: every system call by every entry, every address, every
 * kind of instruction. Each ends as the error of its run, and the next run is fine.
 *
 *	machine BACKEND DIR
 */
#include <stdbool.h>
#include <sys/syscall.h>

#include "attack.h"
#include "harness.h"
#include "image.h"
#include "process_protocol.h"
#include "test.h"

#define CALLS_MAX 512 /* more than there are, and the gap to 512 */
/* Linux from 6.14 on lets these by any filter; outside of its own trampolines they do nothing but
 * fail, by a signal or an error. */
#define CALL_URETPROBE 335
#define CALL_UPROBE 336
#define X32_BIT 0x40000000u
#define REGION_MEMORY 16384

static const char *backend;
static struct harness_function attack;
static uint64_t region_bytes; // of the runs, in whole pages

static enum sandbox_outcome attack_run(const struct attack *order, char *text)
{
	const struct harness_item item = {.bytes = order, .len = sizeof(*order)};
	const struct harness_set in = {"in", &item, 1};
	struct harness_run run;
	enum sandbox_outcome outcome;

	harness_invoke(&attack, &in, 1, &run);
	outcome = run.result.outcome;
	region_bytes =
	    (run.region->bytes + IMAGE_PAGE_BYTES - 1) / IMAGE_PAGE_BYTES * IMAGE_PAGE_BYTES;
	snprintf(text, MR_ERROR_BYTES_MAX, "%s", run.result.text);
	harness_release(&run);
	return outcome;
}

static void next_is_fine(const char *after)
{
	const struct attack nothing = {.kind = ATTACK_NOTHING};
	char text[MR_ERROR_BYTES_MAX];

	CHECK(attack_run(&nothing, text) == SANDBOX_OK, "after %s: %s", after, text);
}

/* It fails, with those words (NULL: any), and the next run is fine. */
static void refused(const char *what, const struct attack *order, const char *words)
{
	char text[MR_ERROR_BYTES_MAX];
	const enum sandbox_outcome outcome = attack_run(order, text);

	CHECK(outcome != SANDBOX_OK && outcome != SANDBOX_TIME_LIMIT, "%s %#llx: %s", what,
	      (unsigned long long)order->a[0], sandbox_outcome_text(outcome));
	CHECK(text[0] != 0 && (words == NULL || strstr(text, words) != NULL), "%s %#llx: %s", what,
	      (unsigned long long)order->a[0], text);
	next_is_fine(what);
}

/* ---- System calls ---- */

static void calls_refused(void)
{
	/* Pointers that are good in the function's own memory. */
	const uint64_t own = IMAGE_REGION_BASE + 4096;
	char words[64], text[MR_ERROR_BYTES_MAX];

	for (uint64_t number = 0; number < CALLS_MAX; number++) {
		struct attack order = {.kind = ATTACK_SYSCALL, .a = {number, 0, own, 64, 0, 0, 0}};

		snprintf(words, sizeof(words), "system call %llu ", (unsigned long long)number);
		if (number == CALL_URETPROBE || number == CALL_UPROBE) {
			attack_run(&order, text);
			next_is_fine("uprobe");
		} else {
			refused("syscall", &order, words);
		}
		order.a[0] = number | X32_BIT;
		refused("x32", &order, "system call");
		order.kind = ATTACK_INT80;
		order.a[0] = number;
		refused("int 0x80", &order, NULL);
	}
}

/* Those that would start something, take something, or reach a neighbour, as they are meant. */
static void calls_meant_refused(void)
{
	static const struct attack orders[] = {
	    {ATTACK_SYSCALL, 0, {SYS_fork}},
	    {ATTACK_SYSCALL, 0, {SYS_vfork}},
	    {ATTACK_SYSCALL, 0, {SYS_clone, 17}},
	    {ATTACK_SYSCALL, 0, {SYS_clone, 0x10000 | 0x100 | 0x800, IMAGE_REGION_BASE + 4096}},
	    {ATTACK_SYSCALL, 0, {SYS_mmap, 0, 4096, 7, 0x22, ~0ull, 0}},
	    {ATTACK_SYSCALL, 0, {SYS_mmap, ZYGOTE_CODE, 4096, 7, 0x32, ~0ull, 0}},
	    {ATTACK_SYSCALL, 0, {SYS_mmap, 0, 4096, 3, 1, 3, 0}}, /* the pool's next page */
	    {ATTACK_SYSCALL, 0, {SYS_mprotect, IMAGE_LOW, 4096, 7}},
	    {ATTACK_SYSCALL, 0, {SYS_mremap, IMAGE_REGION_BASE, 4096, 1 << 20, 1}},
	    {ATTACK_SYSCALL, 0, {SYS_ptrace, 0}},
	    {ATTACK_SYSCALL, 0, {SYS_kill, 1, 9}},
	    {ATTACK_SYSCALL, 0, {SYS_kill, ~0ull, 9}},
	    {ATTACK_SYSCALL, 0, {SYS_getpid}},
	    {ATTACK_SYSCALL, 0, {SYS_read, 3, IMAGE_REGION_BASE + 4096, 64}},
	    {ATTACK_SYSCALL, 0, {SYS_write, 3, IMAGE_REGION_BASE + 4096, 64}},
	    {ATTACK_SYSCALL, 0, {SYS_rt_sigreturn}},
	    {ATTACK_SYSCALL, 0, {SYS_exit_group, 0}},
	    {ATTACK_SYSCALL, 0, {SYS_exit, 0}},
	    {ATTACK_SYSENTER, 0, {1, 0, 0}},
	    {ATTACK_CALL, 0, {0xffffffffff600000ull}}, /* gettimeofday() of the vsyscall page */
	    {ATTACK_CALL, 0, {0xffffffffff600400ull}},
	    {ATTACK_CALL, 0, {0xffffffffff600800ull}},
	};

	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++)
		refused("call", &orders[i], NULL);
}

/* The process backend's gate is code that functions can jump into, anywhere, with any registers:
 * they may end themselves by it, as returning would, and nothing else. */
static void gate_harmless(void)
{
	static const uint64_t numbers[] = {SYS_exit_group, SYS_munmap,  SYS_close_range,
					   SYS_prctl,      SYS_madvise, SYS_clone,
					   SYS_mmap,       SYS_execve,  SYS_kill};
	char text[MR_ERROR_BYTES_MAX];

	if (strcmp(backend, "process") != 0)
		return;
	for (uint64_t offset = 0; offset < 512; offset++)
		for (size_t n = 0; n < sizeof(numbers) / sizeof(numbers[0]); n++) {
			const struct attack order = {
			    .kind = ATTACK_CALL,
			    .a = {ZYGOTE_GATE + offset, numbers[n], IMAGE_REGION_BASE, 4096, 7}};

			attack_run(&order, text);
			next_is_fine("a jump into the gate");
		}
	for (uint64_t offset = 0; offset < ZYGOTE_GATE_BYTES; offset += 64) {
		const struct attack write = {.kind = ATTACK_WRITE, .a = {ZYGOTE_GATE + offset}};

		refused("write to the gate", &write, "outside its bounds");
	}
}

/* ---- Addresses ---- */

static bool own_address(uint64_t address)
{
	return (address >= IMAGE_LOW && address < IMAGE_HIGH) ||
	       (address >= IMAGE_STACK_TOP - IMAGE_STACK_BYTES_MAX &&
		address < IMAGE_STACK_TOP + PROCESS_SIGNAL_STACK_BYTES) ||
	       (address >= IMAGE_REGION_BASE && address < IMAGE_REGION_BASE + region_bytes) ||
	       (address >= ZYGOTE_GATE && address < ZYGOTE_GATE + ZYGOTE_GATE_BYTES);
}

static void address_refused(uint64_t address)
{
	struct attack order = {.kind = ATTACK_READ, .a = {address}};

	if (own_address(address))
		return;
	refused("read", &order, NULL);
	order.kind = ATTACK_WRITE;
	refused("write", &order, NULL);
}

static void addresses_refused(void)
{
	static const uint64_t addresses[] = {0,
					     8,
					     4095,
					     4096,
					     65536,
					     0x400000,
					     IMAGE_STACK_LOW,
					     IMAGE_LOW - 1,
					     IMAGE_HIGH,
					     ZYGOTE_CODE,
					     ZYGOTE_CODE + 4096,
					     ZYGOTE_DATA,
					     ZYGOTE_DATA + 4096,
					     ZYGOTE_GATE - 1,
					     ZYGOTE_GATE + ZYGOTE_GATE_BYTES,
					     IMAGE_REGION_BASE - 1,
					     IMAGE_REGION_BASE + (1ull << 32),
					     0x7ffff7fff000ull,
					     0x7fffffffefffull,
					     0x7ffffffff000ull,
					     0x800000000000ull,
					     0x8000000000000000ull,
					     0xffff888000000000ull,
					     0xffffffff81000000ull,
					     0xffffffffff600000ull,
					     UINT64_MAX};
	static int in_host;
	uint64_t seed = 42;

	next_is_fine("start"); /* how large the region is */
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++)
		address_refused(addresses[i]);
	/* Just behind the region lies a neighbour in the pool, and what it has of this process. */
	address_refused(IMAGE_REGION_BASE + region_bytes);
	address_refused(IMAGE_REGION_BASE + region_bytes + 4096);
	address_refused((uint64_t)(uintptr_t)&in_host);
	address_refused((uint64_t)(uintptr_t)&seed);
	address_refused((uint64_t)(uintptr_t)region_pool_provider(harness_pool())->base);
	for (uint64_t address = 0; address < 3ull << 32; address += 4u << 20)
		address_refused(address + 4096);
	for (int i = 0; i < 1000; i++) {
		seed = seed * 6364136223846793005ull + 1442695040888963407ull;
		address_refused(seed >> 17); /* 47 bits: what a process can have */
	}
}

static void frames_refused(void)
{
	for (uint64_t bytes = 65536; bytes < 1ull << 48; bytes *= 2) {
		const struct attack order = {.kind = ATTACK_FRAME, .a = {bytes}};

		refused("frame", &order, NULL);
	}
	for (uint64_t bytes = 65536; bytes < IMAGE_STACK_TOP - IMAGE_STACK_LOW - 65536;
	     bytes += 8u << 20) {
		const struct attack order = {.kind = ATTACK_FRAME, .a = {bytes}};

		refused("frame", &order, "overflowed");
	}
}

/* ---- Instructions ---- */

static void instructions_refused(void)
{
	const struct attack hypercall = {.kind = ATTACK_INSTRUCTION, .a = {INSTRUCTION_VMCALL}};
	char text[MR_ERROR_BYTES_MAX];

	for (uint64_t i = 0; i < INSTRUCTION_COUNT; i++) {
		const struct attack order = {.kind = ATTACK_INSTRUCTION, .a = {i}};

		if (i != INSTRUCTION_VMCALL)
			refused("instruction", &order, NULL);
	}
	/* Where this machine is itself a guest, its hypervisor says no without a fault. */
	attack_run(&hypercall, text);
	next_is_fine("a hypercall");
}

static void own_memory_refused(void)
{
	const struct attack code = {.kind = ATTACK_WRITE, .a = {IMAGE_LOW}};

	refused("write to its code", &code, "outside its bounds");
	for (uint64_t i = 0; i < 3; i++) {
		const struct attack data = {.kind = ATTACK_OWN_DATA, .a = {i}};

		refused("execution of its data", &data, "outside its bounds");
	}
}

int main(int argc, char **argv)
{
	char missing[MR_ERROR_BYTES_MAX];

	harness_start_with(HARNESS_PAGES);
	backend = argv[1];
	if (!harness_backend_works(backend, argv[2], "attack", missing, sizeof(missing)))
		SKIP("%s: %s", backend, missing);
	attack = (struct harness_function){.code = harness_prepare(backend, argv[2], "attack"),
					   .out = "out",
					   .keyed = true,
					   .memory_base = REGION_MEMORY,
					   .time_limit_ms = 5000};
	instructions_refused();
	own_memory_refused();
	calls_refused();
	calls_meant_refused();
	gate_harmless();
	addresses_refused();
	frames_refused();
	sandbox_release(&attack.code);
	harness_stop();
	return 0;
}
