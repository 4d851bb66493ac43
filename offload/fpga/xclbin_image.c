/* Reads an xclbin and checks it. */
#include "xclbin_image.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fpga_error.h"

/* The parts of the format that are looked at; a test compares them with XRT's header. */
#define AXLF_BYTES 456 /* up to the section headers */
#define AXLF_MAGIC "xclbin2"
#define AXLF_LENGTH 304
#define AXLF_SIGNATURE 8
#define AXLF_PLATFORM 352
#define AXLF_SECTIONS 448
#define SECTION_HEADER_BYTES 40
#define SECTION_OFFSET 24
#define SECTION_SIZE 32
#define SECTIONS_MAX 0x10000
#define BANK_ENTRY_BYTES 40
#define UNIT_ENTRY_BYTES 80
#define UNIT_NAME_BYTES 64
#define CONNECTION_BYTES 12
#define UNIT_KERNEL 1    /* IP_KERNEL */
#define XML_DEPTH_MAX 32 /* XRT's parser goes one call deeper for each; real ones have 6 */

enum section_kind {
	SECTION_METADATA = 2,
	SECTION_MEMORIES = 6,
	SECTION_CONNECTIVITY = 7,
	SECTION_UNITS = 8,
};

struct part {
	const uint8_t *bytes;
	uint64_t size;
};

static uint32_t read32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static uint64_t read64(const uint8_t *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static int header_check(const uint8_t *bytes, uint64_t size, struct fpga_error *error)
{
	uint64_t length, sections;

	if (size < AXLF_BYTES || memcmp(bytes, AXLF_MAGIC, sizeof(AXLF_MAGIC)) != 0)
		return fpga_fail(error, -EBADMSG, "no xclbin: it does not begin as one");
	length = read64(bytes + AXLF_LENGTH);
	/* A signature follows what the length says. */
	if (length > size || (length < size && (int32_t)read32(bytes + AXLF_SIGNATURE) <= 0))
		return fpga_fail(error, -EBADMSG,
				 "it has %" PRIu64 " bytes and says that it has %" PRIu64
				 ": copy or build it again",
				 size, length);
	sections = read32(bytes + AXLF_SECTIONS);
	if (length < AXLF_BYTES || sections == 0 || sections > SECTIONS_MAX ||
	    sections * SECTION_HEADER_BYTES > length - AXLF_BYTES)
		return fpga_fail(error, -EBADMSG, "its table of %" PRIu64 " sections is not in it",
				 sections);
	return 0;
}

/* All sections lie in the file. */
static int sections_check(const uint8_t *bytes, struct fpga_error *error)
{
	const uint64_t length = read64(bytes + AXLF_LENGTH);
	const uint32_t sections = read32(bytes + AXLF_SECTIONS);

	for (uint32_t i = 0; i < sections; i++) {
		const uint8_t *header = bytes + AXLF_BYTES + (uint64_t)i * SECTION_HEADER_BYTES;
		const uint64_t offset = read64(header + SECTION_OFFSET);

		if (offset > length || read64(header + SECTION_SIZE) > length - offset)
			return fpga_fail(error, -EBADMSG,
					 "section %" PRIu32 " of kind %" PRIu32
					 " reaches beyond its end",
					 i, read32(header));
	}
	return 0;
}

static int section_find(const uint8_t *bytes, enum section_kind kind, const char *name,
			struct part *part, struct fpga_error *error)
{
	const uint32_t sections = read32(bytes + AXLF_SECTIONS);
	uint32_t found = 0;

	for (uint32_t i = 0; i < sections; i++) {
		const uint8_t *header = bytes + AXLF_BYTES + (uint64_t)i * SECTION_HEADER_BYTES;

		if (read32(header) != kind)
			continue;
		part->bytes = bytes + read64(header + SECTION_OFFSET);
		part->size = read64(header + SECTION_SIZE);
		found++;
	}
	return found == 1
		   ? 0
		   : fpga_fail(error, -EBADMSG,
			       "it has %" PRIu32 " sections %s, where one is needed", found, name);
}

/* A section of a count and entries from head on, each of bytes. */
static int entries_check(const struct part *part, uint32_t head, uint32_t bytes, const char *name,
			 uint32_t *count, struct fpga_error *error)
{
	const int32_t said = part->size >= head ? (int32_t)read32(part->bytes) : -1;

	if (said < 0 || (uint64_t)said > (part->size - head) / bytes)
		return fpga_fail(error, -EBADMSG, "%s: its %" PRIi32 " entries are not in it", name,
				 said);
	*count = (uint32_t)said;
	return 0;
}

static int memories_read(struct xclbin_image *image, const uint8_t *bytes, struct fpga_error *error)
{
	struct part part = {0};
	int rc = section_find(bytes, SECTION_MEMORIES, "MEM_TOPOLOGY", &part, error);

	if (rc == 0)
		rc = entries_check(&part, 8, BANK_ENTRY_BYTES, "MEM_TOPOLOGY", &image->bank_count,
				   error);
	if (rc == 0 && image->bank_count > MR_FPGA_BANKS_MAX)
		rc = fpga_fail(error, -EBADMSG,
			       "MEM_TOPOLOGY: %" PRIu32 " banks, at most %u are known",
			       image->bank_count, MR_FPGA_BANKS_MAX);
	for (uint32_t i = 0; rc == 0 && i < image->bank_count; i++) {
		const uint8_t *entry = part.bytes + 8 + (uint64_t)i * BANK_ENTRY_BYTES;
		const uint64_t kib = read64(entry + 8), address = read64(entry + 16);

		if (entry[1] == 0)
			continue;
		if (kib > UINT64_MAX / 1024 || kib * 1024 > UINT64_MAX - address)
			return fpga_fail(error, -EBADMSG,
					 "MEM_TOPOLOGY: bank %" PRIu32 " has no end", i);
		image->bank[i] = (struct xclbin_bank){address, kib * 1024};
	}
	return rc;
}

/* The kernel of ours that a compute unit "KERNEL:INSTANCE" is of; KERNELS: none. */
static uint32_t unit_kernel(const uint8_t *entry)
{
	const char *name = (const char *)entry + 16;
	const char *colon = memchr(name, ':', UNIT_NAME_BYTES);
	const size_t len = colon != NULL ? (size_t)(colon - name) : strnlen(name, UNIT_NAME_BYTES);

	for (uint32_t k = 0; read32(entry) == UNIT_KERNEL && k < KERNELS; k++) {
		if (strlen(kernel_table[k].name) == len &&
		    memcmp(name, kernel_table[k].name, len) == 0)
			return k;
	}
	return KERNELS;
}

static int connection_take(struct xclbin_image *image, const struct part *units, uint32_t count,
			   const uint8_t *entry, struct fpga_error *error)
{
	const uint32_t argument = read32(entry), unit = read32(entry + 4), bank = read32(entry + 8);
	uint32_t kernel;

	if (unit >= count || bank >= image->bank_count)
		return fpga_fail(error, -EBADMSG,
				 "CONNECTIVITY: unit %" PRIu32 " or bank %" PRIu32 " is not there",
				 unit, bank);
	kernel = unit_kernel(units->bytes + 8 + (uint64_t)unit * UNIT_ENTRY_BYTES);
	if (kernel == KERNELS)
		return 0;
	if (argument >= kernel_table[kernel].argument_count ||
	    !kernel_argument_is_memory(&kernel_table[kernel].arguments[argument]))
		return fpga_fail(error, -EBADMSG,
				 "kernel %s: its argument %" PRIu32
				 " is no memory: build it from this version's hls/",
				 kernel_table[kernel].name, argument);
	if (image->banks[kernel][argument] == XCLBIN_NO_BANK)
		image->banks[kernel][argument] = bank;
	return 0;
}

static int units_read(struct xclbin_image *image, const uint8_t *bytes, struct fpga_error *error)
{
	struct part units = {0}, connectivity = {0};
	uint32_t unit_count = 0, count = 0;
	int rc = section_find(bytes, SECTION_UNITS, "IP_LAYOUT", &units, error);

	if (rc == 0)
		rc = entries_check(&units, 8, UNIT_ENTRY_BYTES, "IP_LAYOUT", &unit_count, error);
	if (rc == 0)
		rc =
		    section_find(bytes, SECTION_CONNECTIVITY, "CONNECTIVITY", &connectivity, error);
	if (rc == 0)
		rc = entries_check(&connectivity, 4, CONNECTION_BYTES, "CONNECTIVITY", &count,
				   error);
	if (rc < 0)
		return rc;
	for (uint32_t i = 0; i < unit_count; i++) {
		uint32_t kernel = unit_kernel(units.bytes + 8 + (uint64_t)i * UNIT_ENTRY_BYTES);

		if (kernel < KERNELS)
			image->has[kernel] = true;
	}
	for (uint32_t i = 0; rc == 0 && i < count; i++)
		rc =
		    connection_take(image, &units, unit_count,
				    connectivity.bytes + 4 + (uint64_t)i * CONNECTION_BYTES, error);
	return rc;
}

static int kernel_check(const struct xclbin_image *image, uint32_t number, struct fpga_error *error)
{
	const struct kernel *kernel = &kernel_table[number];

	for (uint32_t i = 0; i < kernel->argument_count; i++) {
		const uint32_t bank = image->banks[number][i];

		if (!kernel_argument_is_memory(&kernel->arguments[i]))
			continue;
		if (bank == XCLBIN_NO_BANK || image->bank[bank].bytes == 0)
			return fpga_fail(error, -EBADMSG,
					 "kernel %s: its %s is on no memory bank: link it with "
					 "hls/link.cfg",
					 kernel->name, kernel->arguments[i].name);
	}
	return 0;
}

/* Behind the next of these words from at on, or the end. */
static uint64_t xml_behind(const struct part *part, uint64_t at, const char *word)
{
	const uint8_t *found = memmem(part->bytes + at, part->size - at, word, strlen(word));

	return found != NULL ? (uint64_t)(found - part->bytes) + strlen(word) : part->size;
}

/* Behind the tag that begins at at; a '>' in quotes does not end it. */
static uint64_t xml_tag_end(const struct part *part, uint64_t at, bool *empty)
{
	uint8_t quote = 0;

	for (; at < part->size && (quote != 0 || part->bytes[at] != '>'); at++) {
		const uint8_t c = part->bytes[at];

		if (quote != 0)
			quote = c == quote ? 0 : quote;
		else if (c == '"' || c == '\'')
			quote = c;
	}
	*empty = at < part->size && part->bytes[at - 1] == '/';
	return at < part->size ? at + 1 : at;
}

/* XML that nests no deeper than XRT's parser can follow. */
static int metadata_check(const uint8_t *bytes, struct fpga_error *error)
{
	struct part part = {0};
	uint32_t depth = 0;
	int rc = section_find(bytes, SECTION_METADATA, "EMBEDDED_METADATA", &part, error);

	for (uint64_t i = 0; rc == 0 && i + 1 < part.size;) {
		const uint8_t next = part.bytes[i + 1];
		bool empty = false;

		if (part.bytes[i] != '<') {
			i++;
		} else if (next == '?') {
			i = xml_behind(&part, i, "?>");
		} else if (part.size - i >= 4 && memcmp(part.bytes + i, "<!--", 4) == 0) {
			i = xml_behind(&part, i + 4, "-->");
		} else if (part.size - i >= 9 && memcmp(part.bytes + i, "<![CDATA[", 9) == 0) {
			i = xml_behind(&part, i + 9, "]]>");
		} else {
			i = xml_tag_end(&part, i + 1, &empty);
			if (next == '/')
				depth -= depth > 0;
			else if (next != '!' && !empty && ++depth > XML_DEPTH_MAX)
				rc = fpga_fail(error, -EBADMSG,
					       "EMBEDDED_METADATA: elements nest deeper than %u",
					       XML_DEPTH_MAX);
		}
	}
	return rc;
}

int xclbin_image_check(struct xclbin_image *image, const uint8_t *bytes, uint64_t size,
		       struct fpga_error *error)
{
	int rc = header_check(bytes, size, error);

	memset(image, 0, sizeof(*image));
	memset(image->banks, 0xff, sizeof(image->banks));
	image->size = size;
	if (rc == 0)
		rc = sections_check(bytes, error);
	if (rc == 0)
		rc = metadata_check(bytes, error);
	if (rc == 0)
		rc = memories_read(image, bytes, error);
	if (rc == 0)
		rc = units_read(image, bytes, error);
	for (uint32_t k = 0; rc == 0 && k < KERNELS; k++)
		rc = image->has[k] ? kernel_check(image, k, error) : 0;
	if (rc == 0)
		memcpy(image->platform, bytes + AXLF_PLATFORM, XCLBIN_PLATFORM_BYTES - 1);
	return rc;
}

static int file_read(const char *path, uint8_t **bytes, uint64_t *size, struct fpga_error *error)
{
	struct stat status;
	FILE *file = fopen(path, "rb");
	int rc = 0;

	*bytes = NULL;
	if (file == NULL || fstat(fileno(file), &status) < 0) {
		rc = fpga_fail(error, -errno, "%.500s: %s", path, strerror(errno));
	} else if (!S_ISREG(status.st_mode) || status.st_size > (off_t)MR_FPGA_XCLBIN_BYTES_MAX) {
		rc = fpga_fail(error, -EBADMSG, "%.500s: no file of at most %llu bytes", path,
			       (unsigned long long)MR_FPGA_XCLBIN_BYTES_MAX);
	} else {
		*size = (uint64_t)status.st_size;
		*bytes = malloc(*size + 1);
		if (*bytes == NULL)
			rc = fpga_fail(error, -ENOMEM, "%.500s: no memory for it", path);
		else if (fread(*bytes, 1, *size, file) != *size)
			rc = fpga_fail(error, -EIO, "%.500s: can't be read whole", path);
	}
	if (file != NULL)
		fclose(file);
	return rc;
}

int xclbin_image_read(struct xclbin_image *image, const char *path, struct fpga_error *error)
{
	struct fpga_error inner;
	uint8_t *bytes;
	uint64_t size = 0;
	int rc = file_read(path, &bytes, &size, error);

	if (rc == 0) {
		rc = xclbin_image_check(image, bytes, size, &inner);
		if (rc < 0)
			fpga_fail(error, rc, "%.300s: %.600s", path, inner.text);
	}
	if (rc < 0)
		free(bytes);
	else
		image->bytes = bytes;
	return rc;
}

void xclbin_image_free(struct xclbin_image *image)
{
	free(image->bytes);
	image->bytes = NULL;
}
