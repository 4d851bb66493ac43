/* The one row of an aggregate without keys. */
#include "reference_measure.h"
#include "reference_parts.h"
#include "table_builder.h"

static int measure_put(const struct operator_bound *bound, struct reference_measure *measure,
		       uint32_t m, struct table_builder *builder, struct table_error *error)
{
	struct reference_value value;
	_Alignas(16) uint8_t fixed[16];
	int rc = reference_measure_end(measure, &value);

	if (rc < 0)
		return operator_fail(bound, UINT64_MAX, error, rc,
				     "overflow: the total of %s does not fit",
				     bound->schema.fields[m].name);
	if (value.null) {
		rc = table_builder_null(builder, m);
	} else if (table_type_is_text(measure->measure->kind.type)) {
		rc = table_builder_bytes(builder, m, value.bytes, value.count);
	} else {
		reference_value_pack(&measure->measure->kind, &value, fixed);
		rc = table_builder_value(builder, m, fixed);
	}
	return rc < 0 ? operator_fail(bound, UINT64_MAX, error, rc, "no memory") : 0;
}

int reference_measures_emit(struct operator_step *step, struct reference_measure *measures,
			    uint32_t count, struct table_error *error)
{
	struct table_builder *builder;
	struct table_batch *batch = NULL;
	int rc = table_builder_create(&step->bound->schema, &builder);

	if (rc < 0)
		return operator_fail(step->bound, UINT64_MAX, error, rc, "no memory");
	for (uint32_t m = 0; m < count && rc == 0; m++)
		rc = measure_put(step->bound, &measures[m], m, builder, error);
	if (rc == 0) {
		rc = table_builder_end_row(builder);
		if (rc == 0)
			rc = table_builder_take(builder, &batch);
		if (rc < 0)
			operator_fail(step->bound, UINT64_MAX, error, rc, "no memory");
	}
	if (rc == 0)
		rc = operator_emit_batch(step, batch, error);
	table_batch_free(&batch);
	table_builder_destroy(&builder);
	return rc;
}
