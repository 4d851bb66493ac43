/* Ringing, hearing and silencing the doorbell of a DPDK port. */
#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

#include "dpdk_port.h"

#define RECALL_NS (EXTERNAL_RECALL_US * 1000l + 200000) /* a little later than it is due */
#define MEMIF_SETTLE_NS 50000 /* no store stays in a core's buffer so long */
#define MEMIF_LOOKS 64        /* of these, one searches for the rings of a peer that is there */

static int watch(const struct doorbell *bell, int fd, uint32_t how)
{
	struct epoll_event event = {.events = EPOLLIN | how, .data.fd = fd};

	return epoll_ctl(bell->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : -errno;
}

static struct timespec timespec_of(uint64_t ns)
{
	return (struct timespec){(time_t)(ns / 1000000000), (long)(ns % 1000000000)};
}

/* How often the owner wakes by itself: where nothing tells of peers that come and go, more often.
 */
static uint64_t look_ns(const struct doorbell *bell)
{
	if (bell->kind != DOORBELL_MEMIF)
		return MR_POLL_LOOK_MS * UINT64_C(1000000);
	if (bell->memif.rx.ring != NULL)
		return MR_POLL_LOOK_MEMIF_MS * UINT64_C(1000000);
	/* A peer whose ring is not found may send: as without a doorbell. */
	return bell->memif_up ? MR_POLL_SLEEP_US_IDLE * UINT64_C(1000)
			      : MR_POLL_CONNECT_MS * UINT64_C(1000000);
}

/* The first time after first_ns, then again and again. */
static int timer_set(const struct doorbell *bell, uint64_t first_ns)
{
	const struct itimerspec when = {
	    .it_value = timespec_of(first_ns),
	    .it_interval = timespec_of(look_ns(bell)),
	};

	return timerfd_settime(bell->timer_fd, 0, &when, NULL) == 0 ? 0 : -errno;
}

/* A peer that comes finds interrupts off, whatever was asked before: then the owner asks again. */
static int link_changed(uint16_t id, enum rte_eth_event_type type, void *opaque, void *result)
{
	const struct doorbell *bell = opaque;

	(void)id;
	(void)type;
	(void)result;
	eventfd_write(bell->link_fd, 1);
	return 0;
}

/* A driver that has one socket for each queue opens them in their order; of any others each port
 * hears all. */
static void sockets_take(struct dpdk_port *self, const struct doorbell_sockets *sockets)
{
	struct doorbell *bell = &self->doorbell;

	memcpy(bell->fds, sockets->fds, sizeof(bell->fds));
	bell->fd_count = sockets->count;
	if (sockets->count == self->device->rx_queues) {
		bell->fds[0] = sockets->fds[self->rx_queue];
		bell->fd_count = 1;
	}
}

static bool memif_is_server(const struct port_spec *spec)
{
	char role[16];

	return port_spec_value(spec, "role", role, sizeof(role)) &&
	       (strcmp(role, "server") == 0 || strcmp(role, "master") == 0);
}

/* What there is to hear. An interrupt's descriptor is silent until asked; memif's are there once a
 * peer is. */
static int device_find(struct dpdk_port *self, const struct port_spec *spec,
		       const struct doorbell_sockets *sockets)
{
	struct doorbell *bell = &self->doorbell;

	if (bell->kind == DOORBELL_OTHERS)
		return 0;
	if (bell->kind == DOORBELL_MEMIF) {
		bell->memif.server = memif_is_server(spec);
		bell->memif.rx_queue = self->rx_queue;
		bell->memif.tx_queue = self->tx_queue;
		bell->memif.queues = self->device->rx_queues;
		return 0;
	}
	if (bell->kind == DOORBELL_SOCKET) {
		sockets_take(self, sockets);
	} else {
		bell->fds[0] = rte_eth_dev_rx_intr_ctl_q_get_fd(self->id, self->rx_queue);
		bell->fd_count = bell->fds[0] >= 0;
	}
	return bell->fd_count > 0 ? 0 : -ENODEV;
}

static int interrupt_prepare(struct dpdk_port *self)
{
	int rc = watch(&self->doorbell, self->doorbell.fds[0], EPOLLET);

	if (rc == 0)
		rc = rte_eth_dev_rx_intr_enable(self->id, self->rx_queue);
	if (rc == 0)
		rc = rte_eth_dev_callback_register(self->id, RTE_ETH_EVENT_INTR_LSC, link_changed,
						   &self->doorbell);
	self->doorbell.asked = rc == 0;
	return rc;
}

static void doorbell_free(struct doorbell *bell)
{
	if (bell->epoll_fd >= 0)
		close(bell->epoll_fd);
	if (bell->timer_fd >= 0)
		close(bell->timer_fd);
	if (bell->link_fd >= 0)
		close(bell->link_fd);
	memif_rings_forget(&bell->memif);
	*bell = (struct doorbell){.kind = DOORBELL_NONE};
}

void doorbell_open(struct dpdk_port *self, const struct port_spec *spec,
		   const struct doorbell_sockets *sockets)
{
	struct doorbell *bell = &self->doorbell;
	int rc;

	if (bell->kind == DOORBELL_NONE)
		return;
	bell->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	bell->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	bell->link_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	rc = bell->epoll_fd < 0 || bell->timer_fd < 0 || bell->link_fd < 0 ? -errno : 0;
	if (rc == 0)
		rc = watch(bell, bell->timer_fd, EPOLLET);
	if (rc == 0)
		rc = watch(bell, bell->link_fd, EPOLLET);
	if (rc == 0)
		rc = timer_set(bell, look_ns(bell));
	if (rc == 0)
		rc = device_find(self, spec, sockets);
	if (rc == 0 && bell->kind == DOORBELL_INTERRUPT)
		rc = interrupt_prepare(self);
	if (rc < 0) {
		doorbell_free(bell);
		return;
	}
	self->port.wake_fd = bell->epoll_fd;
	self->port.abilities.doorbell = true;
}

void doorbell_close(struct dpdk_port *self)
{
	struct doorbell *bell = &self->doorbell;

	if (!self->port.abilities.doorbell)
		return;
	/* A callback that runs now is waited for. */
	if (bell->kind == DOORBELL_INTERRUPT)
		while (rte_eth_dev_callback_unregister(self->id, RTE_ETH_EVENT_INTR_LSC,
						       link_changed, bell) == -EAGAIN)
			;
	self->port.wake_fd = -1;
	doorbell_free(bell);
}

/* A socket tells of its interface's end once; what says so for ever is not heard any more. */
static void error_end(const struct doorbell *bell, int fd)
{
	int error;
	socklen_t bytes = sizeof(error);

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &bytes) < 0)
		epoll_ctl(bell->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
}

/* A timer that is never read goes off once only. */
static void timer_again(const struct doorbell *bell)
{
	uint64_t times;

	if (read(bell->timer_fd, &times, sizeof(times)) < 0)
		return; /* it was set anew meanwhile */
}

/* Empties the set: has anything rung? */
static bool rang(const struct doorbell *bell)
{
	struct epoll_event events[4];
	int count = epoll_wait(bell->epoll_fd, events, 4, 0);

	for (int i = 0; i < count; i++) {
		if (events[i].data.fd == bell->timer_fd)
			timer_again(bell);
		if (events[i].events & (EPOLLERR | EPOLLHUP))
			error_end(bell, events[i].data.fd);
	}
	return count > 0;
}

/* Asking again costs little, and reaches a peer that came since. */
static void interrupt_ask(struct dpdk_port *self)
{
	rte_eth_dev_rx_intr_enable(self->id, self->rx_queue);
	/* The device sees it before a frame that the owner does not see when it looks next. */
	atomic_thread_fence(memory_order_seq_cst);
	self->doorbell.asked = true;
}

static bool link_is_up(const struct dpdk_port *self)
{
	struct rte_eth_link link;

	return rte_eth_link_get_nowait(self->id, &link) == 0 && link.link_status;
}

/* Is there a peer, and where are our rings? While they are not found they are searched for at the
 * first look that shows a peer, and then at each MEMIF_LOOKS-th. */
static void memif_look(struct dpdk_port *self)
{
	struct doorbell *bell = &self->doorbell;

	memif_rings_forget(&bell->memif);
	bell->memif_up = link_is_up(self);
	bell->memif_looks = bell->memif_up ? bell->memif_looks + 1 : 0;
	if (bell->memif_looks % MEMIF_LOOKS != 1 || !memif_rings_find(&bell->memif))
		return;
	bell->memif_looks = 0;
	for (uint32_t i = 0; i < bell->memif.event_count; i++)
		watch(bell, bell->memif.events[i], EPOLLET);
}

/* The driver's sender looks whether to ring right after it has stored a frame, which may not be
 * visible yet when it sees that it need not: so the owner is woken once more when it must be. */
static void memif_ask(struct dpdk_port *self)
{
	struct doorbell *bell = &self->doorbell;
	bool was_asked = bell->asked;

	if (!memif_rings_current(&bell->memif)) {
		was_asked = false;
		memif_look(self);
	}
	memif_rings_ask(&bell->memif, true);
	bell->asked = true;
	if (!was_asked)
		timer_set(bell, bell->memif.rx.ring != NULL ? MEMIF_SETTLE_NS : look_ns(bell));
}

/* What already waits rings at once. The tap driver may take a frame only later than its descriptor
 * says so (it waits for a signal): that one rings until then. */
static void descriptors_watch(struct doorbell *bell)
{
	for (uint32_t i = 0; i < bell->fd_count; i++)
		watch(bell, bell->fds[i], bell->kind == DOORBELL_SOCKET ? EPOLLET : 0);
	bell->asked = true;
}

static void descriptors_leave(struct doorbell *bell)
{
	for (uint32_t i = 0; i < bell->fd_count; i++)
		epoll_ctl(bell->epoll_fd, EPOLL_CTL_DEL, bell->fds[i], NULL);
}

void doorbell_look(struct dpdk_port *self)
{
	struct doorbell *bell = &self->doorbell;

	if (bell->kind == DOORBELL_MEMIF && !bell->asked && !memif_rings_current(&bell->memif))
		memif_look(self);
}

bool doorbell_arm(struct dpdk_port *self)
{
	struct doorbell *bell = &self->doorbell;
	bool watched = bell->kind == DOORBELL_SOCKET || bell->kind == DOORBELL_QUEUE;
	bool again;

	/* Regions that are out are asked for when it is time, which no frame may come to say. */
	if (self->external.out)
		timer_set(bell, RECALL_NS);
	if (watched && !bell->asked)
		descriptors_watch(bell);
	again = rang(bell);
	if (watched || (bell->asked && !again))
		return again;
	if (bell->kind == DOORBELL_MEMIF)
		memif_ask(self);
	else
		interrupt_ask(self);
	return true;
}

void doorbell_ring(const struct dpdk_port *self)
{
	if (self->doorbell.kind != DOORBELL_NONE)
		eventfd_write(self->doorbell.link_fd, 1);
}

void doorbell_disarm(struct dpdk_port *self)
{
	struct doorbell *bell = &self->doorbell;

	if (bell->kind == DOORBELL_INTERRUPT)
		rte_eth_dev_rx_intr_disable(self->id, self->rx_queue);
	else if (bell->kind == DOORBELL_MEMIF)
		memif_rings_ask(&bell->memif, false);
	else
		descriptors_leave(bell);
	bell->asked = false;
}
