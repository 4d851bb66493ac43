/*
 * xclbins are checked before XRT sees them: the simulated card's is good; cut at any length it is
 * refused; with any byte changed it is refused or still lies within its bounds; what is wrong in it
 * is said. XRT's own headers agree with what is declared of them here. test_xclbin CARD_FOLDER
 * [SEED]
 */
#include <errno.h>
#include <inttypes.h>

#include <xclbin.h>
#include <xrt/xrt_bo.h>
#include <xrt/xrt_device.h>
#include <xrt/xrt_kernel.h>

#include "test.h"
#include "xclbin_image.h"
#include "xrt_api.h"

/* Compiles only if the types are those of XRT, whose enums are unsigned int to the compiler. */
#define XRT_FUNCTION_SAME(result, field, name, arguments) .field = name,
static const struct xrt_api declared __attribute__((unused)) = {
    XRT_FUNCTIONS(XRT_FUNCTION_SAME).device_load = xrtDeviceLoadXclbin,
    .buffer_sync = xrtBOSync,
    .run_wait = xrtRunWaitFor,
};
_Static_assert((int)XRT_TO_DEVICE == (int)XCL_BO_SYNC_BO_TO_DEVICE, "directions");
_Static_assert((int)XRT_FROM_DEVICE == (int)XCL_BO_SYNC_BO_FROM_DEVICE, "directions");
_Static_assert((int)XRT_COMPLETED == (int)ERT_CMD_STATE_COMPLETED, "states");
_Static_assert((int)XRT_TIMEOUT == (int)ERT_CMD_STATE_TIMEOUT, "states");

static uint8_t *image;
static uint64_t image_bytes;
static uint64_t random_state;

static uint64_t random_next(void)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return random_state >> 20;
}

/* A copy of exactly so many bytes, for the sanitizer to see what lies behind it. */
static int check_copy(const uint8_t *bytes, uint64_t count, struct xclbin_image *checked,
		      struct fpga_error *error)
{
	uint8_t *copy = malloc(count > 0 ? count : 1);
	int rc;

	memcpy(copy, bytes, count);
	rc = xclbin_image_check(checked, copy, count, error);
	free(copy);
	return rc;
}

static void good_try(const char *path)
{
	struct xclbin_image read;
	struct fpga_error error;

	CHECK(xclbin_image_read(&read, path, &error) == 0, "%s", error.text);
	CHECK(strcmp(read.platform, "millrace_simulated_card") == 0);
	CHECK(read.bank_count == BANKS && read.bank[0].bytes == 16ull << 30);
	for (uint32_t k = 0; k < KERNELS; k++) {
		CHECK(read.has[k]);
		for (uint32_t i = 0; i < kernel_table[k].argument_count; i++)
			CHECK(!kernel_argument_is_memory(&kernel_table[k].arguments[i]) ||
			      read.banks[k][i] == kernel_table[k].arguments[i].bank);
	}
	image_bytes = read.size;
	image = malloc(image_bytes);
	memcpy(image, read.bytes, image_bytes);
	xclbin_image_free(&read);
}

static void cut_try(void)
{
	struct xclbin_image checked;
	struct fpga_error error;

	for (uint64_t bytes = 0; bytes < image_bytes; bytes++) {
		CHECK(check_copy(image, bytes, &checked, &error) == -EBADMSG, "%" PRIu64, bytes);
		if (bytes < sizeof(struct axlf) - sizeof(struct axlf_section_header))
			continue;
		/* Also where it says that it is no longer. */
		((struct axlf *)image)->m_header.m_length = bytes;
		CHECK(check_copy(image, bytes, &checked, &error) == -EBADMSG, "%" PRIu64, bytes);
		((struct axlf *)image)->m_header.m_length = image_bytes;
	}
}

static void changed_try(uint64_t rounds)
{
	uint8_t *copy = malloc(image_bytes);
	struct xclbin_image checked;
	struct fpga_error error;

	for (uint64_t i = 0; i < rounds; i++) {
		/* Most in the header and the binary sections, at the front. */
		const uint64_t end = i % 4 == 0 ? image_bytes : 2048;
		int rc;

		memcpy(copy, image, image_bytes);
		for (uint64_t n = 1 + random_next() % 4; n > 0; n--)
			copy[random_next() % end] =
			    (uint8_t)(random_next() % 2 == 0 ? 0xff : random_next());
		rc = check_copy(copy, image_bytes, &checked, &error);
		CHECK(rc == 0 || rc == -EBADMSG);
	}
	free(copy);
}

static void *section_of(uint8_t *bytes, uint32_t kind)
{
	struct axlf *top = (struct axlf *)bytes;

	for (uint32_t i = 0; i < top->m_header.m_numSections; i++) {
		if (top->m_sections[i].m_sectionKind == kind)
			return bytes + top->m_sections[i].m_sectionOffset;
	}
	CHECK(false, "no section %" PRIu32, kind);
	return NULL;
}

/* What one change is told as. */
static void told_try(void (*change)(uint8_t *bytes), const char *text)
{
	uint8_t *copy = malloc(image_bytes);
	struct xclbin_image checked;
	struct fpga_error error;

	memcpy(copy, image, image_bytes);
	change(copy);
	CHECK(check_copy(copy, image_bytes, &checked, &error) == -EBADMSG, "wanted: %s", text);
	CHECK(strstr(error.text, text) != NULL, "\"%s\", wanted: %s", error.text, text);
	free(copy);
}

static void magic_change(uint8_t *bytes)
{
	bytes[3] ^= 1;
}

static void bank_unuse(uint8_t *bytes)
{
	((struct mem_topology *)section_of(bytes, MEM_TOPOLOGY))->m_mem_data[1].m_used = 0;
}

static void bank_lift(uint8_t *bytes)
{
	((struct mem_topology *)section_of(bytes, MEM_TOPOLOGY))->m_mem_data[0].m_base_address =
	    UINT64_MAX - 4096;
}

static void bank_invent(uint8_t *bytes)
{
	((struct connectivity *)section_of(bytes, CONNECTIVITY))->m_connection[0].mem_data_index =
	    2;
}

static void unit_invent(uint8_t *bytes)
{
	((struct connectivity *)section_of(bytes, CONNECTIVITY))
	    ->m_connection[0]
	    .m_ip_layout_index = -1;
}

static void argument_move(uint8_t *bytes)
{
	((struct connectivity *)section_of(bytes, CONNECTIVITY))->m_connection[0].arg_index =
	    PARTITION_ROWS;
}

static void argument_drop(uint8_t *bytes)
{
	((struct connectivity *)section_of(bytes, CONNECTIVITY))->m_connection[0].arg_index =
	    PARTITION_VALIDITY;
}

static void entries_swell(uint8_t *bytes)
{
	((struct ip_layout *)section_of(bytes, IP_LAYOUT))->m_count = 1 << 20;
}

static void section_double(uint8_t *bytes)
{
	((struct axlf *)bytes)->m_sections[2].m_sectionKind = IP_LAYOUT;
}

static void section_push(uint8_t *bytes)
{
	((struct axlf *)bytes)->m_sections[3].m_sectionOffset += 1;
}

static void metadata_nest(uint8_t *bytes)
{
	char *xml = section_of(bytes, EMBEDDED_METADATA);

	for (int i = 0; i < 40; i++)
		memcpy(xml + 3 * i, "<a>", 3);
}

/* What only looks like the end of an element. */
static void metadata_nest_quoted(uint8_t *bytes)
{
	char *xml = section_of(bytes, EMBEDDED_METADATA);

	for (int i = 0; i < 40; i++)
		memcpy(xml + 12 * i, "<a b=\"/></\">", 12);
}

static void metadata_nest_commented(uint8_t *bytes)
{
	char *xml = section_of(bytes, EMBEDDED_METADATA);

	for (int i = 0; i < 40; i++)
		memcpy(xml + 14 * i, "<a><!--</a>-->", 14);
}

int main(int argc, char **argv)
{
	char path[4096];

	CHECK(argc > 1);
	random_state = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	printf("seed %" PRIu64 "\n", random_state);
	snprintf(path, sizeof(path), "%s/millrace.xclbin", argv[1]);
	good_try(path);
	cut_try();
	changed_try(20000);
	told_try(magic_change, "no xclbin");
	told_try(bank_unuse, "is on no memory bank");
	told_try(bank_lift, "has no end");
	told_try(bank_invent, "is not there");
	told_try(unit_invent, "is not there");
	told_try(argument_move, "is no memory");
	told_try(argument_drop, "its keys is on no memory bank");
	told_try(entries_swell, "entries are not in it");
	told_try(section_double, "2 sections IP_LAYOUT");
	told_try(section_push, "reaches beyond its end");
	told_try(metadata_nest, "nest deeper");
	told_try(metadata_nest_quoted, "nest deeper");
	told_try(metadata_nest_commented, "nest deeper");
	free(image);
	return 0;
}
