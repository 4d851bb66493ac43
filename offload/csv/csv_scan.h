/* One record of CSV in a buffer: where its fields are. */
#ifndef CSV_SCAN_H
#define CSV_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct csv_field {
	const char *text; /* without its quotes */
	size_t bytes;
	bool quoted;
	bool doubled; /* holds quotes that are to be halved */
};

struct csv_record {
	struct csv_field *fields; /* room for field_max: of more only the number is told */
	uint32_t field_max;
	uint32_t count;
	uint32_t lines;    /* that it ended or went on over */
	const char *end;   /* of the record, with the end of its line */
	const char *wrong; /* what breaks the rules, or NULL; then count is the field's number */
};

/* The record at text, of which bytes are there; last: no more will come. False when its end is not
 * there yet. */
bool csv_scan(const char *text, size_t bytes, bool last, char delimiter, struct csv_record *record);
/* Takes the doubled quotes out of a field; returns its bytes. */
size_t csv_halve(const struct csv_field *field, char *to);

#endif
