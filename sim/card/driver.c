/*
 * XRT's driver interface ("HAL", xrt.h), of which this library is one: XRT loads it as
 * $XILINX_XRT/lib/libxrt_core.so.2 and finds these functions by name. The C++ classes that XRT
 * wants of a driver as well come compiled, from Debian's libxrt_swemu.a, which calls these
 * functions.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <xclbin.h>
#include <xrt.h>

#include "card.h"
#include "card_layout.h"

#define EXPORT __attribute__((visibility("default")))

static struct card the_card = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* Two functions of XRT's core, by their linker names: a std::shared_ptr<xrt_core::device> of the
 * device with that handle, and handing it an xclbin. */
struct shared_device {
	void *device, *control;
};
void _ZN8xrt_core17get_userpf_deviceEPvj(struct shared_device *result, void *handle, unsigned id);
void _ZN8xrt_core6device13register_axlfEPK4axlf(void *device, const struct axlf *image);
static struct shared_device core_device; /* XRT keeps one for each handle, of which there is one */

EXPORT unsigned int xclProbe(void)
{
	return 1;
}

EXPORT unsigned int xclVersion(void)
{
	return 2;
}

EXPORT xclDeviceHandle xclOpen(unsigned int index, const char *log, enum xclVerbosityLevel level)
{
	if (index != 0 || card_open(&the_card) < 0)
		return NULL;
	if (core_device.device == NULL)
		_ZN8xrt_core17get_userpf_deviceEPvj(&core_device, &the_card, index);
	return &the_card;
}

EXPORT void xclClose(xclDeviceHandle handle)
{
	card_close(handle);
}

EXPORT int xclGetDeviceInfo2(xclDeviceHandle handle, struct xclDeviceInfo2 *info)
{
	memset(info, 0, sizeof(*info));
	strcpy(info->mName, "simulated_card");
	info->mHALMajorVersion = 2;
	info->mDataAlignment = CARD_PAGE_BYTES;
	info->mDDRBankCount = BANKS;
	info->mDDRSize = BANKS * CARD_BANK_BYTES;
	info->mOCLFrequency[0] = 300;
	return 0;
}

static const struct ip_layout *ip_layout_find(const struct axlf *image)
{
	for (uint32_t i = 0; i < image->m_header.m_numSections; i++) {
		if (image->m_sections[i].m_sectionKind == IP_LAYOUT)
			return (const void *)((const char *)image +
					      image->m_sections[i].m_sectionOffset);
	}
	return NULL;
}

EXPORT int xclLoadXclBin(xclDeviceHandle handle, const struct axlf *image)
{
	const struct ip_layout *layout = ip_layout_find(image);
	int rc = layout != NULL ? 0 : -EINVAL;

	for (int32_t i = 0; rc == 0 && i < layout->m_count; i++) {
		char name[sizeof(layout->m_ip_data[i].m_name) + 1] = "";

		memcpy(name, layout->m_ip_data[i].m_name, sizeof(name) - 1);
		name[strcspn(name, ":")] = '\0';
		rc = card_unit_set(handle, (uint32_t)i, name);
	}
	if (rc == 0)
		_ZN8xrt_core6device13register_axlfEPK4axlf(core_device.device, image);
	return rc;
}

static xclBufferHandle buffer_handle(int number)
{
	if (number > 0)
		return (xclBufferHandle)number;
	errno = -number;
	return XRT_NULL_BO;
}

EXPORT xclBufferHandle xclAllocBO(xclDeviceHandle handle, size_t bytes, int unused,
				  unsigned int flags)
{
	return buffer_handle(card_buffer_alloc(handle, NULL, bytes, flags));
}

EXPORT xclBufferHandle xclAllocUserPtrBO(xclDeviceHandle handle, void *user, size_t bytes,
					 unsigned int flags)
{
	return buffer_handle(card_buffer_alloc(handle, user, bytes, flags));
}

EXPORT void xclFreeBO(xclDeviceHandle handle, xclBufferHandle buffer)
{
	card_buffer_free(handle, buffer);
}

/* One field of a buffer needs no lock: it stays while there is the buffer. */
EXPORT void *xclMapBO(xclDeviceHandle handle, xclBufferHandle buffer, bool write)
{
	struct card_buffer *found = card_buffer_find(handle, buffer);

	return found != NULL ? found->host : NULL;
}

EXPORT int xclUnmapBO(xclDeviceHandle handle, xclBufferHandle buffer, void *address)
{
	return 0;
}

EXPORT int xclSyncBO(xclDeviceHandle handle, xclBufferHandle buffer,
		     enum xclBOSyncDirection direction, size_t bytes, size_t offset)
{
	return card_buffer_sync(handle, buffer, direction == XCL_BO_SYNC_BO_TO_DEVICE, bytes,
				offset);
}

EXPORT size_t xclWriteBO(xclDeviceHandle handle, xclBufferHandle buffer, const void *from,
			 size_t bytes, size_t offset)
{
	struct card_buffer *found = card_buffer_find(handle, buffer);

	if (found == NULL || offset > found->bytes || bytes > found->bytes - offset)
		return (size_t)-EINVAL;
	memcpy(found->host + offset, from, bytes);
	return 0;
}

EXPORT size_t xclReadBO(xclDeviceHandle handle, xclBufferHandle buffer, void *to, size_t bytes,
			size_t offset)
{
	struct card_buffer *found = card_buffer_find(handle, buffer);

	if (found == NULL || offset > found->bytes || bytes > found->bytes - offset)
		return (size_t)-EINVAL;
	memcpy(to, found->host + offset, bytes);
	return 0;
}

EXPORT int xclGetBOProperties(xclDeviceHandle handle, xclBufferHandle buffer,
			      struct xclBOProperties *properties)
{
	struct card_buffer *found = card_buffer_find(handle, buffer);

	if (found == NULL)
		return -EINVAL;
	memset(properties, 0, sizeof(*properties));
	properties->handle = buffer;
	properties->flags = found->flags;
	properties->size = found->bytes;
	properties->paddr = found->address;
	return 0;
}

EXPORT int xclOpenContext(xclDeviceHandle handle, const xuid_t image, unsigned int unit,
			  bool shared)
{
	return 0;
}

EXPORT int xclCloseContext(xclDeviceHandle handle, const xuid_t image, unsigned int unit)
{
	return 0;
}

EXPORT int xclExecBuf(xclDeviceHandle handle, xclBufferHandle command)
{
	int rc = card_command_submit(handle, command);

	if (rc < 0)
		errno = -rc;
	return rc;
}

EXPORT int xclExecWait(xclDeviceHandle handle, int timeout_ms)
{
	return card_command_wait(handle, timeout_ms);
}
