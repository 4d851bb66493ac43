/*
 * Operators as functions: what runs their code, in a node as elsewhere.
 *
 * Trusted code on data that is not: it runs in this process, its inputs are checked by the readers
 * of tables, and its time limit is looked at between batches.
 */
#ifndef OPERATOR_BACKEND_H
#define OPERATOR_BACKEND_H

#include "compose.h"
#include "sandbox.h"

extern const struct sandbox_ops sandbox_operator;

/* What runs a function of a plan: the sandbox, unless it is an operator. */
static inline const struct sandbox_ops *operator_or(const struct plan_function *function,
						    const struct sandbox_ops *sandbox)
{
	return function->operator_text != NULL ? &sandbox_operator : sandbox;
}

/* How many parts by hash the items of a function of a plan are of, when they are given by key:
 * those of its last step; of a sandboxed function the key groups. 0: not known. */
uint32_t operator_groups(const struct plan_function *function);

#endif
