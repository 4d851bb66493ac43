/* Views: a root per code and region that met on this thread, and the code's private memory. */
#include "kvm_view.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "kvm_layout.h"
#include "sandbox_counters.h"

#define VIEW_PLACES (2 * KVM_VIEWS_MAX)

uint64_t kvm_view_region_address(uint64_t physical, uint64_t bytes)
{
	return IMAGE_REGION_BASE +
	       (bytes >= KVM_REGION_LARGE_BYTES ? physical % KVM_LARGE_BYTES : 0);
}

static bool segment_map(struct kvm_vm *vm, const struct kvm_code *code,
			const struct kvm_space *space, uint32_t i)
{
	const struct image_segment *segment = &code->image.segments[i];
	const uint64_t physical =
	    code->segment_off[i] + (kvm_segment_is_private(segment)
					? kvm_vm_private_physical() + space->off
					: kvm_vm_store_physical() + kvm_code_store_off(code));
	const uint64_t flags = KVM_PTE_USER |
			       ((segment->rights & IMAGE_WRITE) != 0 ? KVM_PTE_WRITE : 0) |
			       ((segment->rights & IMAGE_EXECUTE) != 0 ? 0 : KVM_PTE_NX);

	return kvm_tables_map(&vm->tables, space->below, segment->address, physical, segment->bytes,
			      flags, false);
}

static bool space_map(struct kvm_vm *vm, const struct kvm_code *code, struct kvm_space *space)
{
	if (!kvm_tables_add(&vm->tables, &space->below))
		return false;
	for (uint32_t i = 0; i < code->image.segment_count; i++)
		if (!segment_map(vm, code, space, i))
			return false;
	return kvm_tables_map(&vm->tables, space->below, IMAGE_STACK_TOP - code->image.stack_bytes,
			      kvm_vm_private_physical() + space->off + code->stack_off,
			      code->image.stack_bytes, KVM_PTE_USER | KVM_PTE_WRITE | KVM_PTE_NX,
			      false);
}

/* The block at FS holds its own address, nothing else. */
static void thread_block_fill(uint8_t *memory, const struct kvm_code *code)
{
	const uint64_t address = IMAGE_STACK_TOP - IMAGE_THREAD_BYTES;

	memcpy(memory + code->stack_off + code->image.stack_bytes - IMAGE_THREAD_BYTES, &address,
	       sizeof(address));
}

static void space_fill(struct kvm_vm *vm, const struct kvm_code *code,
		       const struct kvm_space *space)
{
	uint8_t *memory = vm->private_base + space->off;

	for (uint32_t i = 0; i < code->image.segment_count; i++) {
		const struct image_segment *segment = &code->image.segments[i];

		if (kvm_segment_is_private(segment)) /* the rest is zeros: it was never used */
			memcpy(memory + code->segment_off[i], code->file + segment->file_off,
			       segment->file_bytes);
	}
	thread_block_fill(memory, code);
}

static int space_find(struct kvm_vm *vm, const struct kvm_code *code, uint32_t *found)
{
	struct kvm_space *space;

	for (uint32_t i = 0; i < vm->space_count; i++) {
		if (vm->spaces[i].serial == code->serial) {
			*found = i;
			return 0;
		}
	}
	if (vm->space_count == KVM_SPACES_MAX ||
	    code->private_bytes > KVM_PRIVATE_POOL_BYTES - vm->private_used)
		return -ENOSPC;
	space = &vm->spaces[vm->space_count];
	*space = (struct kvm_space){.serial = code->serial, .off = vm->private_used};
	if (!space_map(vm, code, space))
		return -ENOSPC;
	space_fill(vm, code, space);
	vm->private_used += code->private_bytes;
	*found = vm->space_count++;
	return 0;
}

static int root_build(struct kvm_vm *vm, uint32_t space, uint64_t physical, uint64_t bytes,
		      uint64_t *root)
{
	uint64_t below;

	if (!kvm_tables_add(&vm->tables, root) || !kvm_tables_add(&vm->tables, &below))
		return -ENOSPC;
	/* The code's own tables, of the address space below the region, are shared. */
	kvm_tables_share(&vm->tables, below, vm->spaces[space].below);
	if (!kvm_tables_map(&vm->tables, below, kvm_view_region_address(physical, bytes), physical,
			    bytes, KVM_PTE_USER | KVM_PTE_WRITE | KVM_PTE_NX, true))
		return -ENOSPC;
	kvm_tables_link(&vm->tables, *root, 0, below);
	kvm_tables_link(&vm->tables, *root, KVM_SYSTEM_ADDRESS / KVM_ROOT_SLOT_BYTES,
			vm->system_below);
	return 0;
}

/* Fibonacci hashing: a few multiplications spread page numbers over the places. */
static uint32_t view_place(uint32_t space, uint64_t physical, uint64_t bytes)
{
	const uint64_t mixed = (physical / KVM_PAGE_BYTES * 0x9e3779b97f4a7c15ull ^
				bytes / KVM_PAGE_BYTES ^ (uint64_t)space << 32) *
			       0x9e3779b97f4a7c15ull;

	return (uint32_t)(mixed >> 40) % VIEW_PLACES;
}

int kvm_view_find(struct kvm_vm *vm, const struct kvm_code *code, uint64_t physical, uint64_t bytes,
		  const struct kvm_view **found)
{
	struct kvm_view *view;
	uint32_t place, space;
	int rc = space_find(vm, code, &space);

	if (rc < 0)
		return rc;
	for (place = view_place(space, physical, bytes); vm->views[place].root != 0;
	     place = (place + 1) % VIEW_PLACES) {
		view = &vm->views[place];
		if (view->space == space && view->physical == physical && view->bytes == bytes) {
			*found = view;
			return 0;
		}
	}
	if (vm->view_count == KVM_VIEWS_MAX)
		return -ENOSPC;
	view = &vm->views[place];
	rc = root_build(vm, space, physical, bytes, &view->root);
	if (rc < 0) {
		view->root = 0;
		return rc;
	}
	view->space = space;
	view->physical = physical;
	view->bytes = bytes;
	vm->view_count++;
	sandbox_count(&sandbox_counts.kvm_views_built, 1);
	*found = view;
	return 0;
}

static void page_reset(uint8_t *page, const uint8_t *initial, uint64_t initial_bytes)
{
	const uint64_t kept = initial_bytes < KVM_PAGE_BYTES ? initial_bytes : KVM_PAGE_BYTES;

	if (kept > 0)
		memcpy(page, initial, kept);
	memset(page + kept, 0, KVM_PAGE_BYTES - kept);
}

/* The processor marks an entry when its page is first written, and nobody unmarks it: so that a
 * code pays in each run for the pages that one of its runs has written. */
static void range_reset(struct kvm_vm *vm, const struct kvm_space *space, uint64_t address,
			uint64_t bytes, uint8_t *memory, const uint8_t *initial,
			uint64_t initial_bytes)
{
	for (uint64_t off = 0; off < bytes;) {
		const uint64_t *entries =
		    kvm_tables_entries(&vm->tables, space->below, address + off);
		uint64_t span = KVM_LARGE_BYTES - (address + off) % KVM_LARGE_BYTES;

		assert(entries != NULL);
		for (; span > 0 && off < bytes; span -= KVM_PAGE_BYTES, off += KVM_PAGE_BYTES) {
			const uint64_t left = off < initial_bytes ? initial_bytes - off : 0;

			if ((__atomic_load_n(entries++, __ATOMIC_RELAXED) & KVM_PTE_DIRTY) != 0)
				page_reset(memory + off, left > 0 ? initial + off : NULL, left);
		}
	}
}

void kvm_view_reset(struct kvm_vm *vm, const struct kvm_view *view, const struct kvm_code *code)
{
	const struct kvm_space *space = &vm->spaces[view->space];
	const uint64_t stack_bytes = code->image.stack_bytes;
	uint8_t *memory = vm->private_base + space->off;

	for (uint32_t i = 0; i < code->image.segment_count; i++) {
		const struct image_segment *segment = &code->image.segments[i];

		if (kvm_segment_is_private(segment))
			range_reset(vm, space, segment->address, segment->bytes,
				    memory + code->segment_off[i], code->file + segment->file_off,
				    segment->file_bytes);
	}
	range_reset(vm, space, IMAGE_STACK_TOP - stack_bytes, stack_bytes, memory + code->stack_off,
		    NULL, 0);
	thread_block_fill(memory, code);
}
