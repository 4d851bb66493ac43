/* A machine whose guest does nothing but leave it. */
#include "kvm_floor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define MEMORY_BYTES (256u << 10)
#define PAGE_BYTES 4096u
#define TABLES 0x1000 /* one for each of four levels */
#define CODE 0x10000
#define PORT 0x10

struct kvm_floor {
	int kvm, vm, vcpu;
	uint8_t *memory;
	struct kvm_run *run;
	size_t run_bytes;
};

/* Maps memory to itself, ring 3's to use: the code writes 32 bits to the port, again and again. */
static void memory_fill(uint8_t *memory)
{
	static const uint8_t code[] = {0xe7, PORT, 0xeb, 0xfc};
	uint64_t *table = (uint64_t *)(void *)(memory + TABLES);

	for (uint64_t level = 0; level < 3; level++)
		table[level * 512] = (TABLES + (level + 1) * PAGE_BYTES) | 7;
	for (uint64_t page = 0; page < MEMORY_BYTES / PAGE_BYTES; page++)
		table[3 * 512 + page] = page * PAGE_BYTES | 7;
	memcpy(memory + CODE, code, sizeof(code));
}

static int registers_set(int vcpu)
{
	const struct kvm_regs regs = {.rip = CODE, .rflags = 0x3002};
	struct kvm_segment data = {.limit = 0xffffffff,
				   .selector = 0x2b,
				   .type = 3,
				   .present = 1,
				   .dpl = 3,
				   .db = 1,
				   .s = 1,
				   .g = 1};
	struct kvm_sregs sregs;

	if (ioctl(vcpu, KVM_GET_SREGS, &sregs) != 0)
		return -errno;
	sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss = data;
	data.selector = 0x33;
	data.type = 11;
	data.db = 0;
	data.l = 1;
	sregs.cs = data;
	sregs.tr = (struct kvm_segment){.limit = 0x67, .selector = 0x40, .type = 11, .present = 1};
	sregs.cr0 = 0x80010033;
	sregs.cr3 = TABLES;
	sregs.cr4 = 0x620;
	sregs.efer = 0xd00;
	if (ioctl(vcpu, KVM_SET_SREGS, &sregs) != 0 || ioctl(vcpu, KVM_SET_REGS, &regs) != 0)
		return -errno;
	return 0;
}

static int machine_make(struct kvm_floor *floor)
{
	struct kvm_userspace_memory_region slot = {.memory_size = MEMORY_BYTES};
	void *mapping;

	floor->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (floor->kvm < 0)
		return -errno;
	floor->vm = ioctl(floor->kvm, KVM_CREATE_VM, 0);
	if (floor->vm < 0)
		return -errno;
	mapping =
	    mmap(NULL, MEMORY_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mapping == MAP_FAILED)
		return -errno;
	floor->memory = mapping;
	memory_fill(floor->memory);
	slot.userspace_addr = (uintptr_t)floor->memory;
	if (ioctl(floor->vm, KVM_SET_USER_MEMORY_REGION, &slot) != 0)
		return -errno;
	floor->vcpu = ioctl(floor->vm, KVM_CREATE_VCPU, 0);
	if (floor->vcpu < 0)
		return -errno;
	floor->run_bytes = (size_t)ioctl(floor->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	mapping = mmap(NULL, floor->run_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, floor->vcpu, 0);
	if (mapping == MAP_FAILED)
		return -errno;
	floor->run = mapping;
	return registers_set(floor->vcpu);
}

int kvm_floor_create(struct kvm_floor **created, char *reason, size_t reason_bytes)
{
	struct kvm_floor *floor = calloc(1, sizeof(*floor));
	int rc;

	if (floor == NULL) {
		snprintf(reason, reason_bytes, "no memory");
		return -ENOMEM;
	}
	floor->kvm = floor->vm = floor->vcpu = -1;
	rc = machine_make(floor);
	if (rc == 0)
		rc = kvm_floor_run(floor);
	if (rc < 0) {
		snprintf(reason, reason_bytes, "/dev/kvm: %s", strerror(-rc));
		kvm_floor_destroy(&floor);
		return rc;
	}
	*created = floor;
	return 0;
}

int kvm_floor_run(struct kvm_floor *floor)
{
	/* A signal of someone else's, like a watchdog's late one, is not its end. */
	while (ioctl(floor->vcpu, KVM_RUN, 0) != 0)
		if (errno != EINTR)
			return -errno;
	return floor->run->exit_reason == KVM_EXIT_IO && floor->run->io.port == PORT ? 0 : -EIO;
}

static void descriptor_close(int fd)
{
	if (fd >= 0)
		close(fd);
}

void kvm_floor_destroy(struct kvm_floor **destroyed)
{
	struct kvm_floor *floor = *destroyed;

	*destroyed = NULL;
	if (floor == NULL)
		return;
	if (floor->run != NULL)
		munmap(floor->run, floor->run_bytes);
	descriptor_close(floor->vcpu);
	descriptor_close(floor->vm);
	descriptor_close(floor->kvm);
	if (floor->memory != NULL)
		munmap(floor->memory, MEMORY_BYTES);
	free(floor);
}
