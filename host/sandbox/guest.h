/*
 * Running a guest: its own stack, its traps, its time limit.
 *
 * A thread that has called sandbox_thread_enter() runs guests one at a time. A guest's code runs on
 * a stack of its own with a guard below it. Whatever stops it early (a trap it calls, a signal, the
 * watchdog) abandons that stack and returns from guest_run() as if the guest had returned.
 */
#ifndef GUEST_H
#define GUEST_H

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "guest_switch.h"
#include "poll_clock.h"
#include "sandbox.h"
#include "sandbox_limits.h"

/* The watchdog's reckoning of a thread's processor time. A run counts from the look before it was
 * first seen: what its thread did before, since then, counts too. */
struct guest_time {
	uint32_t run;      // seen last
	uint64_t cpu_ns;   // of the thread, at the last look
	uint64_t base_ns;  // the same, at the look before this run was first seen
	uint64_t until_ns; // by the clock: this run's deadline is no earlier
};

struct guest_thread {
	struct poll_clock clock; // of its runs: owner thread
	void *host_sp;           // where abandoning a guest returns to; owner thread
	guest_fn fn;             // of the current run
	volatile sig_atomic_t
	    inside;                // on the guest's stack, host_sp is good: owner and its handlers
	atomic_uint run;           // odd while there is a run, one more at each change: owner wo
	atomic_uint condemned;     // the run that is out of time: watchdog wo, handler ro
	_Atomic uint64_t start_ns; // of the current run, by its clock: owner wo, watchdog ro
	_Atomic uint64_t deadline_ns; // the same, were it to have a core alone
	struct guest_time time;       // watchdog's
	clockid_t cpu_clock;          // of the thread
	int tid;
	uint8_t *mapping; // guard, guest stack, guard, signal stack
	size_t mapping_bytes;
	uint8_t *stack; // lowest usable byte of the guest's stack
	stack_t earlier_signal_stack;
	void *scratch; // of a backend, for the run at hand; kept between runs
	size_t scratch_bytes;
	void *machine; // of the backend that runs functions in one, made when first used
	void (*machine_release)(struct guest_thread *thread);
	enum sandbox_outcome stop; // why the current run ended
	int signo;                 // when a signal ended it
	uintptr_t fault;           // and the address it was about
	struct guest_thread *next, *prev;
};

struct guest_report {
	enum sandbox_outcome outcome; // SANDBOX_OK: fn returned
	int32_t status;               // what it returned
	int signo;                    // SANDBOX_CRASHED: the signal
	uintptr_t fault;              // and the address
	uint64_t run_ns;
};

/* The calling thread's state, NULL before sandbox_thread_enter(). */
struct guest_thread *guest_self(void);
/* Memory of that size, aligned to 64 bytes, contents undefined, valid until the next call or the
 * thread leaves. NULL when there is none. */
void *guest_scratch(size_t bytes);
/* Calls fn(context, argument) on the guest's stack. time_limit_ms 0 is MR_TIME_LIMIT_MS_DEFAULT. */
void guest_run(guest_fn fn, void *context, uint32_t argument, uint32_t time_limit_ms,
	       struct guest_report *report);
/* Ends the guest that runs on this thread. Only from inside it. */
_Noreturn void guest_stop(enum sandbox_outcome outcome);

/* Signal handlers, installed and removed by sandbox_runtime_start() and _stop(). 0 or -errno. */
int guest_signals_install(void);
void guest_signals_remove(void);

/* The watchdog: a thread that sends GUEST_SIGNAL to guests that are out of time. */
#define GUEST_SIGNAL SIGURG /* ignored by default, so that a late one harms nobody */
int watchdog_start(void);
void watchdog_stop(void);
void watchdog_add(struct guest_thread *thread);
void watchdog_remove(struct guest_thread *thread);
/* A guest of this thread has just started with that deadline: wakes the watchdog if it would sleep
 * past it. Costs one load otherwise. */
void watchdog_expect(uint64_t deadline_ns);
/* Stops the guests that run now, on all threads, as if they were out of time. */
void watchdog_interrupt(void);
/* How often that was. */
uint64_t watchdog_interrupts(void);

#endif
