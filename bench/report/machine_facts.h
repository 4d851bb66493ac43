/* The machine that figures were taken on: without it they say nothing. */
#ifndef MACHINE_FACTS_H
#define MACHINE_FACTS_H

#include <stdint.h>

struct machine_facts {
	char cpu[128];
	uint32_t cores; /* this process may run on */
	char kernel[128];
	uint32_t huge_pages_free; /* now */
	uint32_t huge_page_kib;
	char dpdk[64];
};

void machine_facts_read(struct machine_facts *facts);

#endif
