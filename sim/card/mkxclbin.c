/* Writes the xclbin of the simulated card: mkxclbin FILE */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xclbin_write.h"

/* Writes and closes it. */
static bool file_fill(FILE *file, const uint8_t *image, size_t bytes)
{
	bool whole = fwrite(image, bytes, 1, file) == 1;

	return fclose(file) == 0 && whole;
}

int main(int argc, char **argv)
{
	uint8_t *image;
	size_t bytes;
	FILE *file;
	int rc;

	if (argc != 2) {
		fputs("usage: mkxclbin FILE\n", stderr);
		return 2;
	}
	rc = xclbin_write(&image, &bytes);
	if (rc < 0) {
		fprintf(stderr, "mkxclbin: %s\n", strerror(-rc));
		return 1;
	}
	file = fopen(argv[1], "wb");
	if (file == NULL || !file_fill(file, image, bytes)) {
		perror(argv[1]);
		return 1;
	}
	free(image);
	return 0;
}
