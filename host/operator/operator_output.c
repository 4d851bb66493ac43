/* Tables to items, whatever format they are to have. */
#include "operator_output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arrow.h"
#include "csv.h"
#include "jsonl.h"
#include "operator_partition.h"

struct operator_output {
	struct mr_call *call;
	struct mr_set *items;
	const struct operator_set *set;
	struct table_schema schema; /* a view: without the partition */
	bool parted;
	uint32_t groups;             /* parts by hash; 0: other ones */
	uint32_t partition;          /* of the item that is being written */
	uint8_t *start;              /* of that item; NULL: there is none */
	struct table_writer *writer; /* NULL: of bytes, or of no item */
};

static int heap_write(void *opaque, const void *bytes, size_t count)
{
	struct operator_output *output = opaque;
	void *to = mr_alloc(output->call, count, 1);

	if (to == NULL)
		return -ENOSPC;
	memcpy(to, bytes, count);
	return 0;
}

static int heap_full(const struct operator_output *output, struct table_error *error)
{
	const struct mr_region *header = output->call->header;

	return table_fail(
	    error, -ENOSPC,
	    "the output does not fit into the %u bytes left to it: raise `memory` in the "
	    "operator's block",
	    header->heap_end - header->heap_off);
}

static int writer_open(struct operator_output *output, struct table_error *error)
{
	const struct table_bytes_out out = {heap_write, output};
	/* The items of a set become one file: the first says the names. */
	const struct csv_options options = {
	    .delimiter = output->set->format == OPERATOR_TSV ? '\t' : ',',
	    .no_header = output->call->header->partition > 0 || output->items->item_count > 0,
	};

	switch (output->set->format) {
	case OPERATOR_BYTES:
		return 0;
	case OPERATOR_ARROW:
		return arrow_writer_open(&output->schema, &out, &output->writer, error);
	case OPERATOR_JSONL:
		return jsonl_writer_open(&output->schema, &out, &output->writer, error);
	default:
		return csv_writer_open(&output->schema, &options, &out, &output->writer, error);
	}
}

static int item_begin(struct operator_output *output, struct table_error *error)
{
	int rc;

	output->start = mr_alloc(output->call, 0, MR_ALIGN);
	rc = output->start != NULL ? writer_open(output, error) : -ENOSPC;
	return rc == -ENOSPC ? heap_full(output, error) : rc;
}

static int item_end(struct operator_output *output, struct table_error *error)
{
	struct mr_bytes bytes = {output->start, 0};
	int rc = output->writer != NULL ? table_write_end(output->writer, error) : 0;

	table_writer_close(&output->writer);
	output->start = NULL;
	if (rc < 0)
		return rc == -ENOSPC ? heap_full(output, error) : rc;
	bytes.len = (uint32_t)((uint8_t *)mr_alloc(output->call, 0, 1) - bytes.data);
	if (output->groups > 0)
		rc = mr_out_add_group(output->call, output->items,
				      operator_partition_group(output->partition, output->groups),
				      bytes);
	else
		rc = mr_out_add(output->call, output->items, mr_none(), mr_none(), bytes);
	return rc != 0 ? heap_full(output, error) : 0;
}

static int bytes_write(struct operator_output *output, const struct table_batch *batch,
		       struct table_error *error)
{
	for (uint64_t row = 0; row < batch->rows; row++) {
		struct table_value value;

		if (!table_value_get(&batch->schema->fields[0], &batch->columns[0], row, &value))
			continue;
		if (heap_write(output, value.bytes, value.count) < 0)
			return heap_full(output, error);
	}
	return 0;
}

static int rows_write(struct operator_output *output, const struct table_batch *batch,
		      struct table_error *error)
{
	struct table_batch view = *batch;
	int rc;

	view.schema = &output->schema; /* one column fewer, where there are partitions */
	if (output->set->format == OPERATOR_BYTES)
		return bytes_write(output, &view, error);
	rc = table_write(output->writer, &view, error);
	return rc == -ENOSPC ? heap_full(output, error) : rc;
}

int operator_output_write(struct operator_output *output, const struct table_batch *batch,
			  struct table_error *error)
{
	uint32_t partition = 0;
	int rc = 0;

	if (output->parted)
		memcpy(&partition, batch->columns[output->schema.count].values, sizeof(partition));
	if (output->start != NULL && partition != output->partition)
		rc = item_end(output, error);
	output->partition = partition;
	if (rc == 0 && output->start == NULL)
		rc = item_begin(output, error);
	return rc == 0 ? rows_write(output, batch, error) : rc;
}

int operator_output_end(struct operator_output *output, struct table_error *error)
{
	int rc = 0;

	if (output->start == NULL && !output->parted)
		rc = item_begin(output, error);
	return rc == 0 && output->start != NULL ? item_end(output, error) : rc;
}

int operator_output_open(struct mr_call *call, const struct operator_set *set,
			 const struct pipeline *pipeline, struct operator_output **opened,
			 struct table_error *error)
{
	struct operator_output *output = calloc(1, sizeof(*output));

	if (output == NULL)
		return table_fail(error, -ENOMEM, "no memory");
	output->call = call;
	output->set = set;
	output->schema = *pipeline_schema(pipeline);
	output->parted = pipeline_parted(pipeline, &output->groups);
	output->schema.count -= output->parted;
	output->items = mr_out(call, set->name);
	*opened = output;
	if (output->items == NULL)
		return table_fail(error, -EINVAL, "there is no output %s", set->name);
	if (set->format == OPERATOR_BYTES &&
	    (output->schema.count != 1 || !table_type_is_text(output->schema.fields[0].kind.type)))
		return table_fail(error, -EINVAL,
				  "%s is put out as bytes, which is one column of utf8 or binary, "
				  "and there are %u columns: project the one",
				  set->name, output->schema.count);
	return 0;
}

void operator_output_close(struct operator_output **closed)
{
	struct operator_output *output = *closed;

	*closed = NULL;
	if (output == NULL)
		return;
	table_writer_close(&output->writer);
	free(output);
}
