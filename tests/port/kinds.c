/* Which kind of port a test is run on, and what its wire needs. */
#include "kinds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"
#include "wire.h"

static char folder[] = "/tmp/millrace-port-XXXXXX";
static bool folder_made;

void kind_run(const struct kind *kinds, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(name, kinds[i].name) == 0) {
			kinds[i].run();
			return;
		}
	}
	CHECK(false, "no such kind of port: %s", name);
}

static void folder_remove(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", folder);
	wire_command(command);
}

const char *kind_folder(void)
{
	if (!folder_made) {
		CHECK(mkdtemp(folder) != NULL, "%s", folder);
		atexit(folder_remove);
		folder_made = true;
	}
	return folder;
}

static void memif_spec(char spec[KIND_SPEC_BYTES], int number, const char *role, const char *more)
{
	snprintf(spec, KIND_SPEC_BYTES,
		 "net_memif%d,role=%s,id=0,socket=%s/memif.sock,socket-abstract=no%s", number, role,
		 kind_folder(), more);
}

void kind_memif(char server[KIND_SPEC_BYTES], char client[KIND_SPEC_BYTES], bool zero_copy)
{
	memif_spec(server, 0, "server", "");
	memif_spec(client, 1, "client", zero_copy ? ",zero-copy=yes" : "");
}

void kind_vhost(char device[KIND_SPEC_BYTES], char driver[KIND_SPEC_BYTES])
{
	snprintf(device, KIND_SPEC_BYTES, "net_vhost0,iface=%s/vhost.sock", kind_folder());
	snprintf(driver, KIND_SPEC_BYTES, "net_virtio_user0,path=%s/vhost.sock", kind_folder());
}
