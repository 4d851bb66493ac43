/* The command line of `millraced`: parsed and checked. */
#include "daemon_options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arguments.h"
#include "cluster.h"

const char daemon_help[] =
    "Usage: millraced --port SPEC --addr IP/PREFIX[,GATEWAY] [--node ID] [--peer ID=IP[:PORT]]...\n"
    "Runs one node of a cluster on a network port, with an HTTP interface for jobs.\n"
    "\n"
    "  --port SPEC           DPDK devargs (net_af_packet0,iface=eth0), a PCI address, or the\n"
    "                        name of a network interface\n"
    "  --addr IP/PREFIX[,GATEWAY]\n"
    "                        address of this node on that port\n"
    "  --node ID             number of this node, 0 to 63; default 0\n"
    "  --peer ID=IP[:PORT]   each other node; nodes are numbered from 0 on without gaps\n"
    "  --udp-port N          of this node; default 7411\n"
    "  --http ADDR:PORT      of the HTTP interface; default 127.0.0.1:7410. It asks for no\n"
    "                        password: keep it on a loopback address\n"
    "  --memory BYTES        data memory: plain bytes, KiB, MiB or GiB, at least 48MiB; default\n"
    "                        a quarter of the machine's\n"
    "  --workers N           threads that run functions, 1 to 64; default one for each core\n"
    "  --sandbox KIND        wasm (default) or native (no isolation, for debugging)\n"
    "  --cache DIR           where prepared code is kept; default ~/.cache/millrace\n"
    "  --spill DIR           where what exceeds memory, and results not yet fetched, go; default\n"
    "                        $TMPDIR, else /var/tmp\n"
    "  --poll always         never sleep while waiting for frames\n"
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
    "Example, three nodes (one on each machine):\n"
    "  millraced --port eth0 --addr 192.168.1.10/24 --node 0 \\\n"
    "      --peer 1=192.168.1.11 --peer 2=192.168.1.12\n"
    "  millraced --port eth0 --addr 192.168.1.11/24 --node 1 \\\n"
    "      --peer 0=192.168.1.10 --peer 2=192.168.1.12\n"
    "  millraced --port eth0 --addr 192.168.1.12/24 --node 2 \\\n"
    "      --peer 0=192.168.1.10 --peer 1=192.168.1.11\n";

enum option_id {
	OPTION_PORT = 1,
	OPTION_ADDR,
	OPTION_NODE,
	OPTION_PEER,
	OPTION_UDP_PORT,
	OPTION_HTTP,
	OPTION_MEMORY,
	OPTION_WORKERS,
	OPTION_SANDBOX,
	OPTION_CACHE,
	OPTION_SPILL,
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
    {"udp-port", required_argument, NULL, OPTION_UDP_PORT},
    {"http", required_argument, NULL, OPTION_HTTP},
    {"memory", required_argument, NULL, OPTION_MEMORY},
    {"workers", required_argument, NULL, OPTION_WORKERS},
    {"sandbox", required_argument, NULL, OPTION_SANDBOX},
    {"cache", required_argument, NULL, OPTION_CACHE},
    {"spill", required_argument, NULL, OPTION_SPILL},
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

/* "ID=IP[:PORT]". */
static bool peer_parse(const char *text, struct node_peer *peer)
{
	char copy[64];
	char *ip, *port;
	uint64_t node, udp_port = MR_WIRE_PORT_DEFAULT;

	if (strlen(text) >= sizeof(copy))
		return false;
	strcpy(copy, text);
	ip = strchr(copy, '=');
	if (ip == NULL)
		return false;
	*ip++ = '\0';
	port = strchr(ip, ':');
	if (port != NULL) {
		*port++ = '\0';
		if (!argument_number(port, 1, 65535, &udp_port))
			return false;
	}
	if (!argument_number(copy, 0, MR_NODES_MAX - 1, &node) || !argument_ip(ip, &peer->ip))
		return false;
	peer->node = (uint32_t)node;
	peer->udp_port = (uint16_t)udp_port;
	return true;
}

static bool peer_add(struct daemon_options *options, const char *text)
{
	if (options->peer_count == MR_NODES_MAX - 1)
		return false;
	return peer_parse(text, &options->peers[options->peer_count++]);
}

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
		return expect(peer_add(options, value), "--peer", value,
			      "ID=IP[:PORT] is needed, for at most 63 others", error, error_bytes);
	case OPTION_UDP_PORT:
		rc = expect(argument_number(value, 1, 65535, &parsed), "--udp-port", value,
			    "a number from 1 to 65535 is needed", error, error_bytes);
		options->udp_port = (uint16_t)parsed;
		return rc;
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
	case OPTION_SANDBOX:
		options->sandbox = value;
		return expect(sandbox_backend(value) != NULL, "--sandbox", value, "wasm or native",
			      error, error_bytes);
	case OPTION_CACHE:
		options->cache_dir = value;
		return 0;
	case OPTION_SPILL:
		options->spill_dir = value;
		return 0;
	case OPTION_PID_FILE:
		options->pid_file = value;
		return 0;
	case OPTION_POLL:
		options->poll_always = true;
		return expect(strcmp(value, "always") == 0, "--poll", value, "always", error,
			      error_bytes);
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
		return network_set(options, id, value, error, error_bytes);
	}
}

/* Nodes are numbered 0..peer_count, each once, ours among them. */
static bool nodes_complete(const struct daemon_options *options)
{
	bool seen[MR_NODES_MAX] = {false};

	if (options->node > options->peer_count)
		return false;
	seen[options->node] = true;
	for (uint32_t i = 0; i < options->peer_count; i++) {
		uint32_t node = options->peers[i].node;

		if (node > options->peer_count || seen[node])
			return false;
		seen[node] = true;
	}
	return true;
}

static int options_check(const struct daemon_options *options, char *error, size_t error_bytes)
{
	const char *wrong = NULL;

	if (options->port == NULL)
		wrong = "--port is missing: which network port is this node's?";
	else if (options->ip == 0)
		wrong = "--addr is missing: which address has this node on its port?";
	else if (!nodes_complete(options))
		wrong = "--node and --peer must number all nodes from 0 on, each once";
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
	    .http_address = "127.0.0.1",
	    .http_port = MR_HTTP_PORT_DEFAULT,
	    .memory_bytes = cluster_memory_default(1),
	    .workers = cluster_workers_default(1),
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
