/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "cli/command.h"

/*
 * A closed standard stream would give its number to the first socket, and the report
 * would be sent to a peer. In its place stands a descriptor on which writing fails.
 */
static void occupy_standard_streams(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			open("/dev/null", O_RDONLY);
}

int main(int argc, char **argv)
{
	occupy_standard_streams();
	signal(SIGPIPE, SIG_IGN);
	return cli_main(argc, argv);
}
