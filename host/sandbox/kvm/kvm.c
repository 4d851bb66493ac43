/* The kvm backend: native code in a guest of its own, ring 3 and no kernel. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "backend.h"
#include "kvm_code.h"
#include "kvm_layout.h"
#include "kvm_outcome.h"
#include "kvm_run.h"
#include "kvm_view.h"
#include "kvm_vm.h"
#include "sandbox_counters.h"

static int kvm_prepare(const void *bytes, size_t len, const char *cache_dir,
		       struct sandbox_code **prepared, char *error, size_t error_bytes)
{
	struct kvm_code *code;
	int rc = kvm_code_prepare(bytes, len, &code, error, error_bytes);

	(void)cache_dir; /* nothing is compiled */
	if (rc < 0)
		return rc;
	code->base.ops = &sandbox_kvm;
	*prepared = &code->base;
	return 0;
}

static void kvm_release(struct sandbox_code *prepared)
{
	kvm_code_release((struct kvm_code *)prepared);
}

static void machine_destroy(struct guest_thread *thread)
{
	kvm_vm_destroy((struct kvm_vm **)&thread->machine);
}

/* This thread's machine, made when first used. NULL with *result filled in. */
static struct kvm_vm *machine_of_thread(struct sandbox_result *result)
{
	struct guest_thread *thread = guest_self();
	struct kvm_vm *vm = thread->machine;

	if (vm != NULL)
		return vm;
	result->outcome = SANDBOX_FAILED;
	result->run_ns = 0;
	if (kvm_vm_create(&vm, result->text, sizeof(result->text)) < 0)
		return NULL;
	sandbox_count(&sandbox_counts.kvm_machines_made, 1);
	thread->machine = vm;
	thread->machine_release = machine_destroy;
	return vm;
}

static bool region_is_pooled(const struct region *region)
{
	return region->pool != NULL && (uintptr_t)region->base % KVM_PAGE_BYTES == 0;
}

static uint64_t region_mapped_bytes(const struct region *region)
{
	return (region->bytes + KVM_PAGE_BYTES - 1) / KVM_PAGE_BYTES * KVM_PAGE_BYTES;
}

/* Where the guest has the region: in its pool, or copied. 0 or -errno, as kvm_vm_pool(). */
static int region_place(struct kvm_vm *vm, const struct region *region, uint64_t *physical)
{
	const struct region_provider *provider;
	uint8_t *copy;
	int rc;

	if (region_is_pooled(region)) {
		provider = region_pool_provider(region->pool);
		rc = kvm_vm_pool(vm, provider->base, provider->bytes, physical);
		if (rc == 0)
			*physical += (uint64_t)(region->base - provider->base);
		return rc;
	}
	copy = kvm_vm_copy_room(vm, region_mapped_bytes(region));
	if (copy == NULL)
		return -ENOMEM;
	memcpy(copy, region->base, region->bytes);
	memset(copy + region->bytes, 0, region_mapped_bytes(region) - region->bytes);
	sandbox_count(&sandbox_counts.kvm_regions_copied, 1);
	return kvm_vm_pool(vm, copy, vm->copy_bytes, physical);
}

/* What lies behind the region in its last page is nobody's, but may have been somebody's. Not by
 * memset(): the pool tells ASan that nobody may touch it. */
static void region_tail_wipe(const struct region *region)
{
	uint8_t *at = region->base + region->bytes;
	uint64_t bytes = region_mapped_bytes(region) - region->bytes;

	if (region_is_pooled(region))
		__asm__ volatile("rep stosb" : "+D"(at), "+c"(bytes) : "a"(0) : "memory");
}

static int view_prepare(struct kvm_vm *vm, const struct kvm_code *code, const struct region *region,
			const struct kvm_view **view)
{
	uint64_t physical;
	int rc = region_place(vm, region, &physical);

	if (rc == -ENOSPC) {
		rc = kvm_vm_forget_pools(vm);
		if (rc == 0)
			rc = region_place(vm, region, &physical);
	}
	if (rc < 0)
		return rc;
	rc = kvm_view_find(vm, code, physical, region_mapped_bytes(region), view);
	if (rc != -ENOSPC)
		return rc;
	sandbox_count(&sandbox_counts.kvm_tables_forgotten, 1);
	rc = kvm_vm_forget(vm);
	return rc == 0 ? kvm_view_find(vm, code, physical, region_mapped_bytes(region), view) : rc;
}

static void machine_replace(void)
{
	machine_destroy(guest_self());
	sandbox_count(&sandbox_counts.kvm_machines_replaced, 1);
}

static void kvm_run(struct sandbox_code *prepared, struct region *region, uint32_t header_off,
		    uint32_t time_limit_ms, struct sandbox_result *result)
{
	const struct kvm_code *code = (const struct kvm_code *)prepared;
	const struct kvm_view *view;
	struct kvm_report report;
	struct kvm_vm *vm;
	int rc;

	if (!backend_region_fits(region, header_off, result))
		return;
	vm = machine_of_thread(result);
	if (vm == NULL)
		return;
	region_tail_wipe(region);
	rc = view_prepare(vm, code, region, &view);
	if (rc < 0) {
		machine_replace();
		result->outcome = SANDBOX_FAILED;
		result->run_ns = 0;
		snprintf(result->text, sizeof(result->text),
			 "cannot give a region of %llu bytes to a virtual machine: %s",
			 (unsigned long long)region->bytes, strerror(-rc));
		return;
	}
	kvm_run_view(vm, view, code, header_off, time_limit_ms, &report);
	if (!region_is_pooled(region))
		memcpy(region->base, vm->copy, region->bytes);
	kvm_outcome_describe(&report, code, region,
			     kvm_view_region_address(view->physical, view->bytes) -
				 IMAGE_REGION_BASE,
			     time_limit_ms, result);
	if (report.end == KVM_END_MACHINE)
		machine_replace();
	else
		kvm_view_reset(vm, view, code);
}

const struct sandbox_ops sandbox_kvm = {
    .name = "kvm",
    .prepare = kvm_prepare,
    .release = kvm_release,
    .run = kvm_run,
    .code_suffix = ".elf",
};
