/* Loans that are out to another process. */
#include "channel.h"

#include <errno.h>
#include <stdlib.h>

int loans_init(struct loans *loans)
{
	loans->regions = calloc(MR_ATTACH_LOANS_MAX, sizeof(struct region *));
	loans->unused = malloc(MR_ATTACH_LOANS_MAX * sizeof(uint32_t));
	if (loans->regions == NULL || loans->unused == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < MR_ATTACH_LOANS_MAX; i++)
		loans->unused[i] = MR_ATTACH_LOANS_MAX - 1 - i;
	loans->unused_count = MR_ATTACH_LOANS_MAX;
	return 0;
}

void loans_fini(struct loans *loans)
{
	for (uint32_t i = 0; loans->regions != NULL && i < MR_ATTACH_LOANS_MAX; i++)
		region_unref(&loans->regions[i]);
	free(loans->regions);
	free(loans->unused);
	*loans = (struct loans){0};
}

int loans_add(struct loans *loans, struct region *region, uint32_t *token)
{
	if (loans->unused_count == 0)
		return -EAGAIN;
	*token = loans->unused[--loans->unused_count];
	loans->regions[*token] = region_ref(region);
	loans->bytes += region->class_bytes;
	return 0;
}

bool loans_end(struct loans *loans, uint32_t token)
{
	if (token >= MR_ATTACH_LOANS_MAX || loans->regions[token] == NULL)
		return false;
	loans->bytes -= loans->regions[token]->class_bytes;
	region_unref(&loans->regions[token]);
	loans->unused[loans->unused_count++] = token;
	return true;
}
