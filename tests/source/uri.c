/* Source URIs: what is understood, and the exact text of every refusal. */
#include <errno.h>
#include <unistd.h>

#include "source.h"
#include "test.h"

struct good {
	const char *text;
	const char *path;
	int32_t node;
	bool split_line;
	uint64_t split_bytes;
	uint64_t first;
	uint64_t last;
};

static const struct good goods[] = {
    {"file:/a/b.txt", "/a/b.txt", -1, false, 0, 0, UINT64_MAX},
    {"FILE:///a/b.txt", "/a/b.txt", -1, false, 0, 0, UINT64_MAX},
    {"file://localhost/a", "/a", -1, false, 0, 0, UINT64_MAX},
    {"file://0/a", "/a", 0, false, 0, 0, UINT64_MAX},
    {"file://63/a/**/*.h", "/a/**/*.h", 63, false, 0, 0, UINT64_MAX},
    {"file:/a//./b/./c..d/../.e", "/a/b/c..d/../.e", -1, false, 0, 0, UINT64_MAX},
    {"file:/a%20b%2a%3F%5b%5C%0a%ff", "/a b\\*\\?\\[\\\\\n\xff", -1, false, 0, 0, UINT64_MAX},
    {"file:/a?.txt", "/a?.txt", -1, false, 0, 0, UINT64_MAX},
    {"file:/a\\b#c", "/a\\\\b#c", -1, false, 0, 0, UINT64_MAX},
    {"file:/a?.txt?split=line", "/a?.txt", -1, true, MR_SPLIT_BYTES_DEFAULT, 0, UINT64_MAX},
    {"file:/a?split=line&bytes=10", "/a", -1, true, 10, 0, UINT64_MAX},
    {"file:/a?bytes=3KiB&split=line", "/a", -1, true, 3072, 0, UINT64_MAX},
    {"file:/a?split=line&bytes=3MiB", "/a", -1, true, 3u << 20, 0, UINT64_MAX},
    {"file:/a?split=line&bytes=3GiB&range=5-5", "/a", -1, true, 3ull << 30, 5, 5},
    {"file:/a?split=none&range=0-99", "/a", -1, false, 0, 0, 99},
    {"file:/a?range=7-", "/a", -1, false, 0, 7, UINT64_MAX},
};

static const struct {
	const char *text;
	const char *error;
} bads[] = {
    {"", "source '': it names no scheme: write file:PATH"},
    {"data.txt", "source 'data.txt': it names no scheme: write file:PATH"},
    {"/a:b", "source '/a:b': it names no scheme: write file:PATH"},
    {"s3://b/k", "source 's3://b/k': scheme 's3' is not known: write file:PATH"},
    {"file:", "source 'file:': it names no path: write file:PATH"},
    {"file:?split=line", "source 'file:?split=line': it names no path: write file:PATH"},
    {"file://db1", "source 'file://db1': it names no path: write file:///PATH or file://NODE/PATH"},
    {"file://db1/a",
     "source 'file://db1/a': 'db1' is no node: write its number, 0 to 63, as in file://0/PATH, "
     "or three slashes, file:///PATH, for a path alone"},
    {"file://64/a",
     "source 'file://64/a': '64' is no node: write its number, 0 to 63, as in file://0/PATH, or "
     "three slashes, file:///PATH, for a path alone"},
    {"file:/a/",
     "source 'file:/a/': it ends in /, as a folder does: add ** for all the files below"},
    {"file:/a%2", "source 'file:/a%2': % at byte 7 is not followed by two hexadecimal digits: "
		  "write %25 for a percent sign"},
    {"file:/100%/a", "source 'file:/100%/a': % at byte 9 is not followed by two hexadecimal "
		     "digits: write %25 for a percent sign"},
    {"file:/a%00", "source 'file:/a%00': %00 at byte 7 cannot be part of a file's name"},
    {"file:/a%2fb", "source 'file:/a%2fb': %2f at byte 7 cannot be part of a file's name"},
    {"file:/a?splt=line", "source 'file:/a?splt=line': option 'splt=line' is not known: there "
			  "are split=, bytes= and range="},
    {"file:/a?split=line&", "source 'file:/a?split=line&': option '' is not known: there are "
			    "split=, bytes= and range="},
    {"file:/a?split=word", "source 'file:/a?split=word': split=word is not known: write "
			   "split=line or split=none"},
    {"file:/a?split=line&split=line",
     "source 'file:/a?split=line&split=line': split= is given twice: leave one out"},
    {"file:/a?bytes=5", "source 'file:/a?bytes=5': bytes= is the size of the pieces of "
			"split=line: add split=line"},
    {"file:/a?split=line&bytes=0",
     "source 'file:/a?split=line&bytes=0': bytes=0 is no size: write a number from 1 on, plain "
     "or with KiB, MiB or GiB"},
    {"file:/a?split=line&bytes=5MB",
     "source 'file:/a?split=line&bytes=5MB': bytes=5MB is no size: write a number from 1 on, "
     "plain or with KiB, MiB or GiB"},
    {"file:/a?split=line&bytes=99999999999GiB",
     "source 'file:/a?split=line&bytes=99999999999GiB': bytes=99999999999GiB is no size: write "
     "a number from 1 on, plain or with KiB, MiB or GiB"},
    {"file:/a?range=9", "source 'file:/a?range=9': range=9 is no range of bytes: write "
			"range=FIRST-LAST, counted from 0, or range=FIRST- for all the rest"},
    {"file:/a?range=-9", "source 'file:/a?range=-9': range=-9 is no range of bytes: write "
			 "range=FIRST-LAST, counted from 0, or range=FIRST- for all the rest"},
    {"file:/a?range=9-5", "source 'file:/a?range=9-5': range=9-5 ends before it begins: write "
			  "range=FIRST-LAST"},
    {"file:/a\nb/", "source 'file:/a\\x0ab/': it ends in /, as a folder does: add ** for all "
		    "the files below"},
};

static void test_good(void)
{
	static struct source_uri uri;
	char error[MR_ERROR_BYTES_MAX];

	for (size_t i = 0; i < sizeof(goods) / sizeof(*goods); i++) {
		const struct good *good = &goods[i];
		bool split = strstr(good->text, "split=") != NULL;

		CHECK(source_uri_parse(good->text, &uri, error, sizeof(error)) == 0, "%s", error);
		CHECK(strcmp(uri.path, good->path) == 0, "%s: %s", good->text, uri.path);
		CHECK(uri.node == good->node, "%s", good->text);
		CHECK(uri.has_split == split && uri.split_line == good->split_line, "%s",
		      good->text);
		CHECK(uri.split_bytes == good->split_bytes, "%s", good->text);
		CHECK(uri.range_first == good->first && uri.range_last == good->last, "%s",
		      good->text);
	}
}

static void test_bad(void)
{
	static struct source_uri uri;
	char error[MR_ERROR_BYTES_MAX];

	for (size_t i = 0; i < sizeof(bads) / sizeof(*bads); i++) {
		CHECK(source_uri_parse(bads[i].text, &uri, error, sizeof(error)) == -EINVAL, "%s",
		      bads[i].text);
		CHECK(strcmp(error, bads[i].error) == 0, "got: %s", error);
	}
}

/* A relative path is taken from the current folder, whose own name is no pattern. */
static void test_relative(void)
{
	static struct source_uri uri;
	char folder[] = "/tmp/source-uri-[*]-XXXXXX";
	char expected[100];
	char error[MR_ERROR_BYTES_MAX];

	CHECK(mkdtemp(folder) != NULL && chdir(folder) == 0);
	snprintf(expected, sizeof(expected), "/tmp/source-uri-\\[\\*\\]-%s/d/*.txt", folder + 20);
	CHECK(source_uri_parse("file:./d/*.txt", &uri, error, sizeof(error)) == 0, "%s", error);
	CHECK(strcmp(uri.path, expected) == 0, "%s", uri.path);
	CHECK(chdir("/") == 0 && rmdir(folder) == 0);
}

static void test_long(void)
{
	static struct source_uri uri;
	char *text = malloc(10000);
	char error[MR_ERROR_BYTES_MAX];

	memset(text, 'x', 9999);
	memcpy(text, "file:/", 6);
	text[5 + MR_URI_BYTES_MAX - 1] = '\0';
	CHECK(source_uri_parse(text, &uri, error, sizeof(error)) == 0, "%s", error);
	text[5 + MR_URI_BYTES_MAX - 1] = 'x';
	text[9999] = '\0';
	CHECK(source_uri_parse(text, &uri, error, sizeof(error)) == -EINVAL);
	CHECK(strstr(error, "xxx...': its path is longer than 4095 bytes") != NULL, "%s", error);
	free(text);
}

int main(void)
{
	test_good();
	test_bad();
	test_relative();
	test_long();
	return 0;
}
