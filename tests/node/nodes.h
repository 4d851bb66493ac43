/* Nodes of this process for the tests of this folder: with threads over ring ports, or stepped in
 * virtual time over the simulated network. What cannot be set up ends the test. */
#ifndef NODES_H
#define NODES_H

#include "bundle.h"
#include "cluster.h"
#include "network.h"
#include "test.h"

struct nodes {
	struct cluster *cluster;
	struct sim_network *network; /* NULL: ring ports */
	uint32_t cut_endpoint;
	uint32_t cut_after; /* turns of the next simulated job: then the endpoint is cut off */
};

/* sim NULL: ring ports and threads; config->workers is then at least 1, else 0. */
void nodes_open(struct nodes *nodes, const struct cluster_config *config,
		const struct sim_config *sim);
void nodes_close(struct nodes *nodes);
/* Was any batch handed over? */
bool nodes_handed(struct nodes *nodes);

/* One job: a composition with its code, and what its sets are bound to. */
#define TEST_SETS_MAX 4

struct test_job {
	struct bundle bundle;
	struct job_binding inputs[TEST_SETS_MAX];
	uint32_t input_count;
	struct job_binding output;
	char targets[TEST_SETS_MAX + 1][512]; /* of the bindings */
	struct job_spec spec;
};

/* Loads the composition in file and, for the sandbox called so, its code from the folders, of which
 * the second may be NULL. */
void test_job_open(struct test_job *job, const char *file, const char *const dirs[2],
		   const char *sandbox);
/* Targets are copied, names of sets are not. */
void test_job_input(struct test_job *job, const char *set, const char *uri);
void test_job_output(struct test_job *job, const char *set, const char *path);
void test_job_close(struct test_job *job);

/* Runs a job, led by node 0, to its end; -errno with status->error when it is refused. */
int nodes_run(struct nodes *nodes, const struct test_job *job, struct job_status *status);

/* A folder of the test's own, removed when the process ends. */
const char *test_folder(void);
/* Path of a file in it; four at a time are good. */
const char *test_path(const char *name);
void test_write(const char *path, const void *bytes, size_t count);
/* The whole file with a zero after it; the caller frees it. */
char *test_read(const char *path, size_t *count);

#endif
