/* Steps that keep or move whole rows. */
#ifndef STEP_ROW_STEPS_H
#define STEP_ROW_STEPS_H

#include "operator.h"

operator_opener step_dedup_open;
operator_opener step_dictionary_open;
operator_opener step_hash_open;
operator_opener step_join_open;
operator_opener step_merge_open;
operator_opener step_partition_open;
operator_opener step_sort_open; /* and topk */

#endif
