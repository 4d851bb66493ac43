/* Waiting for an event with a time limit, which OpenCL has not: its callback wakes the waiter. */
#include "opencl_wait.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

struct opencl_wait {
	pthread_mutex_t mutex;
	pthread_cond_t ended;
	bool done;     // the driver's thread writes these two, under the mutex
	cl_int status; // CL_COMPLETE, or an error
};

struct opencl_wait *opencl_wait_create(void)
{
	struct opencl_wait *wait = calloc(1, sizeof(*wait));
	pthread_condattr_t attributes;

	if (wait == NULL)
		return NULL;
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_mutex_init(&wait->mutex, NULL);
	pthread_cond_init(&wait->ended, &attributes);
	pthread_condattr_destroy(&attributes);
	wait->done = true;
	return wait;
}

void opencl_wait_destroy(struct opencl_wait **wait)
{
	if (*wait != NULL) {
		pthread_cond_destroy(&(*wait)->ended);
		pthread_mutex_destroy(&(*wait)->mutex);
	}
	free(*wait);
	*wait = NULL;
}

static void CL_CALLBACK wake(cl_event event, cl_int status, void *opaque)
{
	struct opencl_wait *wait = opaque;

	pthread_mutex_lock(&wait->mutex);
	wait->done = true;
	wait->status = status;
	pthread_cond_signal(&wait->ended);
	pthread_mutex_unlock(&wait->mutex);
}

cl_int opencl_wait_begin(struct opencl_wait *wait, cl_event event)
{
	wait->done = false;
	return clSetEventCallback(event, CL_COMPLETE, wake, wait);
}

int opencl_wait_end(struct opencl_wait *wait, uint32_t limit_ms, cl_int *status)
{
	struct timespec until;
	int rc = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += limit_ms / 1000;
	until.tv_nsec += (long)(limit_ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&wait->mutex);
	while (!wait->done && rc == 0)
		rc = pthread_cond_timedwait(&wait->ended, &wait->mutex, &until);
	*status = wait->status;
	rc = wait->done ? 0 : -ETIMEDOUT;
	pthread_mutex_unlock(&wait->mutex);
	return rc;
}
