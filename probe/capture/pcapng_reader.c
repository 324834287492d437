/* SPDX-License-Identifier: MIT */
#include "probe/capture/pcapng_reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "probe/base/alloc.h"
#include "probe/capture/pcapng.h"

enum {
	HEAD = 8,     /* type and length of a block */
	TAIL = 4,     /* its length again */
	SECTION = 28, /* with nothing optional */
	INTERFACES_MAX = 4096,
	VERSION = 1
};

struct pcapng_interface {
	uint16_t link;
	uint32_t snaplen; /* 0 = none */
	uint64_t units;   /* of its clock, per second */
	int64_t offset;   /* seconds */
	uint64_t dropped; /* since the capture began */
	bool follow_ups;
};

/* One block that is wholly there; body lies between its head and its tail. */
struct block {
	uint32_t type;
	const uint8_t *body;
	uint32_t size;
};

__attribute__((format(printf, 2, 3))) static enum record_read broken(
    struct pcapng_reader *r, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(r->error, sizeof r->error, format, args);
	va_end(args);
	return RECORD_BROKEN;
}

bool pcapng_reader_knows(const uint8_t magic[4])
{
	return file_u32(magic, false) == PCAPNG_BLOCK_SECTION;
}

/* --- Options -----------------------------------------------------------------------
 */

struct option {
	uint16_t code, len;
	const uint8_t *value;
};

/* Moves *at on; false behind the last one. */
static bool next_option(const struct pcapng_reader *r, const struct block *b,
    uint32_t *at, struct option *ret)
{
	if (b->size < 4 || *at > b->size - 4)
		return false;
	ret->code = file_u16(b->body + *at, r->swapped);
	ret->len = file_u16(b->body + *at + 2, r->swapped);
	ret->value = b->body + *at + 4;
	if (ret->code == PCAPNG_OPTION_END || ret->len > b->size - 4 - *at)
		return false;
	*at += 4 + ((ret->len + 3U) & ~3U);
	return true;
}

/* --- Sections and interfaces ---------------------------------------------------------
 */

static enum record_read read_section(struct pcapng_reader *r, const struct block *b)
{
	uint16_t version = file_u16(b->body + 4, r->swapped);

	if (version != VERSION)
		return broken(r,
		    "has a section of version %u, of which nothing is known here",
		    version);
	r->dropped = pcapng_reader_dropped(r);
	r->n_interfaces = 0;
	return RECORD_NEXT;
}

/* if_tsresol: a negative power of ten or, with the highest bit set, of two. */
static bool read_resolution(uint8_t value, uint64_t *ret_units)
{
	unsigned exponent = value & 0x7f;

	if (exponent > (value & 0x80 ? 63 : 19))
		return false;
	*ret_units = 1;
	for (unsigned i = 0; i < exponent; i++)
		*ret_units *= value & 0x80 ? 2 : 10;
	return true;
}

/* Link type (2), reserved (2), snap length, options. */
static enum record_read read_interface(struct pcapng_reader *r, const struct block *b)
{
	static const char follow_ups[] = PCAPNG_FOLLOW_UPS;
	struct pcapng_interface to = { .units = 1000 * 1000 };
	struct option o;

	if (b->size < 8)
		return broken(r, "damaged: an interface of %u bytes", b->size);
	if (r->n_interfaces == INTERFACES_MAX)
		return broken(r, "has more than %d interfaces", INTERFACES_MAX);
	to.link = file_u16(b->body, r->swapped);
	to.snaplen = file_u32(b->body + 4, r->swapped);
	for (uint32_t at = 8; next_option(r, b, &at, &o);) {
		if (o.code == PCAPNG_OPTION_IF_NAME)
			to.follow_ups = o.len == sizeof follow_ups - 1 &&
					memcmp(o.value, follow_ups, o.len) == 0;
		else if (o.code == PCAPNG_OPTION_IF_TSOFFSET && o.len == 8)
			to.offset = (int64_t)file_u64(o.value, r->swapped);
		else if (o.code == PCAPNG_OPTION_IF_TSRESOL && o.len == 1 &&
			 !read_resolution(o.value[0], &to.units))
			return broken(
			    r, "damaged: a clock of resolution %u", o.value[0]);
	}
	if (r->n_interfaces == r->cap) {
		r->cap = r->cap ? 2 * r->cap : 4;
		r->interfaces =
		    alloc_again(r->interfaces, r->cap, sizeof *r->interfaces);
	}
	r->interfaces[r->n_interfaces++] = to;
	return RECORD_NEXT;
}

/* Interface, time (8), options. What was lost is counted since the capture began. */
static void read_statistics(struct pcapng_reader *r, const struct block *b)
{
	uint64_t dropped = 0;
	bool known = false;
	struct option o;

	if (b->size < 12)
		return;
	for (uint32_t at = 12; next_option(r, b, &at, &o);) {
		if ((o.code != PCAPNG_OPTION_ISB_DROPPED &&
			o.code != PCAPNG_OPTION_ISB_OS_DROPPED) ||
		    o.len != 8)
			continue;
		uint64_t value = file_u64(o.value, r->swapped);
		known = true;
		dropped = value > dropped ? value : dropped;
	}
	uint32_t interface = file_u32(b->body, r->swapped);
	if (!known || interface >= r->n_interfaces)
		return;
	r->drops_known = true;
	r->interfaces[interface].dropped = dropped;
}

/* --- Packets -------------------------------------------------------------------------
 */

static nsec_t time_of(const struct pcapng_interface *i, uint64_t units)
{
	__extension__ typedef unsigned __int128 wide;
	int64_t seconds = (int64_t)(units / i->units);
	wide rest = (wide)(units % i->units) * NSEC_PER_SEC;

	if (__builtin_add_overflow(seconds, i->offset, &seconds) || seconds < 0)
		seconds = 0;
	return record_time((uint64_t)seconds, (uint64_t)(rest / i->units));
}

/* head: bytes of the body before the packet's own. */
static enum record_read read_data(struct pcapng_reader *r, const struct block *b,
    uint32_t head, uint32_t have, uint32_t interface, struct capture_record *ret)
{
	if (interface >= r->n_interfaces)
		return broken(r,
		    "damaged: a packet of interface %u, which is not described",
		    interface);
	if (have > RECORD_BYTES_MAX || have > b->size - head)
		return broken(
		    r, "damaged: a packet of %u bytes, more than its block has", have);
	ret->bytes = b->body + head;
	ret->have = have;
	ret->link = r->interfaces[interface].link;
	ret->follow_up = r->interfaces[interface].follow_ups;
	ret->at = r->last;
	return RECORD_NEXT;
}

/* Interface (the obsolete block: 2, and drops 2), time, bytes here, bytes on the wire.
 */
static enum record_read read_packet(
    struct pcapng_reader *r, const struct block *b, struct capture_record *ret)
{
	if (b->size < 20)
		return broken(r, "damaged: a packet block of %u bytes", b->size);
	uint32_t interface = b->type == PCAPNG_BLOCK_PACKET
				 ? file_u32(b->body, r->swapped)
				 : file_u16(b->body, r->swapped);
	uint32_t have = file_u32(b->body + 12, r->swapped);
	enum record_read read = read_data(r, b, 20, have, interface, ret);
	if (read != RECORD_NEXT)
		return read;
	uint64_t units = (uint64_t)file_u32(b->body + 4, r->swapped) << 32 |
			 file_u32(b->body + 8, r->swapped);
	ret->wire = file_u32(b->body + 16, r->swapped);
	ret->at = r->last = time_of(&r->interfaces[interface], units);
	return RECORD_NEXT;
}

/* Bytes on the wire, and as many as the first interface keeps. */
static enum record_read read_simple(
    struct pcapng_reader *r, const struct block *b, struct capture_record *ret)
{
	if (b->size < 4)
		return broken(r, "damaged: a packet block of %u bytes", b->size);
	ret->wire = file_u32(b->body, r->swapped);
	uint32_t have = ret->wire;
	if (r->n_interfaces > 0 && r->interfaces[0].snaplen &&
	    have > r->interfaces[0].snaplen)
		have = r->interfaces[0].snaplen;
	return read_data(r, b, 4, have, 0, ret);
}

/* --- Blocks --------------------------------------------------------------------------
 */

static bool is_packet(uint32_t type)
{
	return type == PCAPNG_BLOCK_PACKET || type == PCAPNG_BLOCK_PACKET_SIMPLE ||
	       type == PCAPNG_BLOCK_PACKET_OBSOLETE;
}

static bool is_read(uint32_t type)
{
	return is_packet(type) || type == PCAPNG_BLOCK_SECTION ||
	       type == PCAPNG_BLOCK_INTERFACE || type == PCAPNG_BLOCK_STATISTICS;
}

/* A section says in its body which byte order its length, too, has. */
static bool read_order(struct pcapng_reader *r, const uint8_t *p)
{
	uint32_t order = file_u32(p + HEAD, false);

	r->swapped = order != PCAPNG_BYTE_ORDER;
	return file_u32(p + HEAD, r->swapped) == PCAPNG_BYTE_ORDER;
}

/* The next block that is of interest; its bytes stand until the one after it. */
static enum record_read next_block(
    struct pcapng_reader *r, struct byte_source *s, struct block *ret)
{
	for (;;) {
		const uint8_t *p = byte_source_peek(s, HEAD);
		if (!p)
			return byte_source_peek(s, 1) ? RECORD_CUT : RECORD_END;
		uint32_t type = file_u32(p, r->swapped);
		bool section = type == PCAPNG_BLOCK_SECTION;
		if (section && !(p = byte_source_peek(s, SECTION)))
			return RECORD_CUT;
		if (section && !read_order(r, p))
			return broken(r, "damaged: a section of no byte order");
		uint32_t len = file_u32(p + 4, r->swapped);
		if (len % 4 || len < (section ? SECTION : HEAD + TAIL))
			return broken(r, "damaged: a block of %u bytes", len);
		if (!is_read(type)) {
			if (!byte_source_skip(s, len))
				return RECORD_CUT;
			continue;
		}
		if (len > BYTE_SOURCE_MOST)
			return broken(r, "damaged: a block of %u bytes", len);
		p = byte_source_peek(s, len);
		if (!p)
			return RECORD_CUT;
		if (file_u32(p + len - TAIL, r->swapped) != len)
			return broken(r,
			    "damaged: a block of %u bytes that ends with another "
			    "length",
			    len);
		byte_source_take(s, len);
		*ret = (struct block){ type, p + HEAD, len - HEAD - TAIL };
		return RECORD_NEXT;
	}
}

/* What is no packet. */
static enum record_read read_about(struct pcapng_reader *r, const struct block *b)
{
	switch (b->type) {
	case PCAPNG_BLOCK_SECTION:
		return read_section(r, b);
	case PCAPNG_BLOCK_INTERFACE:
		return read_interface(r, b);
	default:
		read_statistics(r, b);
		return RECORD_NEXT;
	}
}

enum record_read pcapng_reader_next(
    struct pcapng_reader *r, struct byte_source *s, struct capture_record *ret)
{
	struct block b = { 0 };
	enum record_read read;

	while ((read = next_block(r, s, &b)) == RECORD_NEXT) {
		if (b.type == PCAPNG_BLOCK_PACKET_SIMPLE)
			return read_simple(r, &b, ret);
		if (is_packet(b.type))
			return read_packet(r, &b, ret);
		read = read_about(r, &b);
		if (read != RECORD_NEXT)
			break;
	}
	return read;
}

enum record_read pcapng_reader_begin(
    struct pcapng_reader *r, struct byte_source *s, int *ret_link)
{
	struct block b = { 0 };
	enum record_read read;

	while (r->n_interfaces == 0) {
		read = next_block(r, s, &b);
		if (read != RECORD_NEXT)
			return read;
		if (is_packet(b.type))
			return broken(r, "damaged: a packet before any interface");
		read = read_about(r, &b);
		if (read != RECORD_NEXT)
			return read;
	}
	*ret_link = r->interfaces[0].link;
	return RECORD_NEXT;
}

void pcapng_reader_free(struct pcapng_reader *r)
{
	free(r->interfaces);
}

uint64_t pcapng_reader_dropped(const struct pcapng_reader *r)
{
	uint64_t sum = r->dropped;

	for (size_t i = 0; i < r->n_interfaces; i++)
		sum += r->interfaces[i].dropped;
	return sum;
}
