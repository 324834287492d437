/* SPDX-License-Identifier: MIT */
#include "cli/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checks/input/input_error.h"
#include "cli/message.h"
#include "probe/base/arena.h"

struct place {
	const char *path; /* symbolic links followed */
	bool direct;      /* no regular file: cannot be replaced, only written to */
	mode_t mode;      /* of the file that is to be */
};

static int cannot_write(const char *option, const char *path, int err,
    struct arena *arena, struct input_error *reterr)
{
	input_error_set(reterr, "%s: cannot write \"%s\": %s",
	    option ? option : "--output", message_quote(arena, path), strerror(err));
	return -1;
}

static mode_t default_mode(void)
{
	mode_t mask = umask(0);
	umask(mask);
	return 0666 & ~mask;
}

/* 0 or an errno. */
static int find_place(const char *path, struct arena *arena, struct place *ret)
{
	*ret = (struct place){ .path = path };
	char *real = realpath(path, NULL);
	if (real) {
		ret->path = arena_strdup(arena, real);
		free(real);
	}
	struct stat st;
	if (stat(ret->path, &st) < 0) {
		int err = errno;
		ret->mode = default_mode();
		/* A link to nothing must not be replaced by a file either. */
		ret->direct = lstat(path, &st) == 0;
		return err == ENOENT ? 0 : err;
	}
	if (S_ISDIR(st.st_mode))
		return EISDIR;
	if (access(ret->path, W_OK) < 0)
		return errno;
	ret->mode = st.st_mode & 0777;
	ret->direct = !S_ISREG(st.st_mode);
	return 0;
}

/* A file of our own in the same directory, so that it can be renamed; fd or -1. */
static int open_beside(const struct place *place, struct arena *arena, char **ret_name)
{
	const char *slash = strrchr(place->path, '/');
	int dir_len = slash ? (int)(slash + 1 - place->path) : 0;
	*ret_name = arena_printf(arena, "%.*s.vnetprobe-XXXXXX", dir_len, place->path);
	return mkostemp(*ret_name, O_CLOEXEC);
}

static int write_all(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, text, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			/* Someone who shares the pipe or terminal made it so. */
			poll(&(struct pollfd){ .fd = fd, .events = POLLOUT }, 1, -1);
			continue;
		}
		if (n < 0)
			return errno;
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

int outfile_check(const char *path, struct arena *arena, struct input_error *reterr)
{
	return outfile_check_of(NULL, path, arena, reterr);
}

int outfile_check_of(const char *option, const char *path, struct arena *arena,
    struct input_error *reterr)
{
	struct place place;
	int err = find_place(path, arena, &place);
	if (err == 0 && !place.direct) {
		char *name;
		int fd = open_beside(&place, arena, &name);
		if (fd < 0)
			err = errno;
		else {
			unlink(name);
			close(fd);
		}
	}
	return err ? cannot_write(option, path, err, arena, reterr) : 0;
}

void outfile_open(struct outfile *f, const char *path, struct arena *arena)
{
	struct place place;

	*f = (struct outfile){ .path = path, .fd = STDOUT_FILENO };
	if (!path)
		return;
	f->err = find_place(path, arena, &place);
	if (f->err)
		return;
	f->place = place.path;
	f->mode = place.mode;
	f->fd = place.direct
		    ? open(place.path, O_WRONLY | O_CREAT | O_CLOEXEC, place.mode)
		    : open_beside(&place, arena, &f->temporary);
	if (f->fd < 0)
		f->err = errno;
}

void outfile_put(void *arg, const char *bytes, size_t len)
{
	struct outfile *f = arg;
	if (!f->err)
		f->err = write_all(f->fd, bytes, len);
}

static void put_in_place(struct outfile *f)
{
	if (!f->err && (fchmod(f->fd, f->mode) < 0 || fsync(f->fd) < 0))
		f->err = errno;
	if (close(f->fd) < 0 && !f->err)
		f->err = errno;
	if (!f->err && rename(f->temporary, f->place) < 0)
		f->err = errno;
	if (f->err)
		unlink(f->temporary);
}

static int told_stdout(const struct outfile *f, struct input_error *reterr)
{
	if (!f->err)
		return 0;
	reterr->text[0] = '\0';
	if (f->err != EPIPE)
		input_error_set(
		    reterr, "cannot write to standard output: %s", strerror(f->err));
	return -1;
}

int outfile_close(struct outfile *f, struct arena *arena, struct input_error *reterr)
{
	if (f->fd >= 0 && f->temporary)
		put_in_place(f);
	else if (f->fd >= 0 && (f->place || !f->path) && close(f->fd) < 0 && !f->err)
		f->err = errno;
	if (!f->path)
		return told_stdout(f, reterr);
	return f->err ? cannot_write(f->option, f->path, f->err, arena, reterr) : 0;
}

int outfile_write(
    const char *path, const char *text, struct arena *arena, struct input_error *reterr)
{
	struct outfile f;
	outfile_open(&f, path, arena);
	outfile_put(&f, text, strlen(text));
	return outfile_close(&f, arena, reterr);
}
