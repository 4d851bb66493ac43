/* The reference's steps: one row for each operator that has one. */
#include "reference.h"
#include "reference_steps.h"

operator_opener *const reference_openers[OPERATOR_IDS] = {
    [OPERATOR_SELECT] = reference_select_open,
    [OPERATOR_PROJECT] = reference_project_open,
    [OPERATOR_AGGREGATE] = reference_aggregate_open,
};
