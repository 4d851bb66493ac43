/* POSIX functions that wasi-libc leaves out and that have an answer where there is one user, no
 * permission and no terminal. Weak: a program may have its own. */
#include <stdint.h>

#define WEAK __attribute__((weak))

typedef unsigned int id_bits; /* mode_t, uid_t and gid_t, which may have no header here */

WEAK int chmod(const char *path, id_bits mode);
WEAK int fchmod(int fd, id_bits mode);
WEAK int chown(const char *path, id_bits user, id_bits group);
WEAK int fchown(int fd, id_bits user, id_bits group);
WEAK int lchown(const char *path, id_bits user, id_bits group);
WEAK id_bits umask(id_bits mask);
WEAK id_bits getuid(void);
WEAK id_bits geteuid(void);
WEAK id_bits getgid(void);
WEAK id_bits getegid(void);

/* Modes and owners are accepted and forgotten. */
int chmod(const char *path, id_bits mode)
{
	return 0;
}

int fchmod(int fd, id_bits mode)
{
	return 0;
}

int chown(const char *path, id_bits user, id_bits group)
{
	return 0;
}

int fchown(int fd, id_bits user, id_bits group)
{
	return 0;
}

int lchown(const char *path, id_bits user, id_bits group)
{
	return 0;
}

id_bits umask(id_bits mask)
{
	return 022;
}

/* Nobody in particular: programs refuse things to user 0. */
id_bits getuid(void)
{
	return 65534;
}

id_bits geteuid(void)
{
	return 65534;
}

id_bits getgid(void)
{
	return 65534;
}

id_bits getegid(void)
{
	return 65534;
}
