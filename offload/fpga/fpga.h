/*
 * An FPGA card with the kernels of hls/, driven through XRT: operators on plain memory.
 *
 * XRT is loaded when it is first needed, so that a machine without it gets an error and nothing
 * else. A card is for one thread at a time. All memory stays its caller's and is only read, but for
 * the results.
 *
 * Every call returns 0 or -errno with a text that says what was wrong, where, and what to do:
 * -EINVAL, -E2BIG, -ENOTSUP (the xclbin lacks the kernel) and -ENOMEM are the call's; all others
 * are the card's, which from then on is hung, lost or wrong, and refuses every call with -ENODEV
 * until it is closed and opened anew: the CPU does the work then. After an error results mean
 * nothing.
 */
#ifndef FPGA_H
#define FPGA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <millrace/limits.h>

struct fpga_card;

struct fpga_error {
	char text[MR_ERROR_BYTES_MAX];
};

enum fpga_state {
	FPGA_READY,
	FPGA_HUNG,  /* a run did not end in time */
	FPGA_LOST,  /* it does not answer: no run starts, no transfer works */
	FPGA_WRONG, /* a run failed, or its data is not what was sent or written */
};

struct fpga_counters {
	uint64_t runs;       /* that ended well */
	uint64_t bytes_in;   /* moved to the card */
	uint64_t bytes_lent; /* of them, from where the caller has them */
	uint64_t bytes_out;  /* moved from the card */
	uint64_t runs_hung;
	uint64_t runs_failed; /* said so themselves */
	uint64_t runs_wrong;  /* whose data was refused */
	uint64_t calls_lost;  /* of XRT, that failed */
	uint64_t refused;     /* calls, as the card was no longer ready */
};

struct fpga_options {
	uint32_t index;         /* of the card, from 0 */
	const char *xclbin;     /* a file */
	uint32_t time_limit_ms; /* of one run; 0: MR_FPGA_TIME_LIMIT_MS_DEFAULT */
	uint32_t run_bytes;     /* of a column or text, in one run, whole pages; 0: the default */
};

/* Whether XRT and a driver of it are here: 0, or -errno with what is missing. Opens no card. */
int fpga_available(struct fpga_error *error);
/* How many cards XRT finds, at most MR_FPGA_CARDS_MAX. 0, or -errno as above. */
int fpga_card_count(uint32_t *count, struct fpga_error *error);
/* Opens a card with an xclbin, which is checked first: -ENODEV no such card, -EBADMSG a damaged
 * xclbin or one of other kernels. The caller closes it. */
int fpga_card_open(struct fpga_card **card, const struct fpga_options *options,
		   struct fpga_error *error);
/* Also one that is hung or lost; *card may be NULL, and is afterwards. */
void fpga_card_close(struct fpga_card **card);

enum fpga_state fpga_card_state(const struct fpga_card *card);
const char *fpga_state_name(enum fpga_state state);
const struct fpga_counters *fpga_card_counters(const struct fpga_card *card);
/* Of the platform that the xclbin is for. */
const char *fpga_card_platform(const struct fpga_card *card);
uint32_t fpga_card_banks(const struct fpga_card *card);
/* The name of a kernel by number from 0, and whether the card has it; NULL behind the last one. */
const char *fpga_card_kernel(const struct fpga_card *card, uint32_t number, bool *has);

/*
 * Rows by hash of a column of 64-bit keys: the first bits (0 to 12) of XXH64 (millrace/hash.h) of a
 * key's bytes are its partition; where validity is not NULL and a row's bit is 0, null_partition
 * is. counts has 1 << bits entries, order has rows: the rows of each partition in their order,
 * partition after partition.
 */
int fpga_partition(struct fpga_card *card, const uint64_t *keys, const uint8_t *validity,
		   uint32_t rows, uint32_t bits, uint32_t null_partition, uint32_t *counts,
		   uint32_t *order, struct fpga_error *error);

/* CRC-32C (RFC 3720) of what *crc is of (0: of nothing), and of these bytes behind it. */
int fpga_crc32c(struct fpga_card *card, const void *bytes, uint64_t count, uint32_t *crc,
		struct fpga_error *error);

/* A column of int64, with bits of validity or NULL. */
struct fpga_column {
	const int64_t *values;
	const uint8_t *validity;
};

struct fpga_totals {
	uint64_t selected; /* rows whose filter is valid and in the range */
	uint64_t counted;  /* of them, with a valid value */
	__int128 sum;
	int64_t min, max; /* INT64_MAX and INT64_MIN of no values */
};

/* Totals of the values whose filter is valid and from low to high, both included. */
int fpga_select_aggregate(struct fpga_card *card, struct fpga_column filter,
			  struct fpga_column values, uint64_t rows, int64_t low, int64_t high,
			  struct fpga_totals *totals, struct fpga_error *error);

struct fpga_order {
	bool descending;
	bool nulls_first;
};

/* The order of rows by a column, stable. At most MR_FPGA_SORT_ROWS_MAX: -E2BIG. */
int fpga_sort(struct fpga_card *card, struct fpga_column keys, uint32_t rows, struct fpga_order by,
	      uint32_t *order, struct fpga_error *error);

struct fpga_word {
	uint32_t offset, bytes;
};

/* The words of a text, the longest runs of ASCII letters and digits, as many as there is capacity
 * for; *count is how many there are. A text has less than 4 GiB: -E2BIG. */
int fpga_tokenise(struct fpga_card *card, const void *text, uint64_t bytes, struct fpga_word *words,
		  uint64_t capacity, uint64_t *count, struct fpga_error *error);

#endif
