/* The values of command-line arguments, checked. Each returns false when text is no such value. */
#ifndef ARGUMENTS_H
#define ARGUMENTS_H

#include <stdbool.h>
#include <stdint.h>

#include <millrace/limits.h>

/* Decimal, from min to max. */
bool argument_number(const char *text, uint64_t min, uint64_t max, uint64_t *value);
/* "N", "MIN-MAX", or "auto", which is 1 to the machine's cores, each from 1 to max. */
bool argument_range(const char *text, uint32_t max, uint32_t *low, uint32_t *high);
/* Bytes: plain, or with KiB, MiB or GiB. */
bool argument_size(const char *text, uint64_t *bytes);
/* A probability from 0 to 1, in parts of a million. */
bool argument_probability(const char *text, uint32_t *ppm);
/* IP/PREFIX[,GATEWAY], host byte order; without a gateway it is 0. */
bool argument_address(const char *text, uint32_t *ip, uint8_t *prefix_len, uint32_t *gateway);
/* IP, host byte order. */
bool argument_ip(const char *text, uint32_t *ip);
/* "SET=TARGET" is cut in place at its first '='; set is a name, target not empty. */
bool argument_binding(char *text, const char **set, const char **target);

#endif
