/* `millrace keygen`: a secret for a node, or one that all nodes share. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "commands.h"
#include "key_file.h"
#include "run.h"

static const char keygen_help[] =
    "Usage: millrace keygen --out FILE [--psk]\n"
    "       millrace keygen --public FILE\n"
    "Makes the key of a node: the private key goes to FILE, which only you can read; the public\n"
    "key is printed, for --peer of the other nodes.\n"
    "\n"
    "  --out FILE            where the private key goes; must not be there yet\n"
    "  --psk                 a pre-shared key instead: copy FILE to all nodes, for --psk\n"
    "  --public FILE         print the public key of a private key that there is\n"
    "  --help                this text\n"
    "\n"
    "Exit codes: 0 good, 2 wrong usage, 4 no key: the file says why.\n"
    "\n"
    "Example:\n"
    "  millrace keygen --out node0.key\n";

static int usage_wrong(const char *what, const char *argument)
{
	fprintf(stderr, "millrace keygen: %s%s\nTry 'millrace keygen --help'.\n", what, argument);
	return RUN_USAGE;
}

static int public_print(const uint8_t private_key[SEAL_KEY_BYTES])
{
	uint8_t public_key[SEAL_KEY_BYTES];
	char text[KEY_TEXT_BYTES];

	if (x25519_public(public_key, private_key) < 0) {
		fprintf(stderr, "millrace keygen: libcrypto gives no X25519 here\n");
		return RUN_CANNOT_START;
	}
	key_text_write(text, public_key);
	puts(text);
	return RUN_OK;
}

static int key_make(const char *path, bool psk)
{
	uint8_t key[SEAL_KEY_BYTES];
	char error[1024] = "the kernel gives no random bytes";
	int code = RUN_CANNOT_START;

	if (getrandom(key, sizeof(key), 0) == (ssize_t)sizeof(key) &&
	    key_file_write(path, key, error, sizeof(error)) == 0)
		code = psk ? RUN_OK : public_print(key);
	else
		fprintf(stderr, "millrace keygen: %s\n", error);
	secret_wipe(key, sizeof(key));
	return code;
}

static int public_show(const char *path)
{
	uint8_t key[SEAL_KEY_BYTES];
	char error[1024];
	int code = RUN_CANNOT_START;

	if (key_file_read(path, key, error, sizeof(error)) == 0)
		code = public_print(key);
	else
		fprintf(stderr, "millrace keygen: %s\n", error);
	secret_wipe(key, sizeof(key));
	return code;
}

int command_keygen(int argc, char **argv)
{
	static const struct option options[] = {
	    {"out", required_argument, NULL, 'o'},
	    {"psk", no_argument, NULL, 'p'},
	    {"public", required_argument, NULL, 'b'},
	    {"help", no_argument, NULL, 'h'},
	    {NULL, 0, NULL, 0},
	};
	const char *out = NULL, *public_of = NULL;
	bool psk = false;
	int found;

	opterr = 0;
	optind = 0;
	while ((found = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		switch (found) {
		case 'o':
			out = optarg;
			break;
		case 'p':
			psk = true;
			break;
		case 'b':
			public_of = optarg;
			break;
		case 'h':
			fputs(keygen_help, stdout);
			return RUN_OK;
		case ':':
			return usage_wrong(argv[optind - 1], " needs a value");
		default:
			return usage_wrong("unknown or ambiguous option ", argv[optind - 1]);
		}
	}
	if (optind < argc)
		return usage_wrong("only options are taken, not ", argv[optind]);
	if ((out == NULL) == (public_of == NULL) || (psk && public_of != NULL))
		return usage_wrong("either --out FILE or --public FILE is needed", "");
	return out != NULL ? key_make(out, psk) : public_show(public_of);
}
