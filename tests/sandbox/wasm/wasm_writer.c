/* Writing wasm modules byte by byte. */
#include "wasm_writer.h"

#include "test.h"

static uint8_t *room_make(struct wasm_writer *w, size_t len)
{
	uint8_t *at;

	if (w->len + len > w->room) {
		w->room = 2 * (w->len + len);
		w->bytes = realloc(w->bytes, w->room);
		CHECK(w->bytes != NULL);
	}
	at = w->bytes + w->len;
	w->len += len;
	return at;
}

void wasm_put(struct wasm_writer *w, const void *bytes, size_t len)
{
	if (len > 0)
		memcpy(room_make(w, len), bytes, len);
}

void wasm_put_byte(struct wasm_writer *w, unsigned int byte)
{
	*room_make(w, 1) = (uint8_t)byte;
}

void wasm_put_times(struct wasm_writer *w, unsigned int byte, size_t count)
{
	if (count > 0)
		memset(room_make(w, count), (int)byte, count);
}

void wasm_put_u32(struct wasm_writer *w, uint32_t value)
{
	for (; value > 0x7f; value >>= 7)
		wasm_put_byte(w, (value & 0x7f) | 0x80);
	wasm_put_byte(w, value);
}

void wasm_put_signed(struct wasm_writer *w, int64_t value)
{
	for (; value < -64 || value > 63; value >>= 7)
		wasm_put_byte(w, ((unsigned int)value & 0x7f) | 0x80);
	wasm_put_byte(w, (unsigned int)value & 0x7f);
}

void wasm_put_with(struct wasm_writer *w, unsigned int op, uint32_t index)
{
	wasm_put_byte(w, op);
	wasm_put_u32(w, index);
}

void wasm_put_i32(struct wasm_writer *w, uint32_t value)
{
	wasm_put_byte(w, 0x41);
	wasm_put_signed(w, (int32_t)value);
}

void wasm_put_memory(struct wasm_writer *w, unsigned int op, uint32_t off)
{
	wasm_put_byte(w, op);
	wasm_put_byte(w, 0);
	wasm_put_u32(w, off);
}

void wasm_put_part(struct wasm_writer *w, struct wasm_writer *part)
{
	wasm_put_u32(w, (uint32_t)part->len);
	wasm_put(w, part->bytes, part->len);
	free(part->bytes);
	*part = (struct wasm_writer){0};
}

void wasm_put_section(struct wasm_writer *w, unsigned int id, struct wasm_writer *part)
{
	wasm_put_byte(w, id);
	wasm_put_part(w, part);
}
