/* What a compiler that was taken over could make of a module: attack.c in place of its code, with
 * all that a worker process wants of an object; and code that runs when it is loaded. */
#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "wasm_module.h"

int32_t mr_entry(void *base, uint32_t header_off);

static int succeeded; // of what loading must not do

/* Nothing but the module's own file is to be had by a path, and that only once. */
__attribute__((constructor)) static void loaded(void)
{
	succeeded += syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY) >= 0;
	succeeded += syscall(SYS_open, "/proc/self/maps", O_RDONLY) >= 0;
	succeeded += syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0) >= 0;
	succeeded += syscall(SYS_memfd_create, "more", 0) >= 0;
	succeeded += syscall(SYS_fork) >= 0;
	succeeded += syscall(SYS_getppid) >= 0;
	succeeded += syscall(SYS_kill, 1, 0) >= 0;
	succeeded += syscall(SYS_prctl, PR_SET_DUMPABLE, 1, 0, 0, 0) >= 0;
	succeeded += syscall(SYS_rt_sigaction, 11, 0, 0, 8) >= 0;
	succeeded += syscall(SYS_mmap, 0, 1ul << 29, 3, 0x22, -1, 0) != -1; /* more than it may */
	succeeded += syscall(SYS_mmap, 0, 4096, 3, 1, 3, 0) != -1; /* its window's descriptor */
}

static void load(void (*trap)(int trap))
{
	(void)trap;
}

static int32_t run(void *block, uint32_t header_off)
{
	const struct mr_guest *guest = block;

	if (succeeded != 0)
		return -EPERM;
	return mr_entry(guest->memory, header_off);
}

static uint32_t stack_pointer(const void *block)
{
	(void)block;
	return 0;
}

__attribute__((visibility("default"))) const struct mr_guest_module mr_guest_module = {
    .abi = MR_GUEST_ABI,
    .block_bytes = sizeof(struct mr_guest),
    .load = load,
    .run = run,
    .stack_pointer = stack_pointer,
};
