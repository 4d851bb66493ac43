/* Peers: number, address, public key. */
#include "peer_text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arguments.h"
#include "key_text.h"

#define PEER_TEXT_BYTES_MAX 128

/* "ID=IP[:PORT]", cut in place. */
static bool address_parse(char *text, struct node_peer *peer)
{
	uint64_t node, udp_port = MR_WIRE_PORT_DEFAULT;
	char *ip = strchr(text, '=');
	char *port;

	if (ip == NULL)
		return false;
	*ip++ = '\0';
	port = strchr(ip, ':');
	if (port != NULL) {
		*port++ = '\0';
		if (!argument_number(port, 1, 65535, &udp_port))
			return false;
	}
	if (!argument_number(text, 0, MR_NODES_MAX - 1, &node) || !argument_ip(ip, &peer->ip))
		return false;
	peer->node = (uint32_t)node;
	peer->udp_port = (uint16_t)udp_port;
	return true;
}

bool peer_text_add(struct peer_list *list, const char *text)
{
	struct node_peer *peer = &list->peers[list->count];
	char copy[PEER_TEXT_BYTES_MAX];
	char *key;

	if (list->count == MR_NODES_MAX - 1 || strlen(text) >= sizeof(copy))
		return false;
	strcpy(copy, text);
	key = strchr(copy, ',');
	list->keyed[list->count] = key != NULL;
	if (key != NULL) {
		*key++ = '\0';
		if (!key_text_read(peer->public_key, key, strlen(key)))
			return false;
	}
	if (!address_parse(copy, peer))
		return false;
	list->count++;
	return true;
}

static char *line_trim(char *line)
{
	char *end;

	line[strcspn(line, "#")] = '\0';
	line += strspn(line, " \t\r\n");
	end = line + strlen(line);
	while (end > line && strchr(" \t\r\n", end[-1]) != NULL)
		*--end = '\0';
	return line;
}

int peer_file_add(struct peer_list *list, const char *path, char *error, size_t error_bytes)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;
	uint32_t number = 0;
	int rc = 0;

	if (file == NULL) {
		snprintf(error, error_bytes, "%s: %s", path, strerror(errno));
		return -errno;
	}
	while (rc == 0 && getline(&line, &room, file) >= 0) {
		const char *peer = line_trim(line);

		number++;
		if (*peer == '\0' || peer_text_add(list, peer))
			continue;
		snprintf(error, error_bytes,
			 "%s:%u: \"%s\" is not allowed: ID=IP[:PORT][,PUBKEY] is needed, for at "
			 "most 63 others",
			 path, number, peer);
		rc = -EINVAL;
	}
	free(line);
	fclose(file);
	return rc;
}
