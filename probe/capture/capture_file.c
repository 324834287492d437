/* SPDX-License-Identifier: MIT */
#include "probe/capture/capture_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe/base/alloc.h"
#include "probe/capture/pcap_reader.h"
#include "probe/capture/pcapng_reader.h"

struct capture_file {
	struct byte_source source;
	bool newer; /* pcapng */
	struct pcap_reader pcap;
	struct pcapng_reader pcapng;
	bool regular, broken;
	uint64_t size;
	char error[CAPTURE_ERROR_MAX];
};

/* --- Opening ---------------------------------------------------------------------- */

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

/* Says why reading ended early, in words that follow the file's name. */
static void set_error(struct capture_file *c, enum record_read why)
{
	if (why == RECORD_BROKEN)
		snprintf(c->error, sizeof c->error, "%s",
		    c->newer ? c->pcapng.error : c->pcap.error);
	else if (c->source.err)
		snprintf(c->error, sizeof c->error, "%s", strerror(c->source.err));
	else
		snprintf(c->error, sizeof c->error,
		    "truncated: it ends in the middle of a %s",
		    c->newer ? "block" : "packet");
}

static void refuse(struct capture_file *c, const uint8_t *magic)
{
	static const struct {
		const char *magic, *tool;
	} packed[] = { { "\x1f\x8b", "gzip" }, { "\x28\xb5\x2f\xfd", "zstd" },
		{ "\xfd\x37zX", "xz" }, { "BZh", "bzip2" } };

	snprintf(c->error, sizeof c->error, "%s",
	    c->source.err ? strerror(c->source.err) : "is no pcap or pcapng file");
	for (size_t i = 0; magic && i < sizeof packed / sizeof *packed; i++)
		if (memcmp(magic, packed[i].magic, strlen(packed[i].magic)) == 0)
			snprintf(c->error, sizeof c->error,
			    "is compressed by %s; unpack it: %s -dc FILE | vnetprobe "
			    "explain -",
			    packed[i].tool, packed[i].tool);
}

static bool is_link_known(struct capture_file *c, int link)
{
	if (packet_link_known(link))
		return true;
	snprintf(c->error, sizeof c->error,
	    "link layer %d cannot be read; Ethernet, Linux cooked (any), raw IP and "
	    "loopback can",
	    link);
	return false;
}

static bool begin(struct capture_file *c)
{
	const uint8_t *magic = byte_source_peek(&c->source, 4);
	int link = 0;
	enum record_read read;

	c->newer = magic && pcapng_reader_knows(magic);
	if (c->newer) {
		read = pcapng_reader_begin(&c->pcapng, &c->source, &link);
	} else if (magic && pcap_reader_knows(magic)) {
		read = pcap_reader_begin(&c->pcap, &c->source);
		link = c->pcap.link;
	} else {
		refuse(c, magic);
		return false;
	}
	if (read == RECORD_NEXT)
		return is_link_known(c, link);
	if (read == RECORD_END) /* no interface, and so no packet */
		return true;
	set_error(c, read);
	return false;
}

struct capture_file *capture_file_open(const char *path, char err[CAPTURE_ERROR_MAX])
{
	int fd = open_path(path, err);
	struct stat st;
	if (fd < 0)
		return NULL;
	struct capture_file *c = alloc_zeroed(1, sizeof *c);
	byte_source_init(&c->source, fd);
	c->regular = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
	if (c->regular)
		c->size = (uint64_t)st.st_size;
	if (begin(c))
		return c;
	memcpy(err, c->error, CAPTURE_ERROR_MAX);
	capture_file_close(c);
	return NULL;
}

void capture_file_close(struct capture_file *c)
{
	if (!c)
		return;
	if (c->source.fd != STDIN_FILENO)
		close(c->source.fd);
	byte_source_deinit(&c->source);
	pcapng_reader_free(&c->pcapng);
	free(c);
}

/* --- Reading ---------------------------------------------------------------------- */

static enum record_read next(struct capture_file *c, struct capture_record *ret)
{
	return c->newer ? pcapng_reader_next(&c->pcapng, &c->source, ret)
			: pcap_reader_next(&c->pcap, &c->source, ret);
}

enum capture_read capture_file_read(
    struct capture_file *c, unsigned n, capture_packet_fn *take, void *arg)
{
	enum record_read read = RECORD_NEXT;

	if (c->broken)
		return CAPTURE_BROKEN;
	for (unsigned i = 0; i < n; i++) {
		struct capture_record record;
		struct packet p;
		read = next(c, &record);
		if (read != RECORD_NEXT)
			break;
		packet_decode(record.link, record.bytes, record.have, record.wire, &p);
		p.follow_up = record.follow_up;
		take(arg, &p, record.at);
	}
	if (read == RECORD_NEXT)
		return CAPTURE_MORE;
	if (read == RECORD_END && !c->source.err)
		return CAPTURE_END;
	c->broken = true;
	set_error(c, read);
	return CAPTURE_BROKEN;
}

void capture_file_stop_by(struct capture_file *c, int fd)
{
	/* A regular file is never waited for. */
	if (!c->regular)
		c->source.stop = fd;
}

const char *capture_file_error(const struct capture_file *c)
{
	return c->error;
}

uint64_t capture_file_position(const struct capture_file *c)
{
	return c->source.position;
}

uint64_t capture_file_size(const struct capture_file *c)
{
	return c->size;
}

bool capture_file_dropped(const struct capture_file *c, uint64_t *ret)
{
	*ret = pcapng_reader_dropped(&c->pcapng);
	return c->pcapng.drops_known;
}
