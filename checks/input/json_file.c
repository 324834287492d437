/* SPDX-License-Identifier: MIT */
#include "checks/input/json_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checks/input/input_error.h"
#include "checks/input/input_file.h"
#include "checks/input/json_sieve.h"
#include "probe/base/arena.h"
#include "probe/base/text.h"

/*
 * A document while it streams past. jansson takes more memory for a value than the
 * two bytes it may have in the file, so values are counted, too: each has a comma, a
 * colon or an opening bracket before it, outside of strings.
 */
struct source {
	int fd;
	size_t n_bytes, n_values;
	bool in_string, escaped;
	const char *fault; /* NULL = none */
};

static void count(struct source *s, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char c = bytes[i];
		if (s->escaped)
			s->escaped = false;
		else if (s->in_string)
			s->escaped = c == '\\', s->in_string = c != '"';
		else if (c == '"')
			s->in_string = true;
		else if (c == ',' || c == ':' || c == '[' || c == '{')
			s->n_values++;
	}
}

static size_t read_more(void *buffer, size_t size, void *arg)
{
	struct source *s = arg;
	ssize_t n;
	do
		n = read(s->fd, buffer, size);
	while (n < 0 && errno == EINTR);
	if (n < 0) {
		s->fault = strerror(errno);
		return (size_t)-1;
	}
	s->n_bytes += (size_t)n;
	count(s, buffer, (size_t)n);
	if (s->n_bytes > JSON_FILE_MAX)
		s->fault = "too large, at most 256 MiB are read";
	else if (s->n_values > JSON_FILE_MAX_VALUES)
		s->fault = "too large, at most 16,777,216 values are read";
	return s->fault ? (size_t)-1 : (size_t)n;
}

const char *json_file_shown(const char *path, struct arena *arena)
{
	return strcmp(path, "-") == 0 ? "standard input"
				      : input_file_shown(path, arena);
}

static json_t *load(
    int fd, const char *shown, struct arena *arena, struct input_error *reterr)
{
	struct source s = { .fd = fd };
	json_error_t e;
	json_t *root = json_load_callback(read_more, &s, JSON_REJECT_DUPLICATES, &e);
	if (!root && s.fault)
		input_error_set(reterr, "%s: %s", shown, s.fault);
	else if (!root)
		input_error_at(reterr, shown, (size_t)(e.line > 0 ? e.line : 1),
		    (size_t)(e.column > 0 ? e.column : 1), "no JSON: %s",
		    text_escape(arena, e.text, strlen(e.text), 160));
	return root;
}

/* --- Only what is kept ------------------------------------------------------------ */

enum {
	CHUNK = 16384
};

/* A document behind a sieve. jansson asks for less at a time than comes out. */
struct sieved {
	int fd;
	struct json_sieve sieve;
	char in[CHUNK], out[CHUNK + JSON_SIEVE_SLACK];
	size_t at, n_out, n_kept;
};

static long sieve_more(struct sieved *s)
{
	while (s->at == s->n_out) {
		ssize_t n;
		do
			n = read(s->fd, s->in, sizeof s->in);
		while (n < 0 && errno == EINTR);
		if (n <= 0)
			return n;
		long out = json_sieve_feed(&s->sieve, s->in, (size_t)n, s->out);
		if (out < 0)
			return -1;
		s->at = 0;
		s->n_out = (size_t)out;
	}
	return 1;
}

static size_t read_sieved(void *buffer, size_t size, void *arg)
{
	struct sieved *s = arg;
	long r = sieve_more(s);
	if (r <= 0)
		return r < 0 ? (size_t)-1 : 0;
	size_t n = s->n_out - s->at;
	n = n < size ? n : size;
	memcpy(buffer, s->out + s->at, n);
	s->at += n;
	s->n_kept += n;
	return s->n_kept > JSON_FILE_MAX_KEPT ? (size_t)-1 : n;
}

static json_t *load_kept(int fd, const struct json_keep *keep)
{
	struct sieved s = { .fd = fd };
	json_sieve_init(&s.sieve, keep);
	return json_load_callback(read_sieved, &s, JSON_REJECT_DUPLICATES, NULL);
}

/* --- Files ------------------------------------------------------------------------ */

/* Says why not in *ret_reason. */
static int open_regular(const char *path, const char **ret_reason)
{
	struct stat st;
	/* O_NONBLOCK: opening a FIFO without a writer would wait for one. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) < 0)
		*ret_reason = strerror(errno);
	else if (S_ISREG(st.st_mode))
		return fd;
	else
		*ret_reason = S_ISDIR(st.st_mode)
				  ? "is a directory"
				  : "is not a regular file; - reads standard input";
	if (fd >= 0)
		close(fd);
	return -1;
}

json_t *json_file_load(
    const char *path, struct arena *arena, struct input_error *reterr)
{
	const char *shown = json_file_shown(path, arena), *reason;
	if (strcmp(path, "-") == 0)
		return load(STDIN_FILENO, shown, arena, reterr);
	int fd = open_regular(path, &reason);
	if (fd < 0) {
		input_error_set(reterr, "%s: %s", shown, reason);
		return NULL;
	}
	json_t *root = load(fd, shown, arena, reterr);
	close(fd);
	return root;
}

json_t *json_file_load_kept(const char *path, const struct json_keep *keep,
    struct arena *arena, struct input_error *reterr)
{
	const char *reason;
	int fd = open_regular(path, &reason);
	if (fd < 0) {
		input_error_set(reterr, "%s: %s", json_file_shown(path, arena), reason);
		return NULL;
	}
	json_t *root = load_kept(fd, keep);
	close(fd);
	/* Whoever parses all of it can say where the fault is. */
	return root ? root : json_file_load(path, arena, reterr);
}
