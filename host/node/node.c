/* A node's life: creation, threads, the end. */
#include "node_internal.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

/* Shares of the pool: received batches may always take a quarter, invocations get three eighths,
 * what is left is for batches on their way and in stores. */
#define RECEIVE_SHARE(bytes) ((bytes) / 4)
#define INVOKE_SHARE(bytes) ((bytes) / 8 * 3)

static int watch(struct node *node, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	return epoll_ctl(node->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : -errno;
}

static uint64_t clock_now(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

static int copy_text(char **copy, const char *text)
{
	if (text == NULL)
		return 0;
	*copy = strdup(text);
	return *copy != NULL ? 0 : -ENOMEM;
}

static int choose_cache(struct node *node, const char *given)
{
	char path[PATH_MAX];
	int rc = given == NULL ? sandbox_cache_dir(path, sizeof(path)) : 0;

	return rc == 0 ? copy_text(&node->cache_dir, given != NULL ? given : path) : rc;
}

static void init_plain(struct node *node, const struct node_config *config)
{
	node->id = config->node;
	node->nodes = config->peer_count + 1;
	node->sandbox = config->sandbox;
	node->poll.mode = config->poll;
	node->simulated = config->workers == 0;
	node->incarnation =
	    config->incarnation != 0 ? config->incarnation : clock_now(CLOCK_REALTIME);
	node->next_job = node->incarnation / 1000000 + 1;
	node->faults = config->faults;
	node->fault_random = (config->faults.seed + 1) * 0x9E3779B97F4A7C15ull + config->node;
	node->peer_timeout_ms =
	    config->peer_timeout_ms != 0 ? config->peer_timeout_ms : MR_PEER_TIMEOUT_MS_DEFAULT;
	node->epoll_fd = -1;
	node->wake_fd = -1;
	TAILQ_INIT(&node->jobs);
	TAILQ_INIT(&node->unaccepted);
	TAILQ_INIT(&node->waiting);
	TAILQ_INIT(&node->in_flight);
	TAILQ_INIT(&node->accepted);
	STAILQ_INIT(&node->commands);
	STAILQ_INIT(&node->statuses);
	for (uint32_t i = 0; i < MR_NODES_MAX; i++)
		TAILQ_INIT(&node->unsent[i]);
	for (uint32_t i = 0; i < config->peer_count; i++) {
		const struct node_peer *peer = &config->peers[i];

		node->peer_ips[peer->node] = peer->ip;
		node->peer_udp_ports[peer->node] = packet_path_udp_port(peer->udp_port, 0);
	}
}

static void init_locks(struct node *node)
{
	pthread_condattr_t attributes;

	pthread_mutex_init(&node->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&node->changed, &attributes);
	pthread_condattr_destroy(&attributes);
}

static int create_pool(struct node *node, const struct node_config *config, char *error,
		       size_t error_bytes)
{
	uint64_t bytes = config->provider.bytes;
	uint32_t workers = config->workers > 0 ? config->workers : 1;

	if (bytes < MR_MEMORY_BYTES_MIN) {
		snprintf(
		    error, error_bytes,
		    "%llu bytes of memory for a node is too little: give each at least %u MiB with "
		    "--memory",
		    (unsigned long long)bytes, MR_MEMORY_BYTES_MIN >> 20);
		return -ENOMEM;
	}
	node->invoke_budget = INVOKE_SHARE(bytes);
	node->run_bytes_max = node->invoke_budget / (workers + 1);
	if (node->run_bytes_max > MR_REGION_BYTES_MAX)
		node->run_bytes_max = MR_REGION_BYTES_MAX; /* what offsets of 32 bits reach */
	return region_pool_create(&node->pool, &config->provider, RECEIVE_SHARE(bytes));
}

static int create_files(struct node *node, char *error, size_t error_bytes)
{
	int rc = io_engine_create(&node->io);

	if (rc != 0) {
		snprintf(error, error_bytes,
			 "io_uring is not available (%s): a kernel of 5.6 or later is needed, and "
			 "kernel.io_uring_disabled must be 0",
			 strerror(-rc));
		return rc;
	}
	if (node->simulated)
		io_engine_serialise(node->io);
	return spill_open(&node->spill, node->spill_dir, error, error_bytes);
}

static int create_wakeups(struct node *node)
{
	int rc;

	node->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	node->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (node->wake_fd < 0 || node->epoll_fd < 0)
		return -errno;
	rc = watch(node, node->wake_fd);
	if (rc == 0)
		rc = watch(node, io_engine_fd(node->io));
	if (rc == 0 && node->path.port->wake_fd >= 0)
		rc = watch(node, node->path.port->wake_fd);
	return rc;
}

static void node_free(struct node **freed)
{
	struct node *node = *freed;
	struct status_entry *entry;

	*freed = NULL;
	while ((entry = STAILQ_FIRST(&node->statuses)) != NULL) {
		STAILQ_REMOVE_HEAD(&node->statuses, link);
		free(entry);
	}
	handover_close(node);
	io_cores_destroy(node);
	packet_path_close(&node->path);
	if (node->wake_fd >= 0)
		close(node->wake_fd);
	if (node->epoll_fd >= 0)
		close(node->epoll_fd);
	spill_close(&node->spill);
	io_engine_destroy(&node->io);
	region_pool_destroy(&node->pool);
	pthread_cond_destroy(&node->changed);
	pthread_mutex_destroy(&node->lock);
	free(node->cache_dir);
	free(node->spill_dir);
	free(node->checkpoints_dir);
	free(node);
}

/* What a caller handed over, where no pool took it. */
static void provider_release(const struct node_config *config)
{
	struct region_provider provider = config->provider;

	provider.release(&provider);
}

/* The first core's, then the others'. */
static int create_paths(struct node *node, const struct node_config *config, uint64_t now_ns,
			bool *cores_taken)
{
	int rc = packet_path_open(&node->path, node, config, 0, now_ns);

	if (rc != 0)
		return rc;
	*cores_taken = true;
	return io_cores_create(node, config, now_ns);
}

static int config_check(const struct node_config *config, char *error, size_t error_bytes)
{
	if (config->peer_count >= MR_NODES_MAX || config->workers > MR_WORKERS_MAX ||
	    config->node > config->peer_count) {
		snprintf(
		    error, error_bytes,
		    "node %u with %u peers and %u workers: node ids are 0 to the number of peers, "
		    "at most %d nodes and %d workers",
		    config->node, config->peer_count, config->workers, MR_NODES_MAX,
		    MR_WORKERS_MAX);
		return -EINVAL;
	}
	if (config->io_core_count >= MR_IO_CORES_MAX ||
	    packet_path_udp_port(config->udp_port, config->io_core_count) == 0 ||
	    (config->io_core_count > 0 && config->workers == 0)) {
		snprintf(error, error_bytes,
			 "node %u with %u I/O cores from UDP port %u on: at most %d, each with a "
			 "port up to 65535, and in simulation one",
			 config->node, config->io_core_count + 1, config->udp_port,
			 MR_IO_CORES_MAX);
		return -EINVAL;
	}
	return 0;
}

int node_create(struct node **created, const struct node_config *config, char *error,
		size_t error_bytes)
{
	struct packet_path path = {.port = config->port,
				   .aead = config->keys != NULL ? config->keys->aead : NULL};
	bool cores_taken = false;
	struct node *node;
	int rc;

	error[0] = 0;
	rc = config_check(config, error, error_bytes);
	if (rc != 0)
		goto refuse;
	node = calloc(1, sizeof(*node));
	if (node == NULL) {
		rc = -ENOMEM;
		goto refuse;
	}
	init_plain(node, config);
	init_locks(node);
	node->path.port = config->port;
	node->path.aead = config->keys != NULL ? config->keys->aead : NULL;
	workers_init(&node->workers, node);
	rc = copy_text(&node->spill_dir, config->spill_dir);
	if (rc == 0)
		rc = copy_text(&node->checkpoints_dir, config->checkpoints_dir);
	if (rc == 0)
		rc = choose_cache(node, config->cache_dir);
	if (rc == 0)
		rc = create_pool(node, config, error, error_bytes);
	if (rc == 0)
		rc = create_files(node, error, error_bytes);
	if (rc == 0)
		rc = create_paths(node, config, node->simulated ? 0 : clock_now(CLOCK_MONOTONIC),
				  &cores_taken);
	if (rc == 0)
		rc = create_wakeups(node);
	if (rc == 0)
		rc = sandbox_runtime_start();
	if (rc == 0) {
		handover_open(node, config);
		*created = node;
		node->workers_wanted = config->workers;
		control_init(node, config->io_cores_least, config->workers);
		slices_init(node, config->slices, config->workers);
		/* In simulation whoever steps the node runs its sandboxes. */
		node->thread_entered = node->simulated && sandbox_thread_enter() == 0;
		return 0;
	}
	if (error[0] == 0)
		snprintf(error, error_bytes, "cannot create node %u: %s", config->node,
			 strerror(-rc));
	if (node->pool == NULL)
		provider_release(config);
	if (!cores_taken)
		io_cores_release(config, 0);
	node_free(&node);
	return rc;
refuse:
	packet_path_close(&path);
	io_cores_release(config, 0);
	provider_release(config);
	return rc;
}

int node_start(struct node *node)
{
	int rc = workers_start(&node->workers, node->workers_wanted);

	if (rc != 0)
		return rc;
	node->started_ns = clock_now(CLOCK_MONOTONIC);
	node->now_ns = node->started_ns;
	rc = io_cores_start(node);
	if (rc != 0)
		return rc;
	rc = pthread_create(&node->thread, NULL, node_main, node);
	node->thread_running = rc == 0;
	return -rc;
}

static void ask_to_stop(struct node *node)
{
	struct command *command = calloc(1, sizeof(*command));

	if (command == NULL)
		abort(); /* ending: nothing sensible is left to do */
	command->kind = COMMAND_STOP;
	pthread_mutex_lock(&node->lock);
	STAILQ_INSERT_TAIL(&node->commands, command, link);
	pthread_mutex_unlock(&node->lock);
	node_wake(node);
}

void node_destroy(struct node **destroyed)
{
	struct node *node = *destroyed;

	*destroyed = NULL;
	if (node == NULL)
		return;
	ask_to_stop(node);
	if (node->thread_running)
		pthread_join(node->thread, NULL);
	else
		node_wind_down(node);
	io_cores_stop(node);
	workers_stop(&node->workers);
	if (node->thread_entered)
		sandbox_thread_leave();
	messages_drop(node);
	sandbox_runtime_stop();
	node_free(&node);
}
