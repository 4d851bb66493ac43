/*
 * Checkpoints: the states of a committed epoch in files, from which the same job goes on after a
 * kill.
 *
 * In the folder, for epoch E of node N: `state-E-N`, a struct state_head, then for each batch of a
 * state a struct state_batch and its region image in pieces of STATE_PIECE_BYTES, each followed by
 * its XXH64. `checkpoint` names the epoch whose files are whole, and of what job: JSON. Each is
 * written beside its place, brought to the disk, then renamed; the leader writes `checkpoint` when
 * all nodes have written theirs, and older ones are removed only then. So at any time `checkpoint`
 * is there and whole, with all that it names, or there is none. Numbers are little-endian.
 *
 * In one process all nodes have one folder, which the job gives. A node that is a daemon has
 * folders by name below its own; then a node's states are where the node is, and `checkpoint` at
 * the leader.
 */
#ifndef CHECKPOINT_H
#define CHECKPOINT_H

#include "node_internal.h"

#define STATE_MAGIC "MRSTATE1"
#define STATE_PIECE_BYTES (1u << 20) /* what is read before it is checked */

struct state_head {
	char magic[8];
	uint64_t identity; /* of the job */
	uint32_t epoch;
	uint32_t node;
	uint64_t batches;
	uint64_t hash; /* XXH64 of what is before */
};
static_assert(sizeof(struct state_head) == 40, "in files");

struct state_batch {
	uint64_t bytes;
	uint32_t edge;
	uint32_t zero;
	uint64_t hash; /* XXH64 of what is before */
};
static_assert(sizeof(struct state_batch) == 24, "in files");

/* What a job must be to go on from another's checkpoint. */
enum checkpoint_part { PART_COMPOSITION, PART_FUNCTIONS, PART_INPUTS, PART_NODES, PARTS };

struct checkpoint_load; /* checkpoint_load.c */

struct checkpoint {
	char *name; /* as the job gives it */
	char *folder;
	uint32_t every;    /* epochs */
	uint64_t identity; /* of all parts */
	bool resumed;      /* there was one: of the epoch before the job's first */
	bool saving;
	bool saved;        /* the epoch that is made, here */
	int64_t committed; /* the epoch that the checkpoint is of; -1: there is none */
	int lock_fd;       /* for this job alone; -1: another node's does for all */
	/* The leader's. */
	uint64_t parts[PARTS];
	struct checkpoint_load *load;
};

/* checkpoint.c: paths of files; false when too long. */
bool checkpoint_state_path(const struct checkpoint *checkpoint, uint32_t epoch, uint32_t node,
			   char path[MR_URI_BYTES_MAX]);
/* Removes the files of states of that node, or of all, but those of one epoch (-1: of none). */
#define CHECKPOINT_ALL UINT32_MAX
void checkpoint_states_remove(const struct checkpoint *checkpoint, uint32_t node, int64_t kept);
/* "cannot DO FILE: why; what to do", for what went wrong with a file. Returns rc. */
int checkpoint_explain(const char *what, const char *path, int rc, char *error, size_t error_bytes);

/* checkpoint_save.c: writes a file in a folder, beside its place: begin, write, end; on failure
 * nothing is left. All 0 or -errno. */
struct checkpoint_file {
	int fd;
	char path[MR_URI_BYTES_MAX];
	char part[MR_URI_BYTES_MAX + 8];
};
int checkpoint_file_begin(struct checkpoint_file *file);
int checkpoint_file_end(struct checkpoint_file *file, int rc, const char *folder);

/* checkpoint_load.c: brings the states back, then counts down job->preparing. 0 or -errno. */
int checkpoint_load_begin(struct job *job);
void checkpoint_load_free(struct checkpoint_load **load);

#endif
