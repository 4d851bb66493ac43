/* Making a thread's virtual machine, and its slots of memory. */
#include "kvm_vm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "backend.h"
#include "kvm_layout.h"
#include "kvm_system.h"

#define PLATFORM_BYTES ((uint64_t)(KVM_SYSTEM_PAGES + KVM_TABLE_PAGES) * KVM_PAGE_BYTES)
#define PRIVATE_PHYSICAL (KVM_PHYSICAL_BASE + (1ull << 30))
#define STORE_PHYSICAL (PRIVATE_PHYSICAL + KVM_PRIVATE_POOL_BYTES)
#define POOLS_PHYSICAL (STORE_PHYSICAL + 2 * KVM_STORE_BYTES)

_Static_assert(PLATFORM_BYTES <= 1ull << 30, "the platform's pages end before private memory");

enum { SLOT_PLATFORM, SLOT_PRIVATE, SLOT_STORE, SLOT_POOLS };

#define MSR_LSTAR 0xc0000082u
#define MSR_CSTAR 0xc0000083u

uint64_t kvm_vm_private_physical(void)
{
	return PRIVATE_PHYSICAL;
}

uint64_t kvm_vm_store_physical(void)
{
	return STORE_PHYSICAL;
}

static int slot_set(struct kvm_vm *vm, uint32_t slot, uint32_t flags, uint64_t physical,
		    uint64_t bytes, const uint8_t *base)
{
	const struct kvm_userspace_memory_region memory = {
	    .slot = slot,
	    .flags = flags,
	    .guest_phys_addr = physical,
	    .memory_size = bytes,
	    .userspace_addr = (uintptr_t)base,
	};

	return ioctl(vm->vm_fd, KVM_SET_USER_MEMORY_REGION, &memory) != 0 ? -errno : 0;
}

/* NULL with errno. */
static uint8_t *memory_map(uint64_t bytes)
{
	void *mapping = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (mapping == MAP_FAILED)
		return NULL;
	/* A single page is touched at a time, and few are. */
	madvise(mapping, bytes, MADV_NOHUGEPAGE);
	madvise(mapping, bytes, MADV_DONTFORK);
	return mapping;
}

/* The platform's part of every root. Fresh tables always have room for it. */
static void system_map(struct kvm_vm *vm)
{
	static const uint64_t flags[KVM_SYSTEM_PAGES] = {
	    [KVM_PAGE_DESCRIPTORS] = KVM_PTE_NX,
	    [KVM_PAGE_STUBS] = 0,
	    [KVM_PAGE_STACKS] = KVM_PTE_WRITE | KVM_PTE_NX,
	    [KVM_PAGE_ENTRY] = KVM_PTE_USER,
	    [KVM_PAGE_CLEAN] = KVM_PTE_USER | KVM_PTE_NX,
	};

	kvm_tables_add(&vm->tables, &vm->system_below);
	for (uint32_t i = 0; i < KVM_PAGE_CLEAN + KVM_CLEAN_PAGES; i++) {
		const uint32_t page = i < KVM_PAGE_CLEAN ? i : KVM_PAGE_CLEAN;

		kvm_tables_map(&vm->tables, vm->system_below,
			       KVM_SYSTEM_ADDRESS + (uint64_t)i * KVM_PAGE_BYTES,
			       KVM_PHYSICAL_BASE + (uint64_t)page * KVM_PAGE_BYTES, KVM_PAGE_BYTES,
			       flags[page], false);
	}
}

static void books_clear(struct kvm_vm *vm)
{
	vm->tables = (struct kvm_tables){
	    .base = vm->platform + KVM_SYSTEM_PAGES * KVM_PAGE_BYTES,
	    .physical = KVM_PHYSICAL_BASE + KVM_SYSTEM_PAGES * KVM_PAGE_BYTES,
	    .pages = KVM_TABLE_PAGES,
	};
	vm->private_used = 0;
	vm->space_count = 0;
	vm->view_count = 0;
	memset(vm->views, 0, sizeof(vm->views));
	system_map(vm);
}

int kvm_vm_forget(struct kvm_vm *vm)
{
	int rc = slot_set(vm, SLOT_PLATFORM, 0, KVM_PHYSICAL_BASE, 0, vm->platform);

	if (rc < 0)
		return rc;
	/* All pages of tables and all private memory read as zeros again. */
	if (madvise(vm->tables.base, (uint64_t)vm->tables.used * KVM_PAGE_BYTES, MADV_DONTNEED) !=
		0 ||
	    madvise(vm->private_base, vm->private_used, MADV_DONTNEED) != 0)
		return -errno;
	books_clear(vm);
	return slot_set(vm, SLOT_PLATFORM, 0, KVM_PHYSICAL_BASE, PLATFORM_BYTES, vm->platform);
}

int kvm_vm_forget_pools(struct kvm_vm *vm)
{
	for (; vm->pool_count > 0; vm->pool_count--) {
		const struct kvm_pool *pool = &vm->pools[vm->pool_count - 1];
		int rc =
		    slot_set(vm, SLOT_POOLS + vm->pool_count - 1, 0, pool->physical, 0, pool->base);

		if (rc < 0)
			return rc;
	}
	vm->physical_next = POOLS_PHYSICAL;
	return kvm_vm_forget(vm);
}

int kvm_vm_pool(struct kvm_vm *vm, const uint8_t *base, uint64_t bytes, uint64_t *physical)
{
	struct kvm_pool *pool;
	int rc;

	for (uint32_t i = 0; i < vm->pool_count; i++) {
		if (vm->pools[i].base == base && vm->pools[i].bytes == bytes) {
			*physical = vm->pools[i].physical;
			return 0;
		}
	}
	/* Equal offsets in a large page, so that KVM can map it by those. */
	*physical = vm->physical_next + (uintptr_t)base % KVM_LARGE_BYTES;
	if (vm->pool_count == KVM_POOLS_MAX || *physical + bytes > vm->device->physical_end)
		return -ENOSPC;
	rc = slot_set(vm, SLOT_POOLS + vm->pool_count, 0, *physical, bytes, base);
	if (rc < 0)
		return rc;
	pool = &vm->pools[vm->pool_count++];
	*pool = (struct kvm_pool){.base = base, .bytes = bytes, .physical = *physical};
	vm->physical_next =
	    (*physical + bytes + KVM_LARGE_BYTES - 1) / KVM_LARGE_BYTES * KVM_LARGE_BYTES;
	return 0;
}

uint8_t *kvm_vm_copy_room(struct kvm_vm *vm, uint64_t bytes)
{
	uint8_t *copy;

	if (bytes <= vm->copy_bytes)
		return vm->copy;
	/* The smaller one's slot is of no more use, nor is any other pool's worth keeping here. */
	copy = memory_map(bytes);
	if (copy == NULL)
		return NULL;
	if (kvm_vm_forget_pools(vm) < 0) {
		munmap(copy, bytes);
		return NULL;
	}
	if (vm->copy != NULL)
		munmap(vm->copy, vm->copy_bytes);
	vm->copy = copy;
	vm->copy_bytes = bytes;
	return copy;
}

static int msr_set(int vcpu_fd, uint32_t index, uint64_t value)
{
	const struct kvm_msr_entry entry = {.index = index, .data = value};
	union {
		struct kvm_msrs head;
		uint8_t bytes[sizeof(struct kvm_msrs) + sizeof(struct kvm_msr_entry)];
	} msrs = {.bytes = {0}};

	msrs.head.nmsrs = 1;
	memcpy(msrs.head.entries, &entry, sizeof(entry));
	if (ioctl(vcpu_fd, KVM_SET_MSRS, &msrs) == 1)
		return 0;
	return -EINVAL;
}

static int vcpu_create(struct kvm_vm *vm)
{
	const struct kvm_device *device = vm->device;
	struct kvm_xcrs xcrs = {.nr_xcrs = 1, .xcrs = {{.xcr = 0, .value = device->extended}}};
	void *run;
	int rc;

	vm->vcpu_fd = ioctl(vm->vm_fd, KVM_CREATE_VCPU, 0);
	if (vm->vcpu_fd < 0)
		return -errno;
	run = mmap(NULL, device->run_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, vm->vcpu_fd, 0);
	if (run == MAP_FAILED)
		return -errno;
	vm->run = run;
	if (ioctl(vm->vcpu_fd, KVM_SET_CPUID2, device->cpuid) != 0 ||
	    ioctl(vm->vcpu_fd, KVM_GET_SREGS, &vm->sregs) != 0)
		return -errno;
	kvm_system_registers(&vm->sregs, 0, device->umip);
	if (ioctl(vm->vcpu_fd, KVM_SET_SREGS, &vm->sregs) != 0 ||
	    ioctl(vm->vcpu_fd, KVM_SET_XCRS, &xcrs) != 0)
		return -errno;
	rc = msr_set(vm->vcpu_fd, MSR_LSTAR, KVM_SYSCALL_ADDRESS);
	return rc == 0 ? msr_set(vm->vcpu_fd, MSR_CSTAR, KVM_SYSCALL_ADDRESS) : rc;
}

static int slots_create(struct kvm_vm *vm)
{
	const struct region_provider *store = region_pool_provider(vm->device->store);
	int rc;

	vm->platform = memory_map(PLATFORM_BYTES);
	if (vm->platform == NULL)
		return -errno;
	vm->private_base = memory_map(KVM_PRIVATE_POOL_BYTES);
	if (vm->private_base == NULL)
		return -errno;
	kvm_system_write(vm->platform);
	books_clear(vm);
	vm->physical_next = POOLS_PHYSICAL;
	rc = slot_set(vm, SLOT_PLATFORM, 0, KVM_PHYSICAL_BASE, PLATFORM_BYTES, vm->platform);
	if (rc < 0)
		return rc;
	rc = slot_set(vm, SLOT_PRIVATE, 0, PRIVATE_PHYSICAL, KVM_PRIVATE_POOL_BYTES,
		      vm->private_base);
	if (rc < 0)
		return rc;
	return slot_set(vm, SLOT_STORE, KVM_MEM_READONLY, STORE_PHYSICAL, store->bytes,
			store->base);
}

int kvm_vm_create(struct kvm_vm **created, char *error, size_t error_bytes)
{
	struct kvm_vm *vm = calloc(1, sizeof(*vm));
	int rc;

	if (vm == NULL)
		return backend_error(error, error_bytes, -ENOMEM, "no memory for a machine");
	vm->vm_fd = vm->vcpu_fd = -1;
	rc = kvm_device_open(&vm->device, error, error_bytes);
	if (rc < 0)
		goto err_destroy;
	vm->vm_fd = ioctl(vm->device->fd, KVM_CREATE_VM, 0);
	rc = vm->vm_fd < 0 ? -errno : slots_create(vm);
	if (rc == 0)
		rc = vcpu_create(vm);
	if (rc < 0) {
		backend_error(error, error_bytes, rc, "cannot make a virtual machine: %s",
			      strerror(-rc));
		goto err_destroy;
	}
	*created = vm;
	return 0;
err_destroy:
	kvm_vm_destroy(&vm);
	return rc;
}

static void memory_unmap(void *base, uint64_t bytes)
{
	if (base != NULL)
		munmap(base, bytes);
}

void kvm_vm_destroy(struct kvm_vm **destroyed)
{
	struct kvm_vm *vm = *destroyed;

	*destroyed = NULL;
	if (vm == NULL)
		return;
	if (vm->run != NULL)
		munmap(vm->run, vm->device->run_bytes);
	if (vm->vcpu_fd >= 0)
		close(vm->vcpu_fd);
	if (vm->vm_fd >= 0)
		close(vm->vm_fd);
	memory_unmap(vm->platform, PLATFORM_BYTES);
	memory_unmap(vm->private_base, KVM_PRIVATE_POOL_BYTES);
	memory_unmap(vm->copy, vm->copy_bytes);
	free(vm);
}
