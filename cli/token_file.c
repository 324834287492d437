/* SPDX-License-Identifier: MIT */
#include "cli/token_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checks/input_error.h"
#include "cli/message.h"
#include "probe/base/arena.h"

static const char *check_kind(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return strerror(errno);
	if (!S_ISREG(st.st_mode))
		return "is not a regular file";
	if (st.st_mode & (S_IRWXG | S_IRWXO))
		return "others than its owner have access to it; chmod 600 makes it "
		       "private";
	return NULL;
}

static const char *check_text(char *text, size_t len)
{
	if (len > TOKEN_MAX)
		return "is too large, a secret has at most 4096 bytes";
	while (len && (text[len - 1] == '\n' || text[len - 1] == '\r'))
		text[--len] = '\0';
	if (!len)
		return "is empty";
	for (size_t i = 0; i < len; i++)
		if (text[i] <= ' ' || text[i] >= 0x7f)
			return "holds more than one line of printable text without "
			       "blanks";
	return NULL;
}

static const char *read_text(int fd, char *text)
{
	size_t len = 0;

	/* Line ends do not count, and one byte more tells that there is too much. */
	while (len < TOKEN_MAX + 3) {
		ssize_t n = read(fd, text + len, TOKEN_MAX + 3 - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return strerror(errno);
		if (n == 0)
			break;
		len += (size_t)n;
	}
	return check_text(text, len);
}

int token_file_read(const char *option, const char *path, struct arena *arena,
    const char **ret, struct input_error *reterr)
{
	/* O_NONBLOCK: opening a FIFO without a writer would wait for one. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	const char *reason = fd < 0 ? strerror(errno) : check_kind(fd);
	char *text = arena_alloc(arena, TOKEN_MAX + 4);

	if (!reason)
		reason = read_text(fd, text);
	if (fd >= 0)
		close(fd);
	*ret = text;
	if (!reason)
		return 0;
	input_error_set(
	    reterr, "%s: \"%s\": %s", option, message_quote(arena, path), reason);
	return -1;
}
