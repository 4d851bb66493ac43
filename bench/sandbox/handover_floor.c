/* The least that a run in a worker process costs. */
#include "handover_floor.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum turn { OURS, THEIRS, OVER };

struct handover_floor {
	_Atomic uint32_t turn;
	uint64_t bytes;
	uint8_t *own, *window;
	pthread_t thread;
};

static void *other_main(void *argument)
{
	struct handover_floor *floor = argument;

	for (;;) {
		const uint32_t turn = atomic_load_explicit(&floor->turn, memory_order_acquire);

		if (turn == OVER)
			return NULL;
		if (turn == THEIRS)
			atomic_store_explicit(&floor->turn, OURS, memory_order_release);
		else
			__builtin_ia32_pause();
	}
}

int handover_floor_create(struct handover_floor **created, uint64_t bytes)
{
	struct handover_floor *floor = calloc(1, sizeof(*floor));
	int rc;

	if (floor == NULL)
		return -ENOMEM;
	floor->bytes = bytes;
	floor->own = malloc(bytes);
	floor->window = malloc(bytes);
	rc = floor->own != NULL && floor->window != NULL
		 ? -pthread_create(&floor->thread, NULL, other_main, floor)
		 : -ENOMEM;
	if (rc < 0) {
		free(floor->own);
		free(floor->window);
		free(floor);
		return rc;
	}
	*created = floor;
	return 0;
}

int handover_floor_run(struct handover_floor *floor)
{
	memset(floor->own, 0, floor->bytes);
	memcpy(floor->window, floor->own, floor->bytes);
	atomic_store_explicit(&floor->turn, THEIRS, memory_order_release);
	while (atomic_load_explicit(&floor->turn, memory_order_acquire) != OURS)
		__builtin_ia32_pause();
	memcpy(floor->own, floor->window, floor->bytes);
	return 0;
}

void handover_floor_destroy(struct handover_floor **destroyed)
{
	struct handover_floor *floor = *destroyed;

	*destroyed = NULL;
	if (floor == NULL)
		return;
	atomic_store(&floor->turn, OVER);
	pthread_join(floor->thread, NULL);
	free(floor->own);
	free(floor->window);
	free(floor);
}
