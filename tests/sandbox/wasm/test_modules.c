/* Modules that are no functions: each is refused with a reason. */
#include <errno.h>

#include "harness.h"
#include "test.h"

struct writer {
	uint8_t bytes[4096];
	size_t len;
};

static void put(struct writer *w, const void *bytes, size_t len)
{
	memcpy(w->bytes + w->len, bytes, len);
	w->len += len;
}

static void put_section(struct writer *w, uint8_t id, const void *bytes, size_t len)
{
	const uint8_t head[2] = {id, (uint8_t)len};

	CHECK(len < 128);
	put(w, head, 2);
	put(w, bytes, len);
}

#define SECTION(w, id, text) put_section(w, id, text, sizeof(text) - 1)
#define EXPORT_MEMORY "\x06memory\x02\x00"
#define EXPORT_HEAP "\x0b__heap_base\x03\x00"
#define EXPORT_ENTRY "\x08mr_entry\x00\x00"

/* A function that returns 0, with that export section and body. */
static void module_make(struct writer *w, const char *exports, size_t exports_len, const char *body,
			size_t body_len)
{
	w->len = 0;
	put(w, "\0asm\1\0\0\0", 8);
	SECTION(w, 1, "\x01\x60\x01\x7f\x01\x7f");
	SECTION(w, 3, "\x01\x00");
	SECTION(w, 5, "\x01\x00\x01");
	SECTION(w, 6, "\x01\x7f\x00\x41\x80\x08\x0b");
	put_section(w, 7, exports, exports_len);
	put_section(w, 10, body, body_len);
}

#define MODULE(w, exports, body) \
	module_make(w, exports, sizeof(exports) - 1, body, sizeof(body) - 1)
#define ALL_EXPORTS "\x03" EXPORT_MEMORY EXPORT_HEAP EXPORT_ENTRY
#define GOOD_BODY "\x01\x04\x00\x41\x00\x0b"

static int prepare(const struct writer *w, char *error)
{
	struct sandbox_code *code;
	const int rc = sandbox_backend("wasm")->prepare(w->bytes, w->len, harness_cache(), &code,
							error, MR_ERROR_BYTES_MAX);

	if (rc == 0)
		sandbox_release(&code);
	return rc;
}

static void refused(const struct writer *w, const char *words)
{
	char error[MR_ERROR_BYTES_MAX] = "";

	CHECK(prepare(w, error) == -ENOEXEC, "%s: %s", words, error);
	CHECK(strstr(error, words) != NULL, "%s", error);
}

int main(void)
{
	char error[MR_ERROR_BYTES_MAX] = "";
	struct sandbox_code *code;
	struct writer w;

	harness_start();
	MODULE(&w, ALL_EXPORTS, GOOD_BODY);
	CHECK(prepare(&w, error) == 0, "%s", error);
	for (size_t len = 0; len < w.len; len++) {
		const struct writer cut = w;
		struct writer shorter = cut;

		shorter.len = len;
		CHECK(prepare(&shorter, error) < 0, "%zu bytes are enough?", len);
	}
	MODULE(&w, "\x02" EXPORT_HEAP EXPORT_ENTRY, GOOD_BODY);
	refused(&w, "`memory`");
	MODULE(&w, "\x02" EXPORT_MEMORY EXPORT_ENTRY, GOOD_BODY);
	refused(&w, "--export=__heap_base");
	MODULE(&w, "\x02" EXPORT_MEMORY EXPORT_HEAP, GOOD_BODY);
	refused(&w, "MR_ENTRY");
	/* A name that would end a comment of the generated C, and go on as C. */
	MODULE(&w, "\x04" EXPORT_MEMORY EXPORT_HEAP EXPORT_ENTRY "\x0c' */ int x;/*\x00\x00",
	       GOOD_BODY);
	refused(&w, "an export's name");
	/* v128.const, i8x16.extract_lane_u 0. */
	MODULE(&w, ALL_EXPORTS,
	       "\x01\x17\x00\xfd\x0c\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xfd\x16\x00\x0b");
	refused(&w, "-msimd128");
	/* A body that does not validate: it returns nothing. */
	MODULE(&w, ALL_EXPORTS, "\x01\x02\x00\x0b");
	refused(&w, "does not accept this module");
	w.len = 0;
	put(&w, "\0asm\1\0\0\0", 8);
	SECTION(&w, 1, "\x01\x60\x00\x00");
	SECTION(&w, 2,
		"\x01\x16wasi_snapshot_preview1\x08"
		"fd_write\x00\x00");
	refused(&w, "\"fd_write\" from \"wasi_snapshot_preview1\"");
	CHECK(sandbox_backend("native")->prepare("text", 4, harness_cache(), &code, error,
						 sizeof(error)) == -ENOEXEC);
	CHECK(sandbox_backend("docker") == NULL);
	harness_stop();
	return 0;
}
