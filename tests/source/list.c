/* Listing: globs, hidden files, links and their loops, odd names, refusals. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "source.h"
#include "test.h"

static char root[] = "/tmp/source-list-XXXXXX";

static void folder_make(const char *name)
{
	CHECK(mkdir(name, 0755) == 0, "%s", name);
}

static void file_make(const char *name)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0644);

	CHECK(fd >= 0 && write(fd, name, strlen(name)) == (ssize_t)strlen(name), "%s", name);
	close(fd);
}

static int list(const char *pattern, struct source_list *files, char *error)
{
	static struct source_uri uri;
	char text[MR_URI_BYTES_MAX];

	snprintf(text, sizeof(text), "file:%s", pattern);
	CHECK(source_uri_parse(text, &uri, error, MR_ERROR_BYTES_MAX) == 0, "%s", error);
	return source_list_files(&uri, files, error, MR_ERROR_BYTES_MAX);
}

/* Expects the files, relative to root, in one string, each followed by a space. */
static void expect(const char *pattern, const char *expected, uint32_t followed, uint32_t repeated)
{
	struct source_list files;
	char error[MR_ERROR_BYTES_MAX];
	char got[4096] = "";
	int rc = list(pattern, &files, error);

	CHECK(rc == 0, "%s: %s", pattern, error);
	for (uint32_t i = 0; i < files.count; i++) {
		struct stat st;

		CHECK(strncmp(files.files[i].path, root, strlen(root)) == 0);
		CHECK(stat(files.files[i].path, &st) == 0);
		CHECK(files.files[i].bytes == (uint64_t)st.st_size);
		CHECK(files.files[i].mtime_ns ==
		      st.st_mtim.tv_sec * 1000000000ll + st.st_mtim.tv_nsec);
		strcat(got, files.files[i].path + strlen(root) + 1);
		strcat(got, " ");
	}
	CHECK(strcmp(got, expected) == 0, "%s: got %s", pattern, got);
	CHECK(files.links_followed == followed && files.links_repeated == repeated,
	      "%s: %u followed, %u repeated", pattern, files.links_followed, files.links_repeated);
	source_list_free(&files);
	CHECK(files.files == NULL);
}

static void expect_error(const char *pattern, int rc, const char *text)
{
	struct source_list files;
	char error[MR_ERROR_BYTES_MAX] = "";
	int got = list(pattern, &files, error);

	CHECK(got == rc, "%s: %d", pattern, got);
	CHECK(strstr(error, text) != NULL, "got: %s", error);
	CHECK(files.count == 0 && files.files == NULL);
}

static void test_globs(void)
{
	folder_make("a");
	folder_make("a/b");
	folder_make("a/b/c");
	folder_make("a/b/b");
	folder_make(".hid");
	file_make("a/1.h");
	file_make("a/2.c");
	file_make("a/.3.h");
	file_make("a/b/4.h");
	file_make("a/b/c/5.h");
	file_make("a/b/b/6.h");
	file_make(".hid/7.h");
	file_make("8.h");
	expect("8.h", "8.h ", 0, 0);
	expect("*.h", "8.h ", 0, 0);
	expect("a/*", "a/1.h a/2.c ", 0, 0);
	expect("a/[12].?", "a/1.h a/2.c ", 0, 0);
	expect("a/[!1]*", "a/2.c ", 0, 0);
	expect("a/.*.h", "a/.3.h ", 0, 0);
	expect("**/*.h", "8.h a/1.h a/b/4.h a/b/b/6.h a/b/c/5.h ", 0, 0);
	expect("**", "8.h a/1.h a/2.c a/b/4.h a/b/b/6.h a/b/c/5.h ", 0, 0);
	expect("**/**/**", "8.h a/1.h a/2.c a/b/4.h a/b/b/6.h a/b/c/5.h ", 0, 0);
	expect("**/b/**/*.h", "a/b/4.h a/b/b/6.h a/b/c/5.h ", 0, 0);
	expect("**/b/*.h", "a/b/4.h a/b/b/6.h ", 0, 0);
	expect("*/*/c/*", "a/b/c/5.h ", 0, 0);
	expect("**/.*/*", ".hid/7.h ", 0, 0);
	expect(".hid/**", ".hid/7.h ", 0, 0);
	expect("**/a**.h", "", 0, 0);
	expect("nothing/*.h", "", 0, 0);
	expect("8.h/*", "", 0, 0);
	expect("a/b/../*.c", "a/b/../2.c ", 0, 0);
}

static void test_links(void)
{
	folder_make("l");
	folder_make("l/real");
	folder_make("outside");
	file_make("l/real/x.h");
	file_make("outside/o.h");
	CHECK(symlink("real/x.h", "l/a-first.h") == 0); /* real wins over a name before it */
	CHECK(symlink("real", "l/again") == 0);
	CHECK(symlink("..", "l/real/loop") == 0);
	CHECK(symlink("itself", "l/itself") == 0);
	CHECK(symlink("nowhere", "l/dangling.h") == 0);
	expect("l/**/*.h", "l/real/x.h ", 0, 3);
	CHECK(symlink("../../outside", "l/real/out1") == 0);
	CHECK(symlink("../outside/o.h", "l/out2.h") == 0);
	expect("l/**/*.h", "l/out2.h l/real/x.h ", 2, 4);
	expect("l/*.h", "l/a-first.h l/out2.h ", 2, 0);
	expect("l/again/x.h", "l/again/x.h ", 0, 0);
	expect("l/*/x.h", "l/real/x.h ", 0, 1);
	CHECK(link("8.h", "l/hard.h") == 0);
	expect("**/[8h]*.h", "8.h l/hard.h ", 0, 3);
}

static void test_names(void)
{
	folder_make("n");
	file_make("n/new\nline");
	file_make("n/\xff\xfe");
	file_make("n/gr\xc3\xbc\xc3\x9f");
	file_make("n/st*r");
	file_make("n/star");
	expect("n/*", "n/gr\xc3\xbc\xc3\x9f n/new\nline n/st*r n/star n/\xff\xfe ", 0, 0);
	expect("n/st%2ar", "n/st*r ", 0, 0);
	expect("n/s%74*", "n/st*r n/star ", 0, 0);
	expect("n/%ff%fe", "n/\xff\xfe ", 0, 0);
	expect("n/new%0aline", "n/new\nline ", 0, 0);
	expect("n/*%c3%9f", "n/gr\xc3\xbc\xc3\x9f ", 0, 0);
}

static void test_errors(void)
{
	CHECK(mkfifo("fifo", 0644) == 0);
	expect_error("missing", -ENOENT, "missing: No such file or directory: check the path");
	expect_error("8.h/x", -ENOTDIR, "8.h/x: Not a directory");
	expect_error("a", -EISDIR, "/a/** for all the files below it");
	expect_error("fifo", -EINVAL, "fifo is no regular file");
	expect_error("/dev/null", -EINVAL, "/dev/null is no regular file");
	expect("f*", "", 0, 0);
}

/* Root reads everything: look as somebody else. */
static void test_unreadable(void)
{
	pid_t child;
	int status;

	folder_make("u");
	folder_make("u/closed");
	file_make("u/closed/f");
	CHECK(chmod("u/closed", 0) == 0 && chmod(root, 0755) == 0);
	child = fork();
	if (child == 0) {
		if (geteuid() == 0)
			CHECK(seteuid(65534) == 0);
		expect_error("u/**", -EACCES, "/u/closed: Permission denied: make it readable");
		expect_error("u/closed/f", -EACCES, "permissions");
		_exit(0); /* a leak checker could not look as that user */
	}
	CHECK(waitpid(child, &status, 0) == child && status == 0);
	CHECK(chmod("u/closed", 0755) == 0);
}

int main(void)
{
	char command[64];

	CHECK(mkdtemp(root) != NULL && chdir(root) == 0);
	test_globs();
	test_links();
	test_names();
	test_errors();
	test_unreadable();
	snprintf(command, sizeof(command), "rm -r %s", root);
	CHECK(chdir("/") == 0 && system(command) == 0);
	return 0;
}
