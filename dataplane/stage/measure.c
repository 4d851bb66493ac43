/* How much of a store belongs to each key group: what partitions are planned from. */
#include "store.h"

void store_measure_groups(const struct store *store, struct store_group *groups)
{
	for (uint32_t i = 0; i < store->count; i++) {
		const struct batch *batch = store->batches[i];

		for (uint32_t m = 0; m < batch->mark_count; m++) {
			const struct batch_mark *mark = &batch->marks[m];
			struct store_group *group = &groups[mark->group];

			group->batches++;
			group->items += mark[1].item - mark->item;
			group->bytes += mark[1].byte - mark->byte;
		}
	}
}
