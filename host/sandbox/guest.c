/* Running a guest on its own stack, and coming back from it however it ends. */
#include "guest.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest_switch.h"

/* Read by signal handlers: the initial-exec model keeps its access free of allocation. */
static __thread struct guest_thread *self __attribute__((tls_model("initial-exec")));

struct guest_thread *guest_self(void)
{
	return self;
}

static int stacks_map(struct guest_thread *thread)
{
	const size_t bytes =
	    2 * SANDBOX_GUARD_BYTES + SANDBOX_STACK_BYTES + SANDBOX_SIGNAL_STACK_BYTES;
	uint8_t *base = mmap(NULL, bytes, PROT_NONE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
	uint8_t *signal_stack;
	int rc = 0;

	if (base == MAP_FAILED)
		return -errno;
	thread->mapping = base;
	thread->mapping_bytes = bytes;
	thread->stack = base + SANDBOX_GUARD_BYTES;
	signal_stack = thread->stack + SANDBOX_STACK_BYTES + SANDBOX_GUARD_BYTES;
	if (mprotect(thread->stack, SANDBOX_STACK_BYTES, PROT_READ | PROT_WRITE) != 0 ||
	    mprotect(signal_stack, SANDBOX_SIGNAL_STACK_BYTES, PROT_READ | PROT_WRITE) != 0) {
		rc = -errno;
		goto err_unmap;
	}
	const stack_t ss = {.ss_sp = signal_stack, .ss_size = SANDBOX_SIGNAL_STACK_BYTES};

	if (sigaltstack(&ss, &thread->earlier_signal_stack) != 0) {
		rc = -errno;
		goto err_unmap;
	}
	return 0;
err_unmap:
	munmap(base, bytes);
	return rc;
}

int sandbox_thread_enter(void)
{
	struct guest_thread *thread;
	int rc;

	if (self != NULL)
		return -EALREADY;
	thread = calloc(1, sizeof(*thread));
	if (thread == NULL)
		return -ENOMEM;
	rc = stacks_map(thread);
	if (rc < 0) {
		free(thread);
		return rc;
	}
	poll_clock_init(&thread->clock);
	thread->tid = gettid();
	thread->cpu_clock = CLOCK_THREAD_CPUTIME_ID; /* of whom it is asked for: none, here */
	pthread_getcpuclockid(pthread_self(), &thread->cpu_clock);
	self = thread;
	watchdog_add(thread);
	return 0;
}

void sandbox_thread_leave(void)
{
	struct guest_thread *thread = self;

	if (thread == NULL)
		return;
	watchdog_remove(thread);
	self = NULL;
	sigaltstack(&thread->earlier_signal_stack, NULL);
	munmap(thread->mapping, thread->mapping_bytes);
	if (thread->machine != NULL)
		thread->machine_release(thread);
	free(thread->scratch);
	free(thread);
}

void *guest_scratch(size_t bytes)
{
	bytes = (bytes + 63) & ~(size_t)63;
	if (bytes > self->scratch_bytes) {
		free(self->scratch);
		self->scratch = aligned_alloc(64, bytes);
		self->scratch_bytes = self->scratch != NULL ? bytes : 0;
	}
	return self->scratch;
}

/* What runs on a stack that is then dropped, or in a signal handler that does not return:
 * sanitizers would leave marks of such frames behind. */
#if defined(__clang__)
#define GUEST_SIDE __attribute__((noinline, disable_sanitizer_instrumentation))
#else
#define GUEST_SIDE __attribute__((noinline, no_sanitize("address", "thread", "undefined")))
#endif

/* First on the guest's stack: a run may be abandoned from here on, and no longer. */
GUEST_SIDE static int32_t guest_main(void *context, uint32_t argument)
{
	int32_t status;

	self->inside = 1;
	status = self->fn(context, argument);
	self->inside = 0;
	return status;
}

void guest_run(guest_fn fn, void *context, uint32_t argument, uint32_t time_limit_ms,
	       struct guest_report *report)
{
	struct guest_thread *thread = self;
	const uint64_t start_ns = poll_clock_now_ns(&thread->clock);
	const uint32_t run = atomic_load_explicit(&thread->run, memory_order_relaxed);
	uint64_t deadline_ns;

	assert((run & 1) == 0);
	if (time_limit_ms == 0)
		time_limit_ms = MR_TIME_LIMIT_MS_DEFAULT;
	deadline_ns = start_ns + time_limit_ms * 1000000ull;
	thread->stop = SANDBOX_OK;
	thread->fn = fn;
	atomic_store_explicit(&thread->start_ns, start_ns, memory_order_relaxed);
	atomic_store_explicit(&thread->deadline_ns, deadline_ns, memory_order_relaxed);
	atomic_store(&thread->run, run + 1);
	watchdog_expect(deadline_ns);
	report->status = guest_switch(&thread->host_sp, thread->stack + SANDBOX_STACK_BYTES,
				      guest_main, context, argument);
	atomic_store_explicit(&thread->run, run + 2, memory_order_release);
	report->outcome = thread->stop;
	report->signo = thread->signo;
	report->fault = thread->fault;
	report->run_ns = poll_clock_now_ns(&thread->clock) - start_ns;
}

GUEST_SIDE static _Noreturn void run_end(struct guest_thread *thread, enum sandbox_outcome outcome)
{
	thread->stop = outcome;
	thread->inside = 0;
	guest_abandon(thread->host_sp);
}

GUEST_SIDE void guest_stop(enum sandbox_outcome outcome)
{
	run_end(self, outcome);
}

static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, GUEST_SIGNAL};
#define SIGNAL_COUNT (sizeof(signals) / sizeof(signals[0]))
static struct sigaction earlier[SIGNAL_COUNT];

GUEST_SIDE static void signal_chain(int signo, siginfo_t *info, void *context)
{
	const struct sigaction *action = earlier;

	for (size_t i = 0; i < SIGNAL_COUNT; i++)
		if (signals[i] == signo)
			action = &earlier[i];
	if (signo == GUEST_SIGNAL && (action->sa_flags & SA_SIGINFO) == 0 &&
	    (action->sa_handler == SIG_DFL || action->sa_handler == SIG_IGN))
		return;
	if ((action->sa_flags & SA_SIGINFO) != 0) {
		action->sa_sigaction(signo, info, context);
	} else if (action->sa_handler == SIG_DFL || action->sa_handler == SIG_IGN) {
		/* A fault happens again on return, and then takes its default course. */
		sigaction(signo, action, NULL);
		if (info->si_code <= 0 && action->sa_handler == SIG_DFL)
			raise(signo);
	} else {
		action->sa_handler(signo);
	}
}

GUEST_SIDE static void signal_handle(int signo, siginfo_t *info, void *context)
{
	struct guest_thread *thread = self;

	if (thread == NULL)
		goto chain;
	if (signo == GUEST_SIGNAL) {
		if (thread->inside && atomic_load(&thread->condemned) == atomic_load(&thread->run))
			run_end(thread, SANDBOX_TIME_LIMIT);
		if (info->si_code == SI_TKILL && info->si_pid == getpid())
			return; /* ours, but early or late: it comes again if need be */
		goto chain;
	}
	/* si_code > 0: the kernel speaks of what this thread did. abort() sends to itself. */
	if (!thread->inside ||
	    (info->si_code <= 0 &&
	     (signo != SIGABRT || info->si_code != SI_TKILL || info->si_pid != getpid())))
		goto chain;
	thread->signo = signo;
	thread->fault = info->si_code > 0 ? (uintptr_t)info->si_addr : 0;
	if (signo == SIGSEGV && thread->fault >= (uintptr_t)thread->mapping &&
	    thread->fault < (uintptr_t)thread->stack)
		run_end(thread, SANDBOX_STACK_OVERFLOW);
	run_end(thread, SANDBOX_CRASHED);
chain:
	signal_chain(signo, info, context);
}

int guest_signals_install(void)
{
	struct sigaction action = {.sa_sigaction = signal_handle,
				   .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER | SA_RESTART};

	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < SIGNAL_COUNT; i++) {
		if (sigaction(signals[i], &action, &earlier[i]) != 0) {
			int rc = -errno;

			while (i-- > 0)
				sigaction(signals[i], &earlier[i], NULL);
			return rc;
		}
	}
	return 0;
}

void guest_signals_remove(void)
{
	for (size_t i = 0; i < SIGNAL_COUNT; i++) {
		struct sigaction now;

		/* Leave alone what somebody installed after us. */
		if (sigaction(signals[i], NULL, &now) == 0 && now.sa_sigaction == signal_handle)
			sigaction(signals[i], &earlier[i], NULL);
	}
}
