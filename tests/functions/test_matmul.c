/* matmul: products of all small sides against a plain triple loop, and what it refuses. */
#include "harness.h"
#include "test.h"

#define SIDE_MAX 33

static struct harness_function matmul;

static void matrices_run(const uint32_t *a, uint32_t a_len, const uint32_t *b, uint32_t b_len,
			 struct harness_run *run)
{
	const struct harness_item items[] = {{.bytes = a, .len = a_len},
					     {.bytes = b, .len = b_len}};
	const struct harness_set in[] = {{"a", &items[0], 1}, {"b", &items[1], 1}};

	harness_invoke(&matmul, in, 2, run);
}

static void side_verify(uint32_t side)
{
	static uint32_t a[SIDE_MAX * SIDE_MAX], b[SIDE_MAX * SIDE_MAX];
	struct harness_run run;
	const uint32_t *c;

	for (uint32_t i = 0; i < side * side; i++) {
		a[i] = i * 2654435761u;
		b[i] = ~i * 40503u;
	}
	matrices_run(a, side * side * 4, b, side * side * 4, &run);
	CHECK(run.result.outcome == SANDBOX_OK, "%s", run.result.text);
	CHECK(run.out.item_count == 1 && harness_items(&run)->bytes_len == side * side * 4);
	c = (const uint32_t *)(const void *)harness_bytes(&run, harness_items(&run));
	for (uint32_t i = 0; i < side; i++)
		for (uint32_t j = 0; j < side; j++) {
			uint32_t sum = 0;

			for (uint32_t k = 0; k < side; k++)
				sum += a[i * side + k] * b[k * side + j];
			CHECK(c[i * side + j] == sum, "side %u, row %u, column %u", side, i, j);
		}
	harness_release(&run);
}

static void refused(uint32_t a_len, uint32_t b_len)
{
	static const uint32_t zeros[16];
	struct harness_run run;

	matrices_run(zeros, a_len, zeros, b_len, &run);
	CHECK(run.result.outcome == SANDBOX_FAILED);
	CHECK(strstr(run.result.text, "square matrices") != NULL, "%s", run.result.text);
	harness_release(&run);
}

int main(int argc, char **argv)
{
	harness_start();
	matmul = (struct harness_function){.code = harness_prepare(argv[1], argv[2], "matmul"),
					   .out = "c",
					   .memory_base = 4096,
					   .memory_factor = 1};
	for (uint32_t side = 0; side <= SIDE_MAX; side++)
		side_verify(side);
	refused(4, 16);
	refused(8, 8);
	refused(3, 3);
	sandbox_release(&matmul.code);
	harness_stop();
	return 0;
}
