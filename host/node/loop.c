/* The I/O thread's loop: frames in, disk, workers, scheduler, frames out; then sleep as the port
 * allows. */
#include "node_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "poll_clock.h"

#define LENT_AWAITED_US 500   /* between looks whether lent memory has come back */
#define STOP_NS 1000000000ull /* a stopping node's farewells may take this long */

static void pump(void *opaque)
{
	messages_pump(opaque);
}

static void stop_jobs(struct node *node)
{
	struct job *job;

	node->stopping = true;
	node->stop_deadline_ns = node->now_ns + STOP_NS;
	TAILQ_FOREACH (job, &node->jobs, link) {
		job_fail(job, "node %u is being stopped", node->id);
		if (job->lead == NULL)
			job_end(job);
	}
}

/* Peers have been told, or have had their time to listen. */
static bool stopped(struct node *node)
{
	struct job *job;

	if (!node->stopping)
		return false;
	if (node->now_ns >= node->stop_deadline_ns)
		TAILQ_FOREACH (job, &node->jobs, link)
			if (job->lead != NULL)
				job->lead->waiting = 0;
	return TAILQ_EMPTY(&node->jobs) && node->workers.outstanding == 0 &&
	       (node->now_ns >= node->stop_deadline_ns ||
		(node->sends_in_flight == 0 && node->unsent_count == 0));
}

static bool run_commands(struct node *node)
{
	struct command_queue commands = STAILQ_HEAD_INITIALIZER(commands);
	struct command *command;
	bool worked = false;

	pthread_mutex_lock(&node->lock);
	STAILQ_CONCAT(&commands, &node->commands);
	pthread_mutex_unlock(&node->lock);
	while ((command = STAILQ_FIRST(&commands)) != NULL) {
		struct job *job;

		STAILQ_REMOVE_HEAD(&commands, link);
		if (command->kind == COMMAND_SUBMIT) {
			TAILQ_INSERT_TAIL(&node->jobs, command->job, link);
			lead_begin(command->job);
		} else if (command->kind == COMMAND_CANCEL) {
			job = job_find(node, command->id);
			if (job != NULL && job->lead != NULL)
				lead_fail(job, "cancelled");
		} else {
			stop_jobs(node);
		}
		free(command);
		worked = true;
	}
	return worked;
}

static bool run_jobs(struct node *node)
{
	struct job *job;
	bool worked = false;

	TAILQ_FOREACH (job, &node->jobs, link) {
		worked |= job_advance(job);
		if (job->lead != NULL)
			lead_tick(job);
	}
	return jobs_sweep(node) || worked;
}

static bool receive(struct node *node)
{
	const struct link_user user = {pump, node};
	bool received = link_receive(node->path.link, node->now_ns, &user);

	/* A doorbell wakes us: how long that took nobody knows. */
	if (received && node->path.port->wake_fd < 0)
		histogram_add(&node->histograms.frame_wait_ns, node->now_ns - node->looked_ns);
	node->looked_ns = node->now_ns;
	return received;
}

static bool disk(struct node *node)
{
	bool worked = io_poll(node->io) > 0;

	/* Virtual time stands still while a disk works: what follows does not depend on its speed.
	 */
	while (node->simulated && io_in_flight(node->io) > 0)
		worked |= io_wait(node->io) > 0;
	return worked;
}

static bool turn(struct node *node)
{
	bool worked = receive(node);

	worked |= disk(node);
	worked |= workers_reap(&node->workers) > 0;
	worked |= run_commands(node);
	if (link_deadline(node->path.link) <= node->now_ns)
		link_tick(node->path.link, node->now_ns);
	worked |= messages_pump(node);
	worked |= handover_pump(node);
	worked |= messages_retry_offers(node);
	worked |= runs_retry(node);
	worked |= run_jobs(node);
	if (node->control.on && node->now_ns >= node->control.next_ns)
		control_tick(node);
	slices_tick(node);
	watch_update(node);
	admission_update(node);
	worked |= memory_pump(node);
	worked |= disk(node);
	handover_flush(node);
	worked |= link_send(node->path.link, node->now_ns);
	node->unpublished |= worked;
	status_publish(node, false);
	return worked;
}

bool node_step(struct node *node, uint64_t now_ns)
{
	node->now_ns = now_ns;
	return turn(node);
}

uint64_t node_deadline(const struct node *node)
{
	uint64_t deadline = link_deadline(node->path.link);

	if (node->handover.rendezvous != NULL &&
	    rendezvous_deadline(node->handover.rendezvous) < deadline)
		deadline = rendezvous_deadline(node->handover.rendezvous);
	/* Only while there is something to move cores for. */
	if (node->control.on && !TAILQ_EMPTY(&node->jobs) && node->control.next_ns < deadline)
		deadline = node->control.next_ns;
	if (node->slices.next_ns != 0 && node->slices.next_ns < deadline)
		deadline = node->slices.next_ns;
	/* What was done last is published too, before a node sleeps for long. */
	if ((node->stopping || node->unpublished || !TAILQ_EMPTY(&node->jobs)) &&
	    node->published_ns + 100000000ull < deadline)
		deadline = node->published_ns + 100000000ull;
	return deadline;
}

uint64_t node_clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

static void drain(int fd)
{
	uint64_t count;

	if (read(fd, &count, sizeof(count)) < 0)
		return; /* nothing was there */
}

/* Until something rings, for ns at most; UINT64_MAX: for as long as it takes. True when it rang. */
static bool doze(struct node *node, uint64_t ns)
{
	const struct timespec timeout = {.tv_sec = (time_t)(ns / 1000000000ull),
					 .tv_nsec = (long)(ns % 1000000000ull)};
	struct epoll_event events[4];
	const bool work = io_cores_arm(node);
	int count = 0;

	if (!work)
		count = epoll_pwait2(node->epoll_fd, events, 4, ns != UINT64_MAX ? &timeout : NULL,
				     NULL);
	io_cores_disarm(node);
	for (int i = 0; i < count; i++)
		if (events[i].data.fd == node->wake_fd)
			drain(node->wake_fd); /* port and disk clear their own */
	return work || count != 0;
}

/* True when frames have come in meanwhile. */
static bool sleep_until_work(struct node *node, struct poll_clock *clock, uint32_t sleep_us)
{
	const uint64_t sleep_ns = sleep_us != UINT32_MAX ? sleep_us * 1000ull : UINT64_MAX;
	const uint64_t deadline = node_deadline(node);

	if (port_arm(node->path.port) || handover_arm(node))
		return false;
	do {
		const uint64_t left = deadline - node->now_ns;

		if (deadline <= node->now_ns)
			return false;
		if (doze(node, deadline == UINT64_MAX || sleep_ns < left ? sleep_ns : left))
			return false;
		if (sleep_us != MR_POLL_SLEEP_US_IDLE)
			return false;
		/* All but the port would have rung, or is not due yet: it alone is looked at. */
		node->now_ns = poll_clock_now_ns(clock);
	} while (!receive(node));
	return true;
}

/* Memory that peers give back rings no bell. */
static bool lent_awaited(const struct node *node)
{
	return (!TAILQ_EMPTY(&node->waiting) || !TAILQ_EMPTY(&node->unaccepted)) &&
	       handover_lent_bytes(node) > 0;
}

void *node_main(void *argument)
{
	struct node *node = argument;
	struct poll_clock clock;
	bool worked = false, received = false;

	poll_clock_init(&clock);
	for (;;) {
		const uint64_t before_ns = node->now_ns;
		uint32_t sleep_us;

		node->now_ns = poll_clock_now_ns(&clock);
		if (worked) /* then it did not sleep */
			node->control.own_busy_ns += node->now_ns - before_ns;
		worked = turn(node) || received;
		received = false;
		if (stopped(node))
			break;
		sleep_us = port_poll_next(&node->poll, worked, node->path.port->wake_fd >= 0,
					  node->now_ns);
		if (lent_awaited(node) && sleep_us > LENT_AWAITED_US)
			sleep_us = LENT_AWAITED_US;
		if (link_blocked(node->path.link) && sleep_us > 50)
			sleep_us = 50; /* frames wait for the port to have room */
		if (sleep_us > 0)
			received = sleep_until_work(node, &clock, sleep_us);
	}
	return NULL;
}

void node_wind_down(struct node *node)
{
	do {
		node_step(node, node->now_ns + STOP_NS / 10);
	} while (!stopped(node));
}
