/* SPDX-License-Identifier: MIT */
#include "probe/capture/capture_file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe/base/alloc.h"
#include "probe/capture/libpcap.h"
#include "probe/capture/pcapng_stats.h"

enum {
	/* Few calls, and what was read is still in the processor's cache. */
	BUFFER = 1 << 16
};

static const int64_t LATEST = INT64_C(1) << 33;

struct capture_file {
	const struct libpcap *lib;
	pcap_t *pcap;
	FILE *stream;
	char *buffer;
	int fd, stop, link; /* stop: -1 = none */
	bool plain, broken;
	uint64_t position, size, packets;
	struct pcapng_stats stats;
	char error[CAPTURE_ERROR_MAX];
	capture_packet_fn *take;
	void *arg;
};

/* --- The stream below libpcap ------------------------------------------------------
 */

static bool wait_for_bytes(const struct capture_file *c)
{
	struct pollfd p[] = { { .fd = c->fd, .events = POLLIN },
		{ .fd = c->stop, .events = POLLIN } };
	if (c->stop < 0)
		return true;
	while (poll(p, 2, -1) < 0 && errno == EINTR)
		continue;
	return p[1].revents == 0;
}

static ssize_t read_some(void *cookie, char *buf, size_t size)
{
	struct capture_file *c = cookie;
	ssize_t n;
	do
		n = wait_for_bytes(c) ? read(c->fd, buf, size) : 0;
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return n;
	c->position += (uint64_t)n;
	pcapng_stats_feed(&c->stats, buf, (size_t)n);
	return n;
}

static int close_fd(void *cookie)
{
	struct capture_file *c = cookie;
	return c->fd == STDIN_FILENO ? 0 : close(c->fd);
}

static int open_path(const char *path, char err[CAPTURE_ERROR_MAX])
{
	int fd = strcmp(path, "-") == 0 ? STDIN_FILENO
					: open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct stat st;
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		close(fd);
		errno = EISDIR;
		fd = -1;
	}
	if (fd < 0)
		snprintf(err, CAPTURE_ERROR_MAX, "%s", strerror(errno));
	return fd;
}

/*
 * A file that libpcap may read without us: reading never waits, and the older format
 * has nothing for the statistics (draft-ietf-opsawg-pcap section 4).
 */
static bool is_plain(const struct capture_file *c)
{
	static const uint32_t magics[] = { 0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d,
		0x4d3cb2a1 };
	uint32_t magic;
	if (!c->size || c->fd == STDIN_FILENO ||
	    pread(c->fd, &magic, sizeof magic, 0) != (ssize_t)sizeof magic)
		return false;
	for (size_t i = 0; i < sizeof magics / sizeof *magics; i++)
		if (magic == magics[i])
			return true;
	return false;
}

static bool open_stream(struct capture_file *c)
{
	struct stat st;
	if (fstat(c->fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
		c->size = (uint64_t)st.st_size;
	c->plain = is_plain(c);
	c->stream =
	    c->plain
		? fdopen(c->fd, "r")
		: fopencookie(c, "r",
		      (cookie_io_functions_t){ .read = read_some, .close = close_fd });
	if (!c->stream)
		return false;
	/* On a page's start: elsewhere some processors copy at a third of the speed. */
	c->buffer = aligned_alloc((size_t)sysconf(_SC_PAGESIZE), BUFFER);
	if (!c->buffer)
		return false;
	setvbuf(c->stream, c->buffer, _IOFBF, BUFFER);
	/* libpcap reads twice for each packet, and nobody else does. */
	__fsetlocking(c->stream, FSETLOCKING_BYCALLER);
	return true;
}

/* --- Opening ---------------------------------------------------------------------- */

/* The file's first bytes are where the statistics look for a block. */
static void refuse(
    const struct capture_file *c, const char *reason, char err[CAPTURE_ERROR_MAX])
{
	static const struct {
		const char *magic, *tool;
	} packed[] = { { "\x1f\x8b", "gzip" }, { "\x28\xb5\x2f\xfd", "zstd" },
		{ "\xfd\x37zXZ", "xz" }, { "BZh", "bzip2" } };

	for (size_t i = 0; i < sizeof packed / sizeof *packed; i++) {
		if (memcmp(c->stats.block, packed[i].magic, strlen(packed[i].magic)) !=
		    0)
			continue;
		snprintf(err, CAPTURE_ERROR_MAX,
		    "is compressed by %s; unpack it: %s -dc FILE | vnetprobe explain -",
		    packed[i].tool, packed[i].tool);
		return;
	}
	snprintf(err, CAPTURE_ERROR_MAX, "is no pcap or pcapng file: %.200s", reason);
}

static bool start(struct capture_file *c, char err[CAPTURE_ERROR_MAX])
{
	char reason[PCAP_ERRBUF_SIZE] = "";
	c->lib = libpcap_get();
	if (!c->lib) {
		snprintf(err, CAPTURE_ERROR_MAX,
		    "libpcap.so.0.8 is not installed (package libpcap0.8)");
		return false;
	}
	if (!open_stream(c)) {
		snprintf(err, CAPTURE_ERROR_MAX, "%s", strerror(errno));
		return false;
	}
	c->pcap = c->lib->fopen_offline_with_tstamp_precision(
	    c->stream, PCAP_TSTAMP_PRECISION_NANO, reason);
	if (!c->pcap) {
		refuse(c, reason, err);
		return false;
	}
	c->link = c->lib->datalink(c->pcap);
	if (!packet_link_known(c->link)) {
		snprintf(err, CAPTURE_ERROR_MAX,
		    "link layer %d cannot be read; Ethernet, Linux cooked (any), raw "
		    "IP and loopback can",
		    c->link);
		return false;
	}
	return true;
}

struct capture_file *capture_file_open(const char *path, char err[CAPTURE_ERROR_MAX])
{
	int fd = open_path(path, err);
	if (fd < 0)
		return NULL;
	struct capture_file *c = alloc_zeroed(1, sizeof *c);
	c->fd = fd;
	c->stop = -1;
	if (start(c, err))
		return c;
	capture_file_close(c);
	return NULL;
}

void capture_file_close(struct capture_file *c)
{
	if (!c)
		return;
	/* libpcap closes the stream that it took. */
	if (c->pcap)
		c->lib->close(c->pcap);
	else if (c->stream)
		fclose(c->stream);
	else
		close_fd(c);
	free(c->buffer);
	free(c);
}

/* --- Reading ---------------------------------------------------------------------- */

/* The file may say anything; 2^33 s is a year that a report can still write. */
static nsec_t time_of(const struct pcap_pkthdr *h)
{
	int64_t s = h->ts.tv_sec, ns = h->ts.tv_usec; /* nanoseconds, as asked for */
	s = s < 0 ? 0 : s > LATEST ? LATEST : s;
	return s * NSEC_PER_SEC + (ns < 0 || ns >= NSEC_PER_SEC ? 0 : ns);
}

static void take(u_char *user, const struct pcap_pkthdr *h, const u_char *bytes)
{
	struct capture_file *c = (struct capture_file *)(void *)user;
	struct packet p;
	packet_decode(c->link, bytes, h->caplen, h->len, &p);
	p.follow_up = pcapng_stats_follow_up(&c->stats, c->packets++);
	c->take(c->arg, &p, time_of(h));
}

static void set_error(struct capture_file *c, const char *reason)
{
	/* libpcap's words for link types and snap lengths of pcapng interfaces. */
	bool mixed = strstr(reason, "different from the") != NULL;
	snprintf(c->error, sizeof c->error, "%.*s%s", mixed ? 120 : 300, reason,
	    mixed ? "; all interfaces of a file must have one link type: take one out "
		    "(tshark -Y frame.interface_id==0, editcap -F pcap -T ether)"
		  : "");
}

enum capture_read capture_file_read(
    struct capture_file *c, unsigned n, capture_packet_fn *fn, void *arg)
{
	if (c->broken)
		return CAPTURE_BROKEN;
	c->take = fn;
	c->arg = arg;
	int r = c->lib->dispatch(c->pcap, (int)n, take, (u_char *)c);
	if (r > 0)
		return CAPTURE_MORE;
	if (r == 0)
		return CAPTURE_END;
	c->broken = true;
	set_error(c, c->lib->geterr(c->pcap));
	return CAPTURE_BROKEN;
}

void capture_file_stop_by(struct capture_file *c, int fd)
{
	c->stop = fd;
}

const char *capture_file_error(const struct capture_file *c)
{
	return c->error;
}

uint64_t capture_file_position(const struct capture_file *c)
{
	off_t at = c->plain ? lseek(c->fd, 0, SEEK_CUR) : (off_t)c->position;
	return at > 0 ? (uint64_t)at : 0;
}

uint64_t capture_file_size(const struct capture_file *c)
{
	return c->size;
}

bool capture_file_dropped(const struct capture_file *c, uint64_t *ret)
{
	*ret = pcapng_stats_dropped(&c->stats);
	return c->stats.known;
}
