/* `select PREDICATE`: the rows where it is true. */
#ifndef OPERATOR_SELECT_H
#define OPERATOR_SELECT_H

#include "operator.h"

struct operator_select {
	struct expression *predicate; /* bool */
};

extern const struct operator_kind operator_select_kind;

#endif
