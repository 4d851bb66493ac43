/* Threads of ours that poll ports, known to DPDK: or each mbuf freed would take a pool's lock. */
#include <pthread.h>

#include <rte_lcore.h>

#include "dpdk_port.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool have_key;

static void thread_detach(void *unused)
{
	(void)unused;
	rte_thread_unregister();
}

static void key_create(void)
{
	have_key = pthread_key_create(&key, thread_detach) == 0;
}

void dpdk_thread_attach(void)
{
	if (rte_lcore_id() != LCORE_ID_ANY)
		return;
	pthread_once(&once, key_create);
	/* Without a key the number would never be given back; then it goes without caches. */
	if (have_key && rte_thread_register() == 0 && pthread_setspecific(key, &key) != 0)
		rte_thread_unregister();
}
