/* Peers while jobs run: watched, so that one that dies is missed in time, and named when it is. */
#include <arpa/inet.h>

#include "node_internal.h"

/* Every node takes part in every job: all are watched exactly while there is one. */
void watch_update(struct node *node)
{
	bool watching = !TAILQ_EMPTY(&node->jobs);

	if (watching == node->watching)
		return;
	node->watching = watching;
	for (uint32_t peer = 0; peer < node->nodes; peer++)
		if (peer != node->id)
			transport_peer_watch(node->path.transport, node->now_ns, peer, watching);
}

const char *watch_name(const struct node *node, uint32_t peer, char text[WATCH_TEXT_BYTES])
{
	const struct in_addr address = {htonl(node->peer_ips[peer])};
	char ip[INET_ADDRSTRLEN];

	snprintf(text, WATCH_TEXT_BYTES, "node %u (%s)", peer,
		 inet_ntop(AF_INET, &address, ip, sizeof(ip)));
	return text;
}

const char *watch_reason(const struct node *node, enum transport_reason reason,
			 char text[WATCH_TEXT_BYTES])
{
	if (reason != TRANSPORT_UNREACHABLE)
		return transport_reason_text(reason);
	snprintf(text, WATCH_TEXT_BYTES, "is dead: nothing heard for %u ms", node->peer_timeout_ms);
	return text;
}
