/* Ports whose frames nobody else can see. */
#include "exposure.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <millrace/limits.h>

static bool spec_is(const char *spec, const char *driver)
{
	return strncmp(spec, driver, strlen(driver)) == 0;
}

/* The value of key in "driver,key=value,...": false without one, or when it is too long. */
static bool spec_value(const char *spec, const char *key, char value[MR_URI_BYTES_MAX])
{
	size_t key_length = strlen(key);

	while ((spec = strchr(spec, ',')) != NULL) {
		spec++;
		if (strncmp(spec, key, key_length) == 0 && spec[key_length] == '=') {
			size_t length = strcspn(spec + key_length + 1, ",");

			if (length >= MR_URI_BYTES_MAX)
				return false;
			memcpy(value, spec + key_length + 1, length);
			value[length] = '\0';
			return true;
		}
	}
	return false;
}

static bool folder_is_private(const char *folder)
{
	struct stat status;

	return stat(folder, &status) == 0 && S_ISDIR(status.st_mode) &&
	       status.st_uid == geteuid() && (status.st_mode & 077) == 0;
}

static bool socket_is_private(const char *spec, const char *key)
{
	char path[MR_URI_BYTES_MAX], real[PATH_MAX];
	char *slash;

	if (!spec_value(spec, key, path))
		return false;
	slash = strrchr(path, '/');
	if (slash == NULL)
		strcpy(path, ".");
	else
		slash[slash == path] = '\0';
	return realpath(path, real) != NULL && folder_is_private(real);
}

/* memif's sockets are abstract unless it is told otherwise: everybody on the machine reaches them.
 */
static bool memif_is_private(const char *spec)
{
	char abstract[MR_URI_BYTES_MAX];

	return spec_value(spec, "socket-abstract", abstract) && strcmp(abstract, "no") == 0 &&
	       socket_is_private(spec, "socket");
}

bool port_is_private(const char *spec)
{
	char iface[MR_URI_BYTES_MAX];

	if (strcmp(spec, "lo") == 0 || spec_is(spec, "net_ring") || spec_is(spec, "net_null"))
		return true;
	if (spec_is(spec, "net_memif"))
		return memif_is_private(spec);
	if (spec_is(spec, "net_vhost"))
		return socket_is_private(spec, "iface");
	if (spec_is(spec, "net_virtio_user"))
		return socket_is_private(spec, "path");
	return (spec_is(spec, "net_af_packet") || spec_is(spec, "net_af_xdp")) &&
	       spec_value(spec, "iface", iface) && strcmp(iface, "lo") == 0;
}
