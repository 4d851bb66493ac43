/* What all sandboxes share: backends by name, outcomes in words, the process-wide runtime. */
#include "sandbox.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "backend.h"
#include "guest.h"
#include "process_zygote.h"
#include "wasm_worker.h"

static pthread_mutex_t runtime_lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned int runtime_users; // under runtime_lock

const char *sandbox_outcome_text(enum sandbox_outcome outcome)
{
	switch (outcome) {
	case SANDBOX_OK:
		return "ok";
	case SANDBOX_FAILED:
		return "failed";
	case SANDBOX_OUT_OF_BOUNDS:
		return "out of bounds";
	case SANDBOX_STACK_OVERFLOW:
		return "stack overflow";
	case SANDBOX_DIVISION:
		return "division error";
	case SANDBOX_CONVERSION:
		return "conversion error";
	case SANDBOX_UNREACHABLE:
		return "unreachable code";
	case SANDBOX_BAD_CALL:
		return "bad indirect call";
	case SANDBOX_TIME_LIMIT:
		return "time limit";
	case SANDBOX_BAD_OUTPUT:
		return "bad output";
	case SANDBOX_OUTPUT_LIMIT:
		return "output limit";
	case SANDBOX_ITEM_LIMIT:
		return "item limit";
	case SANDBOX_CRASHED:
		return "crashed";
	}
	return "unknown outcome";
}

const struct sandbox_ops *sandbox_backend(const char *name)
{
	static const struct sandbox_ops *const backends[] = {
	    &sandbox_wasm, &sandbox_wasm_process, &sandbox_process,
	    &sandbox_kvm,  &sandbox_native,       &sandbox_auto};

	for (size_t i = 0; i < sizeof(backends) / sizeof(backends[0]); i++)
		if (strcmp(name, backends[i]->name) == 0)
			return backends[i];
	return NULL;
}

static void fault_take(const struct sandbox_outputs *declared, const struct region_fault *fault,
		       struct sandbox_result *result)
{
	const char *raise = "";

	if (fault->kind == REGION_BYTES_MAX && declared->bytes_max != 0) {
		result->outcome = SANDBOX_OUTPUT_LIMIT;
		raise = ": raise `output`, or put out less";
	} else if (fault->kind == REGION_ITEMS_MAX) {
		result->outcome = SANDBOX_ITEM_LIMIT;
		if (declared->items_max < MR_SET_ITEMS_MAX)
			raise = ": raise `items`, or put out fewer";
	} else {
		result->outcome = SANDBOX_BAD_OUTPUT;
	}
	snprintf(result->text, sizeof(result->text), "%s: %s%s",
		 result->outcome == SANDBOX_OUTPUT_LIMIT ? "put out more bytes than it may"
		 : result->outcome == SANDBOX_ITEM_LIMIT ? "put out more items than it may"
							 : "left an invalid output",
		 fault->text, raise);
}

int sandbox_check_outputs(const struct region *region, uint32_t sets_off,
			  const struct sandbox_outputs *declared, struct mr_set *sets,
			  struct sandbox_result *result)
{
	const uint64_t bytes_max = declared->bytes_max;
	const struct region_check_limits limits = {
	    .items_max = declared->items_max,
	    .bytes_max = bytes_max != 0 && bytes_max < region->bytes ? bytes_max : region->bytes,
	    .keyed = declared->keyed};
	struct region_fault fault;

	if (region_check_outputs(region->base, region->bytes, sets_off, declared->in_count,
				 declared->out_count, declared->names, &limits, sets, &fault) == 0)
		return 0;
	fault_take(declared, &fault, result);
	return -EIO;
}

void sandbox_release(struct sandbox_code **code)
{
	if (*code != NULL)
		(*code)->ops->release(*code);
	*code = NULL;
}

int sandbox_runtime_start(void)
{
	int rc = 0;

	pthread_mutex_lock(&runtime_lock);
	if (runtime_users == 0) {
		rc = guest_signals_install();
		if (rc < 0)
			goto out;
		rc = watchdog_start();
		if (rc < 0) {
			guest_signals_remove();
			goto out;
		}
	}
	runtime_users++;
out:
	pthread_mutex_unlock(&runtime_lock);
	return rc;
}

void sandbox_runtime_stop(void)
{
	pthread_mutex_lock(&runtime_lock);
	if (runtime_users > 0 && --runtime_users == 0) {
		watchdog_stop();
		guest_signals_remove();
	}
	pthread_mutex_unlock(&runtime_lock);
}

void sandbox_interrupt(void)
{
	watchdog_interrupt();
	zygotes_interrupt();
	wasm_workers_interrupt();
}
