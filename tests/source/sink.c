/* Result files: renamed into place or not at all; concatenation; full disks; cancelling. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sink.h"
#include "test.h"

static char root[] = "/tmp/source-sink-XXXXXX";

static void file_expect(const char *path, const void *data, uint64_t bytes)
{
	uint8_t *got = malloc(bytes + 1);
	int fd = open(path, O_RDONLY);

	CHECK(fd >= 0, "%s: %s", path, strerror(errno));
	CHECK(read(fd, got, bytes + 1) == (ssize_t)bytes && memcmp(got, data, bytes) == 0, "%s",
	      path);
	close(fd);
	free(got);
}

static uint32_t folder_entries(void)
{
	DIR *dir = opendir(root);
	uint32_t count = 0;

	for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
		count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
	closedir(dir);
	return count;
}

/* --- Files ----------------------------------------------------------------------------------- */

static void file_write(const char *path, const char *text)
{
	struct sink_file file;
	char error[MR_ERROR_BYTES_MAX];

	CHECK(sink_open(&file, path, error, sizeof(error)) == 0, "%s", error);
	CHECK(write(file.fd, text, strlen(text)) == (ssize_t)strlen(text));
	CHECK(sink_commit(&file, error, sizeof(error)) == 0, "%s", error);
}

static void test_files(void)
{
	struct sink_file file;
	struct stat st;
	char error[MR_ERROR_BYTES_MAX];

	umask(022);
	file_write("new", "one");
	file_expect("new", "one", 3);
	CHECK(stat("new", &st) == 0 && (st.st_mode & 07777) == 0644);
	CHECK(chmod("new", 0640) == 0 && symlink("new", "link") == 0);
	file_write("link", "two");
	file_expect("new", "two", 3);
	CHECK(lstat("link", &st) == 0 && S_ISLNK(st.st_mode));
	CHECK(stat("new", &st) == 0 && (st.st_mode & 07777) == 0640);
	CHECK(sink_open(&file, "new", error, sizeof(error)) == 0);
	CHECK(write(file.fd, "three", 5) == 5);
	file_expect("new", "two", 3);
	CHECK(folder_entries() == 3);
	sink_abandon(&file);
	sink_abandon(&file);
	file_expect("new", "two", 3);
	CHECK(folder_entries() == 2, "a temporary file stays");
	file_write("/dev/null", "x");
	CHECK(stat("/dev/null", &st) == 0 && S_ISCHR(st.st_mode));
	CHECK(unlink("link") == 0 && unlink("new") == 0);
}

static void expect_refused(const char *path, int rc, const char *text)
{
	struct sink_file file;
	char error[MR_ERROR_BYTES_MAX];

	CHECK(sink_open(&file, path, error, sizeof(error)) == rc, "%s", path);
	CHECK(strcmp(error, text) == 0, "got: %s", error);
	CHECK(folder_entries() == 0);
}

static void test_refusals(void)
{
	char name[400];
	struct sink_file file;
	char error[MR_ERROR_BYTES_MAX];

	expect_refused("no/such", -ENOENT,
		       "cannot write no/such: No such file or directory: make its folder first");
	expect_refused("/tmp", -EISDIR, "cannot write /tmp: Is a directory: name a file in it");
	expect_refused("", -ENOENT,
		       "cannot write : No such file or directory: make its folder first");
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	CHECK(sink_open(&file, name, error, sizeof(error)) == -ENAMETOOLONG, "%s", error);
}

/* "-" leaves standard output open for who else writes there. */
static void test_standard_output(void)
{
	struct sink_file file;
	char error[MR_ERROR_BYTES_MAX];
	int saved = dup(STDOUT_FILENO);
	int fd = open("out", O_RDWR | O_CREAT, 0644);

	CHECK(fd >= 0 && dup2(fd, STDOUT_FILENO) == STDOUT_FILENO);
	CHECK(write(STDOUT_FILENO, "before ", 7) == 7);
	CHECK(sink_open(&file, "-", error, sizeof(error)) == 0, "%s", error);
	struct sink_run run = {.data = (const uint8_t *)"sunk ", .bytes = 5};
	uint8_t *buffer = malloc(1 << 20);
	struct sink_job job = {.runs = &run,
			       .run_count = 1,
			       .buffer = buffer,
			       .buffer_bytes = 1 << 20,
			       .out_fd = file.fd};
	CHECK(sink_write(&job, error, sizeof(error)) == 0, "%s", error);
	CHECK(sink_commit(&file, error, sizeof(error)) == 0, "%s", error);
	CHECK(write(STDOUT_FILENO, "after", 5) == 5);
	CHECK(dup2(saved, STDOUT_FILENO) == STDOUT_FILENO);
	file_expect("out", "before sunk after", 17);
	close(fd);
	close(saved);
	free(buffer);
	CHECK(unlink("out") == 0);
}

/* --- Concatenation --------------------------------------------------------------------------- */

static void test_concatenation(void)
{
	static const uint64_t sizes[] = {0, 1, 5, 65536, 200000, 3, 20u << 20, 131072, 7};
	enum { COUNT = sizeof(sizes) / sizeof(*sizes) };
	struct sink_run runs[2 * COUNT];
	uint64_t total = 0;
	uint8_t *all = malloc(64u << 20);
	int source = open("source", O_RDWR | O_CREAT, 0644);
	int out = open("out", O_RDWR | O_CREAT, 0644);
	atomic_uint_fast64_t written = 0;
	char error[MR_ERROR_BYTES_MAX];

	for (uint32_t i = 0; i < 2 * COUNT; i++) {
		uint64_t bytes = sizes[i / 2];

		for (uint64_t b = 0; b < bytes; b++)
			all[total + b] = (uint8_t)rand();
		runs[i] = (struct sink_run){.data = all + total, .bytes = bytes};
		if (i % 2 == 1) {
			CHECK(pwrite(source, all + total, bytes, (off_t)total) == (ssize_t)bytes);
			runs[i] = (struct sink_run){.fd = source, .offset = total, .bytes = bytes};
		}
		total += bytes;
	}
	struct sink_job job = {
	    .runs = runs, .run_count = 2 * COUNT, .out_fd = out, .written = &written};
	job.buffer_bytes = sink_buffer_min(&job);
	job.buffer = malloc(job.buffer_bytes);
	CHECK(sink_write(&job, error, sizeof(error)) == 0, "%s", error);
	CHECK(written == total);
	file_expect("out", all, total);
	runs[1].offset = 1ull << 40;
	runs[1].bytes = 5;
	CHECK(sink_write(&job, error, sizeof(error)) == -ENODATA);
	CHECK(strcmp(error, "run 2 of 18 cannot be read: its file was cut short") == 0, "%s",
	      error);
	free(job.buffer);
	free(all);
	close(source);
	close(out);
	CHECK(unlink("source") == 0 && unlink("out") == 0);
}

/* --- Full disks, broken outputs, cancelling --------------------------------------------------- */

/* Merges, or else concatenates, 40 MB of lines. */
static int lines_write(int fd, const char *name, bool merge, const atomic_bool *cancel, char *error)
{
	static const struct sink_key key = {1, false, false};
	enum { BYTES = 20000000 };
	uint8_t *text = malloc(BYTES);
	struct sink_run runs[2] = {{.data = text, .bytes = BYTES}, {.data = text, .bytes = BYTES}};
	struct sink_job job = {.runs = runs,
			       .run_count = 2,
			       .keys = &key,
			       .key_count = merge,
			       .out_fd = fd,
			       .out_name = name,
			       .cancel = cancel};
	int rc;

	memset(text, 'x', BYTES);
	for (uint32_t i = 9; i < BYTES; i += 10)
		text[i] = '\n';
	job.buffer_bytes = sink_buffer_min(&job);
	job.buffer = malloc(job.buffer_bytes);
	rc = sink_write(&job, error, MR_ERROR_BYTES_MAX);
	free(job.buffer);
	free(text);
	return rc;
}

static void test_full(bool merge)
{
	char error[MR_ERROR_BYTES_MAX];
	int fd = open("/dev/full", O_WRONLY);

	CHECK(lines_write(fd, "/dev/full", merge, NULL, error) == -ENOSPC);
	CHECK(strcmp(error, "no space left on /dev writing /dev/full after 0 bytes: free space or "
			    "choose another --out") == 0,
	      "%s", error);
	close(fd);
	CHECK(lines_write(1000000, NULL, merge, NULL, error) == -EBADF);
	CHECK(strcmp(error, "cannot write the output after 0 bytes: Bad file descriptor") == 0,
	      "%s", error);
}

static int text_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	int rc = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text) ? 0 : -1;

	if (fd >= 0)
		close(fd);
	return rc;
}

/* A mount namespace of our own; without root in a user namespace where we are root. */
static int namespace_enter(void)
{
	char users[32];
	char groups[32];

	if (geteuid() == 0)
		return unshare(CLONE_NEWNS);
	snprintf(users, sizeof(users), "0 %u 1", geteuid());
	snprintf(groups, sizeof(groups), "0 %u 1", getegid());
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0 ||
	    text_to("/proc/self/setgroups", "deny") != 0 ||
	    text_to("/proc/self/uid_map", users) != 0)
		return -1;
	return text_to("/proc/self/gid_map", groups);
}

/* A file system of one megabyte. */
static int small_disk(void)
{
	struct sink_file file;
	char error[MR_ERROR_BYTES_MAX] = "";
	char *at;

	if (namespace_enter() != 0)
		return 77;
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("tmpfs", root, "tmpfs", 0, "size=1m") != 0)
		return 77;
	CHECK(chdir(root) == 0);
	CHECK(sink_open(&file, "result", error, sizeof(error)) == 0, "%s", error);
	CHECK(lines_write(file.fd, file.path, true, NULL, error) == -ENOSPC, "%s", error);
	at = strstr(error, "no space left on . writing result after ");
	CHECK(at == error && strtoull(error + 40, NULL, 10) > 500000, "%s", error);
	sink_abandon(&file);
	CHECK(folder_entries() == 0);
	return 0;
}

static void test_small_disk(void)
{
	pid_t child = fork();
	int status;

	if (child == 0)
		exit(small_disk());
	CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status));
	CHECK(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 77);
	if (WEXITSTATUS(status) == 77)
		printf("no mount namespaces here: a small disk was not tried\n");
}

static void *cancel_run(void *arg)
{
	usleep(20000);
	atomic_store((atomic_bool *)arg, true);
	return NULL;
}

static void test_cancel(bool merge)
{
	atomic_bool cancel = true;
	char error[MR_ERROR_BYTES_MAX];
	pthread_t thread;
	int fd = open("/dev/null", O_WRONLY);
	int rc = 0;

	CHECK(lines_write(fd, "out", merge, &cancel, error) == -ECANCELED);
	CHECK(strcmp(error, "cancelled writing out after 0 bytes") == 0, "%s", error);
	cancel = false;
	CHECK(pthread_create(&thread, NULL, cancel_run, &cancel) == 0);
	while (rc == 0)
		rc = lines_write(fd, "out", merge, &cancel, error);
	CHECK(rc == -ECANCELED, "%s", error);
	pthread_join(thread, NULL);
	close(fd);
}

int main(void)
{
	struct io_engine *engine = NULL;
	int rc = io_engine_create(&engine);

	if (rc == -ENOSYS || rc == -EPERM)
		SKIP("no io_uring here: %s", strerror(-rc));
	io_engine_destroy(&engine);
	CHECK(mkdtemp(root) != NULL && chdir(root) == 0);
	test_files();
	test_refusals();
	test_standard_output();
	test_concatenation();
	for (int merge = 0; merge < 2; merge++) {
		test_full(merge);
		test_cancel(merge);
	}
	test_small_disk();
	CHECK(chdir("/") == 0 && rmdir(root) == 0);
	return 0;
}
