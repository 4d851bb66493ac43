/*
 * Two nodes that seal, on a network in virtual time that loses, doubles and reorders what they
 * send, and keeps a copy of all of it.
 */
#ifndef SEALS_H
#define SEALS_H

#include "seal.h"

#define SEALS_IP(side) (0x0a000001u + (side))
#define SEALS_PAYLOAD_BYTES_MAX 1500
#define SEALS_PACKET_BYTES_MAX (SEALS_PAYLOAD_BYTES_MAX + SEAL_OVERHEAD_BYTES)
#define SEALS_FLYING_MAX 4096
#define SEALS_CAPTURED_MAX 4096

struct seals_packet {
	uint64_t arrives_ns;
	uint32_t to; /* side */
	uint32_t bytes;
	uint8_t data[SEALS_PACKET_BYTES_MAX];
};

struct seals_side {
	struct seal *seal;
	struct aead_backend *aead;
	uint64_t random;
	uint8_t private_key[SEAL_KEY_BYTES];
	uint8_t public_key[SEAL_KEY_BYTES];
	uint64_t delivered;
	uint64_t incarnation_heard;
	void (*deliver)(void *opaque, uint32_t side, const uint8_t *payload, uint32_t bytes);
	void *opaque;
};

struct seals {
	struct seals_side sides[2]; /* nodes 0 and 1, at 10.0.0.1 and 10.0.0.2 */
	enum noise_pattern pattern;
	enum seal_cipher cipher;
	uint64_t now_ns;
	uint64_t random;
	uint32_t loss_ppm;
	uint32_t double_ppm;
	uint64_t jitter_ns;
	struct seals_packet *flying; /* SEALS_FLYING_MAX */
	uint32_t flying_count;
	struct seals_packet *captured; /* the first SEALS_CAPTURED_MAX packets there were */
	uint32_t captured_count;
};

uint64_t seals_random(uint64_t *state);

/* Both sides know each other's keys. */
void seals_start(struct seals *seals, enum noise_pattern pattern, enum seal_cipher cipher,
		 uint64_t seed);
void seals_stop(struct seals *seals);
/* Makes a side anew, in its next life; with other keys of its own if keys_wrong, with another
 * pre-shared key if psk_wrong. */
void seals_restart(struct seals *seals, uint32_t side, uint64_t incarnation, bool keys_wrong,
		   bool psk_wrong);

/* A payload from side to the other; true when it was sealed at once. */
bool seals_send(struct seals *seals, uint32_t side, const void *payload, uint32_t bytes);
/* Gives a side one packet as if it came from the other; what it answers is sent. */
void seals_give(struct seals *seals, uint32_t side, const uint8_t *packet, uint32_t bytes);
/* Lets time pass, timers and packets included. */
void seals_run(struct seals *seals, uint64_t until_ns);

#endif
