/* Replays a kept corpus through a fuzz target when the build has no libFuzzer: files or folders. */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *path)
{
	struct stat st;
	FILE *file;
	uint8_t *data;
	size_t got;

	if (stat(path, &st) != 0) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return -1;
	}
	if (S_ISDIR(st.st_mode)) {
		struct dirent **names;
		int n = scandir(path, &names, NULL, alphasort);
		int count = 0;

		for (int i = 0; i < n; i++) {
			char child[4096];

			snprintf(child, sizeof(child), "%s/%s", path, names[i]->d_name);
			if (names[i]->d_name[0] != '.' && count >= 0) {
				int rc = replay(child);

				count = rc < 0 ? rc : count + rc;
			}
			free(names[i]);
		}
		free(names);
		return n < 0 ? -1 : count;
	}
	file = fopen(path, "rb");
	if (file == NULL) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return -1;
	}
	data = malloc(st.st_size > 0 ? (size_t)st.st_size : 1);
	got = fread(data, 1, (size_t)st.st_size, file);
	fclose(file);
	LLVMFuzzerTestOneInput(data, got);
	free(data);
	return 1;
}

int main(int argc, char **argv)
{
	int total = 0;

	for (int i = 1; i < argc; i++) {
		int rc = replay(argv[i]);

		if (rc < 0)
			return 1;
		total += rc;
	}
	printf("replayed %d inputs\n", total);
	return total > 0 ? 0 : 1;
}
