/* SPDX-License-Identifier: MIT */
#include "probe/dns/system_config.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe/base/arena.h"
#include "probe/base/parse.h"
#include "probe/base/text.h"
#include "probe/base/vec.h"

enum {
	DNS_PORT = 53,
	WORD_MAX = 256
};

/* One line, then its words one after the other. */
struct cursor {
	const char *p, *end;
};

static bool next_line(struct cursor *text, struct cursor *line)
{
	if (text->p == text->end)
		return false;
	const char *newline = memchr(text->p, '\n', (size_t)(text->end - text->p));
	line->p = text->p;
	line->end = newline ? newline : text->end;
	text->p = newline ? newline + 1 : text->end;
	return true;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

/* False at the end of the line; a word too long for a name comes back empty. */
static bool next_word(struct cursor *line, char word[WORD_MAX])
{
	while (line->p < line->end && is_blank(*line->p))
		line->p++;
	const char *begin = line->p;
	while (line->p < line->end && !is_blank(*line->p))
		line->p++;
	size_t len = (size_t)(line->p - begin);
	if (!len)
		return false;
	bool fits = len < WORD_MAX && !memchr(begin, '\0', len);
	if (fits)
		memcpy(word, begin, len);
	word[fits ? len : 0] = '\0';
	return true;
}

/* A literal with an optional zone: an interface's name or number (RFC 4007). */
static bool parse_with_zone(char *word, struct addr *ret)
{
	char *zone = strchr(word, '%');
	if (zone)
		*zone++ = '\0';
	struct addr a;
	if (!addr_parse(word, &a) || (zone && a.family != AF_INET6))
		return false;
	if (zone) {
		uint64_t number;
		a.scope = if_nametoindex(zone);
		if (!a.scope && parse_uint(zone, UINT32_MAX, &number))
			a.scope = (uint32_t)number;
		if (!a.scope)
			return false;
	}
	*ret = a;
	return true;
}

static const char *without_dot(struct arena *arena, const char *word)
{
	size_t len = strlen(word);
	return arena_strndup(arena, word, len && word[len - 1] == '.' ? len - 1 : len);
}

static void read_nameserver(struct resolv_conf *conf, char *word)
{
	struct addr a;
	if (conf->n_servers == RESOLV_MAX_SERVERS || !parse_with_zone(word, &a))
		return;
	a.port = DNS_PORT;
	conf->servers[conf->n_servers++] = a;
}

/* "search" replaces an earlier "search" or "domain", and the other way round. */
static void read_search(
    struct resolv_conf *conf, struct cursor *line, bool one, struct arena *arena)
{
	char word[WORD_MAX];
	conf->n_search = 0;
	while (conf->n_search < (one ? 1 : RESOLV_MAX_SEARCH) && next_word(line, word))
		if (*word)
			conf->search[conf->n_search++] = without_dot(arena, word);
}

void resolv_conf_parse(
    const char *text, size_t len, struct arena *arena, struct resolv_conf *ret)
{
	struct cursor all = { text, text + len }, line;
	*ret = (struct resolv_conf){ 0 };
	while (next_line(&all, &line)) {
		char word[WORD_MAX];
		/* A keyword stands in the first column, a comment too. */
		if (line.p == line.end || is_blank(*line.p) || !next_word(&line, word))
			continue;
		if (strcmp(word, "nameserver") == 0 && next_word(&line, word))
			read_nameserver(ret, word);
		else if (strcmp(word, "search") == 0)
			read_search(ret, &line, false, arena);
		else if (strcmp(word, "domain") == 0)
			read_search(ret, &line, true, arena);
	}
	if (ret->n_servers)
		return;
	ret->by_default = true;
	ret->n_servers = 1;
	ret->servers[0] = (struct addr){
		.family = AF_INET, .port = DNS_PORT, .ip = { 127, 0, 0, 1 }
	};
}

void hosts_file_parse(
    const char *text, size_t len, struct arena *arena, struct hosts_file *ret)
{
	struct cursor all = { text, text + len }, line;
	struct hosts_entry *entries = NULL;
	size_t n = 0, cap = 0;
	for (unsigned number = 1; next_line(&all, &line); number++) {
		char word[WORD_MAX];
		struct addr a;
		const char *comment =
		    line.p == line.end
			? NULL
			: memchr(line.p, '#', (size_t)(line.end - line.p));
		if (comment)
			line.end = comment;
		if (!next_word(&line, word) || !parse_with_zone(word, &a))
			continue;
		while (n < HOSTS_MAX_ENTRIES && next_word(&line, word)) {
			if (!*word)
				continue;
			entries = vec_grow(arena, entries, n, &cap, sizeof *entries);
			entries[n++] = (struct hosts_entry){
				.address = a,
				.name = without_dot(arena, word),
				.line = number,
			};
		}
	}
	*ret = (struct hosts_file){ .entries = entries, .n_entries = n };
}

/* The first SYSTEM_CONFIG_MAX_SIZE bytes; what a cut leaves of a line is dropped. */
static int read_head(const char *path, struct arena *arena, char **ret, size_t *ret_len)
{
	*ret = arena_alloc(arena, 1);
	*ret_len = 0;
	/* Opening a FIFO must not wait for its writer. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	struct stat st;
	int r = fstat(fd, &st) < 0 ? -errno : S_ISREG(st.st_mode) ? 0 : -EINVAL;
	if (r == 0) {
		size_t room = st.st_size < SYSTEM_CONFIG_MAX_SIZE
				  ? (size_t)st.st_size
				  : SYSTEM_CONFIG_MAX_SIZE;
		*ret = arena_alloc(arena, room + 1);
		ssize_t got;
		while (*ret_len < room &&
		       (got = read(fd, *ret + *ret_len, room - *ret_len)) > 0)
			*ret_len += (size_t)got;
		if (room < (size_t)st.st_size)
			while (*ret_len && (*ret)[*ret_len - 1] != '\n')
				--*ret_len;
	}
	close(fd);
	return r;
}

int resolv_conf_read(const char *path, struct arena *arena, struct resolv_conf *ret)
{
	char *text;
	size_t len;
	int r = read_head(path, arena, &text, &len);
	resolv_conf_parse(text, len, arena, ret);
	return r;
}

int hosts_file_read(const char *path, struct arena *arena, struct hosts_file *ret)
{
	char *text;
	size_t len;
	int r = read_head(path, arena, &text, &len);
	hosts_file_parse(text, len, arena, ret);
	return r;
}

const struct hosts_entry *hosts_file_next(
    const struct hosts_file *hosts, const char *name, size_t *pos)
{
	while (*pos < hosts->n_entries) {
		const struct hosts_entry *e = &hosts->entries[(*pos)++];
		if (text_equal_nocase(e->name, name))
			return e;
	}
	return NULL;
}
