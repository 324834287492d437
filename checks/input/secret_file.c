/* SPDX-License-Identifier: MIT */
#include "checks/input/secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checks/input/input_error.h"
#include "checks/input/input_file.h"
#include "probe/base/arena.h"

static int refuse(const char *path, const char *reason, struct arena *arena,
    struct input_error *reterr)
{
	input_error_set(reterr, "%s: %s", input_file_shown(path, arena), reason);
	return -1;
}

static const char *why_not_private(int fd, struct arena *arena)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return strerror(errno);
	if (!S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? "is a directory" : "is not a regular file";
	if (st.st_mode & (S_IRWXG | S_IRWXO))
		return arena_printf(arena,
		    "others may use it (mode %04o); it holds a secret: chmod 600",
		    (unsigned)st.st_mode & 07777U);
	return NULL;
}

/* The line without its end; a short read ends it, since the file is a regular one. */
static const char *read_line(int fd, char *buf, size_t size)
{
	ssize_t n = read(fd, buf, size);

	if (n < 0)
		return strerror(errno);
	if (n > 0 && (size_t)n < size && buf[n - 1] == '\n')
		n--;
	if (n > 0 && (size_t)n < size && buf[n - 1] == '\r')
		n--;
	if (n > SECRET_MAX)
		return "too long, at most 4096 bytes are read";
	buf[n] = '\0';
	if (n == 0)
		return "is empty";
	for (ssize_t i = 0; i < n; i++)
		if ((unsigned char)buf[i] < ' ' || buf[i] == 0x7f)
			return buf[i] == '\n'
				   ? "has further lines, only one is expected"
				   : "holds control characters";
	return NULL;
}

int secret_file_read(
    const char *path, struct arena *arena, const char **ret, struct input_error *reterr)
{
	char buf[SECRET_MAX + 3]; /* its end of line, and one more byte than allowed */
	/* O_NONBLOCK: opening a FIFO without a writer would wait for one. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0)
		return refuse(path, strerror(errno), arena, reterr);
	const char *reason = why_not_private(fd, arena);
	if (!reason)
		reason = read_line(fd, buf, sizeof buf);
	close(fd);
	if (reason)
		return refuse(path, reason, arena, reterr);
	*ret = arena_strdup(arena, buf);
	explicit_bzero(buf, sizeof buf);
	return 0;
}
