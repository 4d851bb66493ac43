/*
 * Writes capture files in the pcapng format: unlike plain pcap it tells several interfaces, the
 * direction of a frame, and how many frames are missing. libpcap reads it, and writes it not.
 *
 * Source: draft-ietf-opsawg-pcapng (IETF), sections 4.1 to 4.6; byte order is the machine's.
 */
#ifndef PCAPNG_H
#define PCAPNG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Bytes of the largest block but a frame's, and what a frame's has beside the frame. */
#define PCAPNG_BLOCK_BYTES_MAX 256
#define PCAPNG_FRAME_BYTES 44

/* Each writes one block, and returns how many bytes that were. Errors are the stream's to tell. */
uint32_t pcapng_section(FILE *file, const char *application);
/* Interfaces are numbered in the order of these. Times are in nanoseconds. */
uint32_t pcapng_interface(FILE *file, const char *name, uint32_t snap_bytes);
uint32_t pcapng_frame(FILE *file, uint32_t interface, uint64_t time_ns, bool out,
		      const uint8_t *frame, uint32_t kept, uint32_t bytes);
/* How many frames there were of an interface, and how many of them are not in the file. */
uint32_t pcapng_statistics(FILE *file, uint32_t interface, uint64_t time_ns, uint64_t frames,
			   uint64_t missed);

#endif
