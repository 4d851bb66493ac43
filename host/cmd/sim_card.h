/* The simulated FPGA card, for XRT to load. */
#ifndef SIM_CARD_H
#define SIM_CARD_H

#include <stdbool.h>

/* Has XRT load the simulated card's driver, if nothing of XRT was called yet; xclbin (PATH_MAX
 * bytes) is where its xclbin is. False: it is not built. Before there are other threads: it changes
 * the environment. */
bool sim_card_use(char *xclbin);

#endif
