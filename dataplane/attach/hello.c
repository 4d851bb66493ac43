/* Hellos over a SOCK_SEQPACKET socket: one message each, descriptors with it. */
#include "hello.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union control {
	char bytes[CMSG_SPACE(HELLO_FDS_MAX * sizeof(int))];
	struct cmsghdr align;
};

int hello_send(int socket, const struct hello *hello, const int *fds, uint32_t fd_count)
{
	union control control = {.bytes = {0}};
	struct iovec iov = {(void *)(uintptr_t)hello, sizeof(*hello)};
	struct msghdr message = {
	    .msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = control.bytes,
	    .msg_controllen = CMSG_SPACE(fd_count * sizeof(int)),
	};
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);

	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(fd_count * sizeof(int));
	memcpy(CMSG_DATA(head), fds, fd_count * sizeof(int));
	if (sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		return -errno;
	return 0;
}

static uint32_t fds_take(struct msghdr *message, int *fds)
{
	uint32_t count = 0;

	for (struct cmsghdr *head = CMSG_FIRSTHDR(message); head != NULL;
	     head = CMSG_NXTHDR(message, head)) {
		uint32_t n = (uint32_t)((head->cmsg_len - CMSG_LEN(0)) / sizeof(int));

		if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS)
			continue;
		for (uint32_t i = 0; i < n; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(head) + i * sizeof(int), sizeof(fd));
			if (count < HELLO_FDS_MAX)
				fds[count++] = fd;
			else
				close(fd);
		}
	}
	return count;
}

int hello_receive(int socket, struct hello *hello, int *fds, uint32_t fd_count)
{
	union control control = {.bytes = {0}};
	struct iovec iov = {hello, sizeof(*hello)};
	struct msghdr message = {
	    .msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = control.bytes,
	    .msg_controllen = sizeof(control.bytes),
	};
	int got[HELLO_FDS_MAX];
	uint32_t count;
	ssize_t bytes = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	if (bytes < 0)
		return errno == EAGAIN || errno == EINTR ? -EAGAIN : -EPIPE;
	count = fds_take(&message, got);
	if (bytes == sizeof(*hello) && count == fd_count &&
	    !(message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) && hello->magic == HELLO_MAGIC) {
		memcpy(fds, got, count * sizeof(int));
		return 0;
	}
	for (uint32_t i = 0; i < count; i++)
		close(got[i]);
	return bytes == 0 ? -EPIPE : -EBADMSG;
}

bool hello_same_user(int socket)
{
	struct ucred peer;
	socklen_t bytes = sizeof(peer);

	return getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &bytes) == 0 &&
	       peer.uid == geteuid();
}
