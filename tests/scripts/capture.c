/*
 * Captures UDP frames to a range of ports on an interface until SIGTERM:
 *	capture IFACE FILE FIRST-LAST
 *
 * Prints "capturing" once nothing can be missed any more, and at the end one line of frames, UDP
 * payload bytes and frames the kernel dropped. Writes the frames' first bytes to FILE (pcap).
 * Own program, because the packaged ones change user, which a user namespace with one user forbids.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <net/ethernet.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <pcap/pcap.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SNAP_BYTES 128
#define BUFFER_BYTES (64 << 20) /* a busy machine schedules us late */
#define DRAIN_ROUNDS 1000000    /* frames left when told to stop are fewer: the buffer is finite */

struct tally {
	pcap_dumper_t *dump;
	uint64_t frames;
	uint64_t payload_bytes;
};

static pcap_t *capture;

static void stop(int signo)
{
	pcap_breakloop(capture);
}

static void count_frame(u_char *opaque, const struct pcap_pkthdr *header, const u_char *frame)
{
	struct tally *tally = (struct tally *)opaque;
	struct iphdr ip;
	struct udphdr udp;
	size_t udp_off;

	pcap_dump((u_char *)tally->dump, header, frame);
	if (header->caplen < sizeof(struct ether_header) + sizeof(ip))
		return;
	memcpy(&ip, frame + sizeof(struct ether_header), sizeof(ip));
	udp_off = sizeof(struct ether_header) + (size_t)ip.ihl * 4;
	if (header->caplen < udp_off + sizeof(udp))
		return;
	memcpy(&udp, frame + udp_off, sizeof(udp));
	if (ntohs(udp.len) < sizeof(udp))
		return;
	tally->frames++;
	tally->payload_bytes += ntohs(udp.len) - sizeof(udp);
}

static void die(const char *what)
{
	fprintf(stderr, "capture: %s: %s\n", what, pcap_geterr(capture));
	exit(1);
}

static void open_interface(const char *name, const char *ports)
{
	char error[PCAP_ERRBUF_SIZE];
	char filter[64];
	struct bpf_program program;

	capture = pcap_create(name, error);
	if (capture == NULL) {
		fprintf(stderr, "capture: %s: %s\n", name, error);
		exit(1);
	}
	pcap_set_snaplen(capture, SNAP_BYTES);
	pcap_set_promisc(capture, 1); /* a bridge hands up what it forwards only when promiscuous */
	pcap_set_immediate_mode(capture, 1);
	pcap_set_buffer_size(capture, BUFFER_BYTES);
	if (pcap_activate(capture) < 0)
		die(name);
	snprintf(filter, sizeof(filter), "udp dst portrange %s", ports);
	if (pcap_compile(capture, &program, filter, 1, PCAP_NETMASK_UNKNOWN) != 0 ||
	    pcap_setfilter(capture, &program) != 0)
		die(filter);
	pcap_freecode(&program);
}

int main(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = stop};
	struct tally tally = {0};
	struct pcap_stat stat = {0};

	if (argc != 4) {
		fprintf(stderr, "usage: capture IFACE FILE FIRST-LAST\n");
		return 2;
	}
	open_interface(argv[1], argv[3]);
	tally.dump = pcap_dump_open(capture, argv[2]);
	if (tally.dump == NULL)
		die(argv[2]);
	sigaction(SIGTERM, &action, NULL);
	puts("capturing");
	fflush(stdout);

	if (pcap_loop(capture, -1, count_frame, (u_char *)&tally) == PCAP_ERROR)
		die(argv[1]);
	pcap_setnonblock(capture, 1, NULL);
	for (int i = 0; i < DRAIN_ROUNDS; i++)
		if (pcap_dispatch(capture, -1, count_frame, (u_char *)&tally) <= 0)
			break;
	pcap_stats(capture, &stat);
	printf("frames %" PRIu64 " payload_bytes %" PRIu64 " dropped %u\n", tally.frames,
	       tally.payload_bytes, stat.ps_drop);
	pcap_dump_close(tally.dump);
	pcap_close(capture);
	return 0;
}
