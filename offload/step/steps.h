/* How steps over kernels are opened. */
#ifndef STEPS_H
#define STEPS_H

#include "step.h"

operator_opener step_select_open;
operator_opener step_project_open;
operator_opener step_aggregate_open; /* with keys or without */

#endif
