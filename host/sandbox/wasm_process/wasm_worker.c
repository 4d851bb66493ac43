/* Wasm worker processes as the host sees them: started, asked for runs, stopped. */
#include "wasm_worker.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend.h"
#include "process_enter.h"
#include "sandbox_counters.h"
#include "time_limit.h"

/* program_embed.S */
extern const uint8_t wasm_worker_file[], wasm_worker_file_end[];

static const struct process_program program = {
    .name = "millrace-wasm",
    .file = wasm_worker_file,
    .file_end = wasm_worker_file_end,
    .fd_count = WASM_WORKER_FREE - WASM_WORKER_MEMORY,
};
_Static_assert(WASM_WORKER_MEMORY == PROCESS_FD_FIRST, "process_enter.h");

static pthread_mutex_t all_lock = PTHREAD_MUTEX_INITIALIZER;
static struct wasm_worker *all; // under all_lock

static void list_add(struct wasm_worker *worker)
{
	pthread_mutex_lock(&all_lock);
	worker->next = all;
	if (all != NULL)
		all->prev = worker;
	all = worker;
	pthread_mutex_unlock(&all_lock);
}

static void list_remove(struct wasm_worker *worker)
{
	pthread_mutex_lock(&all_lock);
	if (worker->prev != NULL)
		worker->prev->next = worker->next;
	else
		all = worker->next;
	if (worker->next != NULL)
		worker->next->prev = worker->prev;
	pthread_mutex_unlock(&all_lock);
}

void wasm_workers_interrupt(void)
{
	pthread_mutex_lock(&all_lock);
	for (struct wasm_worker *w = all; w != NULL; w = w->next)
		atomic_store(&w->condemned, atomic_load(&w->running));
	pthread_mutex_unlock(&all_lock);
}

static long futex(struct wasm_worker *worker, int operation, uint32_t value,
		  const struct timespec *timeout)
{
	return syscall(SYS_futex, &worker->slot->turn, operation, value, timeout, NULL, 0);
}

static uint32_t turn_of(struct wasm_worker *worker)
{
	return atomic_load_explicit(&worker->slot->turn, memory_order_acquire);
}

/* Asleep, until the turn is another, for at most that long; a worker that dies wakes nobody, so the
 * caller looks after it. */
static void turn_sleep(struct wasm_worker *worker, uint32_t turn, uint64_t ns)
{
	const uint64_t most_ns = WASM_WORKER_CHECK_MS * 1000000ull;
	const struct timespec timeout = {.tv_nsec = (long)(ns < most_ns ? ns : most_ns)};

	futex(worker, FUTEX_WAIT, turn, &timeout);
}

/* Has it ended by itself, or been killed? */
static bool ended(struct wasm_worker *worker)
{
	if (worker->pid > 0 && waitpid(worker->pid, NULL, __WALL | WNOHANG) == worker->pid)
		worker->pid = 0;
	return worker->pid == 0;
}

/* ---- Start and stop ---- */

static int memory_make(struct wasm_worker *worker)
{
	uint8_t *base;

	worker->memory_fd = memfd_create("millrace-wasm-window", MFD_CLOEXEC);
	if (worker->memory_fd < 0 ||
	    ftruncate(worker->memory_fd, WASM_SLOT_BYTES + WASM_WORKER_KEEP_BYTES) != 0)
		return -errno;
	base = mmap(NULL, WASM_SLOT_BYTES + WASM_WINDOW_BYTES, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_NORESERVE, worker->memory_fd, 0);
	if (base == MAP_FAILED)
		return -errno;
	worker->slot = (struct wasm_slot *)(void *)base;
	worker->window = base + WASM_SLOT_BYTES;
	worker->window_bytes = WASM_WORKER_KEEP_BYTES;
	return 0;
}

/* In its own words, which may be a stranger's: loading a module may run it. */
static int unfit_describe(const struct wasm_worker *worker, char *error, size_t error_bytes)
{
	struct wasm_slot said;

	region_snapshot(&said, worker->slot, sizeof(said));
	said.text[sizeof(said.text) - 1] = 0;
	return backend_error(error, error_bytes, -ELIBBAD,
			     "a worker process does not take this module: %s: %s", said.text,
			     strerror(said.error < 0 && said.error > -4096 ? -said.error : EIO));
}

/* Until it is confined, and has loaded its module. 0 or -errno, which is none of a process that
 * could not be started. */
static int start_await(struct wasm_worker *worker, char *error, size_t error_bytes)
{
	for (int ms = 0; turn_of(worker) == WASM_STARTING && !ended(worker);
	     ms += WASM_WORKER_CHECK_MS) {
		if (ms > WASM_WORKER_START_MS)
			return backend_error(error, error_bytes, -ETIMEDOUT,
					     "a worker process did not start within %d s",
					     WASM_WORKER_START_MS / 1000);
		turn_sleep(worker, WASM_STARTING, UINT64_MAX);
	}
	switch (turn_of(worker)) {
	case WASM_IDLE:
	case WASM_ASLEEP:
		return 0;
	case WASM_UNFIT:
		return unfit_describe(worker, error, error_bytes);
	default:
		return backend_error(error, error_bytes, -ECHILD,
				     "a worker process ended while it started; it needs 4 GiB of "
				     "address space");
	}
}

static void worker_end(struct wasm_worker *worker)
{
	if (worker->life >= 0)
		close(worker->life);
	worker->life = -1;
	if (worker->pid > 0) {
		kill(worker->pid, SIGKILL);
		waitpid(worker->pid, NULL, __WALL);
	}
	worker->pid = 0;
}

static int worker_enter(struct wasm_worker *worker, int object_fd, bool namespaces, char *error,
			size_t error_bytes)
{
	int pair[2];
	int rc;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return backend_error(error, error_bytes, -errno, "no socket for a worker process");
	worker->life = pair[0];
	atomic_store(&worker->slot->turn, WASM_STARTING);
	worker->slot->namespaces = namespaces;
	worker->pid = process_enter(&program, (const int[]){worker->memory_fd, object_fd, pair[1]},
				    namespaces);
	close(pair[1]);
	if (worker->pid > 0) {
		rc = start_await(worker, error, error_bytes);
	} else {
		rc =
		    backend_error(error, error_bytes, worker->pid,
				  "a worker process cannot be started: %s", strerror(-worker->pid));
		worker->pid = 0;
	}
	if (rc < 0)
		worker_end(worker);
	return rc;
}

static void worker_free(struct wasm_worker *worker)
{
	worker_end(worker);
	if (worker->slot != NULL)
		munmap(worker->slot, WASM_SLOT_BYTES + WASM_WINDOW_BYTES);
	if (worker->memory_fd >= 0)
		close(worker->memory_fd);
	free(worker);
}

static void walls_count(const struct wasm_worker *worker)
{
	sandbox_count(&sandbox_counts.wasm_workers, 1);
	if ((worker->slot->walls & WASM_WORKER_LANDLOCK) == 0)
		sandbox_count(&sandbox_counts.wasm_workers_no_landlock, 1);
	if (!worker->slot->namespaces)
		sandbox_count(&sandbox_counts.wasm_workers_no_namespaces, 1);
}

int wasm_worker_start(int object_fd, struct wasm_worker **started, char *error, size_t error_bytes)
{
	struct wasm_worker *worker = calloc(1, sizeof(*worker));
	int rc;

	if (worker == NULL)
		return backend_error(error, error_bytes, -ENOMEM, "no memory for a worker process");
	worker->life = -1;
	rc = memory_make(worker);
	if (rc < 0) {
		worker_free(worker);
		return backend_error(error, error_bytes, rc,
				     "no memory for a worker process's window: %s", strerror(-rc));
	}
	/* Where namespaces are not for us, or used up, the other walls are to do. */
	rc = worker_enter(worker, object_fd, true, error, error_bytes);
	if (rc == -EPERM || rc == -ENOSPC || rc == -EINVAL || rc == -EUSERS)
		rc = worker_enter(worker, object_fd, false, error, error_bytes);
	if (rc < 0) {
		worker_free(worker);
		return rc;
	}
	walls_count(worker);
	list_add(worker);
	*started = worker;
	return 0;
}

void wasm_worker_stop(struct wasm_worker **worker)
{
	struct wasm_worker *w = *worker;

	*worker = NULL;
	if (w == NULL)
		return;
	list_remove(w);
	worker_free(w);
}

/* ---- Runs ---- */

bool wasm_worker_ready(struct wasm_worker *worker)
{
	const uint32_t turn = turn_of(worker);

	return turn == WASM_IDLE || turn == WASM_ASLEEP;
}

static bool run_begin(struct wasm_worker *worker, const struct wasm_request *request)
{
	uint32_t turn = turn_of(worker);

	worker->slot->request = *request;
	do {
		if (turn != WASM_IDLE && turn != WASM_ASLEEP)
			return false;
	} while (!atomic_compare_exchange_weak(&worker->slot->turn, &turn, WASM_RUN));
	if (turn == WASM_ASLEEP)
		futex(worker, FUTEX_WAKE, INT_MAX, NULL);
	return true;
}

static bool run_goes_on(uint32_t turn)
{
	return turn == WASM_RUN || turn == WASM_AWAITED;
}

/* Looks for a while: falling asleep and waking up takes longer than many functions. The worker may
 * be waiting for this very core. */
static void end_look(struct wasm_worker *worker, struct poll_clock *clock)
{
	const uint64_t until_ns = poll_clock_now_ns(clock) + WASM_WORKER_LOOK_US * 1000ull;

	for (unsigned int look = 1; run_goes_on(turn_of(worker)); look++) {
		__builtin_ia32_pause();
		if (look % WASM_WORKER_LOOKS != 0)
			continue;
		sched_yield();
		if (poll_clock_now_ns(clock) > until_ns)
			return;
	}
}

/* Processor time of the worker, which has had none when it is over. */
static uint64_t cpu_ns(const struct wasm_worker *worker)
{
	struct timespec cpu = {0};
	clockid_t clock;

	if (worker->pid > 0 && clock_getcpuclockid(worker->pid, &clock) == 0)
		clock_gettime(clock, &cpu);
	return (uint64_t)cpu.tv_sec * 1000000000ull + (uint64_t)cpu.tv_nsec;
}

struct worker_time {
	uint64_t start_ns, limit_ns;
	uint64_t earlier_ns; /* processor time of earlier runs, and of this one's first look */
};

static uint64_t run_left_ns(const struct wasm_worker *worker, struct poll_clock *clock,
			    const struct worker_time *time)
{
	const uint64_t elapsed_ns = poll_clock_now_ns(clock) - time->start_ns;
	const uint64_t used_ns =
	    elapsed_ns < time->limit_ns ? 0 : cpu_ns(worker) - time->earlier_ns;

	return time_left_ns(time->limit_ns, used_ns, elapsed_ns);
}

static enum wasm_worker_end end_await(struct wasm_worker *worker, struct poll_clock *clock,
				      struct worker_time *time)
{
	uint32_t turn = WASM_RUN;

	end_look(worker, clock);
	if (turn_of(worker) == WASM_RUN) {
		time->earlier_ns = cpu_ns(worker);
		atomic_compare_exchange_strong(&worker->slot->turn, &turn, WASM_AWAITED);
	}
	for (;;) {
		const uint64_t left_ns = run_left_ns(worker, clock, time);
		bool over;

		turn = turn_of(worker);
		if (!run_goes_on(turn))
			return turn == WASM_IDLE || turn == WASM_ASLEEP ? WASM_WORKER_REPLIED
			       : turn == WASM_LOST                      ? WASM_WORKER_SIGNAL
									: WASM_WORKER_KILLED;
		if (left_ns == 0 || atomic_load(&worker->condemned) == worker->runs)
			return WASM_WORKER_OUT_OF_TIME;
		over = ended(worker);
		if (over && run_goes_on(turn_of(worker)))
			return WASM_WORKER_KILLED;
		if (!over)
			turn_sleep(worker, WASM_AWAITED, left_ns);
	}
}

enum wasm_worker_end wasm_worker_run(struct wasm_worker *worker, const struct wasm_request *request,
				     uint32_t time_limit_ms, struct wasm_reply *reply)
{
	struct poll_clock *clock = &guest_self()->clock;
	struct worker_time time = {.start_ns = poll_clock_now_ns(clock),
				   .limit_ns = time_limit_ms * 1000000ull};
	enum wasm_worker_end end;

	worker->runs++;
	atomic_store(&worker->running, worker->runs);
	if (run_begin(worker, request)) {
		end = end_await(worker, clock, &time);
		region_snapshot(reply, &worker->slot->reply, sizeof(*reply));
	} else {
		end = WASM_WORKER_NOT_BEGUN;
	}
	atomic_store(&worker->running, 0);
	return end;
}
