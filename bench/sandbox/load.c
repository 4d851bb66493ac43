/* A node under load: at its peak, and at times drawn beforehand. */
#include "load.h"

#include <errno.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "process.h"
#include "random.h"
#include "worker.h"

#define PEAK_CALLS 16   /* under way: every worker finds one waiting, and caches are not flooded */
#define INSIDE_MAX 4096 /* times kept of one function at the peak */
#define PEAK_MS_MIN 100 /* some tens of the slowest calls */
#define GENERATOR_PRIORITY 1 /* of SCHED_FIFO: an arrival does not wait for a worker */

int load_open(struct load *load, struct subject *const *subjects, uint32_t count, uint32_t workers)
{
	const struct sandbox_ops *backends[PLATFORM_FUNCTIONS_MAX];

	*load = (struct load){.workers = workers, .subject_count = count};
	for (uint32_t i = 0; i < count; i++) {
		load->subjects[i] = subjects[i];
		backends[i] = subjects[i]->ops;
	}
	return platform_open(&load->platform, backends, count, workers);
}

void load_close(struct load *load)
{
	platform_close(&load->platform);
}

/* --- Time inside
 * ---------------------------------------------------------------------------------------- */

/* Times inside each function. */
struct inside {
	double ns_per_tick;
	struct {
		atomic_uint count;
		uint32_t ns[INSIDE_MAX];
	} functions[PLATFORM_FUNCTIONS_MAX];
};

static struct inside *inside_create(void)
{
	struct inside *inside = calloc(1, sizeof(*inside));

	if (inside != NULL)
		inside->ns_per_tick = 1e9 / (double)worker_ticks_per_s();
	return inside;
}

/* Of a call that has its two outputs: by the function's own clock, where it can read one. */
static void inside_add(struct inside *inside, uint32_t function, const struct node_call *call)
{
	const uint32_t at = atomic_fetch_add(&inside->functions[function].count, 1);
	const struct mr_item *items = region_items(call->region->base, &call->outputs[0]);
	uint64_t ticks;

	if (at >= INSIDE_MAX)
		return;
	memcpy(&ticks, call->region->base + items[1].bytes_off, sizeof(ticks));
	inside->functions[function].ns[at] =
	    (uint32_t)(ticks > 0 ? (double)ticks * inside->ns_per_tick
				 : (double)call->result.run_ns);
}

static bool call_has_ticks(const struct node_call *call)
{
	return call->rc == 0 && call->outputs[0].item_count == 2 &&
	       region_items(call->region->base, &call->outputs[0])[1].bytes_len == sizeof(uint64_t);
}

static int order(const void *a, const void *b)
{
	const uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return (left > right) - (left < right);
}

static void inside_take(struct inside *inside, struct load *load)
{
	for (uint32_t f = 0; f < load->subject_count; f++) {
		uint32_t count = atomic_load(&inside->functions[f].count);
		double sum = 0;

		if (count > INSIDE_MAX)
			count = INSIDE_MAX;
		qsort(inside->functions[f].ns, count, sizeof(uint32_t), order);
		for (uint32_t i = 0; i < count; i++)
			sum += inside->functions[f].ns[i];
		load->inside_ns[f] = count > 0 ? inside->functions[f].ns[count / 2] : NAN;
		load->inside_mean_ns[f] = sum / count;
	}
}

/* --- The peak
 * ---------------------------------------------------------------------------------------- */

struct peak {
	struct load *load;
	struct inside *inside;
	uint64_t from_ns, until_ns;
	atomic_uint turn;    // which function comes next
	atomic_uint counted; // calls done between from_ns and until_ns
	atomic_uint left;    // chains of calls that have not ended
	atomic_bool wrong;
};

/* One of the calls under way: when done it starts itself again. */
struct chain {
	struct platform_call call;
	struct peak *peak;
	uint32_t function;
};

static void chain_count(struct chain *chain, uint64_t now_ns)
{
	struct peak *peak = chain->peak;

	if (now_ns < peak->from_ns || now_ns >= peak->until_ns ||
	    !call_has_ticks(&chain->call.call))
		return;
	atomic_fetch_add(&peak->counted, 1);
	inside_add(peak->inside, chain->function, &chain->call.call);
}

static void chain_start(struct chain *chain)
{
	struct load *load = chain->peak->load;

	chain->function = atomic_fetch_add(&chain->peak->turn, 1) % load->subject_count;
	if (node_call_start(load->platform.functions[chain->function], &chain->call.call) != 0) {
		atomic_store(&chain->peak->wrong, true);
		atomic_fetch_sub(&chain->peak->left, 1);
	}
}

static void chain_done(struct node_call *call)
{
	struct chain *chain = call->opaque;
	struct peak *peak = chain->peak;
	const uint64_t now_ns = process_now_ns();

	chain_count(chain, now_ns);
	if (!platform_call_right(&chain->call, peak->load->subjects[chain->function]))
		atomic_store(&peak->wrong, true);
	if (now_ns >= peak->until_ns || atomic_load(&peak->wrong))
		atomic_fetch_sub(&peak->left, 1);
	else
		chain_start(chain);
}

static double peak_run(struct peak *peak, uint32_t run_ms)
{
	struct chain *chains = calloc(PEAK_CALLS, sizeof(*chains));

	if (chains == NULL)
		return NAN;
	peak->from_ns = process_now_ns() + run_ms * 1000000ull / 3; /* until it is warm */
	peak->until_ns = peak->from_ns + run_ms * 1000000ull;
	atomic_store(&peak->left, PEAK_CALLS);
	for (uint32_t i = 0; i < PEAK_CALLS; i++) {
		platform_call_init(&chains[i].call, peak->load->subjects[0]);
		chains[i].peak = peak;
		chains[i].call.call.opaque = &chains[i];
		chains[i].call.call.done = chain_done;
		chain_start(&chains[i]);
	}
	while (atomic_load(&peak->left) > 0)
		usleep(2000);
	free(chains);
	return atomic_load(&peak->wrong) || atomic_load(&peak->counted) == 0
		   ? NAN
		   : atomic_load(&peak->counted) / (run_ms / 1e3);
}

double load_peak(struct load *load, uint32_t run_ms)
{
	struct peak peak = {.load = load, .inside = inside_create()};
	double rate;

	if (peak.inside == NULL)
		return NAN;
	if (run_ms < PEAK_MS_MIN)
		run_ms = PEAK_MS_MIN;
	rate = peak_run(&peak, run_ms);
	inside_take(peak.inside, load);
	free(peak.inside);
	return rate;
}

/* --- Open loop
 * --------------------------------------------------------------------------------------- */

struct offer;

struct arrival {
	struct platform_call call;
	struct offer *offer;
	uint32_t index;
};

struct offer {
	struct load *load;
	struct load_result *result;
	struct inside *inside;
	struct arrival *arrivals;
	uint64_t start_ns;
	atomic_uint done;
	atomic_uint in_time; // done before the last arrival
	atomic_bool wrong;
};

static void arrival_done(struct node_call *call)
{
	struct arrival *arrival = call->opaque;
	struct offer *offer = arrival->offer;
	struct load_result *result = offer->result;
	const uint64_t now_ns = process_now_ns() - offer->start_ns;

	result->latency_ns[arrival->index] = now_ns - result->arrival_ns[arrival->index];
	if (now_ns <= result->arrival_ns[result->count - 1])
		atomic_fetch_add(&offer->in_time, 1);
	if (call_has_ticks(call))
		inside_add(offer->inside, result->function[arrival->index], call);
	if (!platform_call_right(&arrival->call,
				 offer->load->subjects[result->function[arrival->index]]))
		atomic_store(&offer->wrong, true);
	atomic_fetch_add(&offer->done, 1);
}

/* Exponential gaps, and a function for each. */
static int arrivals_draw(struct load_result *result, const struct load *load, double rate,
			 uint32_t run_ms, uint64_t seed)
{
	struct sim_random random = {.state = seed};
	double at_ns = 0;

	result->count = (uint32_t)(rate * run_ms / 1e3) + 1;
	result->arrival_ns = calloc(result->count, sizeof(*result->arrival_ns));
	result->latency_ns = calloc(result->count, sizeof(*result->latency_ns));
	result->function = calloc(result->count, sizeof(*result->function));
	if (result->arrival_ns == NULL || result->latency_ns == NULL || result->function == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < result->count; i++) {
		const double uniform = ((double)(sim_random_next(&random) >> 11) + 0.5) * 0x1p-53;

		at_ns -= log(uniform) * 1e9 / rate;
		result->arrival_ns[i] = (uint64_t)at_ns;
		result->function[i] = (uint32_t)sim_random_below(&random, load->subject_count);
	}
	return 0;
}

static void sleep_until(uint64_t ns)
{
	const struct timespec until = {(time_t)(ns / 1000000000ull), (long)(ns % 1000000000ull)};

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

/* Late or not, each call is made; what it is late counts. */
static int arrivals_run(struct offer *offer)
{
	const struct load_result *result = offer->result;

	offer->start_ns = process_now_ns() + 1000000;
	for (uint32_t i = 0; i < result->count; i++) {
		struct arrival *arrival = &offer->arrivals[i];
		int rc;

		sleep_until(offer->start_ns + result->arrival_ns[i]);
		rc = node_call_start(offer->load->platform.functions[result->function[i]],
				     &arrival->call.call);
		if (rc != 0) {
			/* Those that are under way are waited for. */
			atomic_fetch_add(&offer->done, result->count - i);
			return rc;
		}
	}
	return 0;
}

/* Before the workers where the system lets us: an arrival is not to wait for a time slice. */
static void generator_begin(void)
{
	const struct sched_param first = {.sched_priority = GENERATOR_PRIORITY};

	sched_setscheduler(0, SCHED_FIFO, &first);
	prctl(PR_SET_TIMERSLACK, 1ul);
}

static void generator_end(void)
{
	const struct sched_param none = {0};

	sched_setscheduler(0, SCHED_OTHER, &none);
	prctl(PR_SET_TIMERSLACK, 0ul);
}

static int offer_run(struct offer *offer)
{
	struct load_result *result = offer->result;
	int rc;

	for (uint32_t i = 0; i < result->count; i++) {
		struct arrival *arrival = &offer->arrivals[i];

		platform_call_init(&arrival->call, offer->load->subjects[0]);
		arrival->offer = offer;
		arrival->index = i;
		arrival->call.call.opaque = arrival;
		arrival->call.call.done = arrival_done;
	}
	generator_begin();
	rc = arrivals_run(offer);
	generator_end();
	while (atomic_load(&offer->done) < result->count)
		usleep(1000);
	result->rate =
	    atomic_load(&offer->in_time) * 1e9 / (double)result->arrival_ns[result->count - 1];
	return rc == 0 && atomic_load(&offer->wrong) ? -EIO : rc;
}

int load_offer(struct load *load, double rate, uint32_t run_ms, uint64_t seed,
	       struct load_result *result)
{
	struct offer offer = {.load = load, .result = result};
	int rc;

	*result = (struct load_result){0};
	rc = arrivals_draw(result, load, rate, run_ms, seed);
	if (rc == 0) {
		offer.arrivals = calloc(result->count, sizeof(*offer.arrivals));
		offer.inside = inside_create();
		rc = offer.arrivals != NULL && offer.inside != NULL ? offer_run(&offer) : -ENOMEM;
		if (rc == 0)
			inside_take(offer.inside, load);
		free(offer.arrivals);
		free(offer.inside);
	}
	if (rc != 0)
		load_result_free(result);
	return rc;
}

void load_result_free(struct load_result *result)
{
	free(result->arrival_ns);
	free(result->latency_ns);
	free(result->function);
	*result = (struct load_result){0};
}
