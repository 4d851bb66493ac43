/* /dev/kvm: opened and checked once, and the processor as guests see it. */
#include "kvm_device.h"

#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "backend.h"
#include "kvm_layout.h"

#define EXTENDED_COMPONENTS 0xe7u /* x87, SSE, AVX and AVX-512: what one XRSTOR clears */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct kvm_device device = {.fd = -1}; // under lock until opened, then constant

static int device_error(char *error, size_t error_bytes, int rc, const char *what)
{
	return backend_error(error, error_bytes, rc,
			     "/dev/kvm: %s; run where KVM is, or with `--sandbox wasm`", what);
}

static int access_error(char *error, size_t error_bytes, int rc)
{
	switch (rc) {
	case -ENOENT:
	case -ENXIO:
	case -ENODEV:
		return device_error(error, error_bytes, rc, "there is no such device");
	case -EACCES:
	case -EPERM:
		return backend_error(error, error_bytes, rc,
				     "/dev/kvm: permission denied; add this user to the group "
				     "`kvm`, or run with `--sandbox wasm`");
	default:
		return device_error(error, error_bytes, rc, strerror(-rc));
	}
}

static int abilities_check(int fd, char *error, size_t error_bytes)
{
	static const struct {
		int capability, least;
		const char *what;
	} needed[] = {
	    {KVM_CAP_USER_MEMORY, 1, "this KVM lacks KVM_CAP_USER_MEMORY"},
	    {KVM_CAP_READONLY_MEM, 1, "this KVM lacks KVM_CAP_READONLY_MEM"},
	    {KVM_CAP_IMMEDIATE_EXIT, 1, "this KVM lacks KVM_CAP_IMMEDIATE_EXIT"},
	    {KVM_CAP_XCRS, 1, "this KVM lacks KVM_CAP_XCRS"},
	    {KVM_CAP_SYNC_REGS, KVM_SYNC_X86_VALID_FIELDS, "this KVM lacks KVM_CAP_SYNC_REGS"},
	    {KVM_CAP_NR_MEMSLOTS, 3 + KVM_POOLS_MAX, "this KVM has too few memory slots"},
	};

	if (ioctl(fd, KVM_GET_API_VERSION, 0) != KVM_API_VERSION)
		return device_error(error, error_bytes, -ENODEV, "not version 12 of its interface");
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (ioctl(fd, KVM_CHECK_EXTENSION, needed[i].capability) < needed[i].least)
			return device_error(error, error_bytes, -ENODEV, needed[i].what);
	return 0;
}

/* What could tell one run, core or host from another is not there: random numbers, waiting,
 * topology, the hypervisor. AMX is not, whose state is large. False: the leaf is left out. */
static bool leaf_filter(struct kvm_cpuid_entry2 *leaf)
{
	switch (leaf->function) {
	case 0:
	case 0x80000000:
		return true;
	case 1:
		leaf->ebx &= 0x0000ff00;                                  /* CLFLUSH's line only */
		leaf->ecx &= ~(1u << 3 | 1u << 21 | 1u << 24 | 1u << 30); /* MONITOR ... RDRAND */
		leaf->ecx &= ~(1u << 31);                                 /* hypervisor */
		return true;
	case 7:
		leaf->ebx &= ~(1u << 2 | 1u << 4 | 1u << 11 | 1u << 18); /* SGX, TSX, RDSEED */
		leaf->ecx &= ~(1u << 5 | 1u << 22);                      /* WAITPKG, RDPID */
		leaf->edx &= ~(1u << 22 | 1u << 24 | 1u << 25);          /* AMX */
		return true;
	case 0xd:
		if (leaf->index == 0)
			leaf->eax &= EXTENDED_COMPONENTS;
		return leaf->index < 8;
	case 0x80000001:
		leaf->edx &= ~(1u << 27); /* RDTSCP */
		return true;
	case 0x80000008:
		leaf->ecx = 0; /* number of cores */
		return true;
	default:
		return false;
	}
}

static void facts_note(const struct kvm_cpuid_entry2 *leaf)
{
	if (leaf->function == 7 && leaf->index == 0)
		device.umip = leaf->ecx >> 2 & 1;
	if (leaf->function == 0xd && leaf->index == 0)
		device.extended = leaf->eax;
	if (leaf->function == 0x80000008)
		device.physical_end = 1ull << (leaf->eax & 0xff);
}

/* Of all extended state that this processor could have enabled. */
static uint32_t extended_bytes(void)
{
	uint32_t a, b, c, d;

	return __get_cpuid_count(0xd, 0, &a, &b, &c, &d) ? c : 0;
}

static int processor_read(char *error, size_t error_bytes)
{
	const size_t bytes =
	    sizeof(struct kvm_cpuid2) + KVM_CPUID_ENTRIES_MAX * sizeof(struct kvm_cpuid_entry2);
	struct kvm_cpuid2 *cpuid = calloc(1, bytes);
	uint32_t kept = 0;

	if (cpuid == NULL)
		return device_error(error, error_bytes, -ENOMEM, "no memory");
	cpuid->nent = KVM_CPUID_ENTRIES_MAX;
	if (ioctl(device.fd, KVM_GET_SUPPORTED_CPUID, cpuid) != 0) {
		int rc = -errno;

		free(cpuid);
		return device_error(error, error_bytes, rc,
				    "it does not say what processor guests have");
	}
	for (uint32_t i = 0; i < cpuid->nent; i++) {
		struct kvm_cpuid_entry2 leaf = cpuid->entries[i];

		if (!leaf_filter(&leaf))
			continue;
		facts_note(&leaf);
		cpuid->entries[kept++] = leaf;
	}
	cpuid->nent = kept;
	device.cpuid = cpuid;
	if ((device.extended & 3) != 3) /* XRSTOR is how state is cleared */
		return device_error(error, error_bytes, -ENODEV, "its guests lack XSAVE");
	if (extended_bytes() > KVM_CLEAN_PAGES * KVM_PAGE_BYTES)
		return device_error(error, error_bytes, -ENODEV,
				    "this processor has more state than it was made for");
	return 0;
}

static int store_create(char *error, size_t error_bytes)
{
	struct region_provider provider;
	int rc = region_provider_memory(&provider, KVM_STORE_BYTES);

	if (rc < 0)
		return device_error(error, error_bytes, rc, "no address space for code");
	rc = region_pool_create(&device.store, &provider, 0);
	if (rc < 0) {
		provider.release(&provider);
		return device_error(error, error_bytes, rc, "no memory for code");
	}
	return 0;
}

static int device_start(char *error, size_t error_bytes)
{
	int bytes, rc;
	int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return access_error(error, error_bytes, -errno);
	rc = abilities_check(fd, error, error_bytes);
	if (rc < 0)
		goto err_close;
	bytes = ioctl(fd, KVM_GET_VCPU_MMAP_SIZE, 0);
	if (bytes < (int)sizeof(struct kvm_run)) {
		rc = device_error(error, error_bytes, -ENODEV, "its vCPUs have no shared page");
		goto err_close;
	}
	device.fd = fd;
	device.run_bytes = (uint32_t)bytes;
	rc = processor_read(error, error_bytes);
	if (rc < 0)
		goto err_forget;
	rc = store_create(error, error_bytes);
	if (rc < 0)
		goto err_forget;
	return 0;
err_forget:
	free(device.cpuid);
	device = (struct kvm_device){.fd = -1};
err_close:
	close(fd);
	return rc;
}

int kvm_device_open(const struct kvm_device **opened, char *error, size_t error_bytes)
{
	int rc = 0;

	pthread_mutex_lock(&lock);
	if (device.fd < 0)
		rc = device_start(error, error_bytes);
	pthread_mutex_unlock(&lock);
	*opened = rc == 0 ? &device : NULL;
	return rc;
}
