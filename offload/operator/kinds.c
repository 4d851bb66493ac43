/* The operators there are: one row each. */
#include "operator_kinds.h"

#include "operator_aggregate.h"
#include "operator_dedup.h"
#include "operator_join.h"
#include "operator_partition.h"
#include "operator_project.h"
#include "operator_select.h"
#include "operator_sort.h"
#include "operator_text.h"

const struct operator_kind *const operator_kinds[] = {
    &operator_select_kind,  &operator_project_kind,    &operator_aggregate_kind,
    &operator_dedup_kind,   &operator_dictionary_kind, &operator_hash_kind,
    &operator_join_kind,    &operator_merge_kind,      &operator_partition_kind,
    &operator_sort_kind,    &operator_topk_kind,       &operator_tokenise_kind,
    &operator_crc32c_kind,  &operator_compress_kind,   &operator_decompress_kind,
    &operator_encrypt_kind, &operator_decrypt_kind,    &operator_match_kind,
    &operator_json_kind,
};
const uint32_t operator_kind_count = sizeof(operator_kinds) / sizeof(operator_kinds[0]);
