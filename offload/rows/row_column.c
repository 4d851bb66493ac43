/* Columns that grow by rows of others. */
#include "row_column.h"

#include <errno.h>
#include <string.h>

#include "row_bits.h"

#define REF_CHUNK(ref) ((ref) >> 32)
#define REF_ROW(ref) ((uint32_t)(ref))

/* Room for bits behind those that are there, zero. */
static int bits_reserve(struct table_bytes *bits, uint64_t rows, uint64_t more,
			struct row_budget *budget)
{
	uint64_t bytes = (rows + more + 7) / 8;
	int rc = row_bytes_reserve(budget, bits, bytes - bits->count);

	if (rc == 0) {
		memset(bits->at + bits->count, 0, bytes - bits->count);
		bits->count = bytes;
	}
	return rc;
}

/* From the first null on a column has bits: rows before it are values. */
static int validity_reserve(struct row_column *to, uint64_t more, bool nulls,
			    struct row_budget *budget)
{
	bool had = to->validity.count > 0;
	int rc;

	if (!nulls && !had)
		return 0;
	rc = bits_reserve(&to->validity, to->rows, more, budget);
	if (rc == 0 && !had)
		row_bits_fill(to->validity.at, 0, to->rows);
	return rc;
}

static bool ref_is_null(const struct table_column *const *columns, row_ref ref)
{
	return ref == ROW_NONE || table_is_null(columns[REF_CHUNK(ref)], REF_ROW(ref));
}

static int validity_gather(struct row_column *to, const struct table_column *const *columns,
			   const row_ref *refs, uint64_t count, struct row_budget *budget)
{
	uint64_t nulls = 0;
	int rc;

	for (uint64_t i = 0; i < count; i++)
		nulls += ref_is_null(columns, refs[i]);
	rc = validity_reserve(to, count, nulls > 0, budget);
	if (rc < 0 || to->validity.count == 0)
		return rc;
	for (uint64_t i = 0; i < count; i++)
		if (!ref_is_null(columns, refs[i]))
			row_bit_set(to->validity.at, to->rows + i);
	to->nulls += nulls;
	return 0;
}

/* The slot of a null is 0, wherever it came from. */
#define GATHER(type)                                                              \
	do {                                                                      \
		type *out = (type *)(void *)(to->values.at + to->values.count);   \
		for (uint64_t i = 0; i < count; i++)                              \
			out[i] = ref_is_null(columns, refs[i])                    \
				     ? 0                                          \
				     : ((const type *)columns[REF_CHUNK(refs[i])] \
					    ->values)[REF_ROW(refs[i])];          \
	} while (0)

static void wide_gather(uint8_t *to, const struct table_column *const *columns, const row_ref *refs,
			uint64_t count)
{
	for (uint64_t i = 0; i < count; i++, to += 16) {
		const struct table_column *from;

		memset(to, 0, 16);
		if (ref_is_null(columns, refs[i]))
			continue;
		from = columns[REF_CHUNK(refs[i])];
		memcpy(to, (const uint8_t *)from->values + 16ull * REF_ROW(refs[i]), 16);
	}
}

static int fixed_gather(struct row_column *to, uint32_t width,
			const struct table_column *const *columns, const row_ref *refs,
			uint64_t count, struct row_budget *budget)
{
	int rc = row_bytes_reserve(budget, &to->values, count * width);

	if (rc < 0)
		return rc;
	switch (width) {
	case 1:
		GATHER(uint8_t);
		break;
	case 2:
		GATHER(uint16_t);
		break;
	case 4:
		GATHER(uint32_t);
		break;
	case 8:
		GATHER(uint64_t);
		break;
	default:
		wide_gather(to->values.at + to->values.count, columns, refs, count);
	}
	to->values.count += count * width;
	return 0;
}

static int bool_gather(struct row_column *to, const struct table_column *const *columns,
		       const row_ref *refs, uint64_t count, struct row_budget *budget)
{
	int rc = bits_reserve(&to->values, to->rows, count, budget);

	for (uint64_t i = 0; rc == 0 && i < count; i++)
		if (!ref_is_null(columns, refs[i]) &&
		    table_bit(columns[REF_CHUNK(refs[i])]->values, REF_ROW(refs[i])))
			row_bit_set(to->values.at, to->rows + i);
	return rc;
}

/* Bytes of the rows' values, and room for them and their offsets. */
static int text_reserve(struct row_column *to, uint64_t count, uint64_t bytes,
			struct row_budget *budget)
{
	int rc;

	if (bytes > (uint64_t)INT32_MAX - to->bytes.count)
		return -E2BIG;
	rc = row_bytes_reserve(budget, &to->bytes, bytes);
	if (rc == 0)
		rc = row_bytes_reserve(budget, &to->offsets, (count + 1) * sizeof(int32_t));
	if (rc == 0 && to->offsets.count == 0)
		rc = table_bytes_add(&to->offsets, &(int32_t){0}, sizeof(int32_t));
	return rc;
}

static int text_gather(struct row_column *to, const struct table_column *const *columns,
		       const row_ref *refs, uint64_t count, struct row_budget *budget)
{
	uint64_t bytes = 0;
	int32_t *ends;
	int rc;

	for (uint64_t i = 0; i < count; i++) {
		const int32_t *offsets;

		if (ref_is_null(columns, refs[i]))
			continue;
		offsets = columns[REF_CHUNK(refs[i])]->offsets + REF_ROW(refs[i]);
		bytes += (uint64_t)(offsets[1] - offsets[0]);
	}
	rc = text_reserve(to, count, bytes, budget);
	if (rc < 0)
		return rc;
	ends = (int32_t *)(void *)(to->offsets.at + to->offsets.count);
	for (uint64_t i = 0; i < count; i++) {
		if (!ref_is_null(columns, refs[i])) {
			const struct table_column *from = columns[REF_CHUNK(refs[i])];
			const int32_t *offsets = from->offsets + REF_ROW(refs[i]);
			size_t size = (size_t)(offsets[1] - offsets[0]);

			if (size > 0)
				memcpy(to->bytes.at + to->bytes.count, from->bytes + offsets[0],
				       size);
			to->bytes.count += size;
		}
		ends[i] = (int32_t)to->bytes.count;
	}
	to->offsets.count += count * sizeof(int32_t);
	return 0;
}

int row_column_gather(struct row_column *to, const struct table_kind *kind,
		      const struct table_column *const *columns, const row_ref *refs,
		      uint64_t count, struct row_budget *budget)
{
	int rc = validity_gather(to, columns, refs, count, budget);

	if (rc < 0)
		return rc;
	if (table_type_is_text(kind->type))
		rc = text_gather(to, columns, refs, count, budget);
	else if (kind->type == TABLE_BOOL)
		rc = bool_gather(to, columns, refs, count, budget);
	else
		rc = fixed_gather(to, table_type_bytes(kind->type), columns, refs, count, budget);
	to->rows += count;
	return rc;
}

static int text_append(struct row_column *to, const struct table_column *from, uint64_t first,
		       uint64_t count, struct row_budget *budget)
{
	const int32_t *offsets = from->offsets + first;
	uint64_t bytes = (uint64_t)(offsets[count] - offsets[0]);
	int32_t shift, *ends;
	int rc = text_reserve(to, count, bytes, budget);

	if (rc < 0)
		return rc;
	shift = (int32_t)to->bytes.count - offsets[0];
	ends = (int32_t *)(void *)(to->offsets.at + to->offsets.count);
	for (uint64_t i = 0; i < count; i++)
		ends[i] = offsets[i + 1] + shift;
	if (bytes > 0)
		memcpy(to->bytes.at + to->bytes.count, from->bytes + offsets[0], bytes);
	to->bytes.count += bytes;
	to->offsets.count += count * sizeof(int32_t);
	return 0;
}

/* Rows without nulls are copied as they lie. */
static int values_append(struct row_column *to, const struct table_kind *kind,
			 const struct table_column *from, uint64_t first, uint64_t count,
			 struct row_budget *budget)
{
	uint32_t width = table_type_bytes(kind->type);
	int rc = validity_reserve(to, count, false, budget);

	if (rc == 0 && to->validity.count > 0)
		row_bits_fill(to->validity.at, to->rows, count);
	if (rc < 0)
		return rc;
	if (table_type_is_text(kind->type)) {
		rc = text_append(to, from, first, count, budget);
	} else if (kind->type == TABLE_BOOL) {
		rc = bits_reserve(&to->values, to->rows, count, budget);
		for (uint64_t i = 0; rc == 0 && i < count; i++)
			if (table_bit(from->values, first + i))
				row_bit_set(to->values.at, to->rows + i);
	} else {
		rc = row_bytes_reserve(budget, &to->values, count * width);
		if (rc == 0)
			rc = table_bytes_add(&to->values,
					     (const uint8_t *)from->values + first * width,
					     count * width);
	}
	to->rows += count;
	return rc;
}

int row_column_append(struct row_column *to, const struct table_kind *kind,
		      const struct table_column *from, uint64_t first, uint64_t count,
		      struct row_budget *budget)
{
	row_ref refs[256];
	int rc = 0;

	if (count == 0)
		return 0;
	if (from->validity == NULL || from->nulls == 0)
		return values_append(to, kind, from, first, count, budget);
	for (uint64_t done = 0; done < count && rc == 0; done += 256) {
		uint64_t some = count - done < 256 ? count - done : 256;

		for (uint64_t i = 0; i < some; i++)
			refs[i] = row_ref_of(0, (uint32_t)(first + done + i));
		rc = row_column_gather(to, kind, &from, refs, some, budget);
	}
	return rc;
}

int row_column_put(struct row_column *to, const struct table_kind *kind, const void *value,
		   uint64_t count, struct row_budget *budget)
{
	int32_t offsets[2] = {0, (int32_t)count};
	uint8_t bit = 0;
	struct table_column one = {.values = value, .offsets = offsets, .bytes = value};
	const struct table_column *columns = &one;

	if (count > INT32_MAX)
		return -E2BIG;
	if (value != NULL && kind->type == TABLE_BOOL) {
		bit = *(const uint8_t *)value != 0;
		one.values = &bit;
	}
	return row_column_gather(to, kind, &columns, &(row_ref){value != NULL ? 0 : ROW_NONE}, 1,
				 budget);
}

void row_column_view(const struct row_column *column, struct table_column *view)
{
	static const int32_t no_offsets[1];
	static const uint8_t no_bytes[16];

	*view = (struct table_column){
	    .validity = column->nulls > 0 ? column->validity.at : NULL,
	    .values = column->values.at != NULL ? column->values.at : no_bytes,
	    .offsets = column->offsets.at != NULL ? (const int32_t *)(void *)column->offsets.at
						  : no_offsets,
	    .bytes = column->bytes.at != NULL ? column->bytes.at : no_bytes,
	    .nulls = column->nulls,
	};
}

void row_column_free(struct row_column *column, struct row_budget *budget)
{
	row_bytes_free(budget, &column->validity);
	row_bytes_free(budget, &column->values);
	row_bytes_free(budget, &column->offsets);
	row_bytes_free(budget, &column->bytes);
	*column = (struct row_column){0};
}
