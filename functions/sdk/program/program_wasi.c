/*
 * What wasi-libc asks a system for, answered inside the module: so that a program imports nothing.
 *
 * Time is a count that moves at each look, randomness comes from the invocation's name: a run that
 * is repeated does the same. Source: WASI snapshot preview 1, as <wasi/api.h> gives it.
 */
#include <stdlib.h>
#include <string.h>
#include <wasi/api.h>

#include "program.h"

#define OPEN_MAX_FILES 64
#define ROOT_FD 3
#define TIME_BEGIN_NS                                                              \
	946684800000000000ull /* 2000-01-01: no date before it was built surprises \
			       */
#define TIME_STEP_NS 1000

#define WASI(name) __imported_wasi_snapshot_preview1_##name
#define RIGHTS_ALL (~0ull)

/* An open file or folder. */
struct open_file {
	bool used;
	bool append;
	struct program_node node;
	uint64_t offset;
};

static struct open_file table[OPEN_MAX_FILES]; /* 0, 1 and 2 are not in it */
static struct mr_bytes input;                  /* of standard input, what is left */
static bool input_begun;
static uint64_t looks; /* at the clock */
static uint64_t random_state;

/* --- Descriptors ----------------------------------------------------------------------------- */

static struct open_file *file_of(int32_t fd)
{
	if (fd == ROOT_FD && !table[ROOT_FD].used) {
		table[ROOT_FD].used = true;
		table[ROOT_FD].node.kind = PROGRAM_FOLDER;
	}
	return fd >= ROOT_FD && fd < OPEN_MAX_FILES && table[fd].used ? &table[fd] : NULL;
}

static struct mr_bytes file_bytes(const struct open_file *file)
{
	if (file->node.kind == PROGRAM_ITEM)
		return file->node.item;
	if (file->node.kind == PROGRAM_FILE)
		return (struct mr_bytes){file->node.file->bytes, file->node.file->size};
	return mr_none();
}

static struct mr_bytes *standard_input(void)
{
	if (!input_begun) {
		input = program_input("stdin");
		input_begun = true;
	}
	return &input;
}

int32_t WASI(fd_close)(int32_t fd);
int32_t WASI(fd_close)(int32_t fd)
{
	struct open_file *file = file_of(fd);

	if (file == NULL)
		return fd >= 0 && fd < ROOT_FD ? 0 : __WASI_ERRNO_BADF;
	file->used = fd == ROOT_FD;
	return 0;
}

int32_t WASI(fd_renumber)(int32_t fd, int32_t to);
int32_t WASI(fd_renumber)(int32_t fd, int32_t to)
{
	struct open_file *file = file_of(fd);

	if (file == NULL || to <= ROOT_FD || to >= OPEN_MAX_FILES || fd == ROOT_FD)
		return __WASI_ERRNO_BADF;
	if (to != fd) {
		table[to] = *file;
		file->used = false;
	}
	return 0;
}

int32_t WASI(fd_prestat_get)(int32_t fd, __wasi_prestat_t *prestat);
int32_t WASI(fd_prestat_get)(int32_t fd, __wasi_prestat_t *prestat)
{
	if (fd != ROOT_FD)
		return __WASI_ERRNO_BADF;
	prestat->tag = __WASI_PREOPENTYPE_DIR;
	prestat->u.dir.pr_name_len = 1;
	return 0;
}

int32_t WASI(fd_prestat_dir_name)(int32_t fd, char *path, int32_t path_bytes);
int32_t WASI(fd_prestat_dir_name)(int32_t fd, char *path, int32_t path_bytes)
{
	if (fd != ROOT_FD)
		return __WASI_ERRNO_BADF;
	if (path_bytes < 1)
		return __WASI_ERRNO_NAMETOOLONG;
	path[0] = '/';
	return 0;
}

int32_t WASI(fd_fdstat_get)(int32_t fd, __wasi_fdstat_t *stat);
int32_t WASI(fd_fdstat_get)(int32_t fd, __wasi_fdstat_t *stat)
{
	const struct open_file *file = file_of(fd);

	if (file == NULL && (fd < 0 || fd > 2))
		return __WASI_ERRNO_BADF;
	*stat = (__wasi_fdstat_t){.fs_rights_base = RIGHTS_ALL, .fs_rights_inheriting = RIGHTS_ALL};
	if (file == NULL) /* no terminal: it can neither seek nor tell */
		stat->fs_filetype = __WASI_FILETYPE_UNKNOWN;
	else
		stat->fs_filetype = file->node.kind == PROGRAM_FOLDER
					? __WASI_FILETYPE_DIRECTORY
					: __WASI_FILETYPE_REGULAR_FILE;
	if (file != NULL && file->append)
		stat->fs_flags = __WASI_FDFLAGS_APPEND;
	return 0;
}

int32_t WASI(fd_fdstat_set_flags)(int32_t fd, int32_t flags);
int32_t WASI(fd_fdstat_set_flags)(int32_t fd, int32_t flags)
{
	struct open_file *file = file_of(fd);

	if (file == NULL)
		return fd >= 0 && fd <= 2 ? 0 : __WASI_ERRNO_BADF;
	file->append = (flags & __WASI_FDFLAGS_APPEND) != 0;
	return 0;
}

int32_t WASI(fd_fdstat_set_rights)(int32_t fd, int64_t base, int64_t inheriting);
int32_t WASI(fd_fdstat_set_rights)(int32_t fd, int64_t base, int64_t inheriting)
{
	return 0;
}

/* --- Reading --------------------------------------------------------------------------------- */

/* Copies from bytes into the pieces; returns how many. */
static uint32_t pieces_fill(const __wasi_iovec_t *pieces, int32_t count, struct mr_bytes bytes)
{
	uint32_t done = 0;

	for (int32_t i = 0; i < count && done < bytes.len; i++) {
		uint32_t n = bytes.len - done;

		if (n > pieces[i].buf_len)
			n = (uint32_t)pieces[i].buf_len;
		memcpy(pieces[i].buf, bytes.data + done, n);
		done += n;
	}
	return done;
}

int32_t WASI(fd_pread)(int32_t fd, const __wasi_iovec_t *pieces, int32_t count, int64_t offset,
		       __wasi_size_t *done);
int32_t WASI(fd_pread)(int32_t fd, const __wasi_iovec_t *pieces, int32_t count, int64_t offset,
		       __wasi_size_t *done)
{
	const struct open_file *file = file_of(fd);
	struct mr_bytes bytes;

	if (file == NULL)
		return __WASI_ERRNO_BADF;
	if (file->node.kind == PROGRAM_FOLDER)
		return __WASI_ERRNO_ISDIR;
	bytes = file_bytes(file);
	if (offset < 0 || (uint64_t)offset > bytes.len)
		offset = bytes.len;
	bytes.data += offset;
	bytes.len -= (uint32_t)offset;
	*done = pieces_fill(pieces, count, bytes);
	return 0;
}

int32_t WASI(fd_read)(int32_t fd, const __wasi_iovec_t *pieces, int32_t count, __wasi_size_t *done);
int32_t WASI(fd_read)(int32_t fd, const __wasi_iovec_t *pieces, int32_t count, __wasi_size_t *done)
{
	struct open_file *file = file_of(fd);
	int32_t error;

	if (fd == 0) {
		struct mr_bytes *left = standard_input();

		*done = pieces_fill(pieces, count, *left);
		left->data += *done;
		left->len -= (uint32_t)*done;
		return 0;
	}
	if (file == NULL)
		return __WASI_ERRNO_BADF;
	error = WASI(fd_pread)(fd, pieces, count, (int64_t)file->offset, done);
	if (error == 0)
		file->offset += *done;
	return error;
}

/* --- Writing --------------------------------------------------------------------------------- */

static int32_t file_write(struct program_file *file, const __wasi_ciovec_t *pieces, int32_t count,
			  uint64_t offset, __wasi_size_t *done)
{
	uint64_t bytes = 0;
	uint16_t error = 0;

	for (int32_t i = 0; i < count; i++)
		bytes += pieces[i].buf_len;
	if (offset + bytes > MR_REGION_BYTES_MAX)
		return __WASI_ERRNO_FBIG;
	if (offset + bytes > file->size)
		error = program_resize(file, (uint32_t)(offset + bytes));
	if (error != 0)
		return error;
	for (int32_t i = 0; i < count; i++) {
		if (pieces[i].buf_len > 0)
			memcpy(file->bytes + offset, pieces[i].buf, pieces[i].buf_len);
		offset += pieces[i].buf_len;
	}
	*done = (__wasi_size_t)bytes;
	return 0;
}

int32_t WASI(fd_pwrite)(int32_t fd, const __wasi_ciovec_t *pieces, int32_t count, int64_t offset,
			__wasi_size_t *done);
int32_t WASI(fd_pwrite)(int32_t fd, const __wasi_ciovec_t *pieces, int32_t count, int64_t offset,
			__wasi_size_t *done)
{
	struct open_file *file = file_of(fd);

	if (file == NULL)
		return __WASI_ERRNO_BADF;
	if (file->node.kind != PROGRAM_FILE)
		return file->node.kind == PROGRAM_FOLDER ? __WASI_ERRNO_ISDIR : __WASI_ERRNO_ROFS;
	return offset < 0 ? __WASI_ERRNO_INVAL
			  : file_write(file->node.file, pieces, count, (uint64_t)offset, done);
}

int32_t WASI(fd_write)(int32_t fd, const __wasi_ciovec_t *pieces, int32_t count,
		       __wasi_size_t *done);
int32_t WASI(fd_write)(int32_t fd, const __wasi_ciovec_t *pieces, int32_t count,
		       __wasi_size_t *done)
{
	struct open_file *file = file_of(fd);
	int32_t error;

	if (fd == 1 || fd == 2)
		return file_write(program_output((uint32_t)fd), pieces, count,
				  program_output((uint32_t)fd)->size, done);
	if (file == NULL)
		return __WASI_ERRNO_BADF;
	if (file->append && file->node.kind == PROGRAM_FILE)
		file->offset = file->node.file->size;
	error = WASI(fd_pwrite)(fd, pieces, count, (int64_t)file->offset, done);
	if (error == 0)
		file->offset += *done;
	return error;
}

int32_t WASI(fd_filestat_set_size)(int32_t fd, int64_t size);
int32_t WASI(fd_filestat_set_size)(int32_t fd, int64_t size)
{
	struct open_file *file = file_of(fd);

	if (file == NULL)
		return __WASI_ERRNO_BADF;
	if (file->node.kind != PROGRAM_FILE)
		return __WASI_ERRNO_ROFS;
	if (size < 0 || size > MR_REGION_BYTES_MAX)
		return __WASI_ERRNO_FBIG;
	return program_resize(file->node.file, (uint32_t)size);
}

int32_t WASI(fd_allocate)(int32_t fd, int64_t offset, int64_t bytes);
int32_t WASI(fd_allocate)(int32_t fd, int64_t offset, int64_t bytes)
{
	struct open_file *file = file_of(fd);

	if (file == NULL || offset < 0 || bytes < 0)
		return __WASI_ERRNO_BADF;
	return (uint64_t)(offset + bytes) <= file_bytes(file).len
		   ? 0
		   : WASI(fd_filestat_set_size)(fd, offset + bytes);
}

/* --- Places in a file ------------------------------------------------------------------------ */

int32_t WASI(fd_seek)(int32_t fd, int64_t by, int32_t whence, __wasi_filesize_t *offset);
int32_t WASI(fd_seek)(int32_t fd, int64_t by, int32_t whence, __wasi_filesize_t *offset)
{
	struct open_file *file = file_of(fd);
	int64_t from = 0;

	if (file == NULL)
		return fd >= 0 && fd <= 2 ? __WASI_ERRNO_SPIPE : __WASI_ERRNO_BADF;
	if (whence == __WASI_WHENCE_CUR)
		from = (int64_t)file->offset;
	else if (whence == __WASI_WHENCE_END)
		from = file_bytes(file).len;
	if (by < -from || by > (int64_t)MR_REGION_BYTES_MAX)
		return __WASI_ERRNO_INVAL;
	file->offset = (uint64_t)(from + by);
	*offset = file->offset;
	return 0;
}

int32_t WASI(fd_tell)(int32_t fd, __wasi_filesize_t *offset);
int32_t WASI(fd_tell)(int32_t fd, __wasi_filesize_t *offset)
{
	return WASI(fd_seek)(fd, 0, __WASI_WHENCE_CUR, offset);
}

/* Nothing to wait for, nothing to hint at. */
static int32_t nothing_to_do(int32_t fd)
{
	return file_of(fd) != NULL || (fd >= 0 && fd <= 2) ? 0 : __WASI_ERRNO_BADF;
}

int32_t WASI(fd_sync)(int32_t fd);
int32_t WASI(fd_sync)(int32_t fd)
{
	return nothing_to_do(fd);
}

int32_t WASI(fd_datasync)(int32_t fd);
int32_t WASI(fd_datasync)(int32_t fd)
{
	return nothing_to_do(fd);
}

int32_t WASI(fd_advise)(int32_t fd, int64_t offset, int64_t bytes, int32_t advice);
int32_t WASI(fd_advise)(int32_t fd, int64_t offset, int64_t bytes, int32_t advice)
{
	return nothing_to_do(fd);
}

int32_t WASI(fd_filestat_set_times)(int32_t fd, int64_t accessed, int64_t modified, int32_t flags);
int32_t WASI(fd_filestat_set_times)(int32_t fd, int64_t accessed, int64_t modified, int32_t flags)
{
	return nothing_to_do(fd);
}

/* --- Paths ----------------------------------------------------------------------------------- */

/* What lies at a path, which counts from an open folder. */
static int32_t path_find(int32_t fd, const char *path, int32_t path_bytes,
			 struct program_node *node)
{
	const struct open_file *file = file_of(fd);
	char whole[2 * PROGRAM_PATH_BYTES_MAX];
	uint32_t used;

	if (file == NULL)
		return __WASI_ERRNO_BADF;
	if (file->node.kind != PROGRAM_FOLDER)
		return __WASI_ERRNO_NOTDIR;
	if (path_bytes < 0 || path_bytes >= PROGRAM_PATH_BYTES_MAX)
		return __WASI_ERRNO_NAMETOOLONG;
	used = file->node.path_bytes;
	memcpy(whole, file->node.path, used);
	whole[used++] = '/';
	memcpy(whole + used, path, (size_t)path_bytes);
	return program_find(whole, used + (uint32_t)path_bytes, node);
}

static int32_t node_open(struct program_node *node, int32_t how, bool writes)
{
	uint16_t error = 0;

	if (node->kind == PROGRAM_NOTHING)
		error =
		    how & __WASI_OFLAGS_CREAT ? program_create(node, false) : __WASI_ERRNO_NOENT;
	else if ((how & __WASI_OFLAGS_CREAT) && (how & __WASI_OFLAGS_EXCL))
		error = __WASI_ERRNO_EXIST;
	else if ((how & __WASI_OFLAGS_DIRECTORY) && node->kind != PROGRAM_FOLDER)
		error = __WASI_ERRNO_NOTDIR;
	else if (writes && node->kind == PROGRAM_FOLDER)
		error = __WASI_ERRNO_ISDIR;
	else if (writes && node->kind == PROGRAM_ITEM)
		error = __WASI_ERRNO_ROFS;
	if (error == 0 && (how & __WASI_OFLAGS_TRUNC) && node->kind == PROGRAM_FILE)
		node->file->size = 0;
	return error;
}

int32_t WASI(path_open)(int32_t fd, int32_t lookup, const char *path, int32_t path_bytes,
			int32_t how, int64_t rights, int64_t inheriting, int32_t flags,
			int32_t *opened);
int32_t WASI(path_open)(int32_t fd, int32_t lookup, const char *path, int32_t path_bytes,
			int32_t how, int64_t rights, int64_t inheriting, int32_t flags,
			int32_t *opened)
{
	/* A folder is opened with all rights, too: to write in it. */
	bool writes =
	    (rights & (int64_t)__WASI_RIGHTS_FD_WRITE) != 0 && (how & __WASI_OFLAGS_DIRECTORY) == 0;
	int32_t place = ROOT_FD + 1;
	int32_t error;

	while (place < OPEN_MAX_FILES && table[place].used)
		place++;
	if (place == OPEN_MAX_FILES)
		return __WASI_ERRNO_MFILE;
	error = path_find(fd, path, path_bytes, &table[place].node);
	if (error == 0)
		error = node_open(&table[place].node, how, writes);
	if (error != 0)
		return error;
	table[place].used = true;
	table[place].append = (flags & __WASI_FDFLAGS_APPEND) != 0;
	table[place].offset = 0;
	*opened = place;
	return 0;
}

static void stat_fill(const struct program_node *node, struct mr_bytes bytes,
		      __wasi_filestat_t *stat)
{
	*stat = (__wasi_filestat_t){.nlink = 1,
				    .size = bytes.len,
				    .atim = TIME_BEGIN_NS,
				    .mtim = TIME_BEGIN_NS,
				    .ctim = TIME_BEGIN_NS};
	/* The same file has the same number: programs compare them. */
	stat->ino = mr_hash64(node->path, node->path_bytes);
	stat->filetype =
	    node->kind == PROGRAM_FOLDER ? __WASI_FILETYPE_DIRECTORY : __WASI_FILETYPE_REGULAR_FILE;
}

int32_t WASI(fd_filestat_get)(int32_t fd, __wasi_filestat_t *stat);
int32_t WASI(fd_filestat_get)(int32_t fd, __wasi_filestat_t *stat)
{
	const struct open_file *file = file_of(fd);

	if (file == NULL && (fd < 0 || fd > 2))
		return __WASI_ERRNO_BADF;
	if (file != NULL)
		stat_fill(&file->node, file_bytes(file), stat);
	else
		*stat = (__wasi_filestat_t){.nlink = 1, .filetype = __WASI_FILETYPE_UNKNOWN};
	return 0;
}

int32_t WASI(path_filestat_get)(int32_t fd, int32_t lookup, const char *path, int32_t path_bytes,
				__wasi_filestat_t *stat);
int32_t WASI(path_filestat_get)(int32_t fd, int32_t lookup, const char *path, int32_t path_bytes,
				__wasi_filestat_t *stat)
{
	struct open_file file = {.used = true};
	int32_t error = path_find(fd, path, path_bytes, &file.node);

	if (error == 0 && file.node.kind == PROGRAM_NOTHING)
		error = __WASI_ERRNO_NOENT;
	if (error == 0)
		stat_fill(&file.node, file_bytes(&file), stat);
	return error;
}

int32_t WASI(path_filestat_set_times)(int32_t fd, int32_t lookup, const char *path,
				      int32_t path_bytes, int64_t accessed, int64_t modified,
				      int32_t flags);
int32_t WASI(path_filestat_set_times)(int32_t fd, int32_t lookup, const char *path,
				      int32_t path_bytes, int64_t accessed, int64_t modified,
				      int32_t flags)
{
	__wasi_filestat_t stat;

	return WASI(path_filestat_get)(fd, lookup, path, path_bytes, &stat);
}

int32_t WASI(path_create_directory)(int32_t fd, const char *path, int32_t path_bytes);
int32_t WASI(path_create_directory)(int32_t fd, const char *path, int32_t path_bytes)
{
	struct program_node node;
	int32_t error = path_find(fd, path, path_bytes, &node);

	if (error == 0)
		error =
		    node.kind != PROGRAM_NOTHING ? __WASI_ERRNO_EXIST : program_create(&node, true);
	return error;
}

int32_t WASI(path_unlink_file)(int32_t fd, const char *path, int32_t path_bytes);
int32_t WASI(path_unlink_file)(int32_t fd, const char *path, int32_t path_bytes)
{
	struct program_node node;
	int32_t error = path_find(fd, path, path_bytes, &node);

	if (error != 0)
		return error;
	if (node.kind == PROGRAM_NOTHING)
		return __WASI_ERRNO_NOENT;
	if (node.kind != PROGRAM_FILE)
		return node.kind == PROGRAM_FOLDER ? __WASI_ERRNO_ISDIR : __WASI_ERRNO_ROFS;
	node.file->removed = true;
	return 0;
}

int32_t WASI(path_remove_directory)(int32_t fd, const char *path, int32_t path_bytes);
int32_t WASI(path_remove_directory)(int32_t fd, const char *path, int32_t path_bytes)
{
	struct program_node node;
	struct mr_bytes name;
	bool is_folder;
	int32_t error = path_find(fd, path, path_bytes, &node);

	if (error != 0)
		return error;
	if (node.kind != PROGRAM_FOLDER)
		return node.kind == PROGRAM_NOTHING ? __WASI_ERRNO_NOENT : __WASI_ERRNO_NOTDIR;
	if (node.file == NULL)
		return __WASI_ERRNO_ROFS;
	if (program_entry(&node, 0, &name, &is_folder))
		return __WASI_ERRNO_NOTEMPTY;
	node.file->removed = true;
	return 0;
}

int32_t WASI(path_rename)(int32_t fd, const char *path, int32_t path_bytes, int32_t to_fd,
			  const char *to, int32_t to_bytes);
int32_t WASI(path_rename)(int32_t fd, const char *path, int32_t path_bytes, int32_t to_fd,
			  const char *to, int32_t to_bytes)
{
	struct program_node from, target;
	int32_t error = path_find(fd, path, path_bytes, &from);

	if (error == 0)
		error = path_find(to_fd, to, to_bytes, &target);
	return error != 0 ? error : program_rename(&from, &target);
}

/* There are no links. */
int32_t WASI(path_readlink)(int32_t fd, const char *path, int32_t path_bytes, char *to,
			    int32_t to_bytes, __wasi_size_t *done);
int32_t WASI(path_readlink)(int32_t fd, const char *path, int32_t path_bytes, char *to,
			    int32_t to_bytes, __wasi_size_t *done)
{
	return __WASI_ERRNO_INVAL;
}

int32_t WASI(path_symlink)(const char *target, int32_t target_bytes, int32_t fd, const char *path,
			   int32_t path_bytes);
int32_t WASI(path_symlink)(const char *target, int32_t target_bytes, int32_t fd, const char *path,
			   int32_t path_bytes)
{
	return __WASI_ERRNO_NOTSUP;
}

int32_t WASI(path_link)(int32_t fd, int32_t lookup, const char *path, int32_t path_bytes,
			int32_t to_fd, const char *to, int32_t to_bytes);
int32_t WASI(path_link)(int32_t fd, int32_t lookup, const char *path, int32_t path_bytes,
			int32_t to_fd, const char *to, int32_t to_bytes)
{
	return __WASI_ERRNO_NOTSUP;
}

int32_t WASI(fd_readdir)(int32_t fd, uint8_t *buffer, int32_t room, int64_t cookie,
			 __wasi_size_t *done);
int32_t WASI(fd_readdir)(int32_t fd, uint8_t *buffer, int32_t room, int64_t cookie,
			 __wasi_size_t *done)
{
	const struct open_file *file = file_of(fd);
	uint32_t used = 0;
	struct mr_bytes name;
	bool is_folder;

	if (file == NULL)
		return __WASI_ERRNO_BADF;
	if (file->node.kind != PROGRAM_FOLDER)
		return __WASI_ERRNO_NOTDIR;
	for (; used < (uint32_t)room &&
	       program_entry(&file->node, (uint32_t)cookie, &name, &is_folder);
	     cookie++) {
		const __wasi_dirent_t entry = {.d_next = (__wasi_dircookie_t)cookie + 1,
					       .d_namlen = name.len,
					       .d_type = is_folder ? __WASI_FILETYPE_DIRECTORY
								   : __WASI_FILETYPE_REGULAR_FILE};
		const struct mr_bytes pieces[] = {{(const uint8_t *)&entry, sizeof(entry)}, name};

		/* The last entry is cut off where the buffer ends: then it is asked for again. */
		for (int i = 0; i < 2; i++) {
			uint32_t left = (uint32_t)room - used;
			uint32_t n = pieces[i].len < left ? pieces[i].len : left;

			memcpy(buffer + used, pieces[i].data, n);
			used += n;
		}
	}
	*done = used;
	return 0;
}

/* --- Arguments, environment ------------------------------------------------------------------ */

/* Lines of a set, the program's name before them where it is arguments. Fills what is not NULL. */
static uint32_t lines(const char *set, const char *first, char **pointers, char *text,
		      uint32_t *text_bytes)
{
	const struct mr_bytes all = program_input(set);
	uint32_t count = 0;
	uint32_t used = 0;

	if (first != NULL) {
		used = (uint32_t)strlen(first) + 1;
		if (text != NULL) {
			memcpy(text, first, used);
			pointers[0] = text;
		}
		count = 1;
	}
	for (uint32_t i = 0; i < all.len;) {
		uint32_t start = i;

		while (i < all.len && all.data[i] != '\n')
			i++;
		if (text != NULL) {
			memcpy(text + used, all.data + start, i - start);
			text[used + i - start] = 0;
			pointers[count] = text + used;
		}
		used += i++ - start + 1;
		count++;
	}
	*text_bytes = used;
	return count;
}

#define PROGRAM_NAME "program"

int32_t WASI(args_sizes_get)(__wasi_size_t *count, __wasi_size_t *bytes);
int32_t WASI(args_sizes_get)(__wasi_size_t *count, __wasi_size_t *bytes)
{
	uint32_t text_bytes;

	*count = lines("args", PROGRAM_NAME, NULL, NULL, &text_bytes);
	*bytes = text_bytes;
	return 0;
}

int32_t WASI(args_get)(char **pointers, char *text);
int32_t WASI(args_get)(char **pointers, char *text)
{
	uint32_t text_bytes;

	lines("args", PROGRAM_NAME, pointers, text, &text_bytes);
	return 0;
}

int32_t WASI(environ_sizes_get)(__wasi_size_t *count, __wasi_size_t *bytes);
int32_t WASI(environ_sizes_get)(__wasi_size_t *count, __wasi_size_t *bytes)
{
	uint32_t text_bytes;

	*count = lines("env", NULL, NULL, NULL, &text_bytes);
	*bytes = text_bytes;
	return 0;
}

int32_t WASI(environ_get)(char **pointers, char *text);
int32_t WASI(environ_get)(char **pointers, char *text)
{
	uint32_t text_bytes;

	lines("env", NULL, pointers, text, &text_bytes);
	return 0;
}

/* --- Time, chance, the end ------------------------------------------------------------------- */

int32_t WASI(clock_res_get)(int32_t clock, __wasi_timestamp_t *resolution);
int32_t WASI(clock_res_get)(int32_t clock, __wasi_timestamp_t *resolution)
{
	*resolution = TIME_STEP_NS;
	return 0;
}

int32_t WASI(clock_time_get)(int32_t clock, int64_t precision, __wasi_timestamp_t *time);
int32_t WASI(clock_time_get)(int32_t clock, int64_t precision, __wasi_timestamp_t *time)
{
	*time = looks++ * TIME_STEP_NS;
	if (clock == __WASI_CLOCKID_REALTIME)
		*time += TIME_BEGIN_NS;
	return 0;
}

/* Sleeping takes no time: what is waited for is ready, and clocks have moved on. */
int32_t WASI(poll_oneoff)(const __wasi_subscription_t *in, __wasi_event_t *out, int32_t count,
			  __wasi_size_t *done);
int32_t WASI(poll_oneoff)(const __wasi_subscription_t *in, __wasi_event_t *out, int32_t count,
			  __wasi_size_t *done)
{
	for (int32_t i = 0; i < count; i++)
		out[i] = (__wasi_event_t){.userdata = in[i].userdata, .type = in[i].u.tag};
	*done = (__wasi_size_t)count;
	return 0;
}

int32_t WASI(sched_yield)(void);
int32_t WASI(sched_yield)(void)
{
	return 0;
}

/* splitmix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators" (2014). */
static uint8_t random_byte(void)
{
	const struct mr_region *header = program_call->header;
	uint64_t x;

	if (random_state == 0)
		random_state = header->partition ^ (uint64_t)header->vertex << 32 ^ header->epoch;
	x = random_state += 0x9e3779b97f4a7c15ull;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ x >> 27) * 0x94d049bb133111ebull;
	return (uint8_t)(x ^ x >> 31);
}

int32_t WASI(random_get)(uint8_t *bytes, int32_t count);
int32_t WASI(random_get)(uint8_t *bytes, int32_t count)
{
	for (int32_t i = 0; i < count; i++)
		bytes[i] = random_byte();
	return 0;
}

noreturn void WASI(proc_exit)(int32_t code);
noreturn void WASI(proc_exit)(int32_t code)
{
	program_exit((uint32_t)code);
}
