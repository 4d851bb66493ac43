/* The steps over kernels: one row for each operator that has one. */
#include "step.h"

#include "row_steps.h"
#include "steps.h"

operator_opener *const step_openers[OPERATOR_IDS] = {
    [OPERATOR_SELECT] = step_select_open,
    [OPERATOR_PROJECT] = step_project_open,
    [OPERATOR_AGGREGATE] = step_aggregate_open,
    [OPERATOR_HASH] = step_hash_open,
    [OPERATOR_PARTITION] = step_partition_open,
    [OPERATOR_JOIN] = step_join_open,
    [OPERATOR_SORT] = step_sort_open,
    [OPERATOR_MERGE] = step_merge_open,
    [OPERATOR_TOPK] = step_sort_open,
    [OPERATOR_DEDUP] = step_dedup_open,
    [OPERATOR_DICTIONARY] = step_dictionary_open,
};
