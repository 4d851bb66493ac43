/* The operators there are: one row each. */
#include "operator_kinds.h"

#include "operator_aggregate.h"
#include "operator_project.h"
#include "operator_select.h"
#include "operator_text.h"

const struct operator_kind *const operator_kinds[] = {
    &operator_select_kind,
    &operator_project_kind,
    &operator_aggregate_kind,
    &operator_tokenise_kind,
    &operator_crc32c_kind,
    &operator_compress_kind,
    &operator_decompress_kind,
    &operator_encrypt_kind,
    &operator_decrypt_kind,
    &operator_match_kind,
    &operator_json_kind,
};
const uint32_t operator_kind_count = sizeof(operator_kinds) / sizeof(operator_kinds[0]);
