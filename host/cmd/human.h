/* Quantities as people read them. */
#ifndef HUMAN_H
#define HUMAN_H

struct human {
	char text[32];
};

struct human human_bytes(double bytes);     /* 12 KiB, 1.5 GiB */
struct human human_count(double count);     /* 950, 12 k, 1.5 M */
struct human human_seconds(double seconds); /* 15 us, 3.2 ms, 12 s, 3 min, 5 h, 2 d */

#endif
