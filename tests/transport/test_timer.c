/* The timer wheel against a plain list: what is due comes out, once, and nothing before its time.
 */
#include "random.h"
#include "test.h"
#include "timer.h"

#define TIMERS 300
#define STEPS 200000

static struct timer_wheel wheel;
static struct timer timers[TIMERS];
static uint64_t due_ns[TIMERS]; /* UINT64_MAX: not set */
static uint64_t now_ns;

static uint64_t earliest(void)
{
	uint64_t least = UINT64_MAX;

	for (uint32_t i = 0; i < TIMERS; i++)
		if (due_ns[i] < least)
			least = due_ns[i];
	return least;
}

/* From nanoseconds to minutes, all magnitudes alike. */
static uint64_t span(struct sim_random *random)
{
	return sim_random_below(random, 1ull << sim_random_below(random, 39));
}

static void pop_due(void)
{
	struct timer *timer;

	while ((timer = timer_pop(&wheel, now_ns)) != NULL) {
		uint64_t i = (uint64_t)(timer - timers);

		CHECK(due_ns[i] <= now_ns, "timer %lu is early", i);
		CHECK(timer->position == 0);
		due_ns[i] = UINT64_MAX;
	}
	CHECK(earliest() > now_ns, "a timer is late");
	CHECK(timer_next(&wheel) <= earliest(), "the deadline is late");
	CHECK(timer_next(&wheel) > now_ns, "the deadline is not ahead");
}

static void change(struct sim_random *random)
{
	uint64_t i = sim_random_below(random, TIMERS);

	switch (sim_random_below(random, 8)) {
	case 0:
		timer_cancel(&wheel, &timers[i]);
		due_ns[i] = UINT64_MAX;
		break;
	case 1:
		timer_stop(&wheel, &timers[i]);
		due_ns[i] = UINT64_MAX;
		break;
	default:
		due_ns[i] = now_ns + span(random);
		timer_set(&wheel, &timers[i], due_ns[i]);
	}
	CHECK(timer_is_set(&timers[i]) == (due_ns[i] != UINT64_MAX));
	CHECK((timer_next(&wheel) == UINT64_MAX) == (earliest() == UINT64_MAX));
	CHECK(timer_next(&wheel) <= earliest(), "the deadline is late");
}

static void run(uint64_t seed)
{
	struct sim_random random = {.state = seed};

	now_ns = span(&random);
	timer_wheel_init(&wheel, now_ns);
	for (uint32_t i = 0; i < TIMERS; i++) {
		timer_init(&timers[i], TIMER_HOP);
		due_ns[i] = UINT64_MAX;
	}
	for (uint32_t step = 0; step < STEPS / 10; step++) {
		change(&random);
		if (sim_random_below(&random, 3) != 0)
			continue;
		/* Time goes to the deadline, or beyond it, or not so far. */
		if (sim_random_below(&random, 2) == 0 && timer_next(&wheel) != UINT64_MAX)
			now_ns = timer_next(&wheel);
		else
			now_ns += span(&random) >> sim_random_below(&random, 20);
		pop_due();
	}
	for (uint32_t wakes = 0; timer_next(&wheel) != UINT64_MAX; wakes++) {
		CHECK(wakes < TIMERS * 2 * TIMER_LEVELS * 8, "it wakes for nothing");
		now_ns = timer_next(&wheel);
		pop_due();
	}
	CHECK(earliest() == UINT64_MAX, "a timer was forgotten");
}

/* A deadline that moves back with each packet is looked at once a turn, not moved each time. */
static void test_lazy(void)
{
	timer_wheel_init(&wheel, 0);
	timer_init(&timers[0], TIMER_PEER_SILENT);
	timer_set(&wheel, &timers[0], 1000000);
	timer_set(&wheel, &timers[0], 5000000);
	CHECK(timers[0].at_ns == 1000000, "it was moved");
	CHECK(timer_pop(&wheel, 4999999) == NULL);
	CHECK(timer_pop(&wheel, 5000000) == &timers[0]);
	CHECK(timer_next(&wheel) == UINT64_MAX);
}

/* One that is set and stopped for each message stays where it is, and wakes nobody. */
static void test_stopped(void)
{
	timer_wheel_init(&wheel, 0);
	timer_init(&timers[0], TIMER_PEER_RETRY);
	timer_set(&wheel, &timers[0], 1000000);
	timer_stop(&wheel, &timers[0]);
	CHECK(timer_next(&wheel) == UINT64_MAX, "it wakes for nothing");
	timer_set(&wheel, &timers[0], 2000000);
	CHECK(timers[0].at_ns == 1000000, "it was moved");
	CHECK(timer_pop(&wheel, 1999999) == NULL);
	timer_stop(&wheel, &timers[0]);
	CHECK(timer_pop(&wheel, 3000000) == NULL, "it was stopped");
	CHECK(timers[0].position == 0, "it stays for ever");
	timer_set(&wheel, &timers[0], 4000000);
	CHECK(timer_pop(&wheel, 4000000) == &timers[0]);
	CHECK(timer_next(&wheel) == UINT64_MAX);
}

int main(void)
{
	for (uint64_t seed = 1; seed <= 10; seed++)
		run(seed);
	test_lazy();
	test_stopped();
	return 0;
}
