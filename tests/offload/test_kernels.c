/* Kernels over vectors: every level gives the bits of the plain one, for every lane, operands that
 * are vectors or one value, any number of rows, all patterns of nulls. test_kernels [ROUNDS [SEED]]
 * Needs nothing but offload/cpu, so that it runs on other machines' instruction sets, too. */
#include "test.h"
#include "vector_kernels.h"

#define ROWS_MAX 333
#define WORDS (ROWS_MAX / 64 + 1)

static uint64_t state;

static uint64_t next(void) /* splitmix64 */
{
	uint64_t z = state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

static const uint32_t lane_bytes[VECTOR_FIXED] = {
    [VECTOR_I32] = 4, [VECTOR_U32] = 4, [VECTOR_I64] = 8,   [VECTOR_U64] = 8,
    [VECTOR_F32] = 4, [VECTOR_F64] = 8, [VECTOR_I128] = 16,
};

/* Small numbers, so that some are equal, ends of ranges, any bits; floats also NaN and zeros. */
static void values_make(uint8_t *to, enum vector_lane lane, uint32_t rows)
{
	static const double reals[] = {0.0, -0.0, 1.5, -2.25, 1e300, 5e-324};
	static const uint64_t edges[] = {0,          1,         UINT64_MAX, INT64_MAX,
					 1ull << 63, INT32_MAX, 1ull << 31};

	for (uint32_t i = 0; i < rows; i++, to += lane_bytes[lane]) {
		uint64_t kind = next() % 4, bits = next();
		__int128 value = kind == 0   ? (__int128)(bits % 16) - 8
				 : kind == 1 ? (__int128)(int64_t)edges[bits % 7]
				 : kind == 2 ? (__int128)(int64_t)(bits >> bits % 64)
					     : (__int128)((unsigned __int128)bits << next() % 63);
		double real = kind == 0   ? reals[bits % 6]
			      : kind == 1 ? __builtin_nan("")
					  : (double)(int64_t)bits / (double)(1 + (bits >> 40));
		float narrow = (float)real;

		if (lane == VECTOR_F64)
			memcpy(to, &real, sizeof(real));
		else if (lane == VECTOR_F32)
			memcpy(to, &narrow, sizeof(narrow));
		else
			memcpy(to, &value, lane_bytes[lane]);
	}
}

/* None, some, most or all are null. */
static const uint64_t *validity_make(uint64_t *words, uint32_t rows)
{
	uint64_t pattern = next() % 5;

	for (uint32_t w = 0; w * 64 < rows; w++) {
		words[w] = pattern == 1 ? 0 : pattern == 2 ? next() | next() : next() & next();
		if (pattern == 4 && next() % 2 == 0)
			words[w] = UINT64_MAX;
		if (rows - 64 * w < 64)
			words[w] &= ((uint64_t)1 << (rows - 64 * w)) - 1;
	}
	return pattern == 0 ? NULL : words;
}

struct inputs {
	_Alignas(16) uint8_t a[ROWS_MAX * 16], b[ROWS_MAX * 16];
	uint64_t words[WORDS];
	const uint64_t *validity;
	uint32_t rows;
	enum vector_lane lane;
	enum vector_shape shape;
};

static void arithmetic_check(const struct inputs *in, vector_arithmetic *plain,
			     vector_arithmetic *other, const char *name)
{
	static uint8_t wanted[ROWS_MAX * 16] __attribute__((aligned(16)));
	static uint8_t got[ROWS_MAX * 16] __attribute__((aligned(16)));
	bool x, y;

	CHECK((plain == NULL) == (other == NULL), "%s: lane %d", name, in->lane);
	if (plain == NULL)
		return;
	x = plain(wanted, in->a, in->b, in->shape, in->rows, in->validity);
	y = other(got, in->a, in->b, in->shape, in->rows, in->validity);
	CHECK(x == y && memcmp(wanted, got, (size_t)in->rows * lane_bytes[in->lane]) == 0,
	      "%s: lane %d, shape %d, %u rows", name, in->lane, in->shape, in->rows);
}

static void comparison_check(const struct inputs *in, vector_comparison *plain,
			     vector_comparison *other, const char *name)
{
	uint64_t wanted[WORDS] = {0}, got[WORDS] = {0};

	plain(wanted, in->a, in->b, in->shape, in->rows);
	other(got, in->a, in->b, in->shape, in->rows);
	CHECK(memcmp(wanted, got, sizeof(got)) == 0, "%s: lane %d, shape %d, %u rows", name,
	      in->lane, in->shape, in->rows);
}

static void select_check(const struct inputs *in, const struct select_kernels *plain,
			 const struct select_kernels *other)
{
	uint32_t wanted[ROWS_MAX + VECTOR_SELECT_SLACK], got[ROWS_MAX + VECTOR_SELECT_SLACK];
	uint32_t from[ROWS_MAX], x, y;

	for (uint32_t i = 0; i < ROWS_MAX; i++)
		from[i] = 3 * i + 1;
	x = plain->select(in->words, in->rows, in->validity != NULL ? from : NULL, wanted);
	y = other->select(in->words, in->rows, in->validity != NULL ? from : NULL, got);
	CHECK(x == y && memcmp(wanted, got, x * sizeof(uint32_t)) == 0, "select: %u rows",
	      in->rows);
}

static void sum_check(const struct inputs *in, const struct sum_kernels *plain,
		      const struct sum_kernels *other)
{
	double wanted[VECTOR_SUM_LANES], got[VECTOR_SUM_LANES];
	int64_t x[4] = {0}, y[4] = {0};
	uint64_t u[4] = {0}, v[4] = {0};
	uint32_t at = in->rows / 3;

	for (uint32_t i = 0; i < VECTOR_SUM_LANES; i++)
		wanted[i] = got[i] = i % 2 != 0 ? -0.0 : (double)i;
	plain->f64(wanted, (const double *)(const void *)in->a + at, in->rows - at, in->validity,
		   at);
	other->f64(got, (const double *)(const void *)in->a + at, in->rows - at, in->validity, at);
	if (in->lane == VECTOR_F64)
		for (uint32_t i = 0; i < VECTOR_SUM_LANES; i++)
			CHECK(memcmp(&wanted[i], &got[i], sizeof(double)) == 0 ||
				  (wanted[i] != wanted[i] && got[i] != got[i]),
			      "sum of floats: %u rows", in->rows);
	plain->i64((const void *)in->a, in->rows, in->validity, &x[0], &u[0]);
	other->i64((const void *)in->a, in->rows, in->validity, &y[0], &v[0]);
	plain->u64((const void *)in->a, in->rows, in->validity, &u[1], &u[2]);
	other->u64((const void *)in->a, in->rows, in->validity, &v[1], &v[2]);
	plain->i32((const void *)in->a, in->rows, in->validity, &x[1]);
	other->i32((const void *)in->a, in->rows, in->validity, &y[1]);
	plain->u32((const void *)in->a, in->rows, in->validity, &u[3]);
	other->u32((const void *)in->a, in->rows, in->validity, &v[3]);
	CHECK(memcmp(x, y, sizeof(x)) == 0 && memcmp(u, v, sizeof(u)) == 0, "sums: %u rows",
	      in->rows);
}

static void round_check(const struct inputs *in, enum cpu_level level)
{
	const struct arithmetic_kernels *arithmetic[2];
	const struct compare_kernels *compare[2];
	const struct select_kernels *select[2];
	const struct sum_kernels *sum[2];

	for (int i = 0; i < 2; i++) {
		cpu_level_force(i == 0 ? CPU_PLAIN : level);
		arithmetic[i] = CPU_PICK(arithmetic_kernels);
		compare[i] = CPU_PICK(compare_kernels);
		select[i] = CPU_PICK(select_kernels);
		sum[i] = CPU_PICK(sum_kernels);
	}
#define ARITHMETIC(op) \
	arithmetic_check(in, arithmetic[0]->op[in->lane], arithmetic[1]->op[in->lane], #op)
#define COMPARISON(op) comparison_check(in, compare[0]->op[in->lane], compare[1]->op[in->lane], #op)
	ARITHMETIC(add);
	ARITHMETIC(subtract);
	ARITHMETIC(multiply);
	ARITHMETIC(divide);
	COMPARISON(equal);
	COMPARISON(less);
	COMPARISON(less_equal);
	select_check(in, select[0], select[1]);
	sum_check(in, sum[0], sum[1]);
}

int main(int argc, char **argv)
{
	uint64_t rounds = argc > 1 ? strtoull(argv[1], NULL, 10) : 3000;
	uint32_t levels = 0;

	state = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
	printf("seed %llu", (unsigned long long)state);
	for (int level = CPU_PLAIN + 1; level < CPU_LEVELS; level++) {
		if (!cpu_level_force((enum cpu_level)level))
			continue;
		levels++;
		printf(", %s", cpu_level_name((enum cpu_level)level));
		for (uint64_t i = 0; i < rounds; i++) {
			static struct inputs in;

			in.rows = (uint32_t)(next() % (ROWS_MAX + 1));
			in.lane = (enum vector_lane)(next() % VECTOR_FIXED);
			in.shape = (enum vector_shape)(next() % 3);
			values_make(in.a, in.lane, ROWS_MAX);
			values_make(in.b, in.lane, ROWS_MAX);
			in.validity = validity_make(in.words, in.rows);
			round_check(&in, (enum cpu_level)level);
		}
	}
	puts("");
	if (levels == 0)
		SKIP("this machine has no level but the plain one");
	return 0;
}
