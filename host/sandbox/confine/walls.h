/* Walls that several kinds of confined processes put around themselves. System calls only. */
#ifndef WALLS_H
#define WALLS_H

#include <stdint.h>

/* Landlock's rights to files: newer ones than the headers we compile with. */
#define FS_EXECUTE (1ull << 0)
#define FS_WRITE_FILE (1ull << 1)
#define FS_READ_FILE (1ull << 2)
#define FS_READ_DIR (1ull << 3)
#define FS_REMOVE_FILE (1ull << 5)
#define FS_MAKE_REG (1ull << 8)
#define FS_TRUNCATE (1ull << 14)

/* Root's rights, where no user namespace took them away, and any way to get new ones. 0 or -errno.
 */
int walls_rights_drop(void);
/* A Landlock ruleset that allows nothing of what the kernel's version knows (up to 6): files, TCP,
 * abstract sockets, signals. *known: the rights to files that rules may then name. Its descriptor;
 * -EOPNOTSUPP where the kernel has no Landlock; -errno. */
int walls_landlock_begin(uint64_t *known);
/* Holds this process to the ruleset, and closes it. 0 or -errno. */
int walls_landlock_enter(int ruleset);

#endif
