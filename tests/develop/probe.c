/* An ordinary program that looks at everything it is given: files, folders, time, its arguments. It
 * ends with 1 and says where when something is not as it should be. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CHECK(condition)                                                           \
	do {                                                                       \
		if (!(condition)) {                                                \
			fprintf(stderr, "line %d: %s: %s\n", __LINE__, #condition, \
				strerror(errno));                                  \
			exit(1);                                                   \
		}                                                                  \
	} while (0)

static void text_is(const char *path, const char *wanted)
{
	char text[256];
	FILE *file = fopen(path, "r");
	size_t length;

	CHECK(file != NULL);
	length = fread(text, 1, sizeof(text), file);
	CHECK(length == strlen(wanted) && memcmp(text, wanted, length) == 0);
	CHECK(fread(text, 1, 1, file) == 0 && feof(file));
	CHECK(fclose(file) == 0);
}

static void text_write(const char *path, const char *mode, const char *text)
{
	FILE *file = fopen(path, mode);

	CHECK(file != NULL);
	CHECK(fputs(text, file) >= 0);
	CHECK(fclose(file) == 0);
}

/* The entries of a folder, folders with a '/' behind. */
static void folder_is(const char *path, const char *wanted)
{
	char text[256] = "";
	DIR *folder = opendir(path);
	struct dirent *entry;

	CHECK(folder != NULL);
	while ((entry = readdir(folder)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		strcat(text, entry->d_name);
		strcat(text, entry->d_type == DT_DIR ? "/ " : " ");
	}
	closedir(folder);
	if (strcmp(text, wanted) != 0)
		fprintf(stderr, "%s holds \"%s\", not \"%s\"\n", path, text, wanted);
	CHECK(strcmp(text, wanted) == 0);
}

static void inputs_check(void)
{
	struct stat status;

	folder_is("/", "in/ out/ tmp/ ");
	folder_is("/in", "args/ env/ stdin/ text/ ");
	folder_is("/in/text", "deep/ plain ");
	folder_is("/in/text/deep", "er ");
	text_is("/in/text/plain", "plain text\n");
	text_is("/in/text/../text/./deep//er", "deeper\n");
	text_is("in/text/plain", "plain text\n");
	CHECK(stat("/in/text/plain", &status) == 0 && S_ISREG(status.st_mode) &&
	      status.st_size == 11);
	CHECK(stat("/in/text/deep", &status) == 0 && S_ISDIR(status.st_mode));
	CHECK(stat("/in/absent", &status) == -1 && errno == ENOENT);
	CHECK(fopen("/in/text/absent", "r") == NULL && errno == ENOENT);
	CHECK(fopen("/in/text/plain", "r+") == NULL && errno == EROFS);
	CHECK(fopen("/in/text/new", "w") == NULL && errno == EROFS);
	CHECK(unlink("/in/text/plain") == -1 && errno == EROFS);
}

static void places_check(void)
{
	char text[16] = "";
	int fd = open("/tmp/places", O_RDWR | O_CREAT | O_EXCL, 0600);

	CHECK(fd >= 0);
	CHECK(open("/tmp/places", O_RDWR | O_CREAT | O_EXCL, 0600) == -1 && errno == EEXIST);
	CHECK(write(fd, "0123456789", 10) == 10);
	CHECK(lseek(fd, -4, SEEK_END) == 6 && read(fd, text, 16) == 4 &&
	      memcmp(text, "6789", 4) == 0);
	CHECK(lseek(fd, -20, SEEK_CUR) == -1 && errno == EINVAL);
	CHECK(pwrite(fd, "xy", 2, 12) == 2); /* a hole of two */
	CHECK(pread(fd, text, 16, 8) == 6 && memcmp(text, "89\0\0xy", 6) == 0);
	CHECK(ftruncate(fd, 3) == 0 && lseek(fd, 0, SEEK_END) == 3);
	CHECK(close(fd) == 0 && close(fd) == -1 && errno == EBADF);
	text_is("/tmp/places", "012");
}

static void folders_check(void)
{
	CHECK(mkdir("/tmp/a", 0700) == 0 && mkdir("/tmp/a", 0700) == -1 && errno == EEXIST);
	CHECK(mkdir("/tmp/b/c", 0700) == -1 && errno == ENOENT);
	text_write("/tmp/a/one", "w", "1");
	text_write("/tmp/a/one", "a", "2");
	text_is("/tmp/a/one", "12");
	folder_is("/tmp/a", "one ");
	CHECK(rmdir("/tmp/a") == -1 && errno == ENOTEMPTY);
	CHECK(rename("/tmp/a/one", "/tmp/two") == 0);
	text_is("/tmp/two", "12");
	CHECK(fopen("/tmp/a/one", "r") == NULL && errno == ENOENT);
	CHECK(rmdir("/tmp/a") == 0 && rmdir("/tmp/a") == -1 && errno == ENOENT);
	CHECK(unlink("/tmp/two") == 0 && unlink("/tmp/two") == -1 && errno == ENOENT);
	CHECK(symlink("/tmp/two", "/tmp/three") == -1);
}

static void outputs_make(void)
{
	FILE *open_one;

	folder_is("/out", "files/ stdout/ ");
	text_write("/out/files/first", "w", "first\n");
	text_write("/out/files/part", "w", "second\n");
	CHECK(rename("/out/files/part", "/out/files/second") == 0);
	text_write("/out/files/gone", "w", "never seen\n");
	CHECK(unlink("/out/files/gone") == 0);
	CHECK(mkdir("/out/files/deep", 0777) == 0);
	text_write("/out/files/deep/third", "w", "third\n");
	folder_is("/out/files", "deep/ second first ");
	CHECK(fopen("/out/absent/x", "w") == NULL && errno == ENOENT);
	open_one = fopen("/out/files/flushed", "w"); /* exit() flushes and closes it */
	CHECK(open_one != NULL && fputs("at exit\n", open_one) >= 0);
}

static void surroundings_check(int argc, char **argv)
{
	time_t now = time(NULL);
	clock_t before = clock();
	struct timespec nap = {.tv_sec = 1000};
	char line[64];

	CHECK(argc >= 3 && strcmp(argv[1], "two words") == 0 && strcmp(argv[2], "second") == 0);
	CHECK(strcmp(getenv("COLOUR"), "blue") == 0 && getenv("ABSENT") == NULL);
	CHECK(now >= 946684800 && now < 946684800 + 60);
	CHECK(nanosleep(&nap, NULL) == 0 && clock() >= before);
	CHECK(fgets(line, sizeof(line), stdin) != NULL && strcmp(line, "first line\n") == 0);
	CHECK(fgets(line, sizeof(line), stdin) != NULL && strcmp(line, "last line") == 0);
	CHECK(fgets(line, sizeof(line), stdin) == NULL && feof(stdin));
	CHECK(!isatty(0) && fseek(stdin, 0, SEEK_SET) == -1 && errno == ESPIPE);
}

int main(int argc, char **argv)
{
	unsigned char random[8];

	surroundings_check(argc, argv);
	inputs_check();
	places_check();
	folders_check();
	outputs_make();
	CHECK(getentropy(random, sizeof(random)) == 0);
	for (size_t i = 0; i < sizeof(random); i++) /* the same each time */
		printf("%02x", random[i]);
	printf("\n");
	if (argc > 3 && strcmp(argv[3], "fail") == 0) {
		fprintf(stderr, "asked to fail\n");
		return 7;
	}
	if (argc > 3 && strcmp(argv[3], "abort") == 0) {
		fprintf(stderr, "asked to abort\n");
		abort();
	}
	if (argc > 3 && strcmp(argv[3], "return") == 0)
		return 0;
	exit(0);
}
