/*
 * Prints a sealed talk, as text2pcap reads it: one line "0000 HEX..." for each UDP payload.
 *
 * Handshake, data both ways, a keepalive; then one side is made anew, and says that it does not
 * know the session of what comes.
 */
#include "seals.h"
#include "test.h"

#define MS 1000000ull
#define TEXT "a payload"

int main(int argc, char **argv)
{
	enum noise_pattern pattern =
	    argc > 1 && strcmp(argv[1], "psk") == 0 ? NOISE_NN_PSK0 : NOISE_IK;
	struct seals seals;

	seals_start(&seals, pattern, SEAL_AES_GCM, 1);
	seals_send(&seals, 0, TEXT, sizeof(TEXT));
	seals_run(&seals, seals.now_ns + MS);
	seals_send(&seals, 1, TEXT, sizeof(TEXT));
	seals_run(&seals, seals.now_ns + 2 * MR_SEAL_KEEPALIVE_MS * MS);
	seals_restart(&seals, 1, 200, false, false);
	seals_send(&seals, 0, TEXT, sizeof(TEXT));
	seals_run(&seals, seals.now_ns + MS);
	for (uint32_t i = 0; i < seals.captured_count; i++) {
		printf("0000");
		for (uint32_t b = 0; b < seals.captured[i].bytes; b++)
			printf(" %02x", seals.captured[i].data[b]);
		printf("\n");
	}
	seals_stop(&seals);
	return 0;
}
