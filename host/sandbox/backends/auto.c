/* The backend for whatever code there is: wasm for modules, for images kvm where the machine has it
 * (a run starts sooner), else process. */
#include <errno.h>
#include <string.h>

#include "backend.h"
#include "kvm_device.h"

static const struct sandbox_ops *image_backend(void)
{
	const struct kvm_device *device;
	char error[MR_ERROR_BYTES_MAX];

	return kvm_device_open(&device, error, sizeof(error)) == 0 ? &sandbox_kvm
								   : &sandbox_process;
}

/* What it prepares runs, and is released, by the backend it chose. Shared objects are left out:
 * what nothing confines is asked for by name. */
static int auto_prepare(const void *bytes, size_t len, const char *cache_dir,
			struct sandbox_code **prepared, char *error, size_t error_bytes)
{
	const struct sandbox_ops *chosen = NULL;

	if (len >= 4 && memcmp(bytes, "\0asm", 4) == 0)
		chosen = &sandbox_wasm;
	else if (len >= 4 && memcmp(bytes, "\177ELF", 4) == 0)
		chosen = image_backend();
	if (chosen == NULL)
		return backend_error(error, error_bytes, -ENOEXEC,
				     "this is neither a wasm module nor an ELF image");
	return chosen->prepare(bytes, len, cache_dir, prepared, error, error_bytes);
}

const struct sandbox_ops sandbox_auto = {
    .name = "auto",
    .prepare = auto_prepare,
};
