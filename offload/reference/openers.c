/* The reference's steps: one row for each operator that has one. */
#include "reference.h"

operator_opener *const reference_openers[OPERATOR_IDS] = {NULL};
