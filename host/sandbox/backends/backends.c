/* All backends: by name, and the runtime that their runs in this process need. */
#include <pthread.h>
#include <string.h>

#include "backend.h"
#include "guest.h"
#include "process_zygote.h"
#include "wasm_worker.h"

static pthread_mutex_t runtime_lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned int runtime_users; // under runtime_lock

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
