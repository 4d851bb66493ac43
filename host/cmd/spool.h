/* A daemon's folder for results not yet fetched, and for code when no cache folder was named. */
#ifndef SPOOL_H
#define SPOOL_H

#include <stddef.h>

/* Makes a fresh folder of our own in parent (NULL: $TMPDIR, then /var/tmp); its path goes to dir.
 * 0 or -errno with error text. */
int spool_create(const char *parent, char *dir, size_t dir_bytes, char *error, size_t error_bytes);
/* Removes it with all that is in it. */
void spool_remove(const char *dir);

#endif
