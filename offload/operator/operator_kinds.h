/* The operators there are. */
#ifndef OPERATOR_KINDS_H
#define OPERATOR_KINDS_H

#include "operator.h"

extern const struct operator_kind *const operator_kinds[];
extern const uint32_t operator_kind_count;

#endif
