/* When a run is out of time: by what it has had of a core, or by the clock when it sleeps. */
#include "test.h"
#include "time_limit.h"

#define MS 1000000ull

int main(void)
{
	static const struct {
		uint64_t used_ms, elapsed_ms, left_ms;
	} cases[] = {
	    /* A limit of 100 ms. Until the clock has it, nobody is out of time. */
	    {0, 0, 100},
	    {40, 60, 40},
	    {60, 60, 40},
	    {100, 100, 0},
	    {300, 100, 0}, /* what its thread did before counts too */
	    /* It got a half of its core, a quarter, a sixteenth. */
	    {50, 100, 50},
	    {25, 100, 75},
	    {99, 400, 1},
	    {100, 400, 0},
	    {90, 16 * 90, 10},
	    /* Asleep, all the time or nearly so. */
	    {0, 100, 0},
	    {3, 100, 0},
	    {4, 100, 96},
	    {50, 2000, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const uint64_t left_ns =
		    time_left_ns(100 * MS, cases[i].used_ms * MS, cases[i].elapsed_ms * MS);

		CHECK(left_ns == cases[i].left_ms * MS, "%llu of %llu ms: %llu ns left",
		      (unsigned long long)cases[i].used_ms, (unsigned long long)cases[i].elapsed_ms,
		      (unsigned long long)left_ns);
	}
	CHECK(time_left_ns(100 * MS, 100 * MS - 1, 100 * MS) == TIME_LOOK_NS_MIN,
	      "it is looked at too often");
	return 0;
}
