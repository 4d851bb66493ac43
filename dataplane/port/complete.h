/* What a virtual driver is to be told beside what the user said. */
#ifndef COMPLETE_H
#define COMPLETE_H

#include "devargs.h"

/* Adds sizes of buffers and queues that fit packets of mtu bytes, where the user gave none. 0, or
 * -ENAMETOOLONG with error text. */
int port_spec_complete(struct port_spec *spec, uint32_t mtu, uint32_t queues, char *error,
		       size_t error_bytes);

#endif
