/* The command line of `millraced`: parsed and checked. */
#include "daemon_options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arguments.h"
#include "cluster.h"
#include "exposure.h"

const char daemon_help[] =
    "Usage: millraced --port SPEC --addr IP/PREFIX[,GATEWAY] [--node ID] --key FILE\n"
    "                 [--peer ID=IP[:PORT],PUBKEY]...\n"
    "Runs one node of a cluster on a network port, with an HTTP interface for jobs.\n"
    "\n"
    "  --port SPEC           DPDK devargs (net_af_packet0,iface=eth0), a PCI address, or the\n"
    "                        name of a network interface\n"
    "  --addr IP/PREFIX[,GATEWAY]\n"
    "                        address of this node on that port\n"
    "  --node ID             number of this node, 0 to 63; default 0\n"
    "  --peer ID=IP[:PORT][,PUBKEY]\n"
    "                        each other node, and its public key; nodes are numbered from 0 on\n"
    "                        without gaps\n"
    "  --peers FILE          the same, a line for each\n"
    "  --key FILE            this node's private key: see millrace keygen\n"
    "  --psk FILE            a key that all nodes share: alone, or beside --key\n"
    "  --insecure            without keys on a network: frames are neither secret nor authentic\n"
    "  --cipher aes|chacha   what frames are sealed with; default what is faster here\n"
    "  --crypto DEVICE       what does it: DPDK devargs (crypto_aesni_gcm0), the PCI address of "
    "an\n"
    "                        engine, or library (libcrypto); default the best there is\n"
    "  --udp-port N          of this node; default 7411\n"
    "  --http ADDR:PORT      of the HTTP interface; default 127.0.0.1:7410. It asks for no\n"
    "                        password: keep it on a loopback address\n"
    "  --memory BYTES        data memory: plain bytes, KiB, MiB or GiB, at least 48MiB; default\n"
    "                        a quarter of the machine's\n"
    "  --io-cores N          threads that carry batches to and from other nodes, each with a "
    "queue\n"
    "                        of the port and UDP port --udp-port + 0, 1, ..., 1 to 16; default 1.\n"
    "                        MIN-MAX, or auto: as many of them are active, and of the workers,\n"
    "                        as there is work for.\n"
    "                        Nodes may have different numbers, but for memif and vhost ports\n"
    "  --workers N           threads that run functions, 1 to 64; default one for each core\n"
    "  --slices N            invocations that share a core by time slices, at most, when long\n"
    "                        ones keep others waiting: 1 (none) to 16; default 8\n"
    "  --sandbox KIND        wasm (default); wasm-process: the same, in confined processes of\n"
    "                        each job's own; process: native images, each run in a process of\n"
    "                        its own without system calls; kvm: in a virtual machine without a\n"
    "                        kernel; native: no isolation, for debugging; auto: by what the\n"
    "                        code is\n"
    "  --cache DIR           where prepared code is kept; default ~/.cache/millrace\n"
    "  --spill DIR           where what exceeds memory, and results not yet fetched, go; default\n"
    "                        $TMPDIR, else /var/tmp\n"
    "  --checkpoints DIR     of jobs with epochs: states that were committed are kept there, in "
    "a\n"
    "                        folder for each name that millrace run --checkpoint gives; without "
    "it\n"
    "                        a job may have none\n"
    "  --poll MODE           while no frames come: adaptive (default) looks for 50 us, then\n"
    "                        sleeps; always looks without end; interrupt sleeps at once\n"
    "  --peer-timeout-ms N   a node not heard of for so long, while a job runs, is dead and\n"
    "                        fails the job; 20 to 600000, default 750\n"
    "  --handover off        talk with peers on this host by frames only. Otherwise those of the\n"
    "                        same user hand over what they hold in memory\n"
    "  --drop-rate P         drop received frames with probability P, 0 to 1\n"
    "  --pcap FILE           capture every frame of this node, in clear (before it is sealed, "
    "after\n"
    "                        it was opened), in the pcapng format\n"
    "  --pcap-bytes BYTES    of that file at most; default 1GiB\n"
    "  --pcap-snap BYTES     kept of each frame at most; default all\n"
    "  --pid-file FILE       write the process id there once ready\n"
    "  --version, --help\n"
    "\n"
    "Exit codes: 0 stopped by a signal, 2 wrong usage, 4 cannot start.\n"
    "\n"
    "Example, two nodes; \"millrace keygen --out node.key\" on each printed its public key:\n"
    "  millraced --port eth0 --addr 192.168.1.10/24 --node 0 --key node.key \\\n"
    "      --peer 1=192.168.1.11,L5lvIzYo0fmDuvtrYRgYn9CMaFnCsTfHkEFC5FTKr2o=\n"
    "  millraced --port eth0 --addr 192.168.1.11/24 --node 1 --key node.key \\\n"
    "      --peer 0=192.168.1.10,q8Avx4TpIgmCbVFAzHgGV9FZQXYT4LxEEzj6Z8P9JT0=\n"
    "Four queues of a card, alone:\n"
    "  millraced --port 0000:03:00.0 --addr 192.168.1.10/24 --key node.key --io-cores 4\n";

enum option_id {
	OPTION_PORT = 1,
	OPTION_ADDR,
	OPTION_NODE,
	OPTION_PEER,
	OPTION_PEERS,
	OPTION_KEY,
	OPTION_PSK,
	OPTION_INSECURE,
	OPTION_CIPHER,
	OPTION_CRYPTO,
	OPTION_UDP_PORT,
	OPTION_HTTP,
	OPTION_MEMORY,
	OPTION_WORKERS,
	OPTION_IO_CORES,
	OPTION_SLICES,
	OPTION_SANDBOX,
	OPTION_CACHE,
	OPTION_SPILL,
	OPTION_CHECKPOINTS,
	OPTION_POLL,
	OPTION_PEER_TIMEOUT,
	OPTION_HANDOVER,
	OPTION_DROP_RATE,
	OPTION_PCAP,
	OPTION_PCAP_BYTES,
	OPTION_PCAP_SNAP,
	OPTION_PID_FILE,
	OPTION_VERSION,
	OPTION_HELP,
};

static const struct option long_options[] = {
    {"port", required_argument, NULL, OPTION_PORT},
    {"addr", required_argument, NULL, OPTION_ADDR},
    {"node", required_argument, NULL, OPTION_NODE},
    {"peer", required_argument, NULL, OPTION_PEER},
    {"peers", required_argument, NULL, OPTION_PEERS},
    {"key", required_argument, NULL, OPTION_KEY},
    {"psk", required_argument, NULL, OPTION_PSK},
    {"insecure", no_argument, NULL, OPTION_INSECURE},
    {"cipher", required_argument, NULL, OPTION_CIPHER},
    {"crypto", required_argument, NULL, OPTION_CRYPTO},
    {"udp-port", required_argument, NULL, OPTION_UDP_PORT},
    {"http", required_argument, NULL, OPTION_HTTP},
    {"memory", required_argument, NULL, OPTION_MEMORY},
    {"workers", required_argument, NULL, OPTION_WORKERS},
    {"io-cores", required_argument, NULL, OPTION_IO_CORES},
    {"slices", required_argument, NULL, OPTION_SLICES},
    {"sandbox", required_argument, NULL, OPTION_SANDBOX},
    {"cache", required_argument, NULL, OPTION_CACHE},
    {"spill", required_argument, NULL, OPTION_SPILL},
    {"checkpoints", required_argument, NULL, OPTION_CHECKPOINTS},
    {"poll", required_argument, NULL, OPTION_POLL},
    {"peer-timeout-ms", required_argument, NULL, OPTION_PEER_TIMEOUT},
    {"handover", required_argument, NULL, OPTION_HANDOVER},
    {"drop-rate", required_argument, NULL, OPTION_DROP_RATE},
    {"pcap", required_argument, NULL, OPTION_PCAP},
    {"pcap-bytes", required_argument, NULL, OPTION_PCAP_BYTES},
    {"pcap-snap", required_argument, NULL, OPTION_PCAP_SNAP},
    {"pid-file", required_argument, NULL, OPTION_PID_FILE},
    {"version", no_argument, NULL, OPTION_VERSION},
    {"help", no_argument, NULL, OPTION_HELP},
    {NULL, 0, NULL, 0},
};

/* "ADDR:PORT". */
static bool http_parse(struct daemon_options *options, const char *text)
{
	const char *colon = strrchr(text, ':');
	uint64_t port;
	uint32_t ip;

	if (colon == NULL || (size_t)(colon - text) >= sizeof(options->http_address) ||
	    !argument_number(colon + 1, 0, 65535, &port))
		return false;
	snprintf(options->http_address, sizeof(options->http_address), "%.*s", (int)(colon - text),
		 text);
	options->http_port = (uint16_t)port;
	return argument_ip(options->http_address, &ip);
}

static int expect(bool valid, const char *option, const char *value, const char *allowed,
		  char *error, size_t error_bytes)
{
	if (valid)
		return 0;
	snprintf(error, error_bytes, "%s: \"%s\" is not allowed: %s", option, value, allowed);
	return -EINVAL;
}

static int network_set(struct daemon_options *options, enum option_id id, const char *value,
		       char *error, size_t error_bytes)
{
	uint64_t parsed = 0;
	bool valid;
	int rc;

	switch (id) {
	case OPTION_PORT:
		options->port = value;
		return expect(strcmp(value, "ring") != 0, "--port", value,
			      "ring ports join nodes of one process, and this is one node: name a "
			      "network interface, or use millrace run --nodes N",
			      error, error_bytes);
	case OPTION_ADDR:
		valid =
		    argument_address(value, &options->ip, &options->prefix_len, &options->gateway);
		return expect(valid, "--addr", value, "IP/PREFIX[,GATEWAY] is needed", error,
			      error_bytes);
	case OPTION_NODE:
		rc = expect(argument_number(value, 0, MR_NODES_MAX - 1, &parsed), "--node", value,
			    "a number from 0 to 63 is needed", error, error_bytes);
		options->node = (uint32_t)parsed;
		return rc;
	case OPTION_PEER:
		return expect(peer_text_add(&options->peers, value), "--peer", value,
			      "ID=IP[:PORT][,PUBKEY] is needed, for at most 63 others", error,
			      error_bytes);
	case OPTION_PEERS:
		return peer_file_add(&options->peers, value, error, error_bytes);
	case OPTION_UDP_PORT:
		rc = expect(argument_number(value, 1, 65535, &parsed), "--udp-port", value,
			    "a number from 1 to 65535 is needed", error, error_bytes);
		options->udp_port = (uint16_t)parsed;
		return rc;
	case OPTION_IO_CORES:
		return expect(argument_range(value, MR_IO_CORES_MAX, &options->io_cores_least,
					     &options->io_cores),
			      "--io-cores", value,
			      "1 to 16, a range of these like 1-4, or auto is needed", error,
			      error_bytes);
	case OPTION_HTTP:
		return expect(http_parse(options, value), "--http", value,
			      "ADDR:PORT is needed, as in 127.0.0.1:7410", error, error_bytes);
	default:
		return -EINVAL;
	}
}

static int pcap_set(struct daemon_options *options, enum option_id id, const char *value,
		    char *error, size_t error_bytes)
{
	struct capture_options *pcap = &options->pcap;
	uint64_t bytes = 0;

	if (id == OPTION_PCAP) {
		pcap->path = value;
		return 0;
	}
	if (!argument_size(value, &bytes) || bytes == 0)
		return expect(false, id == OPTION_PCAP_BYTES ? "--pcap-bytes" : "--pcap-snap",
			      value, "bytes are needed, plain or with KiB, MiB or GiB", error,
			      error_bytes);
	if (id == OPTION_PCAP_BYTES)
		pcap->bytes_max = bytes;
	else
		pcap->snap_bytes = bytes < UINT32_MAX ? (uint32_t)bytes : UINT32_MAX;
	return 0;
}

static int seal_set(struct daemon_options *options, enum option_id id, const char *value,
		    char *error, size_t error_bytes)
{
	switch (id) {
	case OPTION_KEY:
		options->key_file = value;
		return 0;
	case OPTION_PSK:
		options->psk_file = value;
		return 0;
	case OPTION_INSECURE:
		options->insecure = true;
		return 0;
	case OPTION_CRYPTO:
		options->crypto = value;
		return 0;
	case OPTION_CIPHER:
		if (strcmp(value, "aes") == 0)
			options->cipher = SEAL_AES_GCM;
		else if (strcmp(value, "chacha") == 0)
			options->cipher = SEAL_CHACHA_POLY;
		return expect(options->cipher != 0, "--cipher", value, "aes or chacha", error,
			      error_bytes);
	default:
		return network_set(options, id, value, error, error_bytes);
	}
}

static int option_set(struct daemon_options *options, enum option_id id, const char *value,
		      char *error, size_t error_bytes)
{
	uint64_t parsed = 0;
	int rc;

	switch (id) {
	case OPTION_MEMORY:
		return expect(argument_size(value, &options->memory_bytes), "--memory", value,
			      "bytes are needed, plain or with KiB, MiB or GiB", error,
			      error_bytes);
	case OPTION_WORKERS:
		rc = expect(argument_number(value, 1, MR_WORKERS_MAX, &parsed), "--workers", value,
			    "a number from 1 to 64 is needed", error, error_bytes);
		options->workers = (uint32_t)parsed;
		return rc;
	case OPTION_SLICES:
		rc = expect(argument_number(value, 1, MR_SLICES_MAX, &parsed), "--slices", value,
			    "a number from 1 to 16 is needed", error, error_bytes);
		options->slices = (uint32_t)parsed;
		return rc;
	case OPTION_SANDBOX:
		options->sandbox = value;
		return expect(sandbox_backend(value) != NULL, "--sandbox", value, SANDBOX_NAMES,
			      error, error_bytes);
	case OPTION_CACHE:
		options->cache_dir = value;
		return 0;
	case OPTION_SPILL:
		options->spill_dir = value;
		return 0;
	case OPTION_CHECKPOINTS:
		options->checkpoints_dir = value;
		return expect(value[0] != '\0', "--checkpoints", value,
			      "the path of a folder is needed", error, error_bytes);
	case OPTION_PID_FILE:
		options->pid_file = value;
		return 0;
	case OPTION_POLL:
		return expect(port_poll_parse(value, &options->poll), "--poll", value,
			      PORT_POLL_WORDS, error, error_bytes);
	case OPTION_PEER_TIMEOUT:
		rc = expect(argument_number(value, MR_PEER_TIMEOUT_MS_LEAST,
					    MR_PEER_TIMEOUT_MS_MOST, &parsed),
			    "--peer-timeout-ms", value, "a number from 20 to 600000 is needed",
			    error, error_bytes);
		options->peer_timeout_ms = (uint32_t)parsed;
		return rc;
	case OPTION_HANDOVER:
		options->handover_off = true;
		return expect(strcmp(value, "off") == 0, "--handover", value, "off", error,
			      error_bytes);
	case OPTION_DROP_RATE:
		return expect(argument_probability(value, &options->drop_ppm), "--drop-rate", value,
			      "a probability from 0 to 1 is needed", error, error_bytes);
	case OPTION_PCAP:
	case OPTION_PCAP_BYTES:
	case OPTION_PCAP_SNAP:
		return pcap_set(options, id, value, error, error_bytes);
	case OPTION_VERSION:
		options->version = true;
		return 0;
	case OPTION_HELP:
		options->help = true;
		return 0;
	default:
		return seal_set(options, id, value, error, error_bytes);
	}
}

/* Nodes are numbered 0..peer_count, each once, ours among them. */
static bool nodes_complete(const struct daemon_options *options)
{
	bool seen[MR_NODES_MAX] = {false};

	if (options->node > options->peers.count)
		return false;
	seen[options->node] = true;
	for (uint32_t i = 0; i < options->peers.count; i++) {
		uint32_t node = options->peers.peers[i].node;

		if (node > options->peers.count || seen[node])
			return false;
		seen[node] = true;
	}
	return true;
}

/* Peers have public keys exactly where this node has a private one. */
static const char *keys_wrong(const struct daemon_options *options)
{
	bool key = options->key_file != NULL;

	if (options->insecure && (key || options->psk_file != NULL))
		return "--insecure does not go with --key or --psk: frames are sealed, or they are "
		       "not";
	for (uint32_t i = 0; i < options->peers.count; i++) {
		if (key && !options->peers.keyed[i])
			return "with --key each --peer needs its public key: --peer "
			       "ID=IP[:PORT],PUBKEY, which its millrace keygen printed";
		if (!key && options->peers.keyed[i])
			return "--peer has a public key, and this node has no --key of its own: "
			       "make "
			       "one with millrace keygen --out FILE";
	}
	if (key || options->psk_file != NULL || options->insecure || port_is_private(options->port))
		return NULL;
	return "this port may reach others, and there is no key. Make one with millrace keygen "
	       "--out "
	       "FILE, name it with --key FILE, and each other node's public key with --peer "
	       "ID=IP,PUBKEY; or share one key with --psk FILE. Without keys nodes talk only over "
	       "the loopback interface (--port lo), rings, and sockets in a folder of mode 0700 "
	       "(memif with socket-abstract=no). On a network where you trust everybody: "
	       "--insecure";
}

static int options_check(const struct daemon_options *options, char *error, size_t error_bytes)
{
	const char *wrong = NULL;

	if (options->port == NULL)
		wrong = "--port is missing: which network port is this node's?";
	else if (options->ip == 0)
		wrong = "--addr is missing: which address has this node on its port?";
	else if (options->udp_port + options->io_cores - 1 > UINT16_MAX)
		wrong = "--io-cores: each has a UDP port from --udp-port on, and there are none "
			"above 65535: give a lower --udp-port, the same to all nodes";
	else if (!nodes_complete(options))
		wrong = "--node and --peer must number all nodes from 0 on, each once";
	else
		wrong = keys_wrong(options);
	if (wrong == NULL)
		return 0;
	snprintf(error, error_bytes, "%s", wrong);
	return -EINVAL;
}

int daemon_options_parse(struct daemon_options *options, int argc, char **argv, char *error,
			 size_t error_bytes)
{
	int found, rc = 0;

	*options = (struct daemon_options){
	    .udp_port = MR_WIRE_PORT_DEFAULT,
	    .checkpoints_dir = "",
	    .http_address = "127.0.0.1",
	    .http_port = MR_HTTP_PORT_DEFAULT,
	    .memory_bytes = cluster_memory_default(1),
	    .workers = cluster_workers_default(1),
	    .slices = MR_SLICES_DEFAULT,
	    .io_cores = 1,
	    .sandbox = "wasm",
	    .peer_timeout_ms = MR_PEER_TIMEOUT_MS_CLUSTER,
	};
	opterr = 0;
	while (rc == 0 && (found = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
		if (found == ':')
			snprintf(error, error_bytes, "%s needs a value", argv[optind - 1]);
		else if (found == '?')
			snprintf(error, error_bytes, "unknown or ambiguous option %s",
				 argv[optind - 1]);
		rc = found == ':' || found == '?'
			 ? -EINVAL
			 : option_set(options, (enum option_id)found, optarg, error, error_bytes);
	}
	if (rc < 0 || options->help || options->version)
		return rc;
	if (optind < argc) {
		snprintf(error, error_bytes, "%s: only options are taken", argv[optind]);
		return -EINVAL;
	}
	return options_check(options, error, error_bytes);
}
