/* A node's life: creation, threads, the end. */
#include "node_internal.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
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

/* What a frame may wait until an idle node takes it. */
static uint32_t sleep_us(const struct node *node, const struct port *port)
{
	return node->simulated ? 0 : port_poll_wait_us(node->poll.mode, port->wake_fd >= 0);
}

static int create_transport(struct node *node, const struct node_config *config, uint64_t now_ns)
{
	struct transport_config wire = {
	    .node = config->node,
	    .incarnation = node->incarnation,
	    .ip = config->ip,
	    .prefix_len = config->prefix_len,
	    .gateway = config->gateway,
	    .udp_port = config->udp_port != 0 ? config->udp_port : MR_WIRE_PORT_DEFAULT,
	    .mtu = config->port->abilities.mtu,
	    .overhead_bytes = config->keys != NULL ? SEAL_OVERHEAD_BYTES : 0,
	    .peer_timeout_ms = node->peer_timeout_ms,
	    .sleep_us = sleep_us(node, config->port),
	    .seed = config->faults.seed ^ node->incarnation ^ config->node,
	    .payload_checksum = config->keys == NULL && !config->port->abilities.memory,
	    .delay_us_target = config->port->abilities.memory ? MR_DELAY_US_TARGET_MEMORY : 0,
	    .small_bytes_max = MR_SMALL_BYTES_MAX,
	    .offered_flows = 1ull << MESSAGE_FLOW_DATA}; /* batches may wait for memory */
	int rc;

	memcpy(wire.mac, config->port->abilities.mac, sizeof(wire.mac));
	if (wire.mtu > MR_MTU_MAX)
		wire.mtu = MR_MTU_MAX;
	node->transport_memory_bytes = transport_bytes(&wire);
	node->transport_memory = mmap(NULL, node->transport_memory_bytes, PROT_READ | PROT_WRITE,
				      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (node->transport_memory == MAP_FAILED) {
		node->transport_memory = NULL;
		return -ENOMEM;
	}
	rc = transport_init(&node->transport, node->transport_memory, &wire, now_ns);
	for (uint32_t i = 0; rc == 0 && i < config->peer_count; i++) {
		const struct node_peer *peer = &config->peers[i];

		node->peer_ips[peer->node] = peer->ip;
		rc =
		    transport_peer_add(node->transport, peer->node, peer->ip,
				       peer->udp_port != 0 ? peer->udp_port : MR_WIRE_PORT_DEFAULT);
	}
	return rc;
}

static int create_link(struct node *node, const struct node_config *config)
{
	struct link_config link = {.port = node->port,
				   .transport = node->transport,
				   .drop_ppm = node->faults.drop_ppm,
				   .seed = node->fault_random,
				   .ip = config->ip,
				   .udp_port = config->udp_port != 0 ? config->udp_port
								     : MR_WIRE_PORT_DEFAULT};
	int rc = keys_apply(node, config);

	link.seal = node->seal;
	if (rc == 0)
		rc = link_create(&node->link, &link);
	if (rc == 0)
		link_set_tap(node->link, config->tap);
	return rc;
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
	if (rc == 0 && node->port->wake_fd >= 0)
		rc = watch(node, node->port->wake_fd);
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
	link_destroy(&node->link);
	seal_destroy(&node->seal);
	aead_destroy(&node->aead);
	port_close(&node->port);
	if (node->wake_fd >= 0)
		close(node->wake_fd);
	if (node->epoll_fd >= 0)
		close(node->epoll_fd);
	spill_close(&node->spill);
	io_engine_destroy(&node->io);
	region_pool_destroy(&node->pool);
	if (node->transport_memory != NULL)
		munmap(node->transport_memory, node->transport_memory_bytes);
	pthread_cond_destroy(&node->changed);
	pthread_mutex_destroy(&node->lock);
	free(node->cache_dir);
	free(node->spill_dir);
	free(node);
}

/* What a caller handed over, where no pool took it. */
static void provider_release(const struct node_config *config)
{
	struct region_provider provider = config->provider;

	provider.release(&provider);
}

int node_create(struct node **created, const struct node_config *config, char *error,
		size_t error_bytes)
{
	struct aead_backend *aead = config->keys != NULL ? config->keys->aead : NULL;
	struct node *node;
	struct port *port;
	int rc = -EINVAL;

	error[0] = 0;
	if (config->peer_count >= MR_NODES_MAX || config->workers > MR_WORKERS_MAX ||
	    config->node > config->peer_count) {
		snprintf(
		    error, error_bytes,
		    "node %u with %u peers and %u workers: node ids are 0 to the number of peers, "
		    "at most %d nodes and %d workers",
		    config->node, config->peer_count, config->workers, MR_NODES_MAX,
		    MR_WORKERS_MAX);
		goto refuse;
	}
	node = calloc(1, sizeof(*node));
	if (node == NULL) {
		rc = -ENOMEM;
		goto refuse;
	}
	init_plain(node, config);
	init_locks(node);
	node->port = config->port;
	node->aead = config->keys != NULL ? config->keys->aead : NULL;
	workers_init(&node->workers, node);
	rc = copy_text(&node->spill_dir, config->spill_dir);
	if (rc == 0)
		rc = choose_cache(node, config->cache_dir);
	if (rc == 0)
		rc = create_pool(node, config, error, error_bytes);
	if (rc == 0)
		rc = create_files(node, error, error_bytes);
	if (rc == 0)
		rc = create_transport(node, config,
				      node->simulated ? 0 : clock_now(CLOCK_MONOTONIC));
	if (rc == 0)
		rc = create_link(node, config);
	if (rc == 0)
		rc = create_wakeups(node);
	if (rc == 0)
		rc = sandbox_runtime_start();
	if (rc == 0) {
		handover_open(node, config);
		*created = node;
		node->workers_wanted = config->workers;
		/* In simulation whoever steps the node runs its sandboxes. */
		node->thread_entered = node->simulated && sandbox_thread_enter() == 0;
		return 0;
	}
	if (error[0] == 0)
		snprintf(error, error_bytes, "cannot create node %u: %s", config->node,
			 strerror(-rc));
	if (node->pool == NULL)
		provider_release(config);
	node_free(&node);
	return rc;
refuse:
	port = config->port;
	port_close(&port);
	aead_destroy(&aead);
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
	workers_stop(&node->workers);
	if (node->thread_entered)
		sandbox_thread_leave();
	messages_drop(node);
	sandbox_runtime_stop();
	node_free(&node);
}
