/* The thread of one I/O core: requests in, frames, events out; then sleep as the port allows. */
#include "io_core.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "node_internal.h"
#include "poll_clock.h"

#define PUBLISH_NS 100000000ull /* between publications of metrics, as the node's */
#define PUBLISH_US (PUBLISH_NS / 1000)
#define BEHIND_US 50 /* between tries, when somebody else must make room first */

/* --- Events ---------------------------------------------------------------------------------- */

static void event_fill(struct core_event *to, const struct transport_event *from)
{
	*to = (struct core_event){
	    .kind = CORE_TRANSPORT,
	    .cookie = from->cookie,
	    .what = from->kind,
	    .reason = from->reason,
	    .node = from->node,
	    .head_bytes = from->head_bytes,
	    .code = from->code,
	    .offer = from->offer,
	    .body_bytes = from->body_bytes,
	    .incarnation = from->incarnation,
	};
	if (from->head_bytes == sizeof(to->head))
		memcpy(&to->head, from->head, sizeof(to->head));
}

static void event_publish(struct io_core *core)
{
	core_ring_publish(&core->events);
	io_cores_ring_node(core->node);
}

/* Accepts an offer on the spot; the node's thread need not wake to hear of it. */
static bool offer_accept(struct io_core *core, const struct transport_event *event,
			 struct core_event *slot)
{
	struct incoming *in = admission_take(core->node, core->number, event);
	int rc;

	if (in == NULL)
		return false;
	rc = transport_accept(core->path.transport, core->now_ns, event->offer, in->region->base,
			      (uint64_t)(uintptr_t)in);
	assert(rc == 0 && "an offer just shown is there");
	(void)rc;
	*slot = (struct core_event){.kind = CORE_ACCEPTED, .cookie = (uint64_t)(uintptr_t)in};
	core_ring_publish(&core->events);
	return true;
}

static bool events_pump(struct io_core *core)
{
	struct transport_event event;
	struct core_event *slot;
	bool worked = false;

	while ((slot = core_ring_claim(&core->events)) != NULL &&
	       transport_event(core->path.transport, &event)) {
		worked = true;
		if (event.body != NULL)
			continue; /* a small message: no peer of ours sends one here */
		if (event.kind == TRANSPORT_OFFER && offer_accept(core, &event, slot))
			continue;
		event_fill(slot, &event);
		event_publish(core);
	}
	core->behind = slot == NULL;
	return worked;
}

static void pump(void *opaque)
{
	events_pump(opaque);
}

/* --- Requests -------------------------------------------------------------------------------- */

static int request_run(struct io_core *core, const struct core_request *request)
{
	struct transport *transport = core->path.transport;

	switch (request->kind) {
	case CORE_SEND:
		return transport_send(transport, core->now_ns, request->peer, MESSAGE_FLOW_DATA,
				      &request->head, sizeof(request->head), request->region->base,
				      request->region->bytes, request->region, request->cookie);
	case CORE_ACCEPT:
		return transport_accept(transport, core->now_ns, request->offer, request->body,
					request->cookie);
	case CORE_REJECT:
		transport_reject(transport, core->now_ns, request->offer, request->code);
		return 0;
	}
	return -EINVAL;
}

static enum core_event_kind refusal_kind(const struct core_request *request, int rc)
{
	if (request->kind == CORE_ACCEPT)
		return CORE_UNACCEPTED;
	return rc == -EAGAIN ? CORE_AGAIN : CORE_UNSENDABLE;
}

/* A request is taken only where there is room to say what became of it. */
static bool requests_take(struct io_core *core)
{
	const struct core_request *request;
	struct core_event *slot;
	bool worked = false;

	while ((slot = core_ring_claim(&core->events)) != NULL &&
	       (request = core_ring_front(&core->requests)) != NULL) {
		int rc = request_run(core, request);

		if (rc != 0) {
			*slot = (struct core_event){.kind = refusal_kind(request, rc),
						    .rc = rc,
						    .cookie = request->cookie,
						    .node = request->peer};
			event_publish(core);
		}
		core_ring_pop(&core->requests);
		worked = true;
	}
	return worked;
}

struct core_request *io_core_claim(struct io_core *core)
{
	return core_ring_claim(&core->requests);
}

static void ring(int fd)
{
	static const uint64_t one = 1;
	/* Fails only if 2^64 - 2 rings were never read, and then the reader wakes anyway. */
	ssize_t written = write(fd, &one, sizeof(one));

	(void)written;
}

static void core_wake(struct io_core *core)
{
	if (atomic_load_explicit(&core->asleep, memory_order_seq_cst) &&
	    atomic_exchange_explicit(&core->asleep, false, memory_order_seq_cst))
		ring(core->wake_fd);
}

void io_core_submit(struct io_core *core)
{
	core_ring_publish(&core->requests);
	core_wake(core);
}

/* --- Metrics --------------------------------------------------------------------------------- */

static void peers_publish(struct io_core *core)
{
	for (uint32_t peer = 0; peer < core->node->nodes; peer++)
		if (transport_peer_stats(core->path.transport, peer, &core->shown.peers[peer]) != 0)
			core->shown.peers[peer].ip = 0;
}

static void core_publish(struct io_core *core)
{
	core->published_ns = core->now_ns;
	core->unpublished = false;
	pthread_mutex_lock(&core->lock);
	packet_path_metrics(&core->path, &core->shown.metrics);
	core->shown.messages = *transport_histograms(core->path.transport);
	core->shown.frame_wait_ns = core->frame_wait_ns;
	peers_publish(core);
	pthread_mutex_unlock(&core->lock);
}

/* --- The loop -------------------------------------------------------------------------------- */

static bool receive(struct io_core *core)
{
	const struct link_user user = {pump, core};
	bool received = link_receive(core->path.link, core->now_ns, &user);

	if (received && core->path.port->wake_fd < 0)
		histogram_add(&core->frame_wait_ns, core->now_ns - core->looked_ns);
	core->looked_ns = core->now_ns;
	return received;
}

static bool turn(struct io_core *core)
{
	struct packet_path *path = &core->path;
	bool worked = receive(core);

	worked |= requests_take(core);
	if (link_deadline(path->link) <= core->now_ns)
		link_tick(path->link, core->now_ns);
	worked |= events_pump(core);
	worked |= link_send(path->link, core->now_ns);
	core->unpublished |= worked;
	if (core->unpublished && core->now_ns - core->published_ns >= PUBLISH_NS)
		core_publish(core);
	return worked;
}

/* After this whoever gives us something rings; true when something is there already. */
static bool core_arm(struct io_core *core)
{
	atomic_store_explicit(&core->asleep, true, memory_order_seq_cst);
	if (!core_ring_waits(&core->requests) && !port_arm(core->path.port) &&
	    !atomic_load_explicit(&core->stop, memory_order_seq_cst))
		return false;
	atomic_store_explicit(&core->asleep, false, memory_order_seq_cst);
	return true;
}

static void sleep_until_work(struct io_core *core, uint64_t sleep_ns)
{
	uint64_t deadline = link_deadline(core->path.link);
	struct epoll_event events[2];
	struct timespec timeout;
	uint64_t count;

	if (deadline <= core->now_ns || core_arm(core))
		return;
	if (deadline - core->now_ns < sleep_ns)
		sleep_ns = deadline - core->now_ns;
	timeout.tv_sec = (time_t)(sleep_ns / 1000000000ull);
	timeout.tv_nsec = (long)(sleep_ns % 1000000000ull);
	epoll_pwait2(core->epoll_fd, events, 2, &timeout, NULL);
	/* Whoever rang cleared the flag; nobody need ring from now on. */
	if (!atomic_exchange_explicit(&core->asleep, false, memory_order_seq_cst) &&
	    read(core->wake_fd, &count, sizeof(count)) < 0)
		return; /* it is about to ring: then the next sleep is short */
}

/* In microseconds; 0: not at all. */
static uint64_t sleep_choose(struct io_core *core, bool worked)
{
	const bool doorbell = core->path.port->wake_fd >= 0;
	const bool parked = atomic_load_explicit(&core->parked, memory_order_relaxed);
	uint64_t sleep_us;

	core->poll.mode = parked ? PORT_POLL_INTERRUPT : core->node->poll.mode;
	sleep_us = port_poll_next(&core->poll, worked, doorbell, core->now_ns);
	if (sleep_us > BEHIND_US && (core->behind || link_blocked(core->path.link)))
		sleep_us = BEHIND_US;
	if (sleep_us > PUBLISH_US && core->unpublished)
		sleep_us = PUBLISH_US;
	return sleep_us;
}

static void *core_main(void *argument)
{
	struct io_core *core = argument;
	struct poll_clock clock;
	bool worked = false;

	poll_clock_init(&clock);
	while (!atomic_load_explicit(&core->stop, memory_order_seq_cst)) {
		const uint64_t before_ns = core->now_ns;
		uint64_t sleep_us;

		core->now_ns = poll_clock_now_ns(&clock);
		if (worked) /* then it did not sleep */
			atomic_fetch_add_explicit(&core->busy_ns, core->now_ns - before_ns,
						  memory_order_relaxed);
		worked = turn(core);
		sleep_us = sleep_choose(core, worked);
		if (sleep_us > 0)
			sleep_until_work(core, sleep_us * 1000);
	}
	return NULL;
}

/* --- Life ------------------------------------------------------------------------------------ */

static int watch(struct io_core *core, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	return epoll_ctl(core->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : -errno;
}

static int wakeups_create(struct io_core *core)
{
	int rc;

	core->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	core->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (core->wake_fd < 0 || core->epoll_fd < 0)
		return -errno;
	rc = watch(core, core->wake_fd);
	if (rc == 0 && core->path.port->wake_fd >= 0)
		rc = watch(core, core->path.port->wake_fd);
	return rc;
}

static int rings_create(struct io_core *core)
{
	int rc = core_ring_init(&core->requests, MR_CORE_RING_SLOTS, sizeof(struct core_request));

	return rc == 0
		   ? core_ring_init(&core->events, MR_CORE_RING_SLOTS, sizeof(struct core_event))
		   : rc;
}

int io_core_create(struct io_core **created, struct node *node, const struct node_config *config,
		   uint32_t number, uint64_t now_ns)
{
	const struct node_io_core *given = &config->io_cores[number - 1];
	struct packet_path path = {.port = given->port, .aead = given->aead};
	struct io_core *core = aligned_alloc(CORE_RING_LINE_BYTES, sizeof(*core));
	int rc;

	if (core == NULL) {
		packet_path_close(&path);
		return -ENOMEM;
	}
	memset(core, 0, sizeof(*core));
	core->number = number;
	core->node = node;
	core->path = path;
	core->poll = node->poll;
	core->wake_fd = -1;
	core->epoll_fd = -1;
	pthread_mutex_init(&core->lock, NULL);
	rc = rings_create(core);
	if (rc == 0)
		rc = wakeups_create(core);
	if (rc == 0)
		rc = packet_path_open(&core->path, node, config, number, now_ns);
	if (rc < 0)
		io_core_destroy(&core);
	*created = core;
	return rc;
}

int io_core_start(struct io_core *core)
{
	int rc = pthread_create(&core->thread, NULL, core_main, core);

	core->running = rc == 0;
	return -rc;
}

void io_core_stop(struct io_core *core)
{
	atomic_store_explicit(&core->stop, true, memory_order_seq_cst);
	core_wake(core);
	if (core->running)
		pthread_join(core->thread, NULL);
	core->running = false;
}

void io_core_destroy(struct io_core **destroyed)
{
	struct io_core *core = *destroyed;

	*destroyed = NULL;
	if (core == NULL)
		return;
	packet_path_close(&core->path);
	core_ring_fini(&core->requests);
	core_ring_fini(&core->events);
	if (core->wake_fd >= 0)
		close(core->wake_fd);
	if (core->epoll_fd >= 0)
		close(core->epoll_fd);
	pthread_mutex_destroy(&core->lock);
	free(core);
}
