/*
 * Timers: a hierarchical timing wheel that is late with changes.
 *
 * Most deadlines move back again and again (each packet heard moves its peer's): timer_set() to a
 * later time only notes it, and the timer is put where it belongs when its old place comes up. So
 * setting one for each packet costs a store; a timer moves once per deadline that passes. Nor does
 * one that is set and stopped for each message move: timer_stop() leaves it in its place.
 *
 * Source: Varghese and Lauck, "Hashed and hierarchical timing wheels" (SOSP 1987), scheme 7.
 */
#ifndef TIMER_H
#define TIMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#define TIMER_LEVELS 4       /* of slots each as long as all of the level below: 137 s */
#define TIMER_SLOTS 64       /* of a level: one word says which are in use */
#define TIMER_TICK_NS_LOG 13 /* 8 us, a slot of the lowest level: a few timers share one */

enum timer_kind { TIMER_PEER_SILENT, TIMER_PEER_RETRY, TIMER_PATH, TIMER_MESSAGE_QUIET, TIMER_HOP };

#define TIMER_NEVER UINT64_MAX

struct timer {
	TAILQ_ENTRY(timer) link;
	uint64_t at_ns;    /* where the wheel holds it */
	uint64_t due_ns;   /* when it is really due, never before at_ns; TIMER_NEVER: not set */
	uint16_t position; /* level and slot, from 1; 0: in none */
	uint8_t kind;      /* enum timer_kind */
};

TAILQ_HEAD(timer_list, timer);

struct timer_wheel {
	uint64_t tick;               /* slots before it are empty */
	uint64_t next_ns;            /* nothing is held before it */
	uint32_t held;               /* timers in slots, */
	uint32_t count;              /* and those of them that are set */
	uint64_t used[TIMER_LEVELS]; /* a bit for each slot that is not empty */
	struct timer_list slots[TIMER_LEVELS][TIMER_SLOTS];
};

void timer_wheel_init(struct timer_wheel *wheel, uint64_t now_ns);

static inline void timer_init(struct timer *timer, enum timer_kind kind)
{
	*timer = (struct timer){.due_ns = TIMER_NEVER, .kind = (uint8_t)kind};
}

static inline bool timer_is_set(const struct timer *timer)
{
	return timer->position != 0 && timer->due_ns != TIMER_NEVER;
}

void timer_move(struct timer_wheel *wheel, struct timer *timer, uint64_t due_ns);

static inline void timer_set(struct timer_wheel *wheel, struct timer *timer, uint64_t due_ns)
{
	if (timer->position == 0 || due_ns < timer->at_ns) {
		timer_move(wheel, timer, due_ns);
		return;
	}
	wheel->count += timer->due_ns == TIMER_NEVER;
	timer->due_ns = due_ns;
}

/* For a timer that will be set again: it stays in the wheel, and must not go away. */
static inline void timer_stop(struct timer_wheel *wheel, struct timer *timer)
{
	wheel->count -= timer_is_set(timer);
	timer->due_ns = TIMER_NEVER;
}

/* Takes it out of the wheel. */
void timer_cancel(struct timer_wheel *wheel, struct timer *timer);
/* Takes out a timer that is due, or returns NULL. */
struct timer *timer_pop(struct timer_wheel *wheel, uint64_t now_ns);

/* A time not after the earliest due; UINT64_MAX when none is set. */
static inline uint64_t timer_next(const struct timer_wheel *wheel)
{
	return wheel->count > 0 ? wheel->next_ns : UINT64_MAX;
}

#endif
