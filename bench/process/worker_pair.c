/* The benchmark's side of a pair: starts workers, gives orders, takes answers. */
#include "worker_pair.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "worker.h"

#define OPEN_PATIENCE_MS 30000 /* EAL, huge pages, a busy machine */
#define RUN_PATIENCE_MS 15000  /* beyond the run itself */

static int pair_error(int rc, const char *what, char *error, size_t error_bytes)
{
	snprintf(error, error_bytes, "%s: %s", what, strerror(-rc));
	return rc;
}

static int shared_create(struct pair *pair, int *fd)
{
	void *at;

	*fd = memfd_create("millrace-bench", MFD_CLOEXEC);
	if (*fd < 0 || ftruncate(*fd, PAIR_SHARED_BYTES) < 0)
		return -errno;
	at = mmap(NULL, PAIR_SHARED_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
	if (at == MAP_FAILED)
		return -errno;
	pair->shared = at;
	return 0;
}

/* One process for each role, or one that has both sockets. */
static int workers_start(struct pair *pair, const struct worker_kind *kind, const int *ends,
			 int shared_fd)
{
	char role[] = "0";
	const char *argv[] = {"/proc/self/exe", WORKER_COMMAND, kind->name, role, NULL};
	uint32_t count = kind->threads ? 1 : PAIR_ROLES;
	int rc = 0;

	for (uint32_t i = 0; i < count && rc == 0; i++) {
		bool places_itself = kind->threads || kind->cores;
		struct process_place place = {places_itself ? -1 : process_core(i), -1};
		int fds[] = {shared_fd, ends[i], ends[1]};

		role[0] = (char)('0' + i);
		rc = process_start_with(&pair->processes[i], &place, argv, fds,
					kind->threads ? 3 : 2);
		pair->process_count += rc == 0;
	}
	return rc;
}

static void worker_last_words(struct pair *pair, enum pair_role role, char *error,
			      size_t error_bytes)
{
	uint32_t index = role < pair->process_count ? role : 0;
	struct pollfd wait = {.fd = pair->processes[index].out_fd, .events = POLLIN};
	size_t used = strlen(error);
	ssize_t n = 0;

	if (poll(&wait, 1, 100) > 0)
		n = read(wait.fd, error + used, error_bytes - used - 1);
	error[used + (n > 0 ? (size_t)n : 0)] = '\0';
}

static int worker_ended(struct pair *pair, const char *const names[PAIR_ROLES], enum pair_role role,
			char *error, size_t error_bytes)
{
	snprintf(error, error_bytes, "%s: the worker ended: ", names[role]);
	worker_last_words(pair, role, error, error_bytes);
	return -EPIPE;
}

static int answer_take(struct pair *pair, enum pair_role role, struct pair_answer *answer,
		       uint32_t patience_ms, char *error, size_t error_bytes)
{
	static const char *const names[PAIR_ROLES] = {"sender", "receiver"};
	/* The other one's end is seen, too: without it this one may never answer. */
	struct pollfd waits[] = {{.fd = pair->sockets[role], .events = POLLIN},
				 {.fd = pair->sockets[!role]}};
	const char *who = names[role];
	int n = poll(waits, PAIR_ROLES, (int)patience_ms);

	pair->broken = true;
	if (n < 0)
		return pair_error(-errno, who, error, error_bytes);
	if (n == 0)
		return pair_error(-ETIMEDOUT, who, error, error_bytes);
	if (waits[0].revents == 0)
		return worker_ended(pair, names, !role, error, error_bytes);
	if (recv(pair->sockets[role], answer, sizeof(*answer), 0) != sizeof(*answer))
		return worker_ended(pair, names, role, error, error_bytes);
	pair->broken = answer->rc < 0;
	if (pair->broken)
		snprintf(error, error_bytes, "%s: %s", who, answer->text);
	return answer->rc;
}

static int order_give(struct pair *pair, enum pair_role role, const void *order, size_t bytes)
{
	if (send(pair->sockets[role], order, bytes, MSG_NOSIGNAL) != (ssize_t)bytes)
		return -errno;
	return 0;
}

static int worker_open(struct pair *pair, const struct pair_setup *setups, enum pair_role role,
		       char *error, size_t error_bytes)
{
	struct pair_answer answer;
	int rc = order_give(pair, role, &setups[role], sizeof(setups[role]));

	if (rc < 0)
		return pair_error(rc, "worker", error, error_bytes);
	return answer_take(pair, role, &answer, OPEN_PATIENCE_MS, error, error_bytes);
}

int pair_open(struct pair *pair, const struct pair_setup setups[PAIR_ROLES], char *error,
	      size_t error_bytes)
{
	const struct worker_kind *kind = worker_kind_find(setups[0].kind);
	int ends[PAIR_ROLES] = {-1, -1};
	int shared_fd = -1;
	int rc;

	*pair = (struct pair){.sockets = {-1, -1}};
	rc = kind == NULL || process_core(1) < 0 ? -ENODEV : shared_create(pair, &shared_fd);
	for (uint32_t i = 0; i < PAIR_ROLES && rc == 0; i++) {
		int both[2];

		rc = socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, both) < 0 ? -errno : 0;
		pair->sockets[i] = rc == 0 ? both[0] : -1;
		ends[i] = rc == 0 ? both[1] : -1;
	}
	if (rc == 0)
		rc = workers_start(pair, kind, ends, shared_fd);
	for (uint32_t i = 0; i < PAIR_ROLES; i++)
		close(ends[i]);
	close(shared_fd);
	if (rc < 0) {
		pair_error(rc, rc == -ENODEV ? "needs two cores" : "workers", error, error_bytes);
		goto fail;
	}
	rc = worker_open(pair, setups, PAIR_RECEIVER, error, error_bytes);
	if (rc == 0)
		rc = worker_open(pair, setups, PAIR_SENDER, error, error_bytes);
	if (rc == 0)
		return 0;
fail:
	pair_close(pair);
	return rc;
}

int pair_run(struct pair *pair, struct pair_order *order, struct pair_answer answers[PAIR_ROLES],
	     char *error, size_t error_bytes)
{
	uint32_t patience_ms = order->warm_ms + order->run_ms + RUN_PATIENCE_MS;
	int rc = 0;

	order->number = ++pair->number;
	for (uint32_t i = 0; i < PAIR_ROLES && rc == 0; i++)
		rc = order_give(pair, i, order, sizeof(*order));
	if (rc < 0)
		return pair_error(rc, "worker", error, error_bytes);
	for (uint32_t i = 0; i < PAIR_ROLES && rc == 0; i++)
		rc = answer_take(pair, i, &answers[i], patience_ms, error, error_bytes);
	return rc;
}

void pair_close(struct pair *pair)
{
	/* A worker ends when its socket closes; one that hangs is made to. */
	for (uint32_t i = 0; i < PAIR_ROLES; i++) {
		if (pair->sockets[i] >= 0)
			close(pair->sockets[i]);
		pair->sockets[i] = -1;
	}
	for (uint32_t i = 0; i < pair->process_count; i++) {
		char waste[1024];

		if (pair->broken)
			process_stop(&pair->processes[i]);
		else
			process_finish(&pair->processes[i], waste, sizeof(waste), 5);
	}
	pair->process_count = 0;
	if (pair->shared != NULL)
		munmap(pair->shared, PAIR_SHARED_BYTES);
	pair->shared = NULL;
}
