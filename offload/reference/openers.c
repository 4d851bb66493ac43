/* The reference's steps: one row for each operator that has one. */
#include "reference.h"
#include "reference_steps.h"

operator_opener *const reference_openers[OPERATOR_IDS] = {
    [OPERATOR_SELECT] = reference_select_open,
    [OPERATOR_PROJECT] = reference_project_open,
    [OPERATOR_AGGREGATE] = reference_aggregate_open,
    [OPERATOR_HASH] = reference_hash_open,
    [OPERATOR_PARTITION] = reference_partition_open,
    [OPERATOR_JOIN] = reference_join_open,
    [OPERATOR_SORT] = reference_sort_open,
    [OPERATOR_MERGE] = reference_merge_open,
    [OPERATOR_TOPK] = reference_sort_open,
    [OPERATOR_DEDUP] = reference_dedup_open,
    [OPERATOR_DICTIONARY] = reference_dictionary_open,
};
