/* The steps over kernels: one row for each operator that has one. */
#include "step.h"
#include "text_step.h"

operator_opener *const step_openers[OPERATOR_IDS] = {
    [OPERATOR_CRC32C] = text_crc32c_open,         [OPERATOR_COMPRESS] = text_compress_open,
    [OPERATOR_DECOMPRESS] = text_decompress_open, [OPERATOR_ENCRYPT] = text_encrypt_open,
    [OPERATOR_DECRYPT] = text_decrypt_open,       [OPERATOR_MATCH] = text_match_open,
    [OPERATOR_TOKENISE] = text_tokenise_open,     [OPERATOR_JSON] = text_json_open,
};
