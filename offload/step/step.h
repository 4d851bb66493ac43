/* Steps over the kernels of offload/cpu: operators at the machine's speed. */
#ifndef STEP_H
#define STEP_H

#include "operator.h"

/* NULL where there is none: then the reference's is taken. */
extern operator_opener *const step_openers[OPERATOR_IDS];

#endif
