/* Hashes of keys, a block of rows and a column at a time. */
#include "row_hash.h"

#include <string.h>

#include <millrace/hash.h>

#include "hash_kernels.h"
#include "row_word.h"

#define ROWS_AT_ONCE 512 /* words and hashes of a block stay in L1 */
#define SHORT_COLUMNS 3  /* with these a key's hashes are below 32 bytes: XXH64 has no lanes yet */

static enum hash_words words_of(const struct table_kind *kind)
{
	if (kind->type == TABLE_FLOAT32 || kind->type == TABLE_FLOAT64)
		return HASH_FLOAT;
	return kind->type == TABLE_BOOL || (kind->type >= TABLE_UINT8 && kind->type <= TABLE_UINT64)
		   ? HASH_UNSIGNED
		   : HASH_SIGNED;
}

static uint64_t bytes_hash(const struct table_kind *kind, const struct table_column *column,
			   uint64_t row)
{
	if (kind->type == TABLE_DECIMAL128)
		return mr_hash64((const uint8_t *)column->values + 16 * row, 16);
	return mr_hash64(column->bytes + column->offsets[row],
			 (uint64_t)(column->offsets[row + 1] - column->offsets[row]));
}

static void column_hashes(const struct hash_kernels *kernels, const struct table_kind *kind,
			  const struct table_column *column, uint64_t first, uint64_t rows,
			  uint64_t *hashes)
{
	uint64_t words[ROWS_AT_ONCE];

	if (row_kind_has_word(kind)) {
		row_words(kind, column, first, rows, words);
		kernels->words(words, words_of(kind), rows, hashes);
	} else {
		for (uint64_t i = 0; i < rows; i++)
			if (!table_is_null(column, first + i))
				hashes[i] = bytes_hash(kind, column, first + i);
	}
	for (uint64_t i = 0; column->validity != NULL && i < rows; i++)
		if (table_is_null(column, first + i))
			hashes[i] = mr_hash64(&(uint8_t){0}, 0);
}

/* Of many columns: the hashes of each row one after the other. */
static void long_hashes(const struct hash_kernels *kernels, const struct table_schema *schema,
			const uint32_t *columns, uint32_t column_count,
			const struct table_batch *batch, uint64_t first, uint64_t rows,
			uint64_t *hashes)
{
	uint64_t each[MR_OPERATOR_KEYS_MAX * 8], of_column[8];

	for (uint64_t done = 0, some; done < rows; done += some) {
		some = rows - done < 8 ? rows - done : 8;
		for (uint32_t c = 0; c < column_count; c++) {
			column_hashes(kernels, &schema->fields[columns[c]].kind,
				      &batch->columns[columns[c]], first + done, some, of_column);
			for (uint64_t i = 0; i < some; i++)
				each[i * column_count + c] = of_column[i];
		}
		for (uint64_t i = 0; i < some; i++)
			hashes[done + i] = mr_hash64(each + i * column_count, 8 * column_count);
	}
}

static void block_hashes(const struct hash_kernels *kernels, const struct table_schema *schema,
			 const uint32_t *columns, uint32_t column_count,
			 const struct table_batch *batch, uint64_t first, uint64_t rows,
			 uint64_t *hashes)
{
	uint64_t of_column[ROWS_AT_ONCE];

	if (column_count == 1) {
		column_hashes(kernels, &schema->fields[columns[0]].kind,
			      &batch->columns[columns[0]], first, rows, hashes);
		return;
	}
	if (column_count > SHORT_COLUMNS) {
		long_hashes(kernels, schema, columns, column_count, batch, first, rows, hashes);
		return;
	}
	kernels->begin(8 * column_count, rows, hashes);
	for (uint32_t c = 0; c < column_count; c++) {
		column_hashes(kernels, &schema->fields[columns[c]].kind,
			      &batch->columns[columns[c]], first, rows, of_column);
		kernels->mix(of_column, rows, hashes);
	}
	kernels->finish(rows, hashes);
}

void row_hashes(const struct table_schema *schema, const uint32_t *columns, uint32_t column_count,
		const struct table_batch *batch, uint64_t first, uint64_t rows, uint64_t *hashes)
{
	const struct hash_kernels *kernels = CPU_PICK(hash_kernels);

	for (uint64_t done = 0, some; done < rows; done += some) {
		some = rows - done < ROWS_AT_ONCE ? rows - done : ROWS_AT_ONCE;
		block_hashes(kernels, schema, columns, column_count, batch, first + done, some,
			     hashes + done);
	}
}
