/* The order by key: hash, key bytes, then as it was; for any spread of hashes. */
#include "gather_sort.h"

#include "test.h"

#include <stdbool.h>

#define ITEMS_MAX 30000

static uint8_t keys[4096];
static struct mr_item items[ITEMS_MAX];
static struct mr_item want[ITEMS_MAX];
static struct gather_sort_entry scratch[GATHER_SORT_SCRATCH * ITEMS_MAX];

static uint64_t next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* bytes_off is the place an item had. */
static int compare(const void *left, const void *right)
{
	const struct mr_item *a = left;
	const struct mr_item *b = right;
	uint32_t len = a->key_len < b->key_len ? a->key_len : b->key_len;
	int order;

	if (a->key_hash != b->key_hash)
		return a->key_hash < b->key_hash ? -1 : 1;
	order = memcmp(keys + a->key_off, keys + b->key_off, len);
	if (order == 0 && a->key_len != b->key_len)
		order = a->key_len < b->key_len ? -1 : 1;
	return order != 0 ? order : (a->bytes_off > b->bytes_off) - (a->bytes_off < b->bytes_off);
}

/* Hashes within mask, so that few bits mean many equal ones; outliers widen the range. */
static void try_sort(uint32_t count, uint64_t mask, bool outliers, uint64_t seed)
{
	for (uint32_t i = 0; i < count; i++)
		items[i] = (struct mr_item){
		    .key_hash = next(&seed) & mask,
		    .key_off = (uint32_t)(next(&seed) % 2048),
		    .key_len = (uint32_t)(next(&seed) % 4),
		    .bytes_off = i,
		};
	if (outliers && count > 2) {
		items[0].key_hash = UINT64_MAX;
		items[count / 2].key_hash = 0;
	}
	memcpy(want, items, count * sizeof(*items));
	qsort(want, count, sizeof(*want), compare);
	gather_sort(keys, items, count, scratch);
	CHECK(memcmp(want, items, count * sizeof(*items)) == 0, "%u items, mask %llx", count,
	      (unsigned long long)mask);
}

int main(void)
{
	static const uint32_t counts[] = {0, 1, 2, 3, 16, 17, 100, 1000, 4096, 4097, ITEMS_MAX};
	static const uint64_t masks[] = {0, 1, 0xff, 0xfffff, 0xffffull << 48, UINT64_MAX};

	for (uint32_t i = 0; i < sizeof(keys); i++)
		keys[i] = (uint8_t)(i * 7 % 3);
	for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++)
		for (size_t m = 0; m < sizeof(masks) / sizeof(masks[0]); m++) {
			try_sort(counts[c], masks[m], false, 77 + c);
			try_sort(counts[c], masks[m], true, 99 + m);
		}
	return 0;
}
