/* Nodes of one host meet at Unix sockets. */
#include "rendezvous.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "channel.h"
#include "hello.h"
#include "place.h"
#include "shared_memory.h"

#define STRANGERS_MAX 8           /* accepted, and have not said who they are */
#define STRANGER_NS 1000000000ull /* then they are turned away */
#define CONTROL_BYTES (2 * sizeof(struct slot_ring))

enum meeting_phase { MEETING_APART, MEETING_ASKED, MEETING_UP };

struct meeting {
	struct rendezvous_peer peer;
	enum meeting_phase phase;
	int socket;
	int wake_fd;   /* ASKED: made for the channel to be */
	void *control; /* the same */
	uint64_t since_ns;
	uint64_t retry_ns;
};

struct stranger {
	int socket; /* -1: free */
	uint64_t since_ns;
};

struct rendezvous {
	struct rendezvous_config config;
	struct sockaddr_un address;
	int listener;
	int epoll_fd;
	int pool_fd; /* for reading only */
	uint64_t next_ns;
	struct stranger strangers[STRANGERS_MAX];
	uint32_t meeting_count;
	uint32_t cursor; /* of rendezvous_poll(): meetings looked at */
	struct meeting meetings[MR_NODES_MAX];
};

static void watch(struct rendezvous *r, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	epoll_ctl(r->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

int rendezvous_open(struct rendezvous **opened, const struct rendezvous_config *config, char *error,
		    size_t error_bytes)
{
	struct rendezvous *r = calloc(1, sizeof(*r));
	int rc = -ENOMEM;

	if (r == NULL)
		goto fail;
	r->config = *config;
	r->listener = -1;
	r->epoll_fd = -1;
	for (int i = 0; i < STRANGERS_MAX; i++)
		r->strangers[i].socket = -1;
	r->pool_fd = config->pool->fd >= 0 ? shared_reopen_read_only(config->pool->fd) : -EBADF;
	rc = r->pool_fd < 0 ? r->pool_fd : 0;
	if (rc != 0)
		goto fail;
	for (uint32_t i = 0; i < config->peer_count; i++)
		r->meetings[r->meeting_count++] =
		    (struct meeting){.peer = config->peers[i], .socket = -1, .wake_fd = -1};
	rc = place_make_directory(config->directory, error, error_bytes);
	if (rc == 0)
		rc = place_address(&r->address, config->directory, &config->self);
	if (rc == 0)
		rc = place_listen(&r->address, &r->listener, error, error_bytes);
	if (rc != 0)
		goto fail;
	r->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	rc = r->epoll_fd >= 0 ? 0 : -errno;
	if (rc != 0)
		goto fail;
	watch(r, r->listener);
	*opened = r;
	return 0;
fail:
	if (error[0] == 0)
		snprintf(error, error_bytes, "hand-over: %s", strerror(-rc));
	rendezvous_close(&r);
	return rc;
}

/* --- Meetings -------------------------------------------------------------------------------- */

static void fds_close(int *fds, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
}

static void meeting_end(struct meeting *meeting, uint64_t now_ns)
{
	if (meeting->socket >= 0)
		close(meeting->socket);
	if (meeting->phase == MEETING_ASKED) {
		munmap(meeting->control, CONTROL_BYTES);
		close(meeting->wake_fd);
	}
	meeting->socket = -1;
	meeting->phase = MEETING_APART;
	meeting->retry_ns = now_ns + MR_ATTACH_RETRY_MS * 1000000ull;
}

void rendezvous_close(struct rendezvous **closed)
{
	struct rendezvous *r = *closed;

	*closed = NULL;
	if (r == NULL)
		return;
	for (uint32_t i = 0; i < r->meeting_count; i++)
		meeting_end(&r->meetings[i], 0);
	for (int i = 0; i < STRANGERS_MAX; i++)
		fds_close(&r->strangers[i].socket, 1);
	if (r->listener >= 0 && r->address.sun_path[0] != 0)
		unlink(r->address.sun_path);
	fds_close((int[]){r->listener, r->epoll_fd, r->pool_fd}, 3);
	free(r);
}

static int hello_say(struct rendezvous *r, const struct meeting *meeting, const int *fds,
		     uint32_t fd_count)
{
	const struct hello hello = {
	    .magic = HELLO_MAGIC,
	    .version = HELLO_VERSION,
	    .slots = MR_ATTACH_SLOTS,
	    .slot_bytes = SLOT_BYTES,
	    .from_node = r->config.self.node,
	    .to_node = meeting->peer.node,
	    .ip = r->config.self.ip,
	    .udp_port = r->config.self.udp_port,
	    .incarnation = r->config.incarnation,
	    .pool_offset = r->config.pool->fd_offset,
	    .pool_bytes = r->config.pool->bytes,
	};

	return hello_send(meeting->socket, &hello, fds, fd_count);
}

/* To a peer of lower id: connects, and says hello with everything it needs. */
static void meeting_ask(struct rendezvous *r, struct meeting *meeting, uint64_t now_ns)
{
	struct sockaddr_un address;
	int control_fd;

	meeting->retry_ns = now_ns + MR_ATTACH_RETRY_MS * 1000000ull;
	if (place_address(&address, r->config.directory, &meeting->peer) != 0)
		return;
	meeting->socket = place_socket();
	if (meeting->socket < 0 ||
	    connect(meeting->socket, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
	    !hello_same_user(meeting->socket)) {
		meeting_end(meeting, now_ns);
		return;
	}
	control_fd = shared_create(CONTROL_BYTES, &meeting->control);
	meeting->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (control_fd < 0 || meeting->wake_fd < 0) {
		if (control_fd >= 0)
			munmap(meeting->control, CONTROL_BYTES);
		fds_close((int[]){control_fd, meeting->wake_fd}, 2);
		meeting_end(meeting, now_ns);
		return;
	}
	meeting->phase = MEETING_ASKED;
	meeting->since_ns = now_ns;
	if (hello_say(r, meeting, (int[]){r->pool_fd, meeting->wake_fd, control_fd}, 3) != 0)
		meeting_end(meeting, now_ns);
	else
		watch(r, meeting->socket);
	close(control_fd);
}

static bool hello_matches(const struct rendezvous *r, const struct hello *hello,
			  const struct meeting *meeting)
{
	return hello->version == HELLO_VERSION && hello->reserved == 0 &&
	       hello->slots == MR_ATTACH_SLOTS && hello->slot_bytes == SLOT_BYTES &&
	       hello->to_node == r->config.self.node && hello->from_node == meeting->peer.node &&
	       hello->ip == meeting->peer.ip && hello->udp_port == meeting->peer.udp_port;
}

/* Everything is there: the channel. Takes control and wake_fd in every case, fds[0] and [1] too. */
static int meeting_join(struct rendezvous *r, struct meeting *meeting, const struct hello *hello,
			void *control, uint32_t side, int wake_fd, int *fds,
			struct rendezvous_event *event)
{
	void *mapped = shared_map(fds[0], hello->pool_offset, hello->pool_bytes, PROT_READ);
	const struct attach_join join = {
	    .control = control,
	    .side = side,
	    .pool = r->config.pool->base,
	    .mapped = mapped,
	    .mapped_bytes = hello->pool_bytes,
	    .wake_fd = wake_fd,
	    .peer_wake_fd = fds[1],
	};
	int rc = mapped != NULL ? attach_join(&event->channel, &join) : -EBADMSG;

	close(fds[0]);
	if (rc != 0) {
		if (mapped != NULL)
			munmap(mapped, hello->pool_bytes);
		munmap(control, CONTROL_BYTES);
		fds_close((int[]){wake_fd, fds[1]}, 2);
		return rc;
	}
	meeting->phase = MEETING_UP;
	event->kind = RENDEZVOUS_UP;
	event->node = meeting->peer.node;
	event->incarnation = hello->incarnation;
	return 0;
}

/* The answer to our hello. */
static bool meeting_answered(struct rendezvous *r, struct meeting *meeting, uint64_t now_ns,
			     struct rendezvous_event *event)
{
	struct hello hello;
	int fds[HELLO_FDS_MAX];
	int rc = hello_receive(meeting->socket, &hello, fds, 2);

	if (rc == -EAGAIN && now_ns - meeting->since_ns < STRANGER_NS)
		return false;
	if (rc == 0 && !hello_matches(r, &hello, meeting)) {
		fds_close(fds, 2);
		rc = -EBADMSG;
	}
	if (rc == 0) {
		meeting->phase = MEETING_APART; /* what it had made passes on */
		rc = meeting_join(r, meeting, &hello, meeting->control, 0, meeting->wake_fd, fds,
				  event);
	}
	if (rc != 0)
		meeting_end(meeting, now_ns);
	return rc == 0;
}

/* Somebody said hello to us: says it back, with our half. */
static int stranger_join(struct rendezvous *r, int socket, const struct hello *hello, int *fds,
			 struct rendezvous_event *event)
{
	struct meeting *meeting = NULL;
	void *control;
	int wake_fd;

	for (uint32_t i = 0; i < r->meeting_count; i++)
		if (r->meetings[i].peer.node == hello->from_node)
			meeting = &r->meetings[i];
	if (meeting == NULL || meeting->phase != MEETING_APART ||
	    hello->from_node < r->config.self.node || !hello_matches(r, hello, meeting)) {
		fds_close(fds, 3);
		return -EBADMSG;
	}
	control = shared_map(fds[2], 0, CONTROL_BYTES, PROT_READ | PROT_WRITE);
	wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	close(fds[2]);
	meeting->socket = socket;
	if (control == NULL || wake_fd < 0 ||
	    hello_say(r, meeting, (int[]){r->pool_fd, wake_fd}, 2) != 0) {
		meeting->socket = -1;
		if (control != NULL)
			munmap(control, CONTROL_BYTES);
		fds_close((int[]){fds[0], fds[1], wake_fd}, 3);
		return -EPIPE;
	}
	if (meeting_join(r, meeting, hello, control, 1, wake_fd, fds, event) != 0) {
		meeting->socket = -1;
		return -EPIPE;
	}
	return 0;
}

static void strangers_accept(struct rendezvous *r, uint64_t now_ns)
{
	for (int i = 0; i < STRANGERS_MAX; i++) {
		int fd;

		if (r->strangers[i].socket >= 0)
			continue;
		fd = accept4(r->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0)
			return;
		if (!hello_same_user(fd)) {
			close(fd);
			continue;
		}
		r->strangers[i] = (struct stranger){fd, now_ns};
		watch(r, fd);
	}
}

static bool strangers_hear(struct rendezvous *r, uint64_t now_ns, struct rendezvous_event *event)
{
	for (int i = 0; i < STRANGERS_MAX; i++) {
		struct stranger *stranger = &r->strangers[i];
		struct hello hello;
		int fds[HELLO_FDS_MAX];
		int rc;

		if (stranger->socket < 0)
			continue;
		rc = hello_receive(stranger->socket, &hello, fds, 3);
		if (rc == -EAGAIN && now_ns - stranger->since_ns < STRANGER_NS)
			continue;
		if (rc == 0)
			rc = stranger_join(r, stranger->socket, &hello, fds, event);
		if (rc != 0)
			close(stranger->socket);
		stranger->socket = -1;
		if (rc == 0)
			return true;
	}
	return false;
}

/* Nothing is ever said on the socket of a channel: what can be read there is its end. */
static bool meeting_over(const struct meeting *meeting)
{
	char byte;

	return recv(meeting->socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 ||
	       (errno != EAGAIN && errno != EINTR);
}

static bool meeting_poll(struct rendezvous *r, struct meeting *meeting, uint64_t now_ns,
			 struct rendezvous_event *event)
{
	switch (meeting->phase) {
	case MEETING_APART:
		if (meeting->peer.node < r->config.self.node && now_ns >= meeting->retry_ns)
			meeting_ask(r, meeting, now_ns);
		return false;
	case MEETING_ASKED:
		return meeting_answered(r, meeting, now_ns, event);
	case MEETING_UP:
		if (!meeting_over(meeting))
			return false;
		meeting_end(meeting, now_ns);
		event->kind = RENDEZVOUS_DOWN;
		event->node = meeting->peer.node;
		return true;
	}
	return false;
}

bool rendezvous_poll(struct rendezvous *r, uint64_t now_ns, struct rendezvous_event *event)
{
	*event = (struct rendezvous_event){.kind = RENDEZVOUS_NONE};
	if (now_ns < r->next_ns)
		return false;
	/* An end is told before a new beginning: a restarted peer may already be at the door. */
	for (; r->cursor < r->meeting_count; r->cursor++)
		if (meeting_poll(r, &r->meetings[r->cursor], now_ns, event))
			return true;
	strangers_accept(r, now_ns);
	if (strangers_hear(r, now_ns, event))
		return true;
	r->cursor = 0;
	r->next_ns = now_ns + MR_ATTACH_POLL_MS * 1000000ull;
	return false;
}

void rendezvous_leave(struct rendezvous *r, uint32_t node)
{
	for (uint32_t i = 0; i < r->meeting_count; i++)
		if (r->meetings[i].peer.node == node)
			meeting_end(&r->meetings[i], r->next_ns);
}

int rendezvous_fd(const struct rendezvous *r)
{
	return r->epoll_fd;
}

uint64_t rendezvous_deadline(const struct rendezvous *r)
{
	uint64_t deadline = UINT64_MAX;

	for (uint32_t i = 0; i < r->meeting_count; i++) {
		const struct meeting *meeting = &r->meetings[i];

		if (meeting->phase == MEETING_APART && meeting->peer.node < r->config.self.node &&
		    meeting->retry_ns < deadline)
			deadline = meeting->retry_ns;
	}
	return deadline;
}
