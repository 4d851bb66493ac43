/* What every test program uses: CHECK that says where, and SKIP with its reason (exit 77). */
#ifndef TEST_H
#define TEST_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(cond, ...)                                                                         \
	do {                                                                                     \
		if (!(cond)) {                                                                   \
			fprintf(stderr, "%s:%d: CHECK(%s) failed: ", __FILE__, __LINE__, #cond); \
			fprintf(stderr, " " __VA_ARGS__);                                        \
			fputc('\n', stderr);                                                     \
			exit(1);                                                                 \
		}                                                                                \
	} while (0)

#define SKIP(...)                             \
	do {                                  \
		printf("SKIP: " __VA_ARGS__); \
		putchar('\n');                \
		exit(77);                     \
	} while (0)

#endif
