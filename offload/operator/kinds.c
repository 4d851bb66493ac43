/* The operators there are: one row each. */
#include "operator_kinds.h"

#include "operator_aggregate.h"
#include "operator_project.h"
#include "operator_select.h"

const struct operator_kind *const operator_kinds[] = {
    &operator_select_kind,
    &operator_project_kind,
    &operator_aggregate_kind,
};
const uint32_t operator_kind_count = sizeof(operator_kinds) / sizeof(operator_kinds[0]);
