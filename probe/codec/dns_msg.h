/* SPDX-License-Identifier: MIT */
#ifndef PROBE_CODEC_DNS_MSG_H
#define PROBE_CODEC_DNS_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/model/obs.h"

struct arena;

/* DNS messages (RFC 1035 section 4.1, EDNS RFC 6891, extended errors RFC 8914). */

enum {
	/* Header, the longest name, type and class, and an empty OPT record. */
	DNS_QUERY_MAX = 12 + 255 + 4 + 11,
	/* What we offer to receive over UDP: no fragment on any usual path. */
	DNS_EDNS_UDP_SIZE = 1232,
};

/**
 * Writes a recursive query of class IN for an absolute name (a closing dot is
 * optional; labels are taken as they are). Of the form count type, edns_size and cd.
 * Returns its length, or 0 when the name cannot be encoded: an empty label, one above
 * 63 bytes, or more than 255 in all.
 */
size_t dns_query_build(uint8_t buf[DNS_QUERY_MAX], uint16_t id, const char *name,
    const struct dns_form *form);

/** The message id, 0 when the bytes are too few. */
uint16_t dns_msg_id(const uint8_t *bytes, size_t len);

/** Whether header and question section are those of some response. */
bool dns_msg_is_response(const uint8_t *bytes, size_t len);

/**
 * Reads a response to the question (name, type, class IN) into the fields of *ret
 * from rcode to n_records and leaves the others alone. Names become lower case,
 * without closing dot, bytes that are not printable as \DDD (RFC 4343 section 2.1).
 * An rcode above 255 is kept as 255. Of a truncated message the complete records
 * are kept. A refusal without a question section counts as an answer to ours: old
 * servers send the bare header (RFC 6891 section 7). Records may share the string
 * name, which therefore has to live as long as the arena.
 *
 * Returns false, with *ret untouched, when the bytes are no such response.
 */
bool dns_msg_parse(const uint8_t *bytes, size_t len, const char *name, uint16_t type,
    struct arena *arena, struct obs_dns *ret);

#endif
