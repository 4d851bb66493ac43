/* The command line of `millraced`. */
#ifndef DAEMON_OPTIONS_H
#define DAEMON_OPTIONS_H

#include "capture_file.h"
#include "peer_text.h"

struct daemon_options {
	uint32_t node;
	uint32_t ip;
	uint8_t prefix_len;
	uint32_t gateway;
	uint16_t udp_port;
	struct peer_list peers;
	const char *key_file;
	const char *psk_file;
	const char *crypto;      /* NULL: the best there is; "library": libcrypto */
	enum seal_cipher cipher; /* 0: what is faster here */
	bool insecure;
	const char *port;
	char http_address[32];
	uint16_t http_port;
	uint64_t memory_bytes;
	uint32_t workers;
	uint32_t slices;
	uint32_t io_cores;
	uint32_t io_cores_least; /* of them active; less: a controller says how many are */
	const char *sandbox;
	const char *cache_dir;
	const char *spill_dir;
	const char *checkpoints_dir; /* "": none are kept */
	struct capture_options pcap;
	const char *pid_file;
	uint32_t drop_ppm;
	uint32_t peer_timeout_ms;
	enum port_poll_mode poll;
	bool handover_off;
	bool help;
	bool version;
};

extern const char daemon_help[];

/* 0, or -EINVAL with error text. */
int daemon_options_parse(struct daemon_options *options, int argc, char **argv, char *error,
			 size_t error_bytes);

#endif
