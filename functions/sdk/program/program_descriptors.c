/* What a program does with what it has open: standard streams, files, folders. */
#include <string.h>

#include "program_open.h"

#define OPEN_MAX_FILES 64
#define RIGHTS_ALL (~0ull)

static struct program_open table[OPEN_MAX_FILES]; /* 0, 1 and 2 are not in it */
static struct mr_bytes input;                     /* of standard input, what is left */
static bool input_begun;

/* --- Descriptors ----------------------------------------------------------------------------- */

struct program_open *program_open_find(int32_t fd)
{
	if (fd == PROGRAM_ROOT_FD && !table[PROGRAM_ROOT_FD].used) {
		table[PROGRAM_ROOT_FD].used = true;
		table[PROGRAM_ROOT_FD].node.kind = PROGRAM_FOLDER;
	}
	return fd >= PROGRAM_ROOT_FD && fd < OPEN_MAX_FILES && table[fd].used ? &table[fd] : NULL;
}

struct program_open *program_open_new(int32_t *fd)
{
	for (*fd = PROGRAM_ROOT_FD + 1; *fd < OPEN_MAX_FILES; (*fd)++) {
		if (!table[*fd].used)
			return &table[*fd];
	}
	return NULL;
}

struct mr_bytes program_open_bytes(const struct program_open *file)
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
	struct program_open *file = program_open_find(fd);

	if (file == NULL)
		return fd >= 0 && fd < PROGRAM_ROOT_FD ? 0 : __WASI_ERRNO_BADF;
	file->used = fd == PROGRAM_ROOT_FD;
	return 0;
}

int32_t WASI(fd_renumber)(int32_t fd, int32_t to);
int32_t WASI(fd_renumber)(int32_t fd, int32_t to)
{
	struct program_open *file = program_open_find(fd);

	if (file == NULL || to <= PROGRAM_ROOT_FD || to >= OPEN_MAX_FILES || fd == PROGRAM_ROOT_FD)
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
	if (fd != PROGRAM_ROOT_FD)
		return __WASI_ERRNO_BADF;
	prestat->tag = __WASI_PREOPENTYPE_DIR;
	prestat->u.dir.pr_name_len = 1;
	return 0;
}

int32_t WASI(fd_prestat_dir_name)(int32_t fd, char *path, int32_t path_bytes);
int32_t WASI(fd_prestat_dir_name)(int32_t fd, char *path, int32_t path_bytes)
{
	if (fd != PROGRAM_ROOT_FD)
		return __WASI_ERRNO_BADF;
	if (path_bytes < 1)
		return __WASI_ERRNO_NAMETOOLONG;
	path[0] = '/';
	return 0;
}

int32_t WASI(fd_fdstat_get)(int32_t fd, __wasi_fdstat_t *stat);
int32_t WASI(fd_fdstat_get)(int32_t fd, __wasi_fdstat_t *stat)
{
	const struct program_open *file = program_open_find(fd);

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
	struct program_open *file = program_open_find(fd);

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
	const struct program_open *file = program_open_find(fd);
	struct mr_bytes bytes;

	if (file == NULL)
		return __WASI_ERRNO_BADF;
	if (file->node.kind == PROGRAM_FOLDER)
		return __WASI_ERRNO_ISDIR;
	bytes = program_open_bytes(file);
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
	struct program_open *file = program_open_find(fd);
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
	struct program_open *file = program_open_find(fd);

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
	struct program_open *file = program_open_find(fd);
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
	struct program_open *file = program_open_find(fd);

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
	struct program_open *file = program_open_find(fd);

	if (file == NULL || offset < 0 || bytes < 0)
		return __WASI_ERRNO_BADF;
	return (uint64_t)(offset + bytes) <= program_open_bytes(file).len
		   ? 0
		   : WASI(fd_filestat_set_size)(fd, offset + bytes);
}

/* --- Places in a file ------------------------------------------------------------------------ */

int32_t WASI(fd_seek)(int32_t fd, int64_t by, int32_t whence, __wasi_filesize_t *offset);
int32_t WASI(fd_seek)(int32_t fd, int64_t by, int32_t whence, __wasi_filesize_t *offset)
{
	struct program_open *file = program_open_find(fd);
	int64_t from = 0;

	if (file == NULL)
		return fd >= 0 && fd <= 2 ? __WASI_ERRNO_SPIPE : __WASI_ERRNO_BADF;
	if (whence == __WASI_WHENCE_CUR)
		from = (int64_t)file->offset;
	else if (whence == __WASI_WHENCE_END)
		from = program_open_bytes(file).len;
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
	return program_open_find(fd) != NULL || (fd >= 0 && fd <= 2) ? 0 : __WASI_ERRNO_BADF;
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
