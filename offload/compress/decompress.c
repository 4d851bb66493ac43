/* Frames to values, in memory that grows with what comes out, up to a limit. */
#include "compress.h"

#include <errno.h>
#include <lz4frame.h>
#include <stdlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#define ROOM_BYTES_MIN 4096
#define LZ4_MAGIC 0x184d2204u

struct decompressor {
	LZ4F_dctx *lz4;
	ZSTD_DCtx *zstd;
};

/* A value on its way. */
struct flow {
	const uint8_t *in;
	size_t left;
	struct table_bytes *out;
	size_t begin, limit; /* out->count is begin when nothing has come out */
	bool whole;          /* what came in so far ends with a frame */
};

/* A context anew: what liblz4 1.9.4 resets keeps the bytes that were missing of a frame, which the
 * next one is then refused for. */
static int lz4_renew(struct decompressor *d)
{
	LZ4F_freeDecompressionContext(d->lz4);
	if (!LZ4F_isError(LZ4F_createDecompressionContext(&d->lz4, LZ4F_VERSION)))
		return 0;
	d->lz4 = NULL;
	return -ENOMEM;
}

int decompressor_create(struct decompressor **decompressor)
{
	struct decompressor *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return -ENOMEM;
	d->zstd = ZSTD_createDCtx();
	*decompressor = d;
	if (d->zstd == NULL || lz4_renew(d) < 0) {
		decompressor_destroy(decompressor);
		return -ENOMEM;
	}
	ZSTD_DCtx_setParameter(d->zstd, ZSTD_d_windowLogMax, MR_DECOMPRESS_WINDOW_LOG_MAX);
	return 0;
}

void decompressor_destroy(struct decompressor **decompressor)
{
	if (*decompressor != NULL) {
		LZ4F_freeDecompressionContext((*decompressor)->lz4);
		ZSTD_freeDCtx((*decompressor)->zstd);
	}
	free(*decompressor);
	*decompressor = NULL;
}

/* Room for more to come out: as much as there was, and one byte beyond the limit, which tells that
 * there is more. */
static int flow_reserve(struct flow *flow, size_t *room)
{
	size_t done = flow->out->count - flow->begin;
	size_t more = done > ROOM_BYTES_MIN ? done : ROOM_BYTES_MIN;

	more = more < flow->limit + 1 - done ? more : flow->limit + 1 - done;
	*room = flow->out->room - flow->out->count;
	if (*room < more && table_bytes_reserve(flow->out, more) < 0)
		return -ENOMEM;
	*room = *room < more ? more : *room;
	*room = *room < flow->limit + 1 - done ? *room : flow->limit + 1 - done;
	return 0;
}

static void flow_moved(struct flow *flow, size_t taken, size_t made)
{
	flow->in += taken;
	flow->left -= taken;
	flow->out->count += made;
}

static int lz4_step(struct decompressor *d, struct flow *flow, size_t room,
		    struct table_error *error)
{
	size_t taken = flow->left, made = room;
	size_t rc = LZ4F_decompress(d->lz4, flow->out->at + flow->out->count, &made, flow->in,
				    &taken, NULL);

	if (LZ4F_isError(rc))
		return table_fail(error, -EBADMSG, "no frame of LZ4, or a damaged one: %s",
				  LZ4F_getErrorName(rc));
	flow->whole = rc == 0;
	flow_moved(flow, taken, made);
	return 0;
}

static int zstd_step(struct decompressor *d, struct flow *flow, size_t room,
		     struct table_error *error)
{
	ZSTD_inBuffer in = {flow->in, flow->left, 0};
	ZSTD_outBuffer out = {flow->out->at + flow->out->count, room, 0};
	size_t rc = ZSTD_decompressStream(d->zstd, &out, &in);

	if (ZSTD_getErrorCode(rc) == ZSTD_error_memory_allocation)
		return table_fail(error, -ENOMEM, "no memory");
	if (ZSTD_isError(rc))
		return table_fail(error, -EBADMSG, "no frame of Zstandard, or a damaged one: %s",
				  ZSTD_getErrorName(rc));
	flow->whole = rc == 0;
	flow_moved(flow, in.pos, out.pos);
	return 0;
}

static int flow_run(struct decompressor *d, struct flow *flow, bool lz4, struct table_error *error)
{
	while (flow->left > 0 || !flow->whole) {
		size_t left = flow->left, count = flow->out->count, room;
		int rc = flow_reserve(flow, &room);

		if (rc < 0)
			return table_fail(error, rc, "no memory");
		rc = lz4 ? lz4_step(d, flow, room, error) : zstd_step(d, flow, room, error);
		if (rc < 0)
			return rc;
		if (flow->out->count - flow->begin > flow->limit)
			return table_fail(error, -EFBIG,
					  "more than %zu bytes come out of it: give a larger limit "
					  "if it is no bomb",
					  flow->limit);
		if (!flow->whole && flow->left == left && flow->out->count == count)
			return table_fail(error, -EBADMSG, "it is cut off within a frame");
	}
	return 0;
}

int decompress_value(struct decompressor *decompressor, const uint8_t *frames, size_t bytes,
		     size_t limit, struct table_bytes *out, struct table_error *error)
{
	struct flow flow = {frames, bytes, out, out->count, limit, false};
	uint32_t magic = 0;
	int rc;

	if (bytes < sizeof(magic))
		return table_fail(error, -EBADMSG,
				  "%zu bytes are no frame of LZ4 or Zstandard: has it been "
				  "compressed?",
				  bytes);
	memcpy(&magic, frames, sizeof(magic));
	if (decompressor->lz4 == NULL && lz4_renew(decompressor) < 0)
		return table_fail(error, -ENOMEM, "no memory");
	ZSTD_DCtx_reset(decompressor->zstd, ZSTD_reset_session_only);
	rc = flow_run(decompressor, &flow, magic == LZ4_MAGIC, error);
	if (rc < 0) {
		out->count = flow.begin;
		(void)lz4_renew(decompressor); /* tried again by the next value */
	}
	return rc;
}
