/* Zygotes as the host sees them: started, asked for runs, stopped. */
#include "process_zygote.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend.h"
#include "process_enter.h"
#include "sandbox_counters.h"

/* program_embed.S */
extern const uint8_t process_zygote_file[], process_zygote_file_end[];

static const struct process_program program = {.name = "millrace-sandbox",
					       .file = process_zygote_file,
					       .file_end = process_zygote_file_end,
					       .fd_count = ZYGOTE_FREE - ZYGOTE_SOCKET,
					       .empty_root = true};

_Static_assert(ZYGOTE_SOCKET == PROCESS_FD_FIRST, "process_enter.h");

static pthread_mutex_t all_lock = PTHREAD_MUTEX_INITIALIZER;
static struct zygote *all; // under all_lock

static void list_add(struct zygote *zygote)
{
	pthread_mutex_lock(&all_lock);
	zygote->next = all;
	if (all != NULL)
		all->prev = zygote;
	all = zygote;
	pthread_mutex_unlock(&all_lock);
}

static void list_remove(struct zygote *zygote)
{
	pthread_mutex_lock(&all_lock);
	if (zygote->prev != NULL)
		zygote->prev->next = zygote->next;
	else
		all = zygote->next;
	if (zygote->next != NULL)
		zygote->next->prev = zygote->prev;
	pthread_mutex_unlock(&all_lock);
}

void zygotes_interrupt(void)
{
	pthread_mutex_lock(&all_lock);
	for (struct zygote *z = all; z != NULL; z = z->next) {
		const uint64_t run = atomic_load(&z->running);
		const union sigval value = {.sival_ptr = (void *)(uintptr_t)run};

		/* Late, it names a run that is over. */
		if (run != 0)
			sigqueue(z->pid, PROCESS_INTERRUPT, value);
	}
	pthread_mutex_unlock(&all_lock);
}

static int message_send(int socket, const void *message, size_t bytes, int fd)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct iovec piece = {(void *)message, bytes};
	struct msghdr head = {.msg_iov = &piece, .msg_iovlen = 1};

	if (fd >= 0) {
		struct cmsghdr *c;

		head.msg_control = &control;
		head.msg_controllen = sizeof(control);
		c = CMSG_FIRSTHDR(&head);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(int));
	}
	while (sendmsg(socket, &head, MSG_NOSIGNAL) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

static int reply_take(int socket, struct process_reply *reply)
{
	ssize_t n;

	do {
		n = recv(socket, reply, sizeof(*reply), 0);
	} while (n < 0 && errno == EINTR);
	if (n == sizeof(*reply))
		return 0;
	return n < 0 ? -errno : -EPIPE;
}

/* A zygote stands; what could not be put around it is counted. */
static void walls_count(uint32_t walls)
{
	sandbox_count(&sandbox_counts.process_zygotes, 1);
	if ((walls & PROCESS_LANDLOCK) == 0)
		sandbox_count(&sandbox_counts.process_no_landlock, 1);
	if ((walls & PROCESS_NAMESPACES) == 0)
		sandbox_count(&sandbox_counts.process_no_namespaces, 1);
	if ((walls & PROCESS_BARE) == 0)
		sandbox_count(&sandbox_counts.process_not_bare, 1);
}

static int setup_exchange(struct zygote *zygote, const struct image *image, bool namespaces)
{
	struct process_setup setup = {.entry = image->entry,
				      .stack_bytes = image->stack_bytes,
				      .segment_count = image->segment_count,
				      .namespaces = namespaces};
	struct process_reply reply;
	uint64_t off = 0;
	int rc;

	for (uint32_t i = 0; i < image->segment_count; i++) {
		setup.segments[i] = image->segments[i];
		setup.segments[i].file_off = off;
		off += image->segments[i].bytes;
	}
	rc = message_send(zygote->socket, &setup, sizeof(setup), -1);
	if (rc == 0)
		rc = reply_take(zygote->socket, &reply);
	if (rc == 0)
		rc = reply.error;
	if (rc == 0)
		walls_count(reply.walls);
	return rc;
}

/* Not in the list of all yet. */
static int zygote_enter(struct zygote *zygote, const struct image *image, int image_fd,
			bool namespaces)
{
	int pair[2];
	int rc;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return -errno;
	zygote->socket = pair[0];
	zygote->pid = process_enter(&program, (const int[]){pair[1], image_fd}, namespaces);
	close(pair[1]);
	rc = zygote->pid < 0 ? zygote->pid : setup_exchange(zygote, image, namespaces);
	if (rc < 0) {
		close(zygote->socket);
		if (zygote->pid > 0) {
			kill(zygote->pid, SIGKILL);
			waitpid(zygote->pid, NULL, __WALL);
		}
	}
	return rc;
}

int zygote_start(const struct image *image, int image_fd, struct zygote **started, char *error,
		 size_t error_bytes)
{
	struct zygote *zygote = calloc(1, sizeof(*zygote));
	int rc;

	if (zygote == NULL)
		return backend_error(error, error_bytes, -ENOMEM, "no memory for a zygote");
	zygote->window_fd = -1;
	/* Where namespaces are not for us, or used up, the other walls are to do. */
	rc = zygote_enter(zygote, image, image_fd, true);
	if (rc == -EPERM || rc == -ENOSPC || rc == -EINVAL || rc == -EUSERS)
		rc = zygote_enter(zygote, image, image_fd, false);
	if (rc < 0) {
		free(zygote);
		return backend_error(error, error_bytes, rc,
				     "a process for the function cannot be started and confined "
				     "(%s); seccomp filters and memfd_create() are needed: see "
				     "docs/sandbox.md, or use --sandbox wasm",
				     strerror(-rc));
	}
	list_add(zygote);
	*started = zygote;
	return 0;
}

void zygote_stop(struct zygote **zygote)
{
	struct zygote *z = *zygote;

	*zygote = NULL;
	if (z == NULL)
		return;
	list_remove(z);
	close(z->socket);
	kill(z->pid, SIGKILL);
	waitpid(z->pid, NULL, __WALL);
	if (z->window != NULL)
		munmap(z->window, z->window_bytes);
	if (z->window_fd >= 0)
		close(z->window_fd);
	free(z);
}

int zygote_run(struct zygote *zygote, struct process_request *request, int memory_fd,
	       struct process_reply *reply)
{
	int rc;

	request->run = ++zygote->runs;
	atomic_store(&zygote->running, request->run);
	rc = message_send(zygote->socket, request, sizeof(*request), memory_fd);
	if (rc == 0)
		rc = reply_take(zygote->socket, reply);
	atomic_store(&zygote->running, 0);
	if (rc == 0 && reply->run != request->run)
		rc = -EPROTO;
	return rc;
}
