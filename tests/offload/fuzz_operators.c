/* Any text is steps or refused with words; what is an expression is printed and parsed to the same
 * again; what fits a table of every type runs the same on the reference and on every level. */
#include "expression.h"
#include "pipelines.h"
#include "table_text.h"
#include "test.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ROWS_MAX 70 /* more than a word of a bitmap */

static struct table_schema schema;
static struct table_batch *batch;

/* A column of every type, named by it. */
static void table_make(void)
{
	struct random random = {7};

	for (int type = 0; type < TABLE_TYPES; type++) {
		struct table_kind kind = {.type = (enum table_type)type,
					  .unit = TABLE_MICROSECOND,
					  .precision = 9,
					  .scale = 2};
		char name[TABLE_KIND_BYTES_MAX];

		table_kind_format(&kind, name);
		name[strcspn(name, "[(")] = '\0';
		CHECK(table_schema_add(&schema, name, strlen(name), &kind) == 0, "schema");
	}
	do {
		table_batch_free(&batch);
		batch = random_batch(&random, &schema, ROWS_MAX);
	} while (batch->rows < ROWS_MAX - 2);
}

static void again_check(const char *text, size_t bytes)
{
	const struct expression_source source = {NULL, text, bytes};
	struct expression *first, *second;
	struct table_error error = {""};
	static char printed[1 << 20];
	size_t count;

	if (expression_parse_text(&source, &first, &error) < 0) {
		CHECK(error.text[0] != '\0', "no words");
		return;
	}
	count = expression_print(first, NULL, printed, sizeof(printed));
	if (count < sizeof(printed) && count <= MR_OPERATOR_TEXT_BYTES_MAX) {
		const struct expression_source again = {NULL, printed, count};

		CHECK(expression_parse_text(&again, &second, &error) == 0, "%s", error.text);
		CHECK(expression_equal(first, second), "another tree: %s", printed);
		expression_free(&second);
	}
	expression_free(&first);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct operator_list list;
	struct table_error error = {""};
	char *text = malloc(size + 1);
	int rc;

	if (batch == NULL)
		table_make();
	CHECK(text != NULL, "memory");
	memcpy(text, data, size);
	text[size] = '\0';
	again_check(text, size);
	rc = operator_parse(text, "steps", &list, &error);
	CHECK(rc == 0 || error.text[0] != '\0', "no words for %d", rc);
	operator_list_free(&list);
	if (rc == 0 && memchr(data, '\0', size) == NULL)
		CHECK(pipelines_agree(text, &schema, &batch, 1, &rc, &error), "%s", error.text);
	free(text);
	return 0;
}
