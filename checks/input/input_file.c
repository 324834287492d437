/* SPDX-License-Identifier: MIT */
#include "checks/input/input_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checks/input/input_error.h"
#include "probe/base/arena.h"
#include "probe/base/text.h"

const char *input_file_shown(const char *path, struct arena *arena)
{
	return text_escape(arena, path, strlen(path), 200);
}

static int refuse_size(const char *shown, struct input_error *reterr)
{
	input_error_set(
	    reterr, "%s: too large, at most %zu bytes are read", shown, INPUT_FILE_MAX);
	return -1;
}

/* Files in /proc say size 0, so the end is where read() says it is. */
static int read_all(
    int fd, const char *shown, char *buf, size_t *ret_len, struct input_error *reterr)
{
	size_t len = 0;
	for (;;) {
		ssize_t n = read(fd, buf + len, INPUT_FILE_MAX + 1 - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			input_error_set(reterr, "%s: %s", shown, strerror(errno));
			return -1;
		}
		if (n == 0)
			break;
		len += (size_t)n;
		if (len > INPUT_FILE_MAX)
			return refuse_size(shown, reterr);
	}
	*ret_len = len;
	return 0;
}

static int check_kind(int fd, const char *shown, struct input_error *reterr)
{
	struct stat st;
	if (fstat(fd, &st) < 0) {
		input_error_set(reterr, "%s: %s", shown, strerror(errno));
		return -1;
	}
	if (!S_ISREG(st.st_mode)) {
		input_error_set(reterr, "%s: %s", shown,
		    S_ISDIR(st.st_mode) ? "is a directory" : "is not a regular file");
		return -1;
	}
	if (st.st_size > (off_t)INPUT_FILE_MAX)
		return refuse_size(shown, reterr);
	return 0;
}

int input_file_read(const char *path, struct arena *arena, const char **ret,
    size_t *ret_len, struct input_error *reterr)
{
	const char *shown = input_file_shown(path, arena);
	/* O_NONBLOCK: opening a FIFO without a writer would wait for one. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0) {
		input_error_set(reterr, "%s: %s", shown, strerror(errno));
		return -1;
	}
	int r = check_kind(fd, shown, reterr);
	if (r == 0) {
		char *buf = arena_alloc(arena, INPUT_FILE_MAX + 2);
		r = read_all(fd, shown, buf, ret_len, reterr);
		*ret = buf;
	}
	close(fd);
	return r;
}
