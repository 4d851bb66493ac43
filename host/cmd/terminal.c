/* The terminal of `millrace top`. */
#include "terminal.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define COLUMNS_DEFAULT 80 /* of a terminal that does not tell */
#define ROWS_DEFAULT 24

bool terminal_present(void)
{
	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

static void size_look_up(struct terminal *terminal)
{
	struct winsize size = {0};

	ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	terminal->columns = size.ws_col > 0 ? size.ws_col : COLUMNS_DEFAULT;
	terminal->rows = size.ws_row > 0 ? size.ws_row : ROWS_DEFAULT;
}

static int signals_watch(struct terminal *terminal)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGWINCH);
	sigprocmask(SIG_BLOCK, &set, NULL);
	terminal->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	return terminal->signal_fd >= 0 ? 0 : -errno;
}

int terminal_open(struct terminal *terminal)
{
	struct termios raw;
	int rc;

	memset(terminal, 0, sizeof(*terminal));
	rc = signals_watch(terminal);
	if (rc < 0)
		return rc;
	if (tcgetattr(STDIN_FILENO, &terminal->before) < 0)
		return -errno;
	raw = terminal->before;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	raw.c_cc[VMIN] = 0; /* a read without keys returns at once */
	raw.c_cc[VTIME] = 0;
	if (tcsetattr(STDIN_FILENO, TCSANOW, &raw) < 0)
		return -errno;
	terminal->raw = true;
	size_look_up(terminal);
	fputs("\033[?1049h\033[?25l", stdout); /* alternate screen, no cursor */
	fflush(stdout);
	return 0;
}

void terminal_close(struct terminal *terminal)
{
	if (terminal->raw) {
		fputs("\033[?25h\033[?1049l", stdout);
		fflush(stdout);
		tcsetattr(STDIN_FILENO, TCSANOW, &terminal->before);
	}
	if (terminal->signal_fd > 0)
		close(terminal->signal_fd);
	memset(terminal, 0, sizeof(*terminal));
}

bool terminal_signals(struct terminal *terminal)
{
	struct signalfd_siginfo info;
	bool end = false;

	while (read(terminal->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGWINCH)
			size_look_up(terminal);
		else
			end = true;
	}
	return end;
}

int terminal_key(struct terminal *terminal)
{
	unsigned char key;
	ssize_t n = read(STDIN_FILENO, &key, 1);

	if (n == 1)
		return key;
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		return 'q';
	return -1;
}

static void line_draw(const char *line, size_t bytes, uint32_t columns)
{
	bool inverted = bytes > 0 && line[0] == '\001';

	if (inverted)
		fputs("\033[7m", stdout);
	line += inverted;
	bytes -= inverted;
	for (size_t i = 0; i < bytes && i < columns; i++)
		putchar(line[i] >= ' ' && line[i] <= '~' ? line[i] : '?');
	for (size_t i = bytes; inverted && i < columns; i++)
		putchar(' ');
	fputs(inverted ? "\033[0m\033[K" : "\033[K", stdout); /* erase to the end of the line */
}

void terminal_draw(const struct terminal *terminal, const char *text)
{
	fputs("\033[H", stdout);
	for (uint32_t row = 0; row < terminal->rows && *text != '\0'; row++) {
		size_t bytes = strcspn(text, "\n");

		if (row > 0)
			fputs("\r\n", stdout);
		line_draw(text, bytes, terminal->columns);
		text += bytes + (text[bytes] == '\n');
	}
	fputs("\033[J", stdout); /* erase below */
	fflush(stdout);
}
