/*
 * A channel within one process: regions change hands by reference, and come back by themselves.
 */
#include "channel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

struct pair {
	pthread_mutex_t lock; // of left and the positions of sides that have left
	bool left[2];
	struct slot_reader readers[2]; // of sides that have left
	atomic_uint refs;              // ends and loans
	atomic_bool gone[2];           // left, for the other side to see
	atomic_uint_least64_t lent_bytes[2];
	struct slot_ring *rings; // ring number i is written by side i
};

struct loan {
	struct region region; /* as the receiver sees it */
	struct region *lent;
	struct pair *pair;
	uint32_t side;
};

static void pair_unref(struct pair *pair)
{
	if (atomic_fetch_sub_explicit(&pair->refs, 1, memory_order_acq_rel) > 1)
		return;
	munmap(pair->rings, 2 * sizeof(struct slot_ring));
	pthread_mutex_destroy(&pair->lock);
	free(pair);
}

static void loan_release(struct region *region)
{
	struct loan *loan = (struct loan *)region; /* its first member */

	atomic_fetch_sub_explicit(&loan->pair->lent_bytes[loan->side], loan->lent->class_bytes,
				  memory_order_relaxed);
	region_unref(&loan->lent);
	pair_unref(loan->pair);
	free(loan);
}

int pair_lend(struct attach_channel *channel, struct region *region, struct slot *slot)
{
	struct loan *loan = malloc(sizeof(*loan));

	if (loan == NULL)
		return -EAGAIN;
	region_init_foreign(&loan->region, region->base, region->bytes, loan_release);
	loan->lent = region_ref(region);
	loan->pair = channel->pair;
	loan->side = channel->side;
	atomic_fetch_add_explicit(&loan->pair->refs, 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&loan->pair->lent_bytes[loan->side], region->class_bytes,
				  memory_order_relaxed);
	slot->offset = (uintptr_t)loan;
	return 0;
}

struct region *pair_borrow(const struct slot *slot)
{
	return &((struct loan *)(uintptr_t)slot->offset)->region;
}

uint64_t pair_lent_bytes(const struct attach_channel *channel)
{
	return atomic_load_explicit(&channel->pair->lent_bytes[channel->side],
				    memory_order_relaxed);
}

bool pair_is_left(const struct attach_channel *channel)
{
	return atomic_load_explicit(&channel->pair->gone[1 - channel->side], memory_order_acquire);
}

/* What was sent to a side that will not read it. */
static void drain(struct slot_reader *reader)
{
	struct slot slot;

	while (slot_take(reader, &slot)) {
		if (slot.kind == SLOT_LOAN) {
			struct region *region = pair_borrow(&slot);

			region_unref(&region);
		}
	}
}

void pair_leave(struct attach_channel *channel)
{
	struct pair *pair = channel->pair;
	uint32_t side = channel->side;

	pthread_mutex_lock(&pair->lock);
	pair->left[side] = true;
	atomic_store_explicit(&pair->gone[side], true, memory_order_release);
	drain(&channel->reader);
	pair->readers[side] = channel->reader;
	if (pair->left[1 - side]) /* what we sent since it left */
		drain(&pair->readers[1 - side]);
	pthread_mutex_unlock(&pair->lock);
	pair_unref(pair);
}

static struct pair *pair_create(void)
{
	struct pair *pair = calloc(1, sizeof(*pair));
	void *rings;

	if (pair == NULL)
		return NULL;
	rings = mmap(NULL, 2 * sizeof(struct slot_ring), PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (rings == MAP_FAILED) {
		free(pair);
		return NULL;
	}
	pair->rings = rings;
	pthread_mutex_init(&pair->lock, NULL);
	atomic_init(&pair->refs, 1);
	return pair;
}

static struct attach_channel *end_create(struct pair *pair, uint32_t side)
{
	struct attach_channel *end = calloc(1, sizeof(*end));

	if (end == NULL)
		return NULL;
	end->pair = pair;
	end->side = side;
	end->writer.ring = &pair->rings[side];
	end->reader.ring = &pair->rings[1 - side];
	end->peer_wake_fd = -1;
	end->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	atomic_fetch_add_explicit(&pair->refs, 1, memory_order_relaxed);
	return end;
}

int attach_pair(struct attach_channel *ends[2])
{
	struct pair *pair = pair_create();
	int rc = -ENOMEM;

	if (pair == NULL)
		return rc;
	ends[0] = end_create(pair, 0);
	ends[1] = end_create(pair, 1);
	if (ends[0] == NULL || ends[1] == NULL)
		goto fail;
	rc = -EMFILE;
	if (ends[0]->wake_fd < 0 || ends[1]->wake_fd < 0)
		goto fail;
	for (int i = 0; i < 2; i++) {
		/* Each end closes its own descriptors, whichever goes first. */
		ends[i]->peer_wake_fd = fcntl(ends[1 - i]->wake_fd, F_DUPFD_CLOEXEC, 0);
		if (ends[i]->peer_wake_fd < 0)
			goto fail;
	}
	pair_unref(pair);
	return 0;
fail:
	attach_close(&ends[0]);
	attach_close(&ends[1]);
	pair_unref(pair);
	return rc;
}
