/* The steps over kernels: one row for each operator that has one. */
#include "step.h"

#include "row_steps.h"
#include "steps.h"
#include "text_step.h"

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
    [OPERATOR_CRC32C] = text_crc32c_open,
    [OPERATOR_COMPRESS] = text_compress_open,
    [OPERATOR_DECOMPRESS] = text_decompress_open,
    [OPERATOR_ENCRYPT] = text_encrypt_open,
    [OPERATOR_DECRYPT] = text_decrypt_open,
    [OPERATOR_MATCH] = text_match_open,
    [OPERATOR_TOKENISE] = text_tokenise_open,
    [OPERATOR_JSON] = text_json_open,
};
