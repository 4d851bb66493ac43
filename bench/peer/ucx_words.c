/*
 * UCX doing what hand-over is measured by: 1 MiB messages between two processes, each byte written
 * by the one and summed by the other (bench/words), over as much memory on both sides.
 *
 *     millrace-bench-ucx sum PORT BUFFERS      waits on that TCP port of 127.0.0.1; receives into
 *                                              so many buffers in rotation
 *     millrace-bench-ucx write PORT BUFFERS    prints "gbit_per_s FIGURE" once the sum has proved
 *                                              right, and the "transports" that UCX chose
 *
 * The two tell each other their UCX addresses over TCP; what carries the messages is UCX's choice
 * (UCX_TLS). A program of its own, as UCX watches every mapping of a process it is linked to.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <ucp/api/ucp.h>

#include "words.h"

enum tag { TAG_PIECE = 1, TAG_SUM };

struct side {
	int socket; /* to the other */
	ucp_context_h context;
	ucp_worker_h worker;
	ucp_ep_h endpoint;
	ucp_mem_h memory;
	uint8_t *buffers;
	uint64_t buffer_count; /* of a piece each */
};

static void __attribute__((noreturn, format(printf, 1, 2))) fail(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	exit(1);
}

static void ucx_check(ucs_status_t status, const char *call)
{
	if (status != UCS_OK)
		fail("%s: %s", call, ucs_status_string(status));
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* --- Meeting --------------------------------------------------------------------------------- */

static int socket_meet(bool listens, uint16_t port)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_port = htons(port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int one = 1;

	if (fd < 0)
		fail("socket: %s", strerror(errno));
	if (!listens) {
		if (connect(fd, (struct sockaddr *)&at, sizeof(at)) != 0)
			fail("connect to port %u: %s", port, strerror(errno));
		return fd;
	}
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0 || listen(fd, 1) != 0)
		fail("listen on port %u: %s", port, strerror(errno));
	fd = accept(fd, NULL, NULL);
	if (fd < 0)
		fail("accept: %s", strerror(errno));
	return fd;
}

static void all_send(int fd, const void *bytes, size_t count)
{
	if (send(fd, bytes, count, MSG_NOSIGNAL) != (ssize_t)count)
		fail("send: %s", strerror(errno));
}

static void all_receive(int fd, void *bytes, size_t count)
{
	if (recv(fd, bytes, count, MSG_WAITALL) != (ssize_t)count)
		fail("the other process is gone");
}

static void endpoint_open(struct side *side)
{
	ucp_ep_params_t params = {.field_mask = UCP_EP_PARAM_FIELD_REMOTE_ADDRESS};
	ucp_address_t *own;
	uint64_t bytes;
	size_t own_bytes;
	void *other;

	ucx_check(ucp_worker_get_address(side->worker, &own, &own_bytes), "ucp_worker_get_address");
	bytes = own_bytes;
	all_send(side->socket, &bytes, sizeof(bytes));
	all_send(side->socket, own, own_bytes);
	ucp_worker_release_address(side->worker, own);
	all_receive(side->socket, &bytes, sizeof(bytes));
	other = malloc(bytes);
	if (other == NULL)
		fail("no memory");
	all_receive(side->socket, other, bytes);
	params.address = other;
	ucx_check(ucp_ep_create(side->worker, &params, &side->endpoint), "ucp_ep_create");
	free(other);
}

/* UCX is given its choice of memory, too. */
static void buffers_map(struct side *side)
{
	ucp_mem_map_params_t params = {
	    .field_mask = UCP_MEM_MAP_PARAM_FIELD_LENGTH | UCP_MEM_MAP_PARAM_FIELD_FLAGS,
	    .length = side->buffer_count * WORDS_PIECE_BYTES,
	    .flags = UCP_MEM_MAP_ALLOCATE,
	};
	ucp_mem_attr_t attributes = {.field_mask = UCP_MEM_ATTR_FIELD_ADDRESS};

	ucx_check(ucp_mem_map(side->context, &params, &side->memory), "ucp_mem_map");
	ucx_check(ucp_mem_query(side->memory, &attributes), "ucp_mem_query");
	side->buffers = attributes.address;
}

static void side_open(struct side *side, bool listens, uint16_t port)
{
	ucp_params_t params = {.field_mask = UCP_PARAM_FIELD_FEATURES, .features = UCP_FEATURE_TAG};
	ucp_worker_params_t worker_params = {.field_mask = UCP_WORKER_PARAM_FIELD_THREAD_MODE,
					     .thread_mode = UCS_THREAD_MODE_SINGLE};

	ucx_check(ucp_init(&params, NULL, &side->context), "ucp_init");
	ucx_check(ucp_worker_create(side->context, &worker_params, &side->worker),
		  "ucp_worker_create");
	buffers_map(side);
	side->socket = socket_meet(listens, port);
	endpoint_open(side);
}

/* NULL was finished at once; others may be an error. */
static void request_await(struct side *side, void *request)
{
	ucs_status_t status = UCS_OK;

	if (UCS_PTR_IS_ERR(request))
		ucx_check(UCS_PTR_STATUS(request), "a message");
	if (request == NULL)
		return;
	while ((status = ucp_request_check_status(request)) == UCS_INPROGRESS)
		ucp_worker_progress(side->worker);
	ucx_check(status, "a message");
	ucp_request_free(request);
}

static void side_close(struct side *side)
{
	const ucp_request_param_t plain = {0};

	request_await(side, ucp_ep_close_nbx(side->endpoint, &plain));
	ucp_mem_unmap(side->context, side->memory);
	ucp_worker_destroy(side->worker);
	ucp_cleanup(side->context);
	close(side->socket);
}

/* --- Messages -------------------------------------------------------------------------------- */

static void *piece_at(const struct side *side, uint64_t piece)
{
	return side->buffers + piece % side->buffer_count * WORDS_PIECE_BYTES;
}

static ucp_request_param_t request_param(const struct side *side)
{
	return (ucp_request_param_t){
	    .op_attr_mask = UCP_OP_ATTR_FIELD_MEMH,
	    .memh = side->memory,
	};
}

static void *piece_send(struct side *side, uint64_t piece)
{
	ucp_request_param_t param = request_param(side);

	return ucp_tag_send_nbx(side->endpoint, piece_at(side, piece), WORDS_PIECE_BYTES, TAG_PIECE,
				&param);
}

static void *piece_receive(struct side *side, uint64_t piece)
{
	ucp_request_param_t param = request_param(side);

	return ucp_tag_recv_nbx(side->worker, piece_at(side, piece), WORDS_PIECE_BYTES, TAG_PIECE,
				UINT64_MAX, &param);
}

/* --- What the two do ------------------------------------------------------------------------- */

static void __attribute__((noreturn)) pieces_sum(struct side *side)
{
	const ucp_request_param_t plain = {0};
	void *requests[WORDS_AHEAD];
	uint64_t total = 0;

	for (uint64_t i = 0; i < WORDS_AHEAD; i++)
		requests[i] = piece_receive(side, i);
	for (uint64_t i = 0; i < WORDS_PIECES_RUN; i++) {
		request_await(side, requests[i % WORDS_AHEAD]);
		total += words_sum(piece_at(side, i));
		if (i + WORDS_AHEAD < WORDS_PIECES_RUN)
			requests[i % WORDS_AHEAD] = piece_receive(side, i + WORDS_AHEAD);
	}
	request_await(side,
		      ucp_tag_send_nbx(side->endpoint, &total, sizeof(total), TAG_SUM, &plain));
	/* What the writer waits for is still to be sent; it makes an end of this. */
	for (;;)
		ucp_worker_progress(side->worker);
}

static void pieces_write(struct side *side)
{
	const ucp_request_param_t plain = {0};
	void *requests[WORDS_AHEAD] = {NULL};
	uint64_t total, start_ns = 0;

	for (uint64_t i = 0; i < WORDS_PIECES_RUN; i++) {
		if (i == WORDS_PIECES)
			start_ns = now_ns();
		request_await(side, requests[i % WORDS_AHEAD]);
		words_write(piece_at(side, i), i);
		requests[i % WORDS_AHEAD] = piece_send(side, i);
	}
	for (uint64_t i = 0; i < WORDS_AHEAD; i++)
		request_await(side, requests[i]);
	request_await(side, ucp_tag_recv_nbx(side->worker, &total, sizeof(total), TAG_SUM,
					     UINT64_MAX, &plain));
	if (total != words_sum_expected(WORDS_PIECES_RUN))
		fail("the sum is wrong");
	printf("gbit_per_s %.3f\n", words_gbit_per_s(now_ns() - start_ns));
}

/* Of the lanes that UCX describes to people: "lane[1]: 3:cma/memory.0 md[3] ..." */
static void transports_print(const struct side *side)
{
	char name[32], *text = NULL;
	size_t bytes;
	FILE *file = open_memstream(&text, &bytes);

	if (file == NULL)
		fail("no memory");
	ucp_ep_print_info(side->endpoint, file);
	fclose(file);
	printf("transports");
	for (const char *at = text; (at = strstr(at, "lane[")) != NULL; at++) {
		if (sscanf(at, "lane[%*u]: %*u:%31[a-z0-9_]", name) == 1)
			printf(" %s", name);
	}
	putchar('\n');
	free(text);
}

int main(int argc, char **argv)
{
	bool sums = argc == 4 && strcmp(argv[1], "sum") == 0;
	bool writes = argc == 4 && strcmp(argv[1], "write") == 0;
	struct side side = {0};

	if (sums || writes)
		side.buffer_count = strtoull(argv[3], NULL, 10);
	if (side.buffer_count < WORDS_AHEAD) {
		fprintf(stderr, "usage: millrace-bench-ucx sum|write PORT BUFFERS, %u or more\n",
			WORDS_AHEAD);
		return 2;
	}
	side_open(&side, sums, (uint16_t)strtoul(argv[2], NULL, 10));
	if (sums)
		pieces_sum(&side);
	pieces_write(&side);
	transports_print(&side);
	side_close(&side);
	return 0;
}
