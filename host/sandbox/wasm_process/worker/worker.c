/*
 * The worker: a process that has the code of one wasm module, made native, and one window of
 * memory, in which it runs that module's function whenever it is its turn. It has nothing else, and
 * can ask the kernel for nothing but to wait, to wake the host, and to end.
 *
 * A trap ends the function. A signal ends the function and the worker: it has told the host why.
 */
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "guest_switch.h"
#include "sandbox_limits.h"
#include "wasm_module.h"
#include "wasm_worker_protocol.h"
#include "worker_confine.h"

static struct wasm_slot *slot;
static uint8_t *window;
static const struct mr_guest_module *module;
static uint8_t *block; // of the instance: struct mr_guest and what belongs to it
static uint8_t *stack; // of the function; a guard below it
static bool loading;   // the module, by the dynamic loader
static void *host_sp;  // where a trap returns to
static uint32_t trap;  // why

static long futex(int operation, uint32_t value, const struct timespec *timeout)
{
	return syscall(SYS_futex, &slot->turn, operation, value, timeout, NULL, 0);
}

static void turn_give(uint32_t turn)
{
	const uint32_t before = atomic_exchange(&slot->turn, turn);

	if (before == WASM_AWAITED || before == WASM_STARTING)
		futex(FUTEX_WAKE, INT_MAX, NULL);
}

static _Noreturn void end(void)
{
	for (;;)
		syscall(SYS_exit_group, 0);
}

static _Noreturn void unfit(int error, const char *text)
{
	slot->error = error;
	snprintf(slot->text, sizeof(slot->text), "%s", text);
	turn_give(WASM_UNFIT);
	end();
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static bool turn_ours(void)
{
	const uint32_t turn = atomic_load_explicit(&slot->turn, memory_order_acquire);

	return turn == WASM_RUN || turn == WASM_AWAITED;
}

/* Looks for a while: a request mostly comes soon, and waking up takes longer than many functions.
 * The host may be waiting for this very core. */
static bool turn_look(void)
{
	const uint64_t until_ns = now_ns() + WASM_WORKER_LOOK_US * 1000ull;

	for (unsigned int look = 1; !turn_ours(); look++) {
		__builtin_ia32_pause();
		if (look % WASM_WORKER_LOOKS != 0)
			continue;
		syscall(SYS_sched_yield);
		if (now_ns() > until_ns)
			return false;
	}
	return true;
}

/* Until it is our turn; ends the worker when that takes too long. */
static void turn_await(void)
{
	static const struct timespec idle = {.tv_sec = WASM_WORKER_IDLE_S};
	uint32_t turn = WASM_IDLE;

	if (turn_look() || !atomic_compare_exchange_strong(&slot->turn, &turn, WASM_ASLEEP))
		return;
	while (!turn_ours()) {
		turn = WASM_ASLEEP;
		if (futex(FUTEX_WAIT, WASM_ASLEEP, &idle) != 0 && errno == ETIMEDOUT &&
		    atomic_compare_exchange_strong(&slot->turn, &turn, WASM_GONE))
			end();
	}
}

/* What the function calls, on its own stack, when it traps. */
static _Noreturn void trap_take(int number)
{
	trap = (uint32_t)number;
	guest_abandon(host_sp);
}

static void function_run(void)
{
	const struct wasm_request request = slot->request;
	struct mr_guest *guest = (struct mr_guest *)(void *)block;
	struct wasm_reply reply = {.end = WASM_RETURNED};

	guest->memory = window;
	guest->memory_bytes = request.bytes;
	guest->tables = block + module->tables_off;
	guest->tables_end = block + module->block_bytes;
	trap = MR_TRAP_NONE;
	reply.status = guest_switch(&host_sp, stack + SANDBOX_STACK_BYTES, module->run, block,
				    request.header_off);
	if (trap != MR_TRAP_NONE) {
		reply.end = WASM_TRAPPED;
		reply.trap = trap;
		/* That stack lies at the bottom of memory: past its end is out of bounds. */
		reply.overflowed = trap == MR_TRAP_OUT_OF_BOUNDS && request.stack_top != 0 &&
				   module->stack_pointer(block) > request.stack_top;
	}
	slot->reply = reply;
}

/* What the loader asks for by path: there is one file, and it is open; program and libraries are
 * here already. Other workers read it too, by the same descriptor: the position is our own. */
static bool loader_answer(const siginfo_t *info, greg_t *registers)
{
	static bool given;
	static off_t position;
	long rc;

	switch (info->si_syscall) {
	case SYS_openat:
		rc = given ? -ENOENT : WASM_WORKER_OBJECT;
		given = true;
		break;
	case SYS_newfstatat:
		rc = syscall(SYS_fstat, registers[REG_RDI], registers[REG_RDX]);
		break;
	case SYS_read:
		rc = syscall(SYS_pread64, registers[REG_RDI], registers[REG_RSI],
			     registers[REG_RDX], position);
		position += rc > 0 ? rc : 0;
		break;
	default:
		return false;
	}
	registers[REG_RAX] = rc != -1 ? rc : -errno;
	return true;
}

static void fault_take(int signo, siginfo_t *info, void *context)
{
	const uintptr_t address = (uintptr_t)info->si_addr;
	const uintptr_t low = (uintptr_t)stack;

	if (signo == SIGSYS && loading &&
	    loader_answer(info, ((ucontext_t *)context)->uc_mcontext.gregs))
		return;
	if (signo == SIGIO || !turn_ours())
		end(); /* the host's end */
	slot->reply = (struct wasm_reply){
	    .signal = (uint32_t)signo,
	    .call = signo == SIGSYS ? (uint32_t)info->si_syscall : 0,
	    .address = address,
	    .overflowed = signo == SIGSEGV && address < low && address >= low - SANDBOX_GUARD_BYTES,
	};
	turn_give(WASM_LOST);
	end();
}

static int signals_set(void)
{
	static const int signals[] = {SIGSEGV, SIGBUS,  SIGFPE, SIGILL,
				      SIGTRAP, SIGABRT, SIGSYS, SIGIO};
	struct sigaction action = {.sa_sigaction = fault_take, .sa_flags = SA_SIGINFO | SA_ONSTACK};

	sigfillset(&action.sa_mask);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (sigaction(signals[i], &action, NULL) != 0)
			return -errno;
	/* All are blocked from before this process was. */
	sigemptyset(&action.sa_mask);
	return sigprocmask(SIG_SETMASK, &action.sa_mask, NULL) == 0 ? 0 : -errno;
}

/* The function's stack, and above it the one for signals, each with a guard below. */
static int stacks_map(void)
{
	const size_t bytes =
	    2 * SANDBOX_GUARD_BYTES + SANDBOX_STACK_BYTES + SANDBOX_SIGNAL_STACK_BYTES;
	uint8_t *base = mmap(NULL, bytes, PROT_NONE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
	stack_t signal_stack = {.ss_size = SANDBOX_SIGNAL_STACK_BYTES};

	if (base == MAP_FAILED)
		return -errno;
	stack = base + SANDBOX_GUARD_BYTES;
	signal_stack.ss_sp = stack + SANDBOX_STACK_BYTES + SANDBOX_GUARD_BYTES;
	if (mprotect(stack, SANDBOX_STACK_BYTES, PROT_READ | PROT_WRITE) != 0 ||
	    mprotect(signal_stack.ss_sp, signal_stack.ss_size, PROT_READ | PROT_WRITE) != 0 ||
	    sigaltstack(&signal_stack, NULL) != 0)
		return -errno;
	return 0;
}

static void memory_map(void)
{
	uint8_t *base = mmap(NULL, WASM_SLOT_BYTES + WASM_WINDOW_BYTES, PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_NORESERVE, WASM_WORKER_MEMORY, 0);

	if (base == MAP_FAILED)
		exit(1); /* there is nowhere to say it */
	slot = (struct wasm_slot *)(void *)base;
	window = base + WASM_SLOT_BYTES;
}

static void module_load(void)
{
	void *handle;

	loading = true;
	handle = dlopen("/module", RTLD_NOW | RTLD_LOCAL);
	loading = false;
	if (handle == NULL)
		unfit(-ELIBBAD, dlerror());
	module = dlsym(handle, "mr_guest_module");
	if (module == NULL || module->abi != MR_GUEST_ABI)
		unfit(-ELIBBAD, "it is not what this version makes");
	block = mmap(NULL, module->block_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		     -1, 0);
	if (block == MAP_FAILED)
		unfit(-errno, "an instance");
	module->load(trap_take);
}

int main(void)
{
	int rc;

	memory_map();
	rc = stacks_map();
	if (rc == 0)
		rc = signals_set();
	if (rc == 0)
		rc = worker_end_with(WASM_WORKER_LIFE);
	close(WASM_WORKER_MEMORY);
	if (rc == 0)
		rc = worker_confine(slot->namespaces != 0, &slot->walls);
	if (rc < 0)
		unfit(rc, "it cannot be confined");
	module_load();
	rc = worker_filter_install();
	if (rc < 0)
		unfit(rc, "it cannot be confined");
	for (;;) {
		turn_give(WASM_IDLE);
		turn_await();
		function_run();
	}
}
