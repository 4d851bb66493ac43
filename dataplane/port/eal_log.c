/* What DPDK logs, kept instead of printed, so that errors can quote the reason. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <rte_log.h>

#include "eal_log.h"

#define EAL_LOG_BYTES_MAX 480 /* the first lines name the cause, later ones its consequences */

static struct {
	pthread_mutex_t lock; /* DPDK's interrupt thread logs too */
	FILE *stream;
	size_t used;
	char text[EAL_LOG_BYTES_MAX];
} eal_log = {.lock = PTHREAD_MUTEX_INITIALIZER};

static ssize_t eal_log_write(void *cookie, const char *data, size_t bytes)
{
	size_t room;

	(void)cookie;
	pthread_mutex_lock(&eal_log.lock);
	room = sizeof(eal_log.text) - eal_log.used;
	memcpy(eal_log.text + eal_log.used, data, bytes < room ? bytes : room);
	eal_log.used += bytes < room ? bytes : room;
	pthread_mutex_unlock(&eal_log.lock);
	return (ssize_t)bytes;
}

int eal_log_capture(void)
{
	cookie_io_functions_t io = {.write = eal_log_write};

	if (eal_log.stream != NULL)
		return 0;
	eal_log.stream = fopencookie(NULL, "w", io);
	if (eal_log.stream == NULL)
		return -ENOMEM;
	setvbuf(eal_log.stream, NULL, _IONBF, 0);
	return rte_openlog_stream(eal_log.stream);
}

void eal_log_clear(void)
{
	pthread_mutex_lock(&eal_log.lock);
	eal_log.used = 0;
	pthread_mutex_unlock(&eal_log.lock);
}

void eal_log_quote(char *text, size_t text_bytes)
{
	size_t n = 0;

	pthread_mutex_lock(&eal_log.lock);
	for (size_t i = 0; i < eal_log.used && n + 3 < text_bytes; i++) {
		if (eal_log.text[i] != '\n') {
			text[n++] = eal_log.text[i];
		} else if (i + 1 < eal_log.used) {
			text[n++] = ';';
			text[n++] = ' ';
		}
	}
	text[n] = '\0';
	pthread_mutex_unlock(&eal_log.lock);
}
