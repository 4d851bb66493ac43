/*
 * A terminal in a program's hands: keys as they are pressed, and a screen drawn over.
 *
 * Escape sequences are those of ECMA-48, and of xterm for its alternate screen; every terminal in
 * use knows them. Signals that end the program or change the size come as readiness of a
 * descriptor, so that a loop that polls sees them in its turn.
 */
#ifndef TERMINAL_H
#define TERMINAL_H

#include <stdbool.h>
#include <stdint.h>
#include <termios.h>

struct terminal {
	int signal_fd; /* readable: call terminal_signals() */
	uint32_t columns;
	uint32_t rows;
	bool raw;
	struct termios before;
};

/* Standard input and output are a terminal? */
bool terminal_present(void);
/* Takes it over: until terminal_close() nothing typed is shown. 0 or -errno. */
int terminal_open(struct terminal *terminal);
/* As it was before, with what was on its screen. */
void terminal_close(struct terminal *terminal);
/* Takes signals that came: sizes are looked up again; true when the program is to end. */
bool terminal_signals(struct terminal *terminal);
/* A key that was pressed, or -1 when none is left, or 'q' when the terminal is gone. */
int terminal_key(struct terminal *terminal);
/* Shows lines from the top, cut to the screen. Bytes that are no printable ASCII become '?'. A line
 * that begins with '\001' is shown inverted, without it. */
void terminal_draw(const struct terminal *terminal, const char *text);

#endif
