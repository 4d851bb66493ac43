/*
 * What XRT's classes name and this card has not: registers and memory from the host, exported
 * buffers, AI engines. Nothing of Millrace calls them; each says that it is not there.
 */
#include <errno.h>
#include <stdbool.h>

#include <xrt.h>

#define EXPORT __attribute__((visibility("default")))

EXPORT int xclCopyBO(xclDeviceHandle handle, xclBufferHandle to, xclBufferHandle from, size_t bytes,
		     size_t to_offset, size_t from_offset)
{
	return -ENOTSUP;
}

EXPORT int xclRegRead(xclDeviceHandle handle, uint32_t unit, uint32_t offset, uint32_t *value)
{
	return -ENOTSUP;
}

EXPORT int xclRegWrite(xclDeviceHandle handle, uint32_t unit, uint32_t offset, uint32_t value)
{
	return -ENOTSUP;
}

EXPORT ssize_t xclUnmgdPwrite(xclDeviceHandle handle, unsigned int flags, const void *from,
			      size_t bytes, uint64_t address)
{
	return -ENOTSUP;
}

EXPORT ssize_t xclUnmgdPread(xclDeviceHandle handle, unsigned int flags, void *to, size_t bytes,
			     uint64_t address)
{
	return -ENOTSUP;
}

EXPORT size_t xclWrite(xclDeviceHandle handle, enum xclAddressSpace space, uint64_t offset,
		       const void *from, size_t bytes)
{
	return (size_t)-ENOTSUP;
}

EXPORT size_t xclRead(xclDeviceHandle handle, enum xclAddressSpace space, uint64_t offset, void *to,
		      size_t bytes)
{
	return (size_t)-ENOTSUP;
}

EXPORT int xclReClock2(xclDeviceHandle handle, unsigned short region, const uint16_t *frequencies)
{
	return -ENOTSUP;
}

EXPORT int xclP2pEnable(xclDeviceHandle handle, bool enable, bool force)
{
	return -ENOTSUP;
}

EXPORT xclBufferExportHandle xclExportBO(xclDeviceHandle handle, xclBufferHandle buffer)
{
	return XRT_NULL_BO_EXPORT;
}

EXPORT xclBufferHandle xclImportBO(xclDeviceHandle handle, xclBufferExportHandle exported,
				   unsigned int flags)
{
	return XRT_NULL_BO;
}

/* C++ functions by their linker names. */
#define ABSENT(name)             \
	int name(void);          \
	int name(void)           \
	{                        \
		return -ENOTSUP; \
	}
ABSENT(_Z20xclCloseExportHandlei)
ABSENT(_Z22xclInternalResetDevicePv12xclResetKind)
ABSENT(_Z22xclUpdateSchedulerStatPv)
ABSENT(_Z12xclCmaEnablePvbm)
ABSENT(_Z11xclGMIOWaitPvPKc)
ABSENT(_Z11xclGraphEndPvm)
ABSENT(_Z11xclGraphRunPvi)
ABSENT(_Z12xclGraphOpenPvPKhPKcN3xrt5graph11access_modeE)
ABSENT(_Z12xclGraphWaitPvm)
ABSENT(_Z12xclSyncBOAIEPvRN3xrt2boEPKc18xclBOSyncDirectionmm)
ABSENT(_Z13xclGraphClosePv)
ABSENT(_Z13xclGraphResetPv)
ABSENT(_Z14xclGraphResumePv)
ABSENT(_Z14xclSyncBOAIENBPvRN3xrt2boEPKc18xclBOSyncDirectionmm)
ABSENT(_Z15xclGraphReadRTPPvPKcPcm)
ABSENT(_Z15xclGraphSuspendPv)
ABSENT(_Z16xclGraphWaitDonePvi)
ABSENT(_Z16xclReadProfilingPvi)
ABSENT(_Z16xclResetAIEArrayPv)
ABSENT(_Z16xclStopProfilingPvi)
ABSENT(_Z17xclAIEOpenContextPvN3xrt3aie11access_modeE)
ABSENT(_Z17xclGraphTimeStampPv)
ABSENT(_Z17xclGraphUpdateRTPPvPKcS1_m)
ABSENT(_Z17xclLoadXclBinMetaPvPK4axlf)
ABSENT(_Z17xclStartProfilingPviPKcS1_j)
ABSENT(_ZN12xclcpuemhal29CpuemShim11deviceQueryEN8xrt_core5query8key_typeE)

/* Its answer is a pointer: to no emulator, so that queries give 0. */
void *_ZN12xclcpuemhal29CpuemShim11handleCheckEPv(void *handle);
void *_ZN12xclcpuemhal29CpuemShim11handleCheckEPv(void *handle)
{
	return NULL;
}
