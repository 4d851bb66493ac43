/* Finds XRT and its driver on this machine. */
#include "xrt_api.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fpga_error.h"

#define XRT_LIBRARY "libxrt_coreutil.so.2"

static pthread_mutex_t load_lock = PTHREAD_MUTEX_INITIALIZER;
static struct xrt_api loaded; /* under load_lock until it is whole, and never changed then */
static bool is_loaded;

/* The driver that XRT will choose. */
static const char *driver_name(void)
{
	const char *mode = getenv("XCL_EMULATION_MODE");

	if (mode != NULL && strcmp(mode, "hw_emu") == 0)
		return "libxrt_hwemu.so.2";
	if (mode != NULL && strcmp(mode, "sw_emu") == 0)
		return "libxrt_swemu.so.2";
	return "libxrt_core.so.2";
}

static int driver_find(char path[PATH_MAX], struct fpga_error *error)
{
	const char *root = getenv("XILINX_XRT");

	if (root == NULL || *root == '\0')
		return fpga_fail(error, -ENODEV,
				 "no FPGA card: XILINX_XRT is not set; run "
				 "'source /opt/xilinx/xrt/setup.sh' of XRT's installation first");
	if (snprintf(path, PATH_MAX, "%s/lib/%s", root, driver_name()) >= PATH_MAX)
		return fpga_fail(error, -ENAMETOOLONG, "XILINX_XRT: the path is too long");
	if (access(path, R_OK) < 0)
		return fpga_fail(error, -ENODEV,
				 "no FPGA card: %.500s: %s; set XILINX_XRT to where XRT is "
				 "installed, such as /opt/xilinx/xrt",
				 path, strerror(errno));
	return 0;
}

static void *library_open(const char *driver)
{
	char path[PATH_MAX];
	void *library = dlopen(XRT_LIBRARY, RTLD_NOW | RTLD_LOCAL);
	const int folder_len = (int)(strrchr(driver, '/') - driver);

	if (library == NULL &&
	    snprintf(path, sizeof(path), "%.*s/" XRT_LIBRARY, folder_len, driver) < PATH_MAX)
		library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	return library;
}

/* POSIX lets a function's address be read through a void *. */
static bool function_find(void *library, const char *name, void *field, struct fpga_error *error)
{
	void *found = dlsym(library, name);

	memcpy(field, &found, sizeof(found));
	if (found == NULL)
		fpga_fail(error, -ENOSYS, "XRT has no %s: version 2.13 is needed", name);
	return found != NULL;
}

static bool functions_find(void *library, struct xrt_api *api, struct fpga_error *error)
{
#define XRT_FUNCTION_FIND(result, field, name, arguments) \
	function_find(library, #name, &api->field, error) &&
	return XRT_FUNCTIONS(XRT_FUNCTION_FIND)
		   function_find(library, "xrtDeviceLoadXclbin", &api->device_load, error) &&
	       function_find(library, "xrtBOSync", &api->buffer_sync, error) &&
	       function_find(library, "xrtRunWaitFor", &api->run_wait, error);
#undef XRT_FUNCTION_FIND
}

static int api_load(struct xrt_api *api, struct fpga_error *error)
{
	char driver[PATH_MAX];
	void *library, *loaded_driver;
	int rc = driver_find(driver, error);

	if (rc < 0)
		return rc;
	library = library_open(driver);
	if (library == NULL)
		return fpga_fail(error, -ENODEV,
				 "no FPGA card: %.500s; install XRT (Debian: libxrt1)", dlerror());
	/* As XRT does it, which takes a failure ill. */
	loaded_driver = dlopen(driver, RTLD_LAZY | RTLD_GLOBAL);
	if (loaded_driver == NULL)
		return fpga_fail(error, -ENODEV,
				 "no FPGA card: XRT's driver can't be loaded: %.500s", dlerror());
	return functions_find(library, api, error) &&
		       function_find(loaded_driver, "xclProbe", &api->card_count, error)
		   ? 0
		   : -ENOSYS;
}

const struct xrt_api *xrt_api_load(int *rc, struct fpga_error *error)
{
	pthread_mutex_lock(&load_lock);
	*rc = is_loaded ? 0 : api_load(&loaded, error);
	is_loaded = *rc == 0;
	pthread_mutex_unlock(&load_lock);
	return *rc == 0 ? &loaded : NULL;
}

int fpga_available(struct fpga_error *error)
{
	int rc;

	xrt_api_load(&rc, error);
	return rc;
}

int fpga_card_count(uint32_t *count, struct fpga_error *error)
{
	int rc;
	const struct xrt_api *api = xrt_api_load(&rc, error);

	*count = api != NULL ? api->card_count() : 0;
	if (*count > MR_FPGA_CARDS_MAX)
		*count = MR_FPGA_CARDS_MAX;
	return rc;
}
