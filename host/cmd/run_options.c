/* The command line of `millrace run`: parsed, checked, and what cannot go together refused. */
#include "run_options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "arguments.h"
#include "simulate.h"

const char run_help[] =
    "Usage: millrace run FILE.mr SET=URI... [options]\n"
    "Runs a composition to its end, on nodes in this process unless told otherwise.\n"
    "\n"
    "  --out SET=FILE        write an output set to FILE; - is standard output. Without --out\n"
    "                        a single output set goes to standard output\n"
    "  --composition NAME    of the file's compositions; default: the last\n"
    "  --functions DIR       search DIR first for NAME.wasm, .elf or .so; may be repeated\n"
    "  --nodes N             nodes of this process, 1 to 64; default 1\n"
    "  --port DEVARGS        a DPDK port or network interface for a node; repeat it for each\n"
    "                        node; default: ports inside the process\n"
    "  --sandbox KIND        wasm (default); wasm-process: the same, in confined processes of\n"
    "                        each job's own; process: native images, each run in a process of\n"
    "                        its own without system calls; kvm: in a virtual machine without a\n"
    "                        kernel; native: no isolation, for debugging; auto: by what the\n"
    "                        code is. With --connect it is the daemon's, and says which code\n"
    "                        to bring\n"
    "  --io-cores N          threads of each node that carry batches between nodes, each with a\n"
    "                        queue of the port, 1 to 16; default 1. MIN-MAX, or auto: as many\n"
    "                        of them are active, and of the workers, as there is work for\n"
    "  --workers N           threads that run functions, for each node; default cores / nodes\n"
    "  --slices N            invocations that share a core by time slices, at most, when long\n"
    "                        ones keep others waiting: 1 (none) to 16; default 8\n"
    "  --memory BYTES        data memory of all nodes together: plain bytes, KiB, MiB or GiB,\n"
    "                        at least 48MiB for each node; default a quarter of the machine's\n"
    "  --spill DIR           where what exceeds memory goes; default $TMPDIR, else /var/tmp\n"
    "  --checkpoint DIR      keep the states of committed epochs in DIR, and go on from there "
    "when\n"
    "                        the same job was stopped; removed when it ends well. With "
    "--connect\n"
    "                        a name, below what the daemons were given with --checkpoints\n"
    "  --checkpoint-every N  only of every Nth epoch; default 1\n"
    "  --poll MODE           while no frames come: adaptive (default) looks for 50 us, then\n"
    "                        sleeps; always looks without end; interrupt sleeps at once\n"
    "  --handover off        send between the nodes of this process as frames. Otherwise, without\n"
    "                        --port and --drop-rate, they hand over what they hold in memory\n"
    "  --drop-rate P         drop received frames with probability P, 0 to 1\n"
    "  --pcap FILE           capture every frame of the nodes, in clear, in the pcapng format,\n"
    "                        one interface for each node\n"
    "  --pcap-bytes BYTES    of that file at most; default 1GiB\n"
    "  --pcap-snap BYTES     kept of each frame at most; default all\n"
    "  --sim SEED[,loss=P][,dup=P][,reorder=P][,corrupt=P][,delay_us=N]...\n"
    "                        simulated network in virtual time, from a seed; P are\n"
    "                        probabilities, 0 to 1; fail=P and repeat=P are of invocations\n"
    "  --connect URL         run it on a millraced, http://HOST[:PORT]\n"
    "  --json                print the summary as one JSON object on standard output\n"
    "  --quiet               no progress and no summary\n"
    "  --help                this text\n"
    "\n"
    "Exit codes: 0 done, 1 job failed, 2 wrong usage, 3 error in the composition or its code,\n"
    "4 cannot start (port, memory, permission), 5 daemon unreachable, 130 interrupted.\n"
    "\n"
    "Example:\n"
    "  millrace run functions/wordcount/wordcount.mr text='file:/usr/include/**/*.h' \\\n"
    "      --nodes 3 --out counts=counts.txt\n";

enum option_id {
	OPTION_OUT = 1,
	OPTION_COMPOSITION,
	OPTION_FUNCTIONS,
	OPTION_NODES,
	OPTION_PORT,
	OPTION_SANDBOX,
	OPTION_WORKERS,
	OPTION_SLICES,
	OPTION_IO_CORES,
	OPTION_MEMORY,
	OPTION_SPILL,
	OPTION_CHECKPOINT,
	OPTION_CHECKPOINT_EVERY,
	OPTION_POLL,
	OPTION_HANDOVER,
	OPTION_DROP_RATE,
	OPTION_PCAP,
	OPTION_PCAP_BYTES,
	OPTION_PCAP_SNAP,
	OPTION_SIM,
	OPTION_CONNECT,
	OPTION_JSON,
	OPTION_QUIET,
	OPTION_HELP,
	OPTION_END,
};

static const struct option long_options[] = {
    {"out", required_argument, NULL, OPTION_OUT},
    {"composition", required_argument, NULL, OPTION_COMPOSITION},
    {"functions", required_argument, NULL, OPTION_FUNCTIONS},
    {"nodes", required_argument, NULL, OPTION_NODES},
    {"port", required_argument, NULL, OPTION_PORT},
    {"sandbox", required_argument, NULL, OPTION_SANDBOX},
    {"workers", required_argument, NULL, OPTION_WORKERS},
    {"slices", required_argument, NULL, OPTION_SLICES},
    {"io-cores", required_argument, NULL, OPTION_IO_CORES},
    {"memory", required_argument, NULL, OPTION_MEMORY},
    {"spill", required_argument, NULL, OPTION_SPILL},
    {"checkpoint", required_argument, NULL, OPTION_CHECKPOINT},
    {"checkpoint-every", required_argument, NULL, OPTION_CHECKPOINT_EVERY},
    {"poll", required_argument, NULL, OPTION_POLL},
    {"handover", required_argument, NULL, OPTION_HANDOVER},
    {"drop-rate", required_argument, NULL, OPTION_DROP_RATE},
    {"pcap", required_argument, NULL, OPTION_PCAP},
    {"pcap-bytes", required_argument, NULL, OPTION_PCAP_BYTES},
    {"pcap-snap", required_argument, NULL, OPTION_PCAP_SNAP},
    {"sim", required_argument, NULL, OPTION_SIM},
    {"connect", required_argument, NULL, OPTION_CONNECT},
    {"json", no_argument, NULL, OPTION_JSON},
    {"quiet", no_argument, NULL, OPTION_QUIET},
    {"help", no_argument, NULL, OPTION_HELP},
    {NULL, 0, NULL, 0},
};

/* What --connect and --sim leave to decide elsewhere. */
static const enum option_id of_the_daemon[] = {
    OPTION_NODES,      OPTION_PORT,      OPTION_WORKERS,   OPTION_MEMORY, OPTION_SPILL,
    OPTION_POLL,       OPTION_HANDOVER,  OPTION_DROP_RATE, OPTION_SIM,    OPTION_PCAP,
    OPTION_PCAP_BYTES, OPTION_PCAP_SNAP, OPTION_IO_CORES,  OPTION_SLICES,
};
static const enum option_id of_real_time[] = {OPTION_PORT,     OPTION_WORKERS,  OPTION_POLL,
					      OPTION_HANDOVER, OPTION_IO_CORES, OPTION_SLICES};

struct parse {
	struct run_options *options;
	struct mr_options *run;
	bool given[OPTION_END];
	char *error;
	size_t error_bytes;
};

static int wrong(struct parse *parse, const char *option, const char *value, const char *allowed)
{
	snprintf(parse->error, parse->error_bytes, "%s: \"%s\" is not allowed: %s", option, value,
		 allowed);
	return -EINVAL;
}

static int binding_add(struct parse *parse, char *text, struct mr_binding *bindings, size_t *count,
		       const char *option, const char *allowed)
{
	const char *set, *target;

	if (*count == MR_SETS_MAX)
		return wrong(parse, option, text, "there are at most 64 of them");
	if (!argument_binding(text, &set, &target))
		return wrong(parse, option, text, allowed);
	for (size_t i = 0; i < *count; i++) {
		if (strcmp(bindings[i].set, set) == 0)
			return wrong(parse, option, set, "this set was given already");
	}
	bindings[(*count)++] = (struct mr_binding){set, target};
	return 0;
}

static int positional(struct parse *parse, char *text)
{
	if (parse->run->file == NULL) {
		parse->run->file = text;
		return 0;
	}
	return binding_add(parse, text, parse->options->inputs, &parse->run->input_count, "input",
			   "SET=URI is needed, as in text=file:/etc/services");
}

static int number(struct parse *parse, const char *option, const char *value, uint32_t max,
		  uint32_t *result)
{
	char allowed[64];
	uint64_t parsed;

	snprintf(allowed, sizeof(allowed), "a number from 1 to %u is needed", max);
	if (!argument_number(value, 1, max, &parsed))
		return wrong(parse, option, value, allowed);
	*result = (uint32_t)parsed;
	return 0;
}

static int port_add(struct parse *parse, const char *spec)
{
	if (parse->run->port_count == MR_NODES_MAX)
		return wrong(parse, "--port", spec, "there are at most 64 nodes");
	parse->options->ports[parse->run->port_count++] = spec;
	return 0;
}

static int functions_add(struct parse *parse, const char *dir)
{
	if (parse->run->function_dir_count == MR_VERTICES_MAX)
		return wrong(parse, "--functions", dir, "there are at most 256 of them");
	parse->options->function_dirs[parse->run->function_dir_count++] = dir;
	return 0;
}

static int option_set_placing(struct parse *parse, enum option_id id, char *value)
{
	struct run_request *request = &parse->options->request;

	switch (id) {
	case OPTION_NODES:
		return number(parse, "--nodes", value, MR_NODES_MAX, &parse->run->nodes);
	case OPTION_WORKERS:
		return number(parse, "--workers", value, MR_WORKERS_MAX, &parse->run->workers);
	case OPTION_SLICES:
		return number(parse, "--slices", value, MR_SLICES_MAX, &request->slices);
	case OPTION_IO_CORES:
		if (!argument_range(value, MR_IO_CORES_MAX, &request->io_cores_least,
				    &request->io_cores))
			return wrong(parse, "--io-cores", value,
				     "1 to 16, a range of these like 1-4, or auto is needed");
		return 0;
	case OPTION_MEMORY:
		if (!argument_size(value, &parse->run->memory_bytes) ||
		    parse->run->memory_bytes == 0)
			return wrong(parse, "--memory", value,
				     "bytes are needed, plain or with KiB, MiB or GiB");
		return 0;
	case OPTION_PORT:
		return port_add(parse, value);
	case OPTION_SANDBOX:
		parse->run->sandbox = value;
		return sandbox_backend(value) ? 0 : wrong(parse, "--sandbox", value, SANDBOX_NAMES);
	case OPTION_POLL:
		return port_poll_parse(value, &request->poll)
			   ? 0
			   : wrong(parse, "--poll", value, PORT_POLL_WORDS);
	case OPTION_HANDOVER:
		request->handover_off = true;
		return strcmp(value, "off") == 0 ? 0 : wrong(parse, "--handover", value, "off");
	case OPTION_DROP_RATE:
		return argument_probability(value, &request->faults.drop_ppm)
			   ? 0
			   : wrong(parse, "--drop-rate", value,
				   "a probability from 0 to 1 is needed");
	default:
		return -EINVAL;
	}
}

static int option_set_pcap(struct parse *parse, enum option_id id, char *value)
{
	struct capture_options *pcap = &parse->options->request.pcap;
	uint64_t bytes = 0;

	if (id == OPTION_PCAP) {
		pcap->path = value;
		return 0;
	}
	if (!argument_size(value, &bytes) || bytes == 0)
		return wrong(parse, id == OPTION_PCAP_BYTES ? "--pcap-bytes" : "--pcap-snap", value,
			     "bytes are needed, plain or with KiB, MiB or GiB");
	if (id == OPTION_PCAP_BYTES)
		pcap->bytes_max = bytes;
	else
		pcap->snap_bytes = bytes < UINT32_MAX ? (uint32_t)bytes : UINT32_MAX;
	return 0;
}

static int option_set(struct parse *parse, enum option_id id, char *value)
{
	struct run_request *request = &parse->options->request;

	parse->given[id] = true;
	switch (id) {
	case OPTION_OUT:
		return binding_add(parse, value, parse->options->outputs, &parse->run->output_count,
				   "--out", "SET=FILE is needed, as in counts=counts.txt");
	case OPTION_COMPOSITION:
		parse->run->composition = value;
		return 0;
	case OPTION_FUNCTIONS:
		return functions_add(parse, value);
	case OPTION_SPILL:
		request->spill_dir = value;
		return 0;
	case OPTION_CHECKPOINT:
		request->checkpoint_dir = value;
		return 0;
	case OPTION_CHECKPOINT_EVERY:
		return number(parse, "--checkpoint-every", value, MR_EPOCHS_MAX,
			      &request->checkpoint_every);
	case OPTION_PCAP:
	case OPTION_PCAP_BYTES:
	case OPTION_PCAP_SNAP:
		return option_set_pcap(parse, id, value);
	case OPTION_SIM:
		request->sim = value;
		return 0;
	case OPTION_CONNECT:
		request->connect = value;
		return 0;
	case OPTION_JSON:
		parse->options->json = true;
		return 0;
	case OPTION_QUIET:
		parse->options->quiet = true;
		return 0;
	case OPTION_HELP:
		parse->options->help = true;
		return 0;
	default:
		return option_set_placing(parse, id, value);
	}
}

static int given_with(struct parse *parse, const enum option_id *refused, size_t count,
		      const char *with, const char *why)
{
	for (size_t i = 0; i < count; i++) {
		if (!parse->given[refused[i]])
			continue;
		snprintf(parse->error, parse->error_bytes, "--%s does not go with %s: %s",
			 long_options[refused[i] - 1].name, with, why);
		return -EINVAL;
	}
	return 0;
}

static int stdout_check(struct parse *parse)
{
	uint32_t users = parse->options->json;

	for (size_t i = 0; i < parse->run->output_count; i++)
		users += strcmp(parse->options->outputs[i].target, "-") == 0;
	if (users < 2)
		return 0;
	snprintf(parse->error, parse->error_bytes,
		 "only one of --json and each --out SET=- can have standard output");
	return -EINVAL;
}

static int sim_check(struct parse *parse)
{
	struct node_faults faults;
	struct sim_config config;

	if (!parse->given[OPTION_SIM])
		return 0;
	return simulate_parse(parse->options->request.sim, &config, &faults, parse->error,
			      parse->error_bytes);
}

static int together_check(struct parse *parse)
{
	int rc = 0;

	if (parse->run->file == NULL) {
		snprintf(parse->error, parse->error_bytes, "which composition? FILE.mr is missing");
		return -EINVAL;
	}
	if (parse->given[OPTION_CONNECT])
		rc = given_with(parse, of_the_daemon, sizeof(of_the_daemon) / sizeof(int),
				"--connect", "it is the daemon's to say");
	if (rc == 0 && parse->given[OPTION_CHECKPOINT_EVERY] && !parse->given[OPTION_CHECKPOINT]) {
		snprintf(parse->error, parse->error_bytes,
			 "--checkpoint-every says how often, but not where: add --checkpoint DIR");
		rc = -EINVAL;
	}
	if (rc == 0 && parse->given[OPTION_SIM])
		rc = given_with(parse, of_real_time, sizeof(of_real_time) / sizeof(int), "--sim",
				"a simulation has neither ports nor threads");
	if (rc == 0 && parse->given[OPTION_PORT] && parse->given[OPTION_NODES] &&
	    parse->run->nodes != parse->run->port_count) {
		snprintf(parse->error, parse->error_bytes, "%u nodes need as many --port, not %zu",
			 parse->run->nodes, parse->run->port_count);
		rc = -EINVAL;
	}
	if (rc == 0)
		rc = sim_check(parse);
	return rc < 0 ? rc : stdout_check(parse);
}

static int unknown(struct parse *parse, int found, const char *argument)
{
	if (found == ':')
		snprintf(parse->error, parse->error_bytes, "%s needs a value", argument);
	else
		snprintf(parse->error, parse->error_bytes, "unknown or ambiguous option %s",
			 argument);
	return -EINVAL;
}

/* Whether errors are to be told in JSON must be known before one is found. */
static void wishes_find(struct run_options *options, int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		options->json |= strcmp(argv[i], "--json") == 0;
		options->help |= strcmp(argv[i], "--help") == 0;
	}
}

int run_options_parse(struct run_options *options, int argc, char **argv, char *error,
		      size_t error_bytes)
{
	struct parse parse = {.options = options,
			      .run = &options->request.options,
			      .error = error,
			      .error_bytes = error_bytes};
	int found, rc = 0;

	memset(options, 0, sizeof(*options));
	wishes_find(options, argc, argv);
	parse.run->inputs = options->inputs;
	parse.run->outputs = options->outputs;
	parse.run->ports = options->ports;
	parse.run->function_dirs = options->function_dirs;
	opterr = 0;
	optind = 0; /* the scan starts anew: argv is not main()'s */
	while (rc == 0 && (found = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
		if (found == '?' || found == ':')
			rc = unknown(&parse, found, argv[optind - 1]);
		else
			rc = option_set(&parse, (enum option_id)found, optarg);
	}
	for (int i = optind; rc == 0 && i < argc; i++)
		rc = positional(&parse, argv[i]);
	return rc < 0 || options->help ? rc : together_check(&parse);
}
