/* SPDX-License-Identifier: MIT */
#include "probe/capture/pcapng_writer.h"

#include <string.h>

enum {
	FRAME = 12, /* type, length, length */
	BODY_MAX = 2 * PCAPNG_COMMENT_MAX,
};

/* A part of a block that is built before its length is known. */
struct part {
	char bytes[BODY_MAX];
	size_t len;
};

static void add(struct part *p, const void *bytes, size_t len)
{
	memcpy(p->bytes + p->len, bytes, len);
	p->len += len;
}

static void add16(struct part *p, uint16_t n)
{
	add(p, &n, sizeof n);
}

static void add32(struct part *p, uint32_t n)
{
	add(p, &n, sizeof n);
}

static void pad(struct part *p)
{
	static const char zeros[4];
	add(p, zeros, -p->len & 3);
}

static void option(struct part *p, uint16_t code, const void *value, size_t len)
{
	add16(p, code);
	add16(p, (uint16_t)len);
	add(p, value, len);
	pad(p);
}

static void comment_option(struct part *p, const char *comment)
{
	if (comment)
		option(p, PCAPNG_OPTION_COMMENT, comment,
		    strnlen(comment, PCAPNG_COMMENT_MAX));
}

static void end_options(struct part *p)
{
	add16(p, PCAPNG_OPTION_END);
	add16(p, 0);
}

static void put(const struct pcapng_writer *w, const void *bytes, size_t len)
{
	w->sink(w->arg, bytes, len);
}

/* head, data padded to words, tail: each may be empty. */
static void put_block(const struct pcapng_writer *w, uint32_t type,
    const struct part *head, const void *data, size_t data_len, const struct part *tail)
{
	static const char zeros[4];
	size_t padding = -data_len & 3;
	uint32_t len = (uint32_t)(FRAME + head->len + data_len + padding + tail->len);
	put(w, &type, sizeof type);
	put(w, &len, sizeof len);
	put(w, head->bytes, head->len);
	put(w, data, data_len);
	put(w, zeros, padding);
	put(w, tail->bytes, tail->len);
	put(w, &len, sizeof len);
}

static void add_time(struct part *p, nsec_t at)
{
	uint64_t t = at > 0 ? (uint64_t)at : 0;
	add32(p, (uint32_t)(t >> 32));
	add32(p, (uint32_t)t);
}

static void put_interface(
    const struct pcapng_writer *w, int link, unsigned snaplen, const char *name)
{
	static const char nanoseconds = 9; /* 10 to the power of -9 */
	struct part head = { .len = 0 }, tail = { .len = 0 };
	add16(&head, (uint16_t)link);
	add16(&head, 0);
	add32(&head, snaplen);
	option(&tail, PCAPNG_OPTION_IF_NAME, name, strnlen(name, PCAPNG_COMMENT_MAX));
	option(&tail, PCAPNG_OPTION_IF_TSRESOL, &nanoseconds, 1);
	end_options(&tail);
	put_block(w, PCAPNG_BLOCK_INTERFACE, &head, "", 0, &tail);
}

void pcapng_begin(const struct pcapng_writer *w, int link, unsigned snaplen,
    const char *interface, const char *comment)
{
	const int64_t unknown_length = -1;
	struct part head = { .len = 0 }, tail = { .len = 0 };
	add32(&head, PCAPNG_BYTE_ORDER);
	add16(&head, 1);
	add16(&head, 0);
	add(&head, &unknown_length, sizeof unknown_length);
	comment_option(&tail, comment);
	end_options(&tail);
	put_block(w, PCAPNG_BLOCK_SECTION, &head, "", 0, &tail);
	put_interface(w, link, snaplen, interface);
	put_interface(w, link, snaplen, PCAPNG_FOLLOW_UPS);
}

void pcapng_packet(const struct pcapng_writer *w, const struct tap_frame *frame,
    bool follow_up, const char *comment)
{
	struct part head = { .len = 0 }, tail = { .len = 0 };
	add32(&head, follow_up); /* the interface */
	add_time(&head, frame->at);
	add32(&head, frame->have);
	add32(&head, frame->wire);
	comment_option(&tail, comment);
	if (comment)
		end_options(&tail);
	put_block(w, PCAPNG_BLOCK_PACKET, &head, frame->bytes, frame->have, &tail);
}

void pcapng_statistics(
    const struct pcapng_writer *w, nsec_t at, uint64_t received, uint64_t dropped)
{
	struct part head = { .len = 0 }, tail = { .len = 0 };
	add32(&head, 0);
	add_time(&head, at);
	option(&tail, PCAPNG_OPTION_ISB_RECEIVED, &received, sizeof received);
	option(&tail, PCAPNG_OPTION_ISB_DROPPED, &dropped, sizeof dropped);
	end_options(&tail);
	put_block(w, PCAPNG_BLOCK_STATISTICS, &head, "", 0, &tail);
}
