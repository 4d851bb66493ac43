/* What a program asks about paths: opens, looks, makes, renames and removes. */
#include <string.h>

#include "program_open.h"

/* What lies at a path, which counts from an open folder. */
static int32_t path_find(int32_t fd, const char *path, int32_t path_bytes,
			 struct program_node *node)
{
	const struct program_open *file = program_open_find(fd);
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
	struct program_open *file = program_open_new(opened);
	int32_t error;

	if (file == NULL)
		return __WASI_ERRNO_MFILE;
	error = path_find(fd, path, path_bytes, &file->node);
	if (error == 0)
		error = node_open(&file->node, how, writes);
	if (error != 0)
		return error;
	file->used = true;
	file->append = (flags & __WASI_FDFLAGS_APPEND) != 0;
	file->offset = 0;
	return 0;
}

static void stat_fill(const struct program_node *node, struct mr_bytes bytes,
		      __wasi_filestat_t *stat)
{
	*stat = (__wasi_filestat_t){.nlink = 1,
				    .size = bytes.len,
				    .atim = PROGRAM_TIME_BEGIN_NS,
				    .mtim = PROGRAM_TIME_BEGIN_NS,
				    .ctim = PROGRAM_TIME_BEGIN_NS};
	/* The same file has the same number: programs compare them. */
	stat->ino = mr_hash64(node->path, node->path_bytes);
	stat->filetype =
	    node->kind == PROGRAM_FOLDER ? __WASI_FILETYPE_DIRECTORY : __WASI_FILETYPE_REGULAR_FILE;
}

int32_t WASI(fd_filestat_get)(int32_t fd, __wasi_filestat_t *stat);
int32_t WASI(fd_filestat_get)(int32_t fd, __wasi_filestat_t *stat)
{
	const struct program_open *file = program_open_find(fd);

	if (file == NULL && (fd < 0 || fd > 2))
		return __WASI_ERRNO_BADF;
	if (file != NULL)
		stat_fill(&file->node, program_open_bytes(file), stat);
	else
		*stat = (__wasi_filestat_t){.nlink = 1, .filetype = __WASI_FILETYPE_UNKNOWN};
	return 0;
}

int32_t WASI(path_filestat_get)(int32_t fd, int32_t lookup, const char *path, int32_t path_bytes,
				__wasi_filestat_t *stat);
int32_t WASI(path_filestat_get)(int32_t fd, int32_t lookup, const char *path, int32_t path_bytes,
				__wasi_filestat_t *stat)
{
	struct program_open file = {.used = true};
	int32_t error = path_find(fd, path, path_bytes, &file.node);

	if (error == 0 && file.node.kind == PROGRAM_NOTHING)
		error = __WASI_ERRNO_NOENT;
	if (error == 0)
		stat_fill(&file.node, program_open_bytes(&file), stat);
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
	const struct program_open *file = program_open_find(fd);
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
