/* The steps over kernels: one row for each operator that has one. */
#include "step.h"
#include "steps.h"

operator_opener *const step_openers[OPERATOR_IDS] = {
    [OPERATOR_SELECT] = step_select_open,
    [OPERATOR_PROJECT] = step_project_open,
    [OPERATOR_AGGREGATE] = step_aggregate_open,
};
