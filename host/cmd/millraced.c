/* The program `millraced`: one node on a network port, and its HTTP interface. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <millrace/millrace.h>

#include "cluster.h"
#include "daemon_keys.h"
#include "exposure.h"
#include "io_cores_open.h"
#include "machine.h"
#include "rendezvous.h"
#include "run.h"
#include "server.h"
#include "spool.h"

#define ATTACH_DIR_BYTES 80 /* with a socket's name it fits sun_path, 108 bytes */
#define STOP_TURN_MS 50     /* between looks at the jobs being stopped */
#define STOP_TURNS_MAX 100  /* after five seconds the node is ended as it is */

struct daemon {
	const struct daemon_options *options;
	struct daemon_keys keys;
	const char *specs[2]; /* for DPDK: the port's, and the crypto engine's */
	char seal_note[640];  /* what of sealing was degraded; empty when nothing was */
	struct fabric *fabric;
	struct capture *capture;
	struct node *node;
	struct api_server *server;
	char spool[MR_URI_BYTES_MAX - 64];
	char attach_dir[ATTACH_DIR_BYTES]; /* empty: no hand-over */
};

/* A daemon runs on for long: it says so when it happens. */
static void capture_ended(const char *path, int error)
{
	fprintf(stderr,
		"millraced: note: %s: %s: no more frames are captured, the node goes on; "
		"millrace_link_tap_missed_total counts them\n",
		path,
		error != 0 ? strerror(-error) : "it has as many bytes as --pcap-bytes allows");
}

static int capture_begin(struct daemon *daemon, struct node_io_core *cores, char *error,
			 size_t error_bytes)
{
	const struct daemon_options *options = daemon->options;
	struct capture_options pcap = options->pcap;
	int rc;

	pcap.ended = capture_ended;
	rc = capture_file_open(&daemon->capture, &pcap, false, error, error_bytes);

	if (rc == 0)
		rc = io_taps_open(cores, options->io_cores, daemon->capture, options->node, error,
				  error_bytes);
	if (rc < 0 || daemon->capture == NULL)
		return rc;
	rc = capture_start(daemon->capture);
	if (rc < 0)
		snprintf(error, error_bytes, "cannot capture frames: %s", strerror(-rc));
	return rc;
}

/* When the node is gone. */
static void capture_end(struct daemon *daemon)
{
	char note[MR_ERROR_BYTES_MAX] = "";

	capture_file_close(&daemon->capture, &daemon->options->pcap, note, sizeof(note));
	if (note[0] != '\0')
		fprintf(stderr, "millraced: note: %s\n", note);
}

static int node_open(struct daemon *daemon, char *error, size_t error_bytes)
{
	const struct daemon_options *options = daemon->options;
	struct node_io_core cores[MR_IO_CORES_MAX];
	struct node_config config = {
	    .node = options->node,
	    .peers = options->peers.peers,
	    .peer_count = options->peers.count,
	    .keys = daemon->keys.sealed ? &daemon->keys.keys : NULL,
	    .ip = options->ip,
	    .prefix_len = options->prefix_len,
	    .gateway = options->gateway,
	    .udp_port = options->udp_port,
	    .io_cores = cores + 1,
	    .io_core_count = options->io_cores - 1,
	    .io_cores_least = options->io_cores_least,
	    .sandbox = sandbox_backend(options->sandbox),
	    .workers = options->workers,
	    .slices = options->slices,
	    .poll = machine_poll(options->poll, options->io_cores + options->workers),
	    .cache_dir = options->cache_dir,
	    .spill_dir = options->spill_dir,
	    .checkpoints_dir = options->checkpoints_dir,
	    .peer_timeout_ms = options->peer_timeout_ms,
	    .attach_dir = daemon->attach_dir[0] != '\0' ? daemon->attach_dir : NULL,
	    .faults = {.drop_ppm = options->drop_ppm, .seed = options->node},
	};
	int rc = capture_begin(daemon, cores, error, error_bytes);

	if (rc < 0)
		return rc;
	daemon->fabric->shared = config.attach_dir != NULL;
	daemon->fabric->pages = config.sandbox->maps_regions;
	rc = daemon->fabric->memory_open(daemon->fabric, options->memory_bytes, &config.provider);
	if (rc < 0) {
		snprintf(error, error_bytes, "cannot take %llu MiB of data memory: %s",
			 (unsigned long long)options->memory_bytes >> 20, strerror(-rc));
		return rc;
	}
	rc = io_ports_open(cores, options->io_cores, daemon->fabric, 0, options->udp_port, error,
			   error_bytes);
	if (rc < 0)
		goto fail_memory;
	if (daemon->keys.sealed)
		rc = daemon_keys_backends(&daemon->keys, options, cores, daemon->seal_note,
					  sizeof(daemon->seal_note), error, error_bytes);
	if (rc < 0)
		goto fail_ports;
	config.port = cores[0].port;
	config.tap = cores[0].tap;
	rc = node_create(&daemon->node, &config, error, error_bytes);
	if (rc < 0)
		return rc; /* port and memory went with it */
	rc = node_start(daemon->node);
	if (rc < 0) {
		snprintf(error, error_bytes, "cannot start threads: %s", strerror(-rc));
		node_destroy(&daemon->node);
	}
	return rc;

fail_ports:
	io_ports_close(cores, options->io_cores);
fail_memory:
	config.provider.release(&config.provider);
	return rc;
}

static int server_open(struct daemon *daemon, char *error, size_t error_bytes)
{
	const struct daemon_options *options = daemon->options;
	char code_dir[MR_URI_BYTES_MAX], jobs_dir[MR_URI_BYTES_MAX];
	struct api_config config = {
	    .node = daemon->node,
	    .peers = options->peers.peers,
	    .peer_count = options->peers.count,
	    .address = options->http_address,
	    .port = options->http_port,
	    .code_dir = code_dir,
	    .jobs_dir = jobs_dir,
	};

	/* It may be new; when it cannot be made, the store says so. */
	if (options->cache_dir != NULL)
		mkdir(options->cache_dir, 0700);
	snprintf(code_dir, sizeof(code_dir), "%s/code",
		 options->cache_dir ? options->cache_dir : daemon->spool);
	snprintf(jobs_dir, sizeof(jobs_dir), "%s/jobs", daemon->spool);
	return api_server_start(&daemon->server, &config, error, error_bytes);
}

static int fabric_open(struct daemon *daemon, char *error, size_t error_bytes)
{
	const struct daemon_options *options = daemon->options;
	int rc = cluster_memory_check(options->memory_bytes, 1, error, error_bytes);

	daemon->specs[0] = options->port;
	daemon->specs[1] = options->crypto;
	/* An engine on the PCI bus is for EAL to find; others are made when they are wanted. */
	return rc < 0 ? rc
		      : fabric_dpdk_open(
			    &daemon->fabric, daemon->specs,
			    options->crypto != NULL && strchr(options->crypto, ':') ? 2 : 1,
			    options->io_cores, options->memory_bytes, error, error_bytes);
}

/* Told to end, the node does not wait for functions that run: their jobs are cancelled, and they
 * are stopped. */
static void jobs_stop(struct node *node)
{
	uint64_t ids[MR_JOBS_MAX];
	uint32_t count = node_jobs(node, ids, MR_JOBS_MAX);

	count = count < MR_JOBS_MAX ? count : MR_JOBS_MAX;
	for (uint32_t i = 0; i < count; i++)
		node_job_cancel(node, ids[i]);
	for (uint32_t i = 0, turns = 0; i < count && turns < STOP_TURNS_MAX; turns++) {
		if (node_job_wait(node, ids[i], STOP_TURN_MS) != -ETIMEDOUT)
			i++;
		else
			sandbox_interrupt();
	}
}

static void *interrupt_all(void *argument)
{
	const atomic_bool *ended = argument;

	while (!atomic_load(ended)) {
		sandbox_interrupt();
		usleep(1000 * STOP_TURN_MS);
	}
	return NULL;
}

/* The node's end waits for what its workers run, which may be functions of jobs led elsewhere. */
static void node_end(struct daemon *daemon)
{
	atomic_bool ended = false;
	pthread_t thread;
	bool interrupts = daemon->node != NULL && sandbox_runtime_start() == 0;

	if (interrupts && pthread_create(&thread, NULL, interrupt_all, &ended) != 0) {
		sandbox_runtime_stop();
		interrupts = false;
	}
	node_destroy(&daemon->node);
	if (!interrupts)
		return;
	atomic_store(&ended, true);
	pthread_join(thread, NULL);
	sandbox_runtime_stop();
}

static void daemon_close(struct daemon *daemon)
{
	api_server_stop(&daemon->server);
	if (daemon->node != NULL)
		jobs_stop(daemon->node);
	node_end(daemon);
	capture_end(daemon);
	fabric_close(&daemon->fabric);
	if (daemon->spool[0] != '\0')
		spool_remove(daemon->spool);
}

static void attach_choose(struct daemon *daemon)
{
	const struct daemon_options *options = daemon->options;

	if (options->handover_off || options->drop_ppm > 0 || options->peers.count == 0 ||
	    rendezvous_directory(daemon->attach_dir, sizeof(daemon->attach_dir)) != 0)
		daemon->attach_dir[0] = '\0';
}

static int checkpoints_open(const char *dir, char *error, size_t error_bytes)
{
	struct stat status;

	if (dir[0] == '\0' || mkdir(dir, 0700) == 0)
		return 0;
	if (errno == EEXIST && stat(dir, &status) == 0 && !S_ISDIR(status.st_mode))
		errno = ENOTDIR;
	else if (errno == EEXIST && access(dir, R_OK | W_OK | X_OK) == 0)
		return 0;
	snprintf(error, error_bytes, "--checkpoints %s: %s", dir, strerror(errno));
	return -EINVAL;
}

static int daemon_open(struct daemon *daemon, char *error, size_t error_bytes)
{
	int rc = daemon_keys_read(&daemon->keys, daemon->options, error, error_bytes);

	attach_choose(daemon);
	if (rc == 0)
		rc = checkpoints_open(daemon->options->checkpoints_dir, error, error_bytes);
	if (rc == 0)
		rc = fabric_open(daemon, error, error_bytes);
	if (rc == 0)
		rc = spool_create(daemon->options->spill_dir, daemon->spool, sizeof(daemon->spool),
				  error, error_bytes);
	if (rc < 0)
		daemon->spool[0] = '\0';
	if (rc == 0)
		rc = node_open(daemon, error, error_bytes);
	daemon_keys_wipe(&daemon->keys);
	if (rc == 0)
		rc = server_open(daemon, error, error_bytes);
	if (rc < 0)
		daemon_close(daemon);
	return rc;
}

static int pid_write(const char *path, char *error, size_t error_bytes)
{
	FILE *file = fopen(path, "we");

	if (file != NULL) {
		fprintf(file, "%d\n", getpid());
		if (fclose(file) == 0)
			return 0;
	}
	snprintf(error, error_bytes, "%s: %s", path, strerror(errno));
	return -EIO;
}

static void ready_tell(const struct daemon *daemon)
{
	const struct daemon_options *options = daemon->options;

	fprintf(stderr, "millraced: node %u ready on %s, http://%s:%u\n", options->node,
		options->port, options->http_address, api_server_port(daemon->server));
	if (daemon->fabric->note[0] != '\0')
		fprintf(stderr, "millraced: note: %s\n", daemon->fabric->note);
	if (node_note(daemon->node)[0] != '\0')
		fprintf(stderr, "millraced: note: %s\n", node_note(daemon->node));
	if (daemon->seal_note[0] != '\0')
		fprintf(stderr, "millraced: note: %s\n", daemon->seal_note);
	if (options->insecure && !port_is_private(options->port))
		fputs("millraced: WARNING: --insecure: frames go over this port in the clear. "
		      "Whoever "
		      "reaches it can read them, and can make this node run code\n",
		      stderr);
}

static int serve(const struct daemon_options *options, const sigset_t *stop, char *error,
		 size_t error_bytes)
{
	struct daemon daemon = {.options = options};
	int rc = daemon_open(&daemon, error, error_bytes);
	int signal_number;

	if (rc < 0)
		return rc;
	if (options->pid_file != NULL)
		rc = pid_write(options->pid_file, error, error_bytes);
	if (rc == 0) {
		ready_tell(&daemon);
		sigwait(stop, &signal_number);
	}
	if (options->pid_file != NULL)
		unlink(options->pid_file);
	daemon_close(&daemon);
	return rc;
}

/* Blocked in every thread, and waited for in this one. */
static void signals_block(sigset_t *stop)
{
	sigemptyset(stop);
	sigaddset(stop, SIGINT);
	sigaddset(stop, SIGTERM);
	pthread_sigmask(SIG_BLOCK, stop, NULL);
	signal(SIGPIPE, SIG_IGN);
}

int main(int argc, char **argv)
{
	static struct daemon_options options;
	char error[4 * MR_ERROR_BYTES_MAX];
	sigset_t stop;

	if (daemon_options_parse(&options, argc, argv, error, sizeof(error)) < 0) {
		fprintf(stderr, "millraced: %s\nTry 'millraced --help'.\n", error);
		return RUN_USAGE;
	}
	if (options.help) {
		fputs(daemon_help, stdout);
		return RUN_OK;
	}
	if (options.version) {
		printf("millraced %s\n", mr_version());
		return RUN_OK;
	}
	signals_block(&stop);
	if (serve(&options, &stop, error, sizeof(error)) < 0) {
		fprintf(stderr, "millraced: %s\n", error);
		return RUN_CANNOT_START;
	}
	return RUN_OK;
}
