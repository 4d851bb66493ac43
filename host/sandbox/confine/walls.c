/* Walls that several kinds of confined processes put around themselves. */
#include "walls.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FS_ALL_1 ((1ull << 13) - 1) /* of version 1 */
#define FS_ALL_2 ((1ull << 14) - 1) /* and moving between folders */
#define FS_ALL_3 ((1ull << 15) - 1) /* and truncating */
#define FS_ALL_5 ((1ull << 16) - 1) /* and controlling devices */
#define NET_ALL 3ull                /* binding and connecting TCP: version 4 */
#define SCOPE_ALL 3ull              /* abstract sockets and signals: version 6 */

struct landlock_rights {
	uint64_t fs, net, scoped;
};

int walls_rights_drop(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	static const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capset, &head, none) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return -errno;
	return 0;
}

int walls_landlock_begin(uint64_t *known)
{
	const long version =
	    syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct landlock_rights rights = {.fs = FS_ALL_1};
	size_t bytes = sizeof(rights.fs);
	int ruleset;

	if (version <= 0)
		return -EOPNOTSUPP;
	if (version >= 2)
		rights.fs = version >= 5 ? FS_ALL_5 : version >= 3 ? FS_ALL_3 : FS_ALL_2;
	if (version >= 4) {
		rights.net = NET_ALL;
		bytes = 2 * sizeof(uint64_t);
	}
	if (version >= 6) {
		rights.scoped = SCOPE_ALL;
		bytes = sizeof(rights);
	}
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &rights, bytes, 0);
	if (ruleset < 0)
		return -errno;
	*known = rights.fs;
	return ruleset;
}

int walls_landlock_enter(int ruleset)
{
	const int rc = syscall(SYS_landlock_restrict_self, ruleset, 0) == 0 ? 0 : -errno;

	close(ruleset);
	return rc;
}
