/* `aggregate` with keys. */
#ifndef STEP_AGGREGATE_GROUPED_H
#define STEP_AGGREGATE_GROUPED_H

#include "operator.h"

operator_opener step_aggregate_grouped_open;

#endif
