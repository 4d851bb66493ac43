/* Dictionaries of a stream: whole ones replace what there was, deltas are added to it. */
#include <errno.h>
#include <stdlib.h>

#include "arrow_column.h"
#include "arrow_decoder.h"
#include "arrow_format.h"
#include "table_builder.h"

/* Values in a message's region. */
struct placed {
	struct table_dictionary dictionary;
	struct arrow_memory memory;
};

/* Values that were put together. */
struct joined {
	struct table_dictionary dictionary;
	struct table_schema schema;
	struct table_batch *batch;
};

static void placed_release(struct table_dictionary *dictionary)
{
	struct placed *placed = (struct placed *)(void *)dictionary;

	arrow_memory_free(&placed->memory);
	free(placed);
}

static void joined_release(struct table_dictionary *dictionary)
{
	struct joined *joined = (struct joined *)(void *)dictionary;

	table_batch_free(&joined->batch);
	table_schema_free(&joined->schema);
	free(joined);
}

static struct joined *joined_create(const struct table_kind *kind)
{
	struct joined *joined = calloc(1, sizeof(*joined));

	if (joined == NULL)
		return NULL;
	joined->dictionary =
	    (struct table_dictionary){.kind = *kind, .refs = 1, .release = joined_release};
	if (table_schema_add(&joined->schema, "", 0, kind) < 0) {
		free(joined);
		return NULL;
	}
	return joined;
}

static int values_append(struct table_builder *builder, const struct table_field *field,
			 const struct table_dictionary *from)
{
	int rc = 0;

	for (uint64_t row = 0; row < from->rows && rc == 0; row++) {
		struct table_value value;

		if (!table_value_get(field, &from->values, row, &value))
			rc = table_builder_null(builder, 0);
		else if (table_type_is_text(field->kind.type))
			rc = table_builder_bytes(builder, 0, value.bytes, value.count);
		else
			rc = table_builder_value(builder, 0, value.fixed);
		if (rc == 0)
			rc = table_builder_end_row(builder);
	}
	return rc;
}

/* The values of first and then those of second, either of which may be NULL. 0, -ENOMEM or -E2BIG.
 */
static int dictionaries_join(const struct table_kind *kind, const struct table_dictionary *first,
			     const struct table_dictionary *second,
			     struct table_dictionary **dictionary)
{
	struct joined *joined = joined_create(kind);
	struct table_builder *builder = NULL;
	int rc = joined == NULL ? -ENOMEM : table_builder_create(&joined->schema, &builder);

	if (rc == 0 && first != NULL)
		rc = values_append(builder, &joined->schema.fields[0], first);
	if (rc == 0 && second != NULL)
		rc = values_append(builder, &joined->schema.fields[0], second);
	if (rc == 0)
		rc = table_builder_take(builder, &joined->batch);
	table_builder_destroy(&builder);
	if (rc < 0) {
		if (joined != NULL)
			joined_release(&joined->dictionary);
		return rc;
	}
	joined->dictionary.rows = joined->batch->rows;
	joined->dictionary.values = joined->batch->columns[0];
	*dictionary = &joined->dictionary;
	return 0;
}

struct arrow_slot *arrow_slot_find(struct arrow_decoder *decoder, int64_t id)
{
	for (uint32_t i = 0; i < decoder->slot_count; i++)
		if (decoder->slots[i].id == id)
			return &decoder->slots[i];
	return NULL;
}

/* Until it comes a dictionary is empty: a column without values needs none. */
int arrow_slots_create(struct arrow_decoder *decoder)
{
	const struct table_schema *schema = decoder->schema;

	decoder->slots = calloc(schema->count, sizeof(*decoder->slots));
	if (decoder->slots == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < schema->count; i++) {
		const struct table_field *field = &schema->fields[i];
		struct arrow_slot *slot = &decoder->slots[decoder->slot_count];
		int rc;

		if (!field->dictionary || arrow_slot_find(decoder, field->dictionary_id) != NULL)
			continue;
		*slot = (struct arrow_slot){.id = field->dictionary_id, .kind = field->kind};
		rc = dictionaries_join(&slot->kind, NULL, NULL, &slot->current);
		if (rc < 0)
			return rc;
		decoder->slot_count++;
	}
	return 0;
}

static int values_place(struct arrow_decoder *decoder, const struct arrow_slot *slot,
			const struct arrow_head *head, struct region *region, uint64_t offset,
			struct table_dictionary **dictionary, struct table_error *error)
{
	struct flat_table data = flat_child(&head->header, DICTIONARY_DATA);
	struct placed *placed = calloc(1, sizeof(*placed));
	struct arrow_body body;
	int rc;

	if (placed == NULL)
		return table_fail(error, -ENOMEM, "no memory");
	placed->dictionary =
	    (struct table_dictionary){.kind = slot->kind, .refs = 1, .release = placed_release};
	if (data.vtable == 0)
		rc = table_fail(error, -EBADMSG, "a dictionary without values");
	else
		rc = arrow_body_init(&body, &data, region, offset, head->body_bytes,
				     &placed->memory, &decoder->counters, error);
	if (rc == 0)
		rc = arrow_column_read(&body, slot->kind.type, &placed->dictionary.values, error);
	if (rc == 0)
		rc = arrow_body_end(&body, error);
	if (rc < 0) {
		placed_release(&placed->dictionary);
		return rc;
	}
	placed->dictionary.rows = body.rows;
	*dictionary = &placed->dictionary;
	return 0;
}

static uint64_t values_bytes(const struct table_dictionary *dictionary)
{
	const struct table_column *values = &dictionary->values;

	if (table_type_is_text(dictionary->kind.type))
		return (uint64_t)(values->offsets[dictionary->rows] - values->offsets[0]);
	return dictionary->rows * table_type_bytes(dictionary->kind.type);
}

int arrow_dictionary_take(struct arrow_decoder *decoder, const struct arrow_head *head,
			  struct region *region, uint64_t offset, struct table_error *error)
{
	int64_t id = flat_scalar(&head->header, DICTIONARY_ID, 8, 0);
	bool delta = flat_scalar(&head->header, DICTIONARY_IS_DELTA, 1, 0) != 0;
	struct arrow_slot *slot = arrow_slot_find(decoder, id);
	struct table_dictionary *added, *next;
	int rc;

	if (slot == NULL)
		return table_fail(error, -EBADMSG, "dictionary %lld is no column's", (long long)id);
	rc = values_place(decoder, slot, head, region, offset, &added, error);
	if (rc < 0)
		return rc;
	next = added;
	if (delta && slot->current->rows > 0) {
		rc = dictionaries_join(&slot->kind, slot->current, added, &next);
		table_dictionary_unref(&added);
		if (rc < 0)
			return table_fail(error, rc, "a dictionary grows beyond its memory");
		decoder->counters.bytes_copied += values_bytes(next);
	}
	table_dictionary_unref(&slot->current);
	slot->current = next;
	decoder->counters.dictionaries++;
	return 0;
}
