/* The C text that wasm2c writes, made ours: faster, and with the one symbol that the host loads. */
#ifndef WASM_REWRITE_H
#define WASM_REWRITE_H

#include <stdio.h>

#include "wasm_check.h"

/* The name given to wasm2c, which it puts into every symbol. */
#define WASM_REWRITE_NAME "guest"

/*
 * Copies text from in to out. In each function, base and size of the memory become a local copy
 * that gcc keeps in registers; the barriers that keep gcc from removing loads go (bounds are
 * checked before each load, so that nothing is lost). Appends the shim. 0 or -errno; -ENOTSUP when
 * the text is not as this version of wasm2c writes it.
 */
int wasm_rewrite(FILE *in, FILE *out, const struct wasm_facts *facts);

#endif
