/* The I/O thread's loop: frames in, disk, workers, scheduler, frames out; then sleep as the port
 * allows. */
#include "node_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#define STOP_NS 1000000000ull /* a stopping node's farewells may take this long */
#define RX_TURNS 8            /* bursts taken before the rest of the loop has its turn */

static bool receive(struct node *node)
{
	struct port_rx frames[MR_PORT_BURST];
	bool worked = false;

	for (int turn = 0; turn < RX_TURNS; turn++) {
		uint32_t count = port_rx(node->port, frames, MR_PORT_BURST);

		for (uint32_t i = 0; i < count; i++) {
			if (fault_strikes(node, node->faults.drop_ppm)) {
				node->fault_drops++;
				continue;
			}
			transport_input(node->transport, node->now_ns, frames[i].data,
					frames[i].bytes);
			/* An offer answered at once can take the payload of this very frame. */
			messages_pump(node);
		}
		port_rx_release(node->port, frames, count);
		worked |= count > 0;
		if (count < MR_PORT_BURST)
			break;
	}
	return worked;
}

/* A payload is good until the transport is called again: what must stay longer is copied. */
static void keep_payload(struct node *node, uint32_t i)
{
	struct transport_frame *frame = &node->frames[i];
	uint8_t *kept = node->kept_payloads + (size_t)i * MR_MTU_MAX;

	if (frame->payload_bytes == 0 || frame->payload == kept)
		return;
	memcpy(kept, frame->payload, frame->payload_bytes);
	frame->payload = kept;
}

/* Takes a burst from the transport. Payloads that lie in a message's body stay until its end is
 * handled, so that only small ones, which may be the transport's own, are copied. */
static bool frames_refill(struct node *node)
{
	if (node->frame_count > 0)
		return true;
	node->frame_first = 0;
	while (node->frame_count < NODE_TX_HELD &&
	       transport_output(node->transport, node->now_ns, &node->frames[node->frame_count])) {
		if (node->frames[node->frame_count].payload_bytes <= TRANSPORT_OWN_PAYLOAD_MAX)
			keep_payload(node, node->frame_count);
		node->frame_count++;
	}
	return node->frame_count > 0;
}

/* Frames that wait for the port keep their turn; the bodies they point into may go meanwhile. */
static void keep_payloads(struct node *node)
{
	for (uint32_t i = 0; i < node->frame_count; i++)
		keep_payload(node, node->frame_first + i);
}

static bool send_frames(struct node *node)
{
	bool worked = false;

	while (frames_refill(node)) {
		struct port_tx burst[NODE_TX_HELD];
		uint32_t sent;

		for (uint32_t i = 0; i < node->frame_count; i++) {
			const struct transport_frame *frame = &node->frames[node->frame_first + i];

			burst[i].pieces[0] = (struct port_piece){frame->head, frame->head_bytes};
			burst[i].pieces[1] =
			    (struct port_piece){frame->payload, frame->payload_bytes};
			burst[i].piece_count = frame->payload_bytes > 0 ? 2 : 1;
		}
		sent = port_tx(node->port, burst, node->frame_count);
		node->frame_first += sent;
		node->frame_count -= sent;
		worked |= sent > 0;
		if (node->frame_count > 0) { /* the port is full */
			keep_payloads(node);
			break;
		}
	}
	return worked;
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

static bool turn(struct node *node)
{
	bool worked = receive(node);

	worked |= io_poll(node->io) > 0;
	worked |= workers_reap(&node->workers) > 0;
	worked |= run_commands(node);
	if (transport_deadline(node->transport) <= node->now_ns)
		transport_tick(node->transport, node->now_ns);
	worked |= messages_pump(node);
	worked |= messages_retry_offers(node);
	worked |= runs_retry(node);
	worked |= run_jobs(node);
	worked |= memory_pump(node);
	io_poll(node->io);
	worked |= send_frames(node);
	status_publish(node, false);
	return worked;
}

bool node_step(struct node *node, uint64_t now_ns)
{
	bool worked;

	node->now_ns = now_ns;
	worked = turn(node);
	/* Virtual time stands still while a disk works: what follows does not depend on its speed.
	 */
	while (io_in_flight(node->io) > 0)
		worked |= io_wait(node->io) > 0;
	return worked;
}

uint64_t node_deadline(const struct node *node)
{
	uint64_t deadline = transport_deadline(node->transport);

	if ((node->stopping || !TAILQ_EMPTY(&node->jobs)) &&
	    node->published_ns + 100000000ull < deadline)
		deadline = node->published_ns + 100000000ull;
	return deadline;
}

static uint64_t clock_ns(void)
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

static void sleep_until_work(struct node *node, uint32_t sleep_us)
{
	uint64_t deadline = node_deadline(node);
	struct epoll_event events[4];
	struct timespec timeout;
	struct timespec *wait = NULL;
	int count;

	if (node->port->wake_fd >= 0 && port_arm(node->port))
		return;
	if (sleep_us != UINT32_MAX || deadline != UINT64_MAX) {
		uint64_t ns = sleep_us != UINT32_MAX ? sleep_us * 1000ull : UINT64_MAX;

		if (deadline <= node->now_ns)
			return;
		if (deadline != UINT64_MAX && deadline - node->now_ns < ns)
			ns = deadline - node->now_ns;
		timeout.tv_sec = (time_t)(ns / 1000000000ull);
		timeout.tv_nsec = (long)(ns % 1000000000ull);
		wait = &timeout;
	}
	count = epoll_pwait2(node->epoll_fd, events, 4, wait, NULL);
	for (int i = 0; i < count; i++)
		if (events[i].data.fd == node->wake_fd)
			drain(node->wake_fd); /* port and disk clear their own */
}

void *node_main(void *argument)
{
	struct node *node = argument;

	for (;;) {
		bool worked;
		uint32_t sleep_us;

		node->now_ns = clock_ns();
		worked = turn(node);
		if (stopped(node))
			break;
		if (worked && node->poll_sleepy)
			continue;
		sleep_us =
		    port_poll_next(&node->poll, worked, node->port->wake_fd >= 0, node->now_ns);
		if (sleep_us == 0 && node->poll_sleepy && !node->poll_always)
			sleep_us = node->port->wake_fd >= 0 ? UINT32_MAX : 50;
		if (node->frame_count > 0 && sleep_us > 50)
			sleep_us = 50; /* frames wait for the port to have room */
		if (sleep_us > 0)
			sleep_until_work(node, sleep_us);
	}
	return NULL;
}

void node_wind_down(struct node *node)
{
	do {
		node_step(node, node->now_ns + STOP_NS / 10);
	} while (!stopped(node));
}
