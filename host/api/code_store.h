/*
 * The code a daemon was given, by content hash (mr_hash64), in a folder of bounded size.
 *
 * Not a cache of prepared code: that is the sandbox's. Over the bound, the code longest unused goes
 * first; whoever needs it again brings it again. One thread owns a store.
 */
#ifndef CODE_STORE_H
#define CODE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CODE_STORE_BYTES_MAX (1ull << 30) /* sixteen of the largest modules */
#define CODE_STORE_COUNT_MAX 1024         /* modules: a directory listing stays quick */

struct code_store;

/* Makes dir when needed and takes in the code found there. 0 or -errno with error text. */
int code_store_open(struct code_store **store, const char *dir, char *error, size_t error_bytes);
/* Nulls *store; *store may be NULL. The folder stays. */
void code_store_close(struct code_store **store);
bool code_store_has(const struct code_store *store, uint64_t hash);
/* Copies the bytes in. 0, also when already there; -EBADMSG when they have another hash; -EFBIG
 * over MR_CODE_BYTES_MAX; -errno of writing. */
int code_store_put(struct code_store *store, uint64_t hash, const void *bytes, size_t byte_count);
/* Fresh memory that the caller frees. 0; -ENOENT; -errno of reading. */
int code_store_get(struct code_store *store, uint64_t hash, void **bytes, size_t *byte_count);

#endif
