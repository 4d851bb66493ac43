/* The keys of `millraced`, and what its frames are sealed by. */
#ifndef DAEMON_KEYS_H
#define DAEMON_KEYS_H

#include "daemon_options.h"

struct daemon_keys {
	struct node_keys keys; /* points into this */
	bool sealed;           /* else frames are clear */
	uint8_t private_key[SEAL_KEY_BYTES];
	uint8_t psk[SEAL_KEY_BYTES];
};

/* Reads the files that the options name. 0 or -errno with error text. */
int daemon_keys_read(struct daemon_keys *keys, const struct daemon_options *options, char *error,
		     size_t error_bytes);
/* What seals, for each of options->io_cores, once EAL has started; note says what was degraded, ""
 * when nothing was. On success keys->keys.aead and that of cores beyond the first are the caller's.
 * 0 or -errno with error text. */
int daemon_keys_backends(struct daemon_keys *keys, const struct daemon_options *options,
			 struct node_io_core *cores, char *note, size_t note_bytes, char *error,
			 size_t error_bytes);
/* The keys are wiped; a node has copied what it needs. */
void daemon_keys_wipe(struct daemon_keys *keys);

#endif
