/* What all kinds of port share. */
#include <stddef.h>

#include "port.h"

void port_close(struct port **port)
{
	if (*port == NULL)
		return;
	(*port)->ops->close(*port);
	*port = NULL;
}
