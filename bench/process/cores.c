/* The threads of a worker that has several. */
#include "cores.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct post {
	struct worker *worker;
	uint32_t place; /* which core it runs on */
	const struct pair_order *order;
	struct pair_answer answer;
	int (*run)(struct worker *worker, const struct pair_order *order,
		   struct pair_answer *answer);
	pthread_t thread;
};

int cores_create(struct cores **created, const struct worker *worker, uint32_t count)
{
	struct cores *cores;

	if (count == 0 || count > MR_IO_CORES_MAX)
		return -EINVAL;
	cores = calloc(1, sizeof(*cores));
	if (cores == NULL)
		return -ENOMEM;
	cores->count = count;
	for (uint32_t i = 0; i < count; i++)
		cores->workers[i] =
		    (struct worker){.role = worker->role, .shared = &worker->shared[i]};
	*created = cores;
	return 0;
}

void cores_destroy(struct cores **cores)
{
	free(*cores);
	*cores = NULL;
}

static void *post_main(void *argument)
{
	struct post *post = argument;

	worker_core_take(post->place);
	post->answer.rc = post->run(post->worker, post->order, &post->answer);
	return NULL;
}

static void answer_add(struct pair_answer *sum, const struct pair_answer *part)
{
	if (part->rc < 0 && sum->rc == 0) {
		sum->rc = part->rc;
		memcpy(sum->text, part->text, sizeof(sum->text));
	}
	if (part->elapsed_ns > sum->elapsed_ns)
		sum->elapsed_ns = part->elapsed_ns;
	sum->units += part->units;
	sum->bytes += part->bytes;
	sum->drops += part->drops;
	sum->retransmits += part->retransmits;
	sum->verified += part->verified;
	sum->cpu_ns += part->cpu_ns;
}

int cores_run(struct cores *cores, const struct pair_order *order, struct pair_answer *answer,
	      int (*run)(struct worker *worker, const struct pair_order *order,
			 struct pair_answer *answer))
{
	struct post *posts = calloc(cores->count, sizeof(*posts));
	uint32_t started = 1;

	if (posts == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < cores->count; i++)
		posts[i] = (struct post){.worker = &cores->workers[i],
					 .place = cores->workers[i].role * cores->count + i,
					 .order = order,
					 .run = run};
	while (started < cores->count &&
	       pthread_create(&posts[started].thread, NULL, post_main, &posts[started]) == 0)
		started++;
	if (started < cores->count)
		abort(); /* the other side waits for a thread that never comes */
	post_main(&posts[0]);
	for (uint32_t i = 0; i < cores->count; i++) {
		if (i > 0)
			pthread_join(posts[i].thread, NULL);
		answer_add(answer, &posts[i].answer);
	}
	free(posts);
	return answer->rc;
}
