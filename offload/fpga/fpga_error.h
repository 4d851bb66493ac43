/* Saying what failed. */
#ifndef FPGA_ERROR_H
#define FPGA_ERROR_H

#include "fpga.h"

/* Writes the text, cut where it does not fit; returns rc. */
int fpga_fail(struct fpga_error *error, int rc, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
