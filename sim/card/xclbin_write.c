/* Writes the xclbin of the simulated card. */
#include "xclbin_write.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xclbin.h>

#include "card_layout.h"
#include "kernel_table.h"

#define SECTIONS 4
#define SECTION_ALIGNMENT 8

static uint32_t memory_count(void)
{
	uint32_t count = 0;

	for (uint32_t k = 0; k < KERNELS; k++)
		for (uint32_t i = 0; i < kernel_table[k].argument_count; i++)
			count += kernel_argument_is_memory(&kernel_table[k].arguments[i]) != 0;
	return count;
}

static void argument_print(FILE *out, const struct kernel *kernel, uint32_t i)
{
	const struct kernel_argument *argument = &kernel->arguments[i];
	const int memory = kernel_argument_is_memory(argument);
	const uint32_t bytes = argument->kind == KERNEL_U32 ? 4 : 8;

	fprintf(out,
		"<arg name=\"%s\" id=\"%" PRIu32 "\" addressQualifier=\"%d\" port=\"%s\" "
		"size=\"0x%" PRIx32 "\" offset=\"0x%" PRIx32 "\" hostOffset=\"0x0\" "
		"hostSize=\"0x%" PRIx32 "\" type=\"%s\" memSize=\"0\" origName=\"%s\" "
		"origUse=\"\"/>\n",
		argument->name, i, memory, memory ? "M_AXI_GMEM" : "S_AXI_CONTROL", bytes,
		kernel_argument_offset(kernel, i), bytes,
		memory ? "void*" : (bytes == 4 ? "uint32_t" : "uint64_t"), argument->name);
}

static void kernel_print(FILE *out, uint32_t number)
{
	const struct kernel *kernel = &kernel_table[number];

	fprintf(out,
		"<kernel name=\"%s\" language=\"c\" vlnv=\"xilinx.com:hls:%s:1.0\" "
		"attributes=\"\" preferredWorkGroupSizeMultiple=\"0\" workGroupSize=\"1\" "
		"debug=\"false\" interrupt=\"true\" hwControlProtocol=\"ap_ctrl_hs\">\n"
		"<port name=\"M_AXI_GMEM\" portType=\"addressable\" mode=\"master\" base=\"0x0\" "
		"range=\"0xFFFFFFFFFFFFFFFF\" dataWidth=\"512\"/>\n"
		"<port name=\"S_AXI_CONTROL\" portType=\"addressable\" mode=\"slave\" "
		"base=\"0x0\" range=\"0x1000\" dataWidth=\"32\"/>\n",
		kernel->name, kernel->name);
	for (uint32_t i = 0; i < kernel->argument_count; i++)
		argument_print(out, kernel, i);
	fprintf(out,
		"<instance name=\"%s_1\"><addrRemap base=\"0x%" PRIx64 "\" range=\"0x%x\" "
		"port=\"S_AXI_CONTROL\"/></instance>\n</kernel>\n",
		kernel->name, card_unit_address(number), CARD_UNIT_BYTES);
}

static void metadata_print(FILE *out)
{
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<project name=\"millrace\">"
	      "<platform vendor=\"millrace\" boardid=\"simulated\" name=\"card\" "
	      "featureRomTime=\"0\">\n<version major=\"1\" minor=\"0\"/>"
	      "<device name=\"fpga0\" fpgaDevice=\"simulated\">\n"
	      "<core name=\"OCL_REGION_0\" target=\"hw\" type=\"clc_region\" "
	      "clockFreq=\"300MHz\" numComputeUnits=\"16\">\n<kernelClocks>"
	      "<clock port=\"KERNEL_CLK\" frequency=\"300.000000MHz\"/>"
	      "<clock port=\"DATA_CLK\" frequency=\"300.000000MHz\"/></kernelClocks>\n",
	      out);
	for (uint32_t i = 0; i < KERNELS; i++)
		kernel_print(out, i);
	fputs("</core></device></platform></project>\n", out);
}

static void topology_print(FILE *out)
{
	const int32_t count = BANKS;

	/* The struct's array begins where its own alignment says. */
	struct mem_topology head = {.m_count = count};

	fwrite(&head, offsetof(struct mem_topology, m_mem_data), 1, out);
	for (uint32_t i = 0; i < BANKS; i++) {
		struct mem_data bank = {.m_type = MEM_DDR4, .m_used = 1};

		bank.m_size = CARD_BANK_BYTES / 1024;
		bank.m_base_address = card_bank_address(i);
		snprintf((char *)bank.m_tag, sizeof(bank.m_tag), "DDR[%" PRIu32 "]", i);
		fwrite(&bank, sizeof(bank), 1, out);
	}
}

static void units_print(FILE *out)
{
	struct ip_layout head = {.m_count = KERNELS};

	fwrite(&head, offsetof(struct ip_layout, m_ip_data), 1, out);
	for (uint32_t i = 0; i < KERNELS; i++) {
		struct ip_data unit = {.m_type = IP_KERNEL};

		unit.properties = AP_CTRL_HS << IP_CONTROL_SHIFT | IP_INT_ENABLE_MASK;
		unit.m_base_address = card_unit_address(i);
		snprintf((char *)unit.m_name, sizeof(unit.m_name), "%s:%s_1", kernel_table[i].name,
			 kernel_table[i].name);
		fwrite(&unit, sizeof(unit), 1, out);
	}
}

static void connectivity_print(FILE *out)
{
	struct connectivity head = {.m_count = (int32_t)memory_count()};

	fwrite(&head, offsetof(struct connectivity, m_connection), 1, out);
	for (uint32_t k = 0; k < KERNELS; k++) {
		for (uint32_t i = 0; i < kernel_table[k].argument_count; i++) {
			const struct kernel_argument *argument = &kernel_table[k].arguments[i];
			struct connection connection = {.arg_index = (int32_t)i,
							.m_ip_layout_index = (int32_t)k,
							.mem_data_index = (int32_t)argument->bank};

			if (kernel_argument_is_memory(argument))
				fwrite(&connection, sizeof(connection), 1, out);
		}
	}
}

static const struct section {
	enum axlf_section_kind kind;
	const char *name;
	void (*print)(FILE *out);
} sections[SECTIONS] = {
    {MEM_TOPOLOGY, "mem_topology", topology_print},
    {IP_LAYOUT, "ip_layout", units_print},
    {CONNECTIVITY, "connectivity", connectivity_print},
    {EMBEDDED_METADATA, "embedded_meta", metadata_print},
};

static void header_fill(struct axlf *image, size_t bytes)
{
	static const char vbnv[] = "millrace_simulated_card";

	memcpy(image->m_magic, "xclbin2", sizeof(image->m_magic));
	image->m_signature_length = -1;
	memset(image->reserved, 0xff, sizeof(image->reserved));
	image->m_uniqueId = 1;
	image->m_header.m_length = bytes;
	image->m_header.m_versionMajor = 2;
	image->m_header.m_versionMinor = 13;
	image->m_header.m_mode = XCLBIN_FLAT;
	memcpy(image->m_header.m_platformVBNV, vbnv, sizeof(vbnv));
	image->m_header.m_numSections = SECTIONS;
}

/* XRT takes two xclbins of one id for the same. */
static void id_fill(uint8_t *bytes, size_t count)
{
	struct axlf *image = (struct axlf *)bytes;
	const uint64_t hash = mr_hash64(bytes, count);

	memcpy(image->m_header.uuid, &hash, sizeof(hash));
	memcpy(image->m_header.uuid + sizeof(hash), "millrace", sizeof(hash));
}

int xclbin_write(uint8_t **bytes, size_t *count)
{
	static const struct axlf empty;
	struct axlf_section_header headers[SECTIONS] = {0};
	FILE *out = open_memstream((char **)bytes, count);

	if (out == NULL)
		return -ENOMEM;
	fwrite(&empty, offsetof(struct axlf, m_sections), 1, out);
	fwrite(headers, sizeof(headers), 1, out);
	for (int i = 0; i < SECTIONS; i++) {
		while (ftell(out) % SECTION_ALIGNMENT != 0)
			fputc(0, out);
		headers[i].m_sectionKind = sections[i].kind;
		strcpy(headers[i].m_sectionName, sections[i].name);
		headers[i].m_sectionOffset = (uint64_t)ftell(out);
		sections[i].print(out);
		headers[i].m_sectionSize = (uint64_t)ftell(out) - headers[i].m_sectionOffset;
	}
	if (ferror(out) | fclose(out)) {
		free(*bytes);
		return -ENOMEM;
	}
	header_fill((struct axlf *)*bytes, *count);
	memcpy(*bytes + offsetof(struct axlf, m_sections), headers, sizeof(headers));
	id_fill(*bytes, *count);
	return 0;
}
