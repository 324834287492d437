/* SPDX-License-Identifier: MIT */
#include "cli/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

bool terminal_is_smart(int fd)
{
	const char *term = getenv("TERM");
	return isatty(fd) && term && *term && strcmp(term, "dumb") != 0;
}

bool terminal_wants_colour(int fd, bool no_color)
{
	const char *refused = getenv("NO_COLOR");
	return !no_color && !(refused && *refused) && terminal_is_smart(fd);
}

unsigned terminal_columns(int fd)
{
	enum {
		NARROWEST = 60,
		WIDEST = 100
	};

	struct winsize size;
	if (ioctl(fd, TIOCGWINSZ, &size) < 0 || size.ws_col == 0 ||
	    size.ws_col > WIDEST)
		return WIDEST;
	return size.ws_col < NARROWEST ? NARROWEST : size.ws_col;
}
