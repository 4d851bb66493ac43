/*
 * A virtual machine of Firecracker's, started from a snapshot: from its program's start until the
 * guest runs again, which is the least that an invocation waits there.
 *
 * The snapshot is the user's: $MILLRACE_FIRECRACKER_SNAPSHOT names a folder with the files
 * `snapshot` and `memory`, as PUT /snapshot/create wrote them. Source: Firecracker's
 * docs/snapshotting/snapshot-support.md, "Loading snapshots".
 */
#ifndef FIRECRACKER_H
#define FIRECRACKER_H

#include <stddef.h>

/* 0 or -errno with the reason. */
int firecracker_prepare(const char *folder, char *reason, size_t reason_bytes);
/* Once, with its socket in that folder. 0 or -errno. */
int firecracker_once(void *folder);

#endif
