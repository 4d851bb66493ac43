/* `millrace devices`: what operators can run on beside the CPU. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command_line.h"
#include "commands.h"
#include "fpga.h"
#include "opencl.h"
#include "sim_card.h"

static const char devices_help[] =
    "Usage: millrace devices [options]\n"
    "Lists the devices that operators can run on, and whether they work: FPGA cards, by XRT, and\n"
    "OpenCL devices. Each card is given the xclbin, and checked by a sum of known result.\n"
    "\n"
    "  --xclbin FILE         what FPGA cards are given; hls/README.md says how it is built\n"
    "  --sim-card            a simulated FPGA card instead of those of this machine\n"
    "  --json                as one JSON object\n"
    "  --help                this text\n"
    "\n"
    "Exit codes: 0 good, also when there is none; 1 a device does not work; 2 wrong usage;\n"
    "4 the simulated card is not built.\n"
    "\n"
    "Example:\n"
    "  millrace devices --sim-card\n";

struct listing {
	cJSON *json; /* of all devices */
	cJSON *devices;
	uint32_t failed;
	struct fpga_error absent;     /* why there are no cards, */
	struct table_error no_opencl; /* and no OpenCL devices */
};

/* "123456789", whose CRC-32C RFC 3720 does not give, but every catalogue of CRCs. */
static int card_check(struct fpga_card *card, struct fpga_error *error)
{
	uint32_t crc = 0;
	int rc = fpga_crc32c(card, "123456789", 9, &crc, error);

	if (rc == 0 && crc != 0xE3069283u) {
		snprintf(error->text, sizeof(error->text),
			 "it computes wrongly: build its xclbin anew");
		rc = -EIO;
	}
	return rc;
}

static void kernels_add(cJSON *device, const struct fpga_card *card)
{
	cJSON *kernels = cJSON_AddArrayToObject(device, "kernels");
	const char *name;
	bool has;

	for (uint32_t i = 0; (name = fpga_card_kernel(card, i, &has)) != NULL; i++) {
		if (has)
			cJSON_AddItemToArray(kernels, cJSON_CreateString(name));
	}
}

static void card_list(struct listing *listing, uint32_t index, const char *xclbin)
{
	const struct fpga_options options = {.index = index, .xclbin = xclbin};
	cJSON *device = cJSON_CreateObject();
	struct fpga_card *card;
	struct fpga_error error;
	int rc = fpga_card_open(&card, &options, &error);

	cJSON_AddItemToArray(listing->devices, device);
	cJSON_AddStringToObject(device, "kind", "fpga");
	cJSON_AddNumberToObject(device, "index", index);
	if (rc == 0) {
		cJSON_AddStringToObject(device, "platform", fpga_card_platform(card));
		cJSON_AddNumberToObject(device, "banks", fpga_card_banks(card));
		kernels_add(device, card);
		rc = card_check(card, &error);
		if (rc == -ENOTSUP)
			rc = 0;
	}
	cJSON_AddBoolToObject(device, "works", rc == 0);
	if (rc < 0)
		cJSON_AddStringToObject(device, "error", error.text);
	listing->failed += rc < 0;
	fpga_card_close(&card);
}

static void cards_list(struct listing *listing, const char *xclbin)
{
	uint32_t count = 0;
	int rc = fpga_card_count(&count, &listing->absent);

	if (rc == 0 && count == 0)
		snprintf(listing->absent.text, sizeof(listing->absent.text),
			 "no FPGA card: XRT finds none; 'xbutil examine' says why");
	else if (rc == 0 && xclbin == NULL)
		snprintf(listing->absent.text, sizeof(listing->absent.text),
			 "%" PRIu32 " FPGA card%s: give --xclbin FILE to use %s", count,
			 count == 1 ? "" : "s", count == 1 ? "it" : "them");
	else
		listing->absent.text[0] = rc == 0 ? '\0' : listing->absent.text[0];
	for (uint32_t i = 0; rc == 0 && xclbin != NULL && i < count; i++)
		card_list(listing, i, xclbin);
}

static void opencl_list_all(struct listing *listing)
{
	struct opencl_description found[MR_OPENCL_DEVICES_MAX];
	uint32_t count;

	if (opencl_list(found, MR_OPENCL_DEVICES_MAX, &count, &listing->no_opencl) < 0)
		return;
	for (uint32_t i = 0; i < count && i < MR_OPENCL_DEVICES_MAX; i++) {
		cJSON *device = cJSON_CreateObject();

		cJSON_AddItemToArray(listing->devices, device);
		cJSON_AddStringToObject(device, "kind", "opencl");
		cJSON_AddNumberToObject(device, "index", i);
		cJSON_AddStringToObject(device, "name", found[i].name);
		cJSON_AddStringToObject(device, "driver", found[i].platform);
		cJSON_AddStringToObject(device, "version", found[i].version);
		cJSON_AddNumberToObject(device, "memory_bytes", (double)found[i].memory_bytes);
		cJSON_AddBoolToObject(device, "shares_memory", found[i].shared);
		cJSON_AddBoolToObject(device, "works", found[i].usable);
		if (!found[i].usable)
			cJSON_AddStringToObject(device, "error",
						"it is not available, older than OpenCL 1.2, or "
						"has no compiler");
		listing->failed += !found[i].usable;
	}
}

static const char *text_of(const cJSON *object, const char *name)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(object, name));

	return text != NULL ? text : "";
}

static void device_print(const cJSON *device)
{
	const cJSON *kernel;

	printf("%s %.0f  %s", text_of(device, "kind"),
	       cJSON_GetNumberValue(cJSON_GetObjectItem(device, "index")),
	       cJSON_IsTrue(cJSON_GetObjectItem(device, "works")) ? "works" : "does not work");
	if (cJSON_HasObjectItem(device, "platform"))
		printf("  %s, %.0f memory banks\n      kernels:", text_of(device, "platform"),
		       cJSON_GetNumberValue(cJSON_GetObjectItem(device, "banks")));
	if (cJSON_HasObjectItem(device, "version"))
		printf("  %s, %s", text_of(device, "name"), text_of(device, "version"));
	cJSON_ArrayForEach (kernel, cJSON_GetObjectItem(device, "kernels"))
		printf(" %s", cJSON_GetStringValue(kernel));
	putchar('\n');
	if (cJSON_HasObjectItem(device, "error"))
		printf("      %s\n", text_of(device, "error"));
}

static void listing_print(struct listing *listing, bool json)
{
	const cJSON *device;
	char *text;

	if (json) {
		if (listing->absent.text[0] != '\0')
			cJSON_AddStringToObject(listing->json, "fpga", listing->absent.text);
		if (listing->no_opencl.text[0] != '\0')
			cJSON_AddStringToObject(listing->json, "opencl", listing->no_opencl.text);
		text = cJSON_PrintUnformatted(listing->json);
		puts(text != NULL ? text : "{}");
		free(text);
		return;
	}
	cJSON_ArrayForEach (device, listing->devices)
		device_print(device);
	if (listing->absent.text[0] != '\0')
		puts(listing->absent.text);
	if (listing->no_opencl.text[0] != '\0')
		puts(listing->no_opencl.text);
}

int command_devices(int argc, char **argv)
{
	const char *xclbin = NULL;
	bool json = false, sim_card = false;
	const struct command_option options[] = {
	    {"xclbin", &xclbin, NULL}, {"sim-card", NULL, &sim_card}, {"json", NULL, &json}, {0}};
	const struct command_line line = {"devices", devices_help, "", 0, 0, options};
	struct command_operands operands;
	struct listing listing = {0};
	char path[PATH_MAX];
	int code;

	if (!command_line_read(&line, argc, argv, &operands, &code))
		return code;
	if (sim_card && !sim_card_use(path))
		return command_line_failed(
		    &line, "the simulated card is not built: install libxrt-dev, and build again",
		    RUN_CANNOT_START);
	if (sim_card && xclbin == NULL)
		xclbin = path;
	listing.json = cJSON_CreateObject();
	listing.devices = cJSON_AddArrayToObject(listing.json, "devices");
	cards_list(&listing, xclbin);
	opencl_list_all(&listing);
	listing_print(&listing, json);
	cJSON_Delete(listing.json);
	return listing.failed > 0 ? RUN_JOB_FAILED : RUN_OK;
}
