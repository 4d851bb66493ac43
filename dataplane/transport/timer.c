/* The wheel of deadlines. */
#include "timer.h"

#define LEVEL_LOG 6 /* TIMER_SLOTS */
#define TICKS_MAX ((1ull << LEVEL_LOG * TIMER_LEVELS) - TIMER_SLOTS * TIMER_SLOTS * TIMER_SLOTS)

_Static_assert(TIMER_SLOTS == 1 << LEVEL_LOG, "a slot's number is six bits of a tick");

void timer_wheel_init(struct timer_wheel *wheel, uint64_t now_ns)
{
	*wheel = (struct timer_wheel){.tick = now_ns >> TIMER_TICK_NS_LOG, .next_ns = UINT64_MAX};
	for (uint32_t level = 0; level < TIMER_LEVELS; level++)
		for (uint32_t slot = 0; slot < TIMER_SLOTS; slot++)
			TAILQ_INIT(&wheel->slots[level][slot]);
}

/* The lowest level on which the slot of that tick is less than a turn ahead of the present one; so
 * what is above the lowest level is never in a present slot. */
static uint32_t level_of(const struct timer_wheel *wheel, uint64_t tick)
{
	uint32_t level = 0;

	while ((tick >> level * LEVEL_LOG) - (wheel->tick >> level * LEVEL_LOG) >= TIMER_SLOTS)
		level++;
	return level;
}

static void wheel_put(struct timer_wheel *wheel, struct timer *timer)
{
	uint64_t tick = timer->at_ns >> TIMER_TICK_NS_LOG;
	uint32_t level, slot;

	if (tick < wheel->tick)
		tick = wheel->tick;
	if (tick - wheel->tick > TICKS_MAX)
		tick = wheel->tick + TICKS_MAX; /* it comes up too early, and is put back */
	level = level_of(wheel, tick);
	slot = tick >> level * LEVEL_LOG & (TIMER_SLOTS - 1);
	TAILQ_INSERT_TAIL(&wheel->slots[level][slot], timer, link);
	wheel->used[level] |= 1ull << slot;
	timer->position = (uint16_t)(level * TIMER_SLOTS + slot + 1);
	if (timer->at_ns < wheel->next_ns)
		wheel->next_ns = timer->at_ns;
}

static void wheel_take(struct timer_wheel *wheel, struct timer *timer)
{
	uint32_t level, slot;

	level = (timer->position - 1u) / TIMER_SLOTS;
	slot = (timer->position - 1u) % TIMER_SLOTS;
	TAILQ_REMOVE(&wheel->slots[level][slot], timer, link);
	if (TAILQ_EMPTY(&wheel->slots[level][slot]))
		wheel->used[level] &= ~(1ull << slot);
	timer->position = 0;
}

void timer_cancel(struct timer_wheel *wheel, struct timer *timer)
{
	if (timer->position == 0)
		return;
	timer_stop(wheel, timer);
	wheel_take(wheel, timer);
	wheel->held--;
}

void timer_move(struct timer_wheel *wheel, struct timer *timer, uint64_t due_ns)
{
	timer_cancel(wheel, timer);
	timer->at_ns = due_ns;
	timer->due_ns = due_ns;
	wheel_put(wheel, timer);
	wheel->held++;
	wheel->count++;
}

/* Slots in use of a level, the present one first. */
static uint64_t slots_ahead(const struct timer_wheel *wheel, uint32_t level)
{
	uint32_t present = wheel->tick >> level * LEVEL_LOG & (TIMER_SLOTS - 1);
	uint64_t used = wheel->used[level];

	return used >> present | (present == 0 ? 0 : used << (TIMER_SLOTS - present));
}

/* When the first used slot of a level begins. */
static uint64_t level_tick(const struct timer_wheel *wheel, uint32_t level)
{
	uint64_t ahead = slots_ahead(wheel, level);
	uint64_t first;

	if (ahead == 0)
		return UINT64_MAX;
	first = (wheel->tick >> level * LEVEL_LOG) + (uint32_t)__builtin_ctzll(ahead);
	first <<= level * LEVEL_LOG;
	return first < wheel->tick ? wheel->tick : first;
}

static uint64_t slot_earliest_ns(const struct timer_wheel *wheel, uint64_t tick)
{
	uint64_t earliest_ns = UINT64_MAX;
	const struct timer *timer;

	TAILQ_FOREACH (timer, &wheel->slots[0][tick % TIMER_SLOTS], link)
		if (timer->at_ns < earliest_ns)
			earliest_ns = timer->at_ns;
	return earliest_ns;
}

static void next_find(struct timer_wheel *wheel)
{
	uint64_t tick = level_tick(wheel, 0);

	wheel->next_ns = tick == UINT64_MAX ? UINT64_MAX : slot_earliest_ns(wheel, tick);
	for (uint32_t level = 1; level < TIMER_LEVELS; level++) {
		tick = level_tick(wheel, level);
		if (tick != UINT64_MAX && tick << TIMER_TICK_NS_LOG < wheel->next_ns)
			wheel->next_ns = tick << TIMER_TICK_NS_LOG;
	}
}

/* Moves the present to a tick where a slot of a level begins, and deals that slot out below. */
static void slot_deal(struct timer_wheel *wheel, uint32_t level, uint64_t tick)
{
	uint32_t slot = tick >> level * LEVEL_LOG & (TIMER_SLOTS - 1);
	struct timer *timer, *next;

	timer = TAILQ_FIRST(&wheel->slots[level][slot]);
	TAILQ_INIT(&wheel->slots[level][slot]);
	wheel->used[level] &= ~(1ull << slot);
	for (; timer != NULL; timer = next) {
		next = TAILQ_NEXT(timer, link);
		timer->position = 0;
		timer->at_ns = timer->due_ns;
		if (timer->due_ns == TIMER_NEVER)
			wheel->held--;
		else
			wheel_put(wheel, timer);
	}
}

/* Brings the present up to a tick, slot by used slot; it stops at a slot of the lowest level. */
static void advance(struct timer_wheel *wheel, uint64_t to)
{
	for (;;) {
		uint64_t first = to;
		uint32_t from = 0;

		for (uint32_t level = 0; level < TIMER_LEVELS; level++) {
			uint64_t tick = level_tick(wheel, level);

			if (tick < first || (tick == first && level > from)) {
				first = tick;
				from = level;
			}
		}
		wheel->tick = first;
		if (from == 0)
			return;
		slot_deal(wheel, from, first);
	}
}

/* Of the present slot: one that is due, or NULL; those that have moved back go where they belong,
 * and those that were stopped out of the wheel. */
static struct timer *slot_pop(struct timer_wheel *wheel, uint64_t now_ns)
{
	struct timer *timer, *next;

	for (timer = TAILQ_FIRST(&wheel->slots[0][wheel->tick % TIMER_SLOTS]); timer != NULL;
	     timer = next) {
		next = TAILQ_NEXT(timer, link);
		if (timer->at_ns > now_ns)
			continue;
		if (timer->due_ns <= now_ns) {
			timer_cancel(wheel, timer);
			return timer;
		}
		if (timer->due_ns == TIMER_NEVER)
			timer_cancel(wheel, timer);
		else
			timer_move(wheel, timer, timer->due_ns);
	}
	return NULL;
}

struct timer *timer_pop(struct timer_wheel *wheel, uint64_t now_ns)
{
	uint64_t now_tick = now_ns >> TIMER_TICK_NS_LOG;

	if (wheel->held == 0) {
		wheel->tick = now_tick > wheel->tick ? now_tick : wheel->tick;
		wheel->next_ns = UINT64_MAX;
		return NULL;
	}
	while (wheel->next_ns <= now_ns) {
		struct timer *timer;

		advance(wheel, now_tick);
		timer = slot_pop(wheel, now_ns);
		if (timer != NULL)
			return timer;
		next_find(wheel);
	}
	return NULL;
}
