/* Finds the simulated card beside the program, in the build tree, or where it is installed. */
#include "sim_card.h"

#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static bool card_use(const char *folder, char *xclbin)
{
	const int len = snprintf(xclbin, PATH_MAX, "%s/millrace.xclbin", folder);

	return len < PATH_MAX && access(xclbin, R_OK) == 0 && setenv("XILINX_XRT", folder, 1) == 0;
}

bool sim_card_use(char *xclbin)
{
	char program[PATH_MAX], folder[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", program, sizeof(program) - 1);

	if (len > 0) {
		program[len] = '\0';
		len = snprintf(folder, sizeof(folder), "%s/sim/card", dirname(program));
	}
	return (len > 0 && len < PATH_MAX && card_use(folder, xclbin)) ||
	       card_use(MR_CARD_DIR, xclbin);
}
