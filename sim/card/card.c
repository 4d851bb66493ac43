/* The card's power: its threads, and what it forgets when it is closed. */
#include "card.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Waits are against CLOCK_MONOTONIC. */
static void conditions_init(struct card *card)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&card->done, &attributes);
	for (uint32_t i = 0; i < KERNELS; i++)
		pthread_cond_init(&card->units[i].wake, &attributes);
	pthread_condattr_destroy(&attributes);
}

static void units_join(struct card *card, uint32_t count)
{
	pthread_mutex_lock(&card->lock);
	card->stop = true;
	for (uint32_t i = 0; i < count; i++)
		pthread_cond_broadcast(&card->units[i].wake);
	pthread_mutex_unlock(&card->lock);
	for (uint32_t i = 0; i < count; i++)
		pthread_join(card->units[i].thread, NULL);
}

static int units_start(struct card *card)
{
	for (uint32_t i = 0; i < KERNELS; i++) {
		int rc;

		card->units[i] = (struct card_unit){.card = card, .wake = card->units[i].wake};
		rc = pthread_create(&card->units[i].thread, NULL, card_unit_loop, &card->units[i]);
		if (rc != 0) {
			units_join(card, i);
			return -rc;
		}
	}
	return 0;
}

int card_open(struct card *card)
{
	char error[256];
	int rc = fault_plan_parse(&card->faults, getenv(FAULT_PLAN_VARIABLE), error, sizeof(error));

	if (rc < 0) {
		fprintf(stderr, "simulated card: %s\n", error);
		return rc;
	}
	if (card->open)
		return -EBUSY;
	conditions_init(card);
	card->stop = card->lost = false;
	card->done_count = 0;
	rc = units_start(card);
	card->open = rc == 0;
	return rc;
}

void card_close(struct card *card)
{
	units_join(card, KERNELS);
	for (uint32_t i = 1; i < CARD_BUFFERS_MAX; i++)
		card_buffer_free(card, i);
	for (uint32_t i = 0; i < KERNELS; i++)
		pthread_cond_destroy(&card->units[i].wake);
	pthread_cond_destroy(&card->done);
	card->open = false;
}

int card_unit_set(struct card *card, uint32_t place, const char *kernel)
{
	for (uint32_t i = 0; place < KERNELS && i < KERNELS; i++) {
		if (strcmp(kernel, kernel_table[i].name) != 0)
			continue;
		pthread_mutex_lock(&card->lock);
		card->units[place].kernel = &kernel_table[i];
		card->units[place].number = (enum kernel_number)i;
		pthread_mutex_unlock(&card->lock);
		return 0;
	}
	fprintf(stderr, "simulated card: the xclbin has a kernel %.64s, which this card has not\n",
		kernel);
	return -EINVAL;
}
