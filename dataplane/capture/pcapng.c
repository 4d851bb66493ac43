/* Blocks of pcapng: type, length, body, options, length again; all in steps of four bytes. */
#include "pcapng.h"

#include <assert.h>
#include <string.h>

enum block_type {
	BLOCK_SECTION = 0x0a0d0d0a,
	BLOCK_INTERFACE = 1,
	BLOCK_STATISTICS = 5,
	BLOCK_FRAME = 6,
};

enum option_code {
	OPTION_END = 0,
	OPTION_SECTION_APPLICATION = 4,
	OPTION_INTERFACE_NAME = 2,
	OPTION_INTERFACE_RESOLUTION = 9,
	OPTION_FRAME_FLAGS = 2,
	OPTION_STATISTICS_RECEIVED = 4,
	OPTION_STATISTICS_DROPPED = 5,
};

#define BYTE_ORDER_MAGIC 0x1a2b3c4du
#define LINKTYPE_ETHERNET 1
#define RESOLUTION_NS 9 /* negative power of ten */
#define FLAG_INBOUND 1u
#define FLAG_OUTBOUND 2u

/* A block that is small, put together before it is written. */
struct block {
	uint32_t used;
	uint8_t bytes[PCAPNG_BLOCK_BYTES_MAX];
};

static void put(struct block *block, const void *from, uint32_t bytes)
{
	assert(block->used + bytes <= sizeof(block->bytes));
	if (bytes > 0) /* else from may be NULL */
		memcpy(block->bytes + block->used, from, bytes);
	block->used += bytes;
}

static void put_u16(struct block *block, uint32_t value)
{
	uint16_t half = (uint16_t)value;

	put(block, &half, sizeof(half));
}

static void put_u32(struct block *block, uint32_t value)
{
	put(block, &value, sizeof(value));
}

/* Times are two halves, the high one first, in either byte order. */
static void put_time(struct block *block, uint64_t time_ns)
{
	put_u32(block, (uint32_t)(time_ns >> 32));
	put_u32(block, (uint32_t)time_ns);
}

static void put_option(struct block *block, enum option_code code, const void *from, uint32_t bytes)
{
	static const uint8_t padding[4];

	put_u16(block, code);
	put_u16(block, bytes);
	put(block, from, bytes);
	put(block, padding, (4 - bytes % 4) % 4);
}

static void begin(struct block *block, enum block_type type)
{
	block->used = 0;
	put_u32(block, type);
	put_u32(block, 0);
}

static uint32_t end(struct block *block, FILE *file)
{
	uint32_t length = block->used + 8;

	put_u16(block, OPTION_END);
	put_u16(block, 0);
	put_u32(block, length);
	memcpy(block->bytes + 4, &length, sizeof(length));
	fwrite(block->bytes, 1, block->used, file);
	return length;
}

static uint32_t text_bytes(const char *text)
{
	size_t bytes = strlen(text);

	return bytes < PCAPNG_BLOCK_BYTES_MAX / 2 ? (uint32_t)bytes : PCAPNG_BLOCK_BYTES_MAX / 2;
}

uint32_t pcapng_section(FILE *file, const char *application)
{
	static const uint64_t length_unknown = UINT64_MAX;
	struct block block;

	begin(&block, BLOCK_SECTION);
	put_u32(&block, BYTE_ORDER_MAGIC);
	put_u16(&block, 1); /* version 1.0 */
	put_u16(&block, 0);
	put(&block, &length_unknown, sizeof(length_unknown));
	put_option(&block, OPTION_SECTION_APPLICATION, application, text_bytes(application));
	return end(&block, file);
}

uint32_t pcapng_interface(FILE *file, const char *name, uint32_t snap_bytes)
{
	static const uint8_t resolution = RESOLUTION_NS;
	struct block block;

	begin(&block, BLOCK_INTERFACE);
	put_u16(&block, LINKTYPE_ETHERNET);
	put_u16(&block, 0);
	put_u32(&block, snap_bytes);
	put_option(&block, OPTION_INTERFACE_NAME, name, text_bytes(name));
	put_option(&block, OPTION_INTERFACE_RESOLUTION, &resolution, sizeof(resolution));
	return end(&block, file);
}

uint32_t pcapng_frame(FILE *file, uint32_t interface, uint64_t time_ns, bool out,
		      const uint8_t *frame, uint32_t kept, uint32_t bytes)
{
	static const uint8_t padding[4];
	uint32_t padded = (kept + 3) / 4 * 4;
	uint32_t length = PCAPNG_FRAME_BYTES + padded;
	uint32_t flags = out ? FLAG_OUTBOUND : FLAG_INBOUND;
	struct block block;
	uint32_t written;

	begin(&block, BLOCK_FRAME);
	memcpy(block.bytes + 4, &length, sizeof(length));
	put_u32(&block, interface);
	put_time(&block, time_ns);
	put_u32(&block, kept);
	put_u32(&block, bytes);
	fwrite(block.bytes, 1, block.used, file);
	fwrite(frame, 1, kept, file);
	fwrite(padding, 1, padded - kept, file);
	written = block.used + padded;
	block.used = 0;
	put_option(&block, OPTION_FRAME_FLAGS, &flags, sizeof(flags));
	put_option(&block, OPTION_END, NULL, 0);
	put_u32(&block, length);
	fwrite(block.bytes, 1, block.used, file);
	assert(written + block.used == length);
	return length;
}

uint32_t pcapng_statistics(FILE *file, uint32_t interface, uint64_t time_ns, uint64_t frames,
			   uint64_t missed)
{
	struct block block;

	begin(&block, BLOCK_STATISTICS);
	put_u32(&block, interface);
	put_time(&block, time_ns);
	put_option(&block, OPTION_STATISTICS_RECEIVED, &frames, sizeof(frames));
	put_option(&block, OPTION_STATISTICS_DROPPED, &missed, sizeof(missed));
	return end(&block, file);
}
