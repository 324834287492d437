/* SPDX-License-Identifier: MIT */
#include "probe/forensics/counters.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probe/base/arena.h"
#include "probe/base/parse.h"

/* Group and counter as the kernel calls them; snmp6 writes both as one word. */
static const struct wanted {
	const char *group, *counter, *name;
	size_t group_len, counter_len; /* compared first: most words differ in length */
} wanted[] = {

#define WANTED(group, counter)                                                         \
	{                                                                              \
		group, counter, group "." counter, sizeof group - 1,                   \
		    sizeof counter - 1                                                 \
	}
	/* OutRequests runs ahead of OutTransmits (Linux 6.8) by what a filter of this
	 * host dropped, InReceives of InDelivers likewise. */
	WANTED("Ip", "InReceives"),
	WANTED("Ip", "InDelivers"),
	WANTED("Ip", "InHdrErrors"),
	WANTED("Ip", "InAddrErrors"),
	WANTED("Ip", "InDiscards"),
	WANTED("Ip", "ForwDatagrams"),
	WANTED("Ip", "OutRequests"),
	WANTED("Ip", "OutTransmits"),
	WANTED("Ip", "OutDiscards"),
	WANTED("Ip", "OutNoRoutes"),
	WANTED("Ip", "FragFails"),
	WANTED("Ip", "ReasmFails"),
	WANTED("Icmp", "InMsgs"),
	WANTED("Icmp", "InErrors"),
	WANTED("Icmp", "InCsumErrors"),
	WANTED("Icmp", "InDestUnreachs"),
	WANTED("Icmp", "InTimeExcds"),
	WANTED("Tcp", "ActiveOpens"),
	WANTED("Tcp", "AttemptFails"),
	WANTED("Tcp", "EstabResets"),
	WANTED("Tcp", "InSegs"),
	WANTED("Tcp", "OutSegs"),
	WANTED("Tcp", "RetransSegs"),
	WANTED("Tcp", "InErrs"),
	WANTED("Tcp", "OutRsts"),
	WANTED("Tcp", "InCsumErrors"),
	WANTED("Udp", "InDatagrams"),
	WANTED("Udp", "OutDatagrams"),
	WANTED("Udp", "NoPorts"),
	WANTED("Udp", "InErrors"),
	WANTED("Udp", "RcvbufErrors"),
	WANTED("Udp", "SndbufErrors"),
	WANTED("Udp", "InCsumErrors"),
	WANTED("TcpExt", "OutOfWindowIcmps"),
	WANTED("TcpExt", "IPReversePathFilter"),
	WANTED("TcpExt", "TCPTimeouts"),
	WANTED("TcpExt", "TCPSynRetrans"),
	WANTED("TcpExt", "TCPRetransFail"),
	WANTED("TcpExt", "TCPMinTTLDrop"),
	WANTED("TcpExt", "TCPChallengeACK"),
	WANTED("IpExt", "InNoRoutes"),
	WANTED("IpExt", "InTruncatedPkts"),
	WANTED("IpExt", "InCsumErrors"),
	WANTED("Ip6", "InReceives"),
	WANTED("Ip6", "InDelivers"),
	WANTED("Ip6", "InHdrErrors"),
	WANTED("Ip6", "InAddrErrors"),
	WANTED("Ip6", "InNoRoutes"),
	WANTED("Ip6", "InDiscards"),
	WANTED("Ip6", "OutForwDatagrams"),
	WANTED("Ip6", "OutRequests"),
	WANTED("Ip6", "OutTransmits"),
	WANTED("Ip6", "OutDiscards"),
	WANTED("Ip6", "OutNoRoutes"),
};

enum {
	N_WANTED = sizeof wanted / sizeof *wanted,
	FILE_MAX = 32 << 10
};

_Static_assert(sizeof wanted / sizeof *wanted <= (size_t)OBS_MAX_COUNTERS,
    "as many as an observation holds");

/* A piece of a text that is not terminated. */
struct span {
	const char *text;
	size_t len;
};

static bool is(struct span s, const char *word, size_t len)
{
	return s.len == len && memcmp(s.text, word, len) == 0;
}

/* The next word of *rest, which moves behind it; empty at the end. */
static struct span next_word(struct span *rest)
{
	size_t skip = 0, len = 0;
	while (
	    skip < rest->len && (rest->text[skip] == ' ' || rest->text[skip] == '\t'))
		skip++;
	while (skip + len < rest->len && rest->text[skip + len] != ' ' &&
	       rest->text[skip + len] != '\t')
		len++;
	struct span word = { rest->text + skip, len };
	*rest = (struct span){ word.text + len, rest->len - skip - len };
	return word;
}

static struct span next_line(const char **text)
{
	size_t len = strcspn(*text, "\n");
	struct span line = { *text, len };
	*text += len + ((*text)[len] == '\n');
	return line;
}

static void keep(struct counter_set *set, size_t i, struct span value)
{
	char digits[24];
	uint64_t n;
	if (value.len >= sizeof digits)
		return;
	memcpy(digits, value.text, value.len);
	digits[value.len] = '\0';
	/* A few of the kernel's fields are signed; none that we want. */
	if (!parse_uint(digits, UINT64_MAX, &n) || set->of[i].known)
		return;
	set->of[i].known = true;
	set->of[i].value = n;
	set->n++;
}

static void keep_pair(struct counter_set *set, struct span names, struct span values)
{
	struct span group = next_word(&names), again = next_word(&values);
	if (!group.len || group.text[group.len - 1] != ':' || group.len != again.len ||
	    memcmp(group.text, again.text, group.len) != 0)
		return;
	group.len--;
	for (;;) {
		struct span name = next_word(&names), value = next_word(&values);
		if (!name.len || !value.len)
			return;
		for (size_t i = 0; i < N_WANTED; i++)
			if (is(name, wanted[i].counter, wanted[i].counter_len) &&
			    is(group, wanted[i].group, wanted[i].group_len))
				keep(set, i, value);
	}
}

void counters_parse_pairs(struct counter_set *set, const char *text)
{
	while (*text) {
		struct span names = next_line(&text);
		if (!*text)
			return;
		keep_pair(set, names, next_line(&text));
	}
}

void counters_parse_lines(struct counter_set *set, const char *text)
{
	while (*text) {
		struct span line = next_line(&text);
		struct span name = next_word(&line), value = next_word(&line);
		for (size_t i = 0; i < N_WANTED; i++) {
			const struct wanted *w = &wanted[i];
			if (name.len == w->group_len + w->counter_len && value.len &&
			    memcmp(name.text, w->group, w->group_len) == 0 &&
			    memcmp(name.text + w->group_len, w->counter,
				w->counter_len) == 0)
				keep(set, i, value);
		}
	}
}

/* Returns the number of bytes; text is terminated and empty on failure. */
static size_t read_text(const char *path, char *text, size_t size)
{
	size_t used = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && used + 1 < size) {
		ssize_t n = read(fd, text + used, size - 1 - used);
		if (n <= 0)
			break;
		used += (size_t)n;
	}
	if (fd >= 0)
		close(fd);
	text[used] = '\0';
	return used;
}

void counters_read(struct counter_set *ret)
{
	static char text[FILE_MAX]; /* one thread; too much for a stack */

	*ret = (struct counter_set){ .n = 0 };
	if (read_text("/proc/net/snmp", text, sizeof text))
		counters_parse_pairs(ret, text);
	if (read_text("/proc/net/netstat", text, sizeof text))
		counters_parse_pairs(ret, text);
	if (read_text("/proc/net/snmp6", text, sizeof text))
		counters_parse_lines(ret, text);
}

void counters_compare(const struct counter_set *before, const struct counter_set *after,
    struct arena *arena, struct obs_counters *ret)
{
	struct counter *items = arena_array(arena, N_WANTED, sizeof *items);
	size_t n = 0;
	for (size_t i = 0; i < N_WANTED; i++) {
		if (!before->of[i].known || !after->of[i].known)
			continue;
		/* A counter that restarted moved by an amount nobody knows. */
		if (after->of[i].value < before->of[i].value)
			continue;
		items[n++] = (struct counter){ .name = wanted[i].name,
			.delta = after->of[i].value - before->of[i].value };
	}
	ret->items = items;
	ret->n_items = n;
}

static size_t index_of(const char *name)
{
	size_t i = 0;
	while (i < N_WANTED && strcmp(wanted[i].name, name) != 0)
		i++;
	return i;
}

/* How far a counter moved; 0 where it is not known. */
static uint64_t moved(
    const struct counter_set *before, const struct counter_set *after, const char *name)
{
	size_t i = index_of(name);
	if (i == N_WANTED || !before->of[i].known || !after->of[i].known ||
	    after->of[i].value < before->of[i].value)
		return 0;
	return after->of[i].value - before->of[i].value;
}

bool counters_show_loss(
    const struct counter_set *before, const struct counter_set *after)
{
	static const struct {
		const char *whole, *part, *other;
	} ways[] = {
		{ "Ip.InReceives", "Ip.InDelivers", "Ip.ForwDatagrams" },
		{ "Ip6.InReceives", "Ip6.InDelivers", "Ip6.OutForwDatagrams" },
		{ "Ip.OutRequests", "Ip.OutTransmits", "" },
		{ "Ip6.OutRequests", "Ip6.OutTransmits", "" },
	};

	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
		/* Without the second one nothing can be missing. */
		if (after->of[index_of(ways[i].part)].known &&
		    moved(before, after, ways[i].whole) >
			moved(before, after, ways[i].part) +
			    moved(before, after, ways[i].other))
			return true;
	return false;
}

static uint32_t read_number(const char *path)
{
	char text[32];
	uint64_t n = 0;
	read_text(path, text, sizeof text);
	text[strcspn(text, "\n")] = '\0';
	return parse_uint(text, UINT32_MAX, &n) ? (uint32_t)n : 0;
}

void counters_read_conntrack(struct obs_counters *ret)
{
	ret->conntrack_max = read_number("/proc/sys/net/netfilter/nf_conntrack_max");
	ret->conntrack_count =
	    ret->conntrack_max
		? read_number("/proc/sys/net/netfilter/nf_conntrack_count")
		: 0;
}
