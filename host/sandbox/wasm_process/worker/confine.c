/* The walls around a worker, one after the other; the filters come last. */
#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "sandbox_limits.h"
#include "walls.h"
#include "wasm_worker_protocol.h"
#include "worker_confine.h"

int worker_end_with(int life_fd)
{
	char byte;

	if (fcntl(life_fd, F_SETOWN, getpid()) != 0 ||
	    fcntl(life_fd, F_SETFL, O_ASYNC | O_NONBLOCK) != 0)
		return -errno;
	/* It may have been closed before. */
	return read(life_fd, &byte, 1) == 0 ? -EPIPE : 0;
}

static int limits_set(bool namespaces)
{
	static const struct {
		__rlimit_resource_t what;
		rlim_t most;
	} limits[] = {
	    {RLIMIT_CORE, 0},    {RLIMIT_FSIZE, 0},    {RLIMIT_DATA, WASM_WORKER_DATA_BYTES},
	    {RLIMIT_MEMLOCK, 0}, {RLIMIT_MSGQUEUE, 0}, {RLIMIT_NOFILE, WASM_WORKER_FREE},
	    {RLIMIT_NPROC, 1}, /* counted within the user namespace; the last */
	};
	const int count = sizeof(limits) / sizeof(limits[0]) - (namespaces ? 0 : 1);

	for (int i = 0; i < count; i++) {
		const struct rlimit limit = {limits[i].most, limits[i].most};

		if (setrlimit(limits[i].what, &limit) != 0)
			return -errno;
	}
	return 0;
}

int worker_confine(bool namespaces, uint32_t *walls)
{
	uint64_t known;
	int ruleset, rc = walls_rights_drop();

	if (rc < 0)
		return rc;
	*walls = 0;
	ruleset = walls_landlock_begin(&known);
	if (ruleset >= 0) {
		rc = walls_landlock_enter(ruleset);
		*walls |= WASM_WORKER_LANDLOCK;
	} else if (ruleset != -EOPNOTSUPP) {
		rc = ruleset;
	}
	if (rc == 0)
		rc = limits_set(namespaces);
	if (rc == 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		rc = -errno;
	return rc == 0 ? worker_load_filter_install() : rc;
}
