/*
 * The cache of native code: one file per module and machine, published whole or not at all.
 *
 * A file is a shared object, then the bytes it was made from, then a trailer with lengths and a
 * checksum (the loader ignores what follows an ELF file). What does not check is built again. The
 * original bytes are compared, so that no two modules are ever taken for one by their hash.
 */
#ifndef CACHE_H
#define CACHE_H

#include <stddef.h>
#include <stdint.h>

#define CACHE_PATH_BYTES 4096

/* Finds and checks a file: *object is the caller's, to free. 0; -ENOENT when there is none that is
 * good; -EEXIST, with error, when it belongs to other code of the same hash. */
int cache_read(const char *cache_dir, const char *name, const void *code, size_t code_bytes,
	       uint8_t **object, size_t *object_bytes, char *error, size_t error_bytes);
/* Loads a file that was found good, into this process. 0 with *handle for dlsym() and dlclose(), or
 * -errno with error. */
int cache_open(const char *cache_dir, const char *name, void **handle, char *error,
	       size_t error_bytes);
/* Both. */
int cache_load(const char *cache_dir, const char *name, const void *code, size_t code_bytes,
	       void **handle, char *error, size_t error_bytes);
/* Publishes the object under that name, replacing what is there. 0 or -errno with error. */
int cache_publish(const char *cache_dir, const char *name, const void *object, size_t object_bytes,
		  const void *code, size_t code_bytes, char *error, size_t error_bytes);
/* A new folder to build in, inside cache_dir, which is created if need be. 0 or -errno with error.
 */
int cache_build_begin(const char *cache_dir, char folder[CACHE_PATH_BYTES], char *error,
		      size_t error_bytes);
void cache_build_end(const char *folder);

/* Whole files. file_read: *data is the caller's, to free. 0 or -errno. */
int file_read(const char *folder, const char *name, uint8_t **data, size_t *bytes);
int file_write(const char *folder, const char *name, const void *data, size_t bytes);

#endif
