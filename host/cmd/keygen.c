/* `millrace keygen`: a secret for a node, or one that all nodes share. */
#include <stdio.h>
#include <sys/random.h>

#include "command_line.h"
#include "commands.h"
#include "key_file.h"

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

static int public_print(const struct command_line *line, const uint8_t private_key[SEAL_KEY_BYTES])
{
	uint8_t public_key[SEAL_KEY_BYTES];
	char text[KEY_TEXT_BYTES];

	if (x25519_public(public_key, private_key) < 0)
		return command_line_failed(line, "libcrypto gives no X25519 here",
					   RUN_CANNOT_START);
	key_text_write(text, public_key);
	puts(text);
	return RUN_OK;
}

static int key_make(const struct command_line *line, const char *path, bool psk)
{
	uint8_t key[SEAL_KEY_BYTES];
	char error[1024] = "the kernel gives no random bytes";
	int code;

	if (getrandom(key, sizeof(key), 0) == (ssize_t)sizeof(key) &&
	    key_file_write(path, key, error, sizeof(error)) == 0)
		code = psk ? RUN_OK : public_print(line, key);
	else
		code = command_line_failed(line, error, RUN_CANNOT_START);
	secret_wipe(key, sizeof(key));
	return code;
}

static int public_show(const struct command_line *line, const char *path)
{
	uint8_t key[SEAL_KEY_BYTES];
	char error[1024];
	int code;

	if (key_file_read(path, key, error, sizeof(error)) == 0)
		code = public_print(line, key);
	else
		code = command_line_failed(line, error, RUN_CANNOT_START);
	secret_wipe(key, sizeof(key));
	return code;
}

int command_keygen(int argc, char **argv)
{
	const char *out = NULL, *public_of = NULL;
	bool psk = false;
	const struct command_option options[] = {
	    {"out", &out, NULL}, {"psk", NULL, &psk}, {"public", &public_of, NULL}, {0}};
	const struct command_line line = {"keygen", keygen_help, NULL, 0, 0, options};
	struct command_operands none;
	int code;

	if (!command_line_read(&line, argc, argv, &none, &code))
		return code;
	if ((out == NULL) == (public_of == NULL) || (psk && public_of != NULL))
		return command_line_wrong(&line, "either --out FILE or --public FILE is needed",
					  "");
	return out != NULL ? key_make(&line, out, psk) : public_show(&line, public_of);
}
