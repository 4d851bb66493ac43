/* Who can see the frames of a port? */
#ifndef EXPOSURE_H
#define EXPOSURE_H

#include <stdbool.h>

/*
 * Do frames of this port stay with this user on this machine? So it is with the loopback interface,
 * with rings inside of the process, and with a memif or vhost socket in a folder that only this
 * user can enter. Anything not known to be so is not.
 */
bool port_is_private(const char *spec);

#endif
