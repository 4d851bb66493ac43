/* States of devices, as words. */
#include "opencl.h"

const char *opencl_state_name(enum opencl_state state)
{
	static const char *const names[] = {"ready", "hung", "lost"};

	return names[state];
}
