/*
 * A call on another stack, which can be left from anywhere within. In place of sigsetjmp, which
 * would cost more and know nothing of a second stack. Free of the rest of the sandboxes: worker
 * processes have it, too.
 */
#ifndef GUEST_SWITCH_H
#define GUEST_SWITCH_H

#include <stdint.h>

typedef int32_t (*guest_fn)(void *context, uint32_t argument);

/* Saves what the ABI makes callee-saved, notes the stack pointer in *host_sp and calls
 * fn(context, argument) on the stack that ends at guest_sp. What fn returns. */
int32_t guest_switch(void **host_sp, void *guest_sp, guest_fn fn, void *context, uint32_t argument);
/* Drops the guest's stack: guest_switch() returns, with an undefined value. */
_Noreturn void guest_abandon(void *host_sp);

#endif
