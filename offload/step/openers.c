/* The steps over kernels: one row for each operator that has one. */
#include "step.h"

operator_opener *const step_openers[OPERATOR_IDS] = {NULL};
