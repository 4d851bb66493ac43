/* HTTP by libmicrohttpd: connections, bodies and replies; what they mean is routes.c. */
#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "routes.h"

#define SERVER_CONNECTIONS_MAX 64 /* a person, a few clients and a metrics collector need fewer */
#define SERVER_CONNECTION_BYTES                                                             \
	32768u                   /* of headers and buffers; the longest path is far shorter \
				  */
#define SERVER_SILENCE_S_MAX 30u /* then a connection is closed */
#define SERVER_BODIES_BYTES_MAX (256u << 20) /* of all bodies being received together */

struct api_server {
	struct api api;
	struct node_peer peers[MR_NODES_MAX];
	struct MHD_Daemon *daemon;
	size_t body_bytes; /* of all bodies held now; the server's thread only */
};

/* One request while its body arrives. */
struct exchange {
	struct api_server *server;
	char *body;
	size_t body_bytes;
	size_t body_room;
	size_t body_bytes_max;
	unsigned int refused; /* status to answer with when the body is over, or 0 */
};

static enum MHD_Result reply_queue(struct MHD_Connection *connection, struct api_reply *reply)
{
	struct MHD_Response *response;
	enum MHD_Result result;

	if (reply->fd >= 0)
		response = MHD_create_response_from_fd64(reply->fd_bytes, reply->fd);
	else
		response = MHD_create_response_from_buffer(reply->body ? reply->body_bytes : 0,
							   reply->body, MHD_RESPMEM_MUST_FREE);
	if (response == NULL) {
		if (reply->fd >= 0)
			close(reply->fd);
		free(reply->body);
		return MHD_NO;
	}
	if (reply->type != NULL)
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, reply->type);
	result = MHD_queue_response(connection, reply->status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result error_queue(struct MHD_Connection *connection, unsigned int status)
{
	struct api_reply reply = {.fd = -1};

	switch (status) {
	case 403:
		api_reply_error(&reply, status, "requests of web pages are not taken");
		break;
	case 413:
		api_reply_error(&reply, status, "the body is too long");
		break;
	default:
		api_reply_error(&reply, status, "too much is being uploaded: try again later");
	}
	return reply_queue(connection, &reply);
}

static size_t content_length(struct MHD_Connection *connection)
{
	const char *length = MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
							 MHD_HTTP_HEADER_CONTENT_LENGTH);

	return length ? strtoull(length, NULL, 10) : 0;
}

/* A browser names the page that asks: no page has business with a node, least of all a hostile one
 * that reaches a loopback address through its visitor. */
static bool from_web_page(struct MHD_Connection *connection)
{
	const char *host =
	    MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST);

	if (MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Origin") != NULL)
		return true;
	/* A page whose name was made to mean this address says its own name: a node is called by
	 * address, or localhost. */
	return host != NULL && strncasecmp(host, "localhost", 9) != 0 &&
	       strspn(host, "0123456789.:[]abcdefABCDEF") != strlen(host);
}

static enum MHD_Result exchange_begin(struct api_server *server, struct MHD_Connection *connection,
				      const char *method, const char *path, void **context)
{
	struct exchange *exchange = calloc(1, sizeof(*exchange));

	if (exchange == NULL)
		return MHD_NO;
	exchange->server = server;
	exchange->body_bytes_max = api_body_bytes_max(method, path);
	*context = exchange;
	if (from_web_page(connection))
		return error_queue(connection, 403);
	/* Answered before the body, so that a polite client never sends it. */
	if (content_length(connection) > exchange->body_bytes_max)
		return error_queue(connection, 413);
	return MHD_YES;
}

static int body_reserve(struct exchange *exchange, size_t bytes)
{
	size_t room = exchange->body_room ? exchange->body_room : 65536;
	struct api_server *server = exchange->server;
	char *body;

	while (room < bytes)
		room *= 2;
	if (room == exchange->body_room)
		return 0;
	if (server->body_bytes + room - exchange->body_room > SERVER_BODIES_BYTES_MAX)
		return -ENOBUFS;
	body = realloc(exchange->body, room);
	if (body == NULL)
		return -ENOMEM;
	server->body_bytes += room - exchange->body_room;
	exchange->body = body;
	exchange->body_room = room;
	return 0;
}

static void body_append(struct exchange *exchange, const char *data, size_t bytes)
{
	if (exchange->refused)
		return;
	if (bytes > exchange->body_bytes_max - exchange->body_bytes) {
		exchange->refused = 413;
	} else if (body_reserve(exchange, exchange->body_bytes + bytes) < 0) {
		exchange->refused = 503;
	} else {
		memcpy(exchange->body + exchange->body_bytes, data, bytes);
		exchange->body_bytes += bytes;
	}
}

static enum MHD_Result request_handle(void *opaque, struct MHD_Connection *connection,
				      const char *path, const char *method, const char *version,
				      const char *data, size_t *data_bytes, void **context)
{
	struct api_server *server = opaque;
	struct exchange *exchange = *context;
	struct api_reply reply;

	if (exchange == NULL)
		return exchange_begin(server, connection, method, path, context);
	if (*data_bytes > 0) {
		body_append(exchange, data, *data_bytes);
		*data_bytes = 0;
		return MHD_YES;
	}
	if (exchange->refused)
		return error_queue(connection, exchange->refused);
	api_handle(&server->api,
		   &(struct api_request){method, path, exchange->body, exchange->body_bytes},
		   &reply);
	return reply_queue(connection, &reply);
}

static void request_end(void *opaque, struct MHD_Connection *connection, void **context,
			enum MHD_RequestTerminationCode code)
{
	struct exchange *exchange = *context;

	if (exchange == NULL)
		return;
	exchange->server->body_bytes -= exchange->body_room;
	free(exchange->body);
	free(exchange);
	*context = NULL;
}

static struct MHD_Daemon *daemon_start(struct api_server *server, const struct sockaddr_in *address)
{
	return MHD_start_daemon(
	    MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, request_handle, server,
	    MHD_OPTION_SOCK_ADDR, address, MHD_OPTION_NOTIFY_COMPLETED, request_end, server,
	    MHD_OPTION_CONNECTION_LIMIT, (unsigned int)SERVER_CONNECTIONS_MAX,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)SERVER_CONNECTION_BYTES,
	    MHD_OPTION_CONNECTION_TIMEOUT, SERVER_SILENCE_S_MAX, MHD_OPTION_END);
}

static int listen_start(struct api_server *server, const struct api_config *config, char *error,
			size_t error_bytes)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(config->port)};
	int rc;

	if (inet_pton(AF_INET, config->address, &address.sin_addr) != 1) {
		snprintf(error, error_bytes, "%s: not a numeric IPv4 address", config->address);
		return -EINVAL;
	}
	errno = 0;
	server->daemon = daemon_start(server, &address);
	if (server->daemon != NULL)
		return 0;
	rc = errno ? -errno : -EIO;
	snprintf(error, error_bytes, "cannot listen on %s:%u: %s", config->address, config->port,
		 strerror(-rc));
	return rc;
}

int api_server_start(struct api_server **server_out, const struct api_config *config, char *error,
		     size_t error_bytes)
{
	struct api_server *server = calloc(1, sizeof(*server));
	int rc;

	if (server == NULL || config->peer_count > MR_NODES_MAX) {
		free(server);
		snprintf(error, error_bytes, "out of memory");
		return -ENOMEM;
	}
	if (config->peer_count > 0)
		memcpy(server->peers, config->peers, config->peer_count * sizeof(*config->peers));
	server->api.node = config->node;
	server->api.peers = server->peers;
	server->api.peer_count = config->peer_count;
	rc = code_store_open(&server->api.codes, config->code_dir, error, error_bytes);
	if (rc < 0)
		goto fail;
	rc = job_table_open(&server->api.jobs, config->node, server->api.codes, config->jobs_dir,
			    error, error_bytes);
	if (rc < 0)
		goto fail_codes;
	rc = listen_start(server, config, error, error_bytes);
	if (rc < 0)
		goto fail_jobs;
	*server_out = server;
	return 0;

fail_jobs:
	job_table_close(&server->api.jobs);
fail_codes:
	code_store_close(&server->api.codes);
fail:
	free(server);
	return rc;
}

uint16_t api_server_port(const struct api_server *server)
{
	const union MHD_DaemonInfo *info =
	    MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT);

	return info ? info->port : 0;
}

void api_server_stop(struct api_server **server)
{
	if (*server == NULL)
		return;
	MHD_stop_daemon((*server)->daemon);
	job_table_close(&(*server)->api.jobs);
	code_store_close(&(*server)->api.codes);
	free(*server);
	*server = NULL;
}
