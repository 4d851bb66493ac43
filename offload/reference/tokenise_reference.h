/* tokenise, as offload/tokenise/tokenise.h defines it: byte by byte. */
#ifndef TOKENISE_REFERENCE_H
#define TOKENISE_REFERENCE_H

#include "tokenise.h"

/* As tokenise(), of a whole text, whose rooms take it. */
void tokenise_reference(struct tokens *tokens, const uint8_t *text, size_t bytes);

#endif
