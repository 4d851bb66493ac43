/* How the reference's steps are opened. */
#ifndef REFERENCE_STEPS_H
#define REFERENCE_STEPS_H

#include "reference.h"

operator_opener reference_select_open;
operator_opener reference_project_open;
operator_opener reference_aggregate_open; /* with keys or without */

#endif
