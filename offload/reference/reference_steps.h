/* How the reference's steps are opened. */
#ifndef REFERENCE_STEPS_H
#define REFERENCE_STEPS_H

#include "reference.h"

operator_opener reference_select_open;
operator_opener reference_project_open;
operator_opener reference_aggregate_open; /* with keys or without */
operator_opener reference_aggregate_grouped_open;
operator_opener reference_hash_open;
operator_opener reference_partition_open;
operator_opener reference_join_open;
operator_opener reference_sort_open; /* and topk */
operator_opener reference_merge_open;
operator_opener reference_dedup_open;
operator_opener reference_dictionary_open;

#endif
