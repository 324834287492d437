/* SPDX-License-Identifier: MIT */
#ifndef PROBE_FLOW_INTERNAL_H
#define PROBE_FLOW_INTERNAL_H

#include "probe/flow/app.h"
#include "probe/flow/engine.h"
#include "probe/flow/names.h"
#include "probe/flow/table.h"

/* Shared by the files of the engine only. */

enum {
	/* Flows that have rare facts at one time; those beyond are told without. */
	MAX_NOTES = 16384,
	/* Streams whose first bytes come in pieces, at one time, and bytes of each. */
	MAX_STREAMS = 256,
	MAX_STREAM = 16384,
};

/* The first bytes of one direction, put together in order. */
struct flow_stream {
	uint32_t len;
	uint8_t bytes[MAX_STREAM];
};

/* What few flows have. */
struct flow_note {
	struct flow_icmp icmp;
	struct flow_dns dns;
	uint64_t answer_print; /* of the first DNS answer's content */
	char *certificate;
	struct flow_stream *streams[2];
	bool used;
};

struct flow_engine {
	struct flow_table table;
	struct flow_names *names;
	struct flow_note **notes; /* by number; 0 is never used */
	uint16_t n_notes, n_notes_used, note_hint;
	unsigned n_streams;
	flow_sink_fn *sink;
	void *arg;
	nsec_t now, swept; /* capture time */
	bool begun;
	struct obs_capture count;
};

/* Ticks since the flow began; at least 1, so that 0 stays "never". */
static inline uint32_t flow_ticks(const struct flow_entry *f, nsec_t at)
{
	nsec_t t = (at - f->begin) / FLOW_TICK;
	if (t < 1)
		return 1;
	return t > UINT32_MAX ? UINT32_MAX : (uint32_t)t;
}

/** The flow's rare facts, made when it has none yet; NULL when there is no room. */
struct flow_note *flow_note(struct flow_engine *e, struct flow_entry *f);

/** NULL when it has none. */
static inline struct flow_note *flow_note_of(
    const struct flow_engine *e, const struct flow_entry *f)
{
	return f->note ? e->notes[f->note] : NULL;
}

void flow_note_free(struct flow_engine *e, struct flow_entry *f);
void flow_stream_free(struct flow_engine *e, struct flow_stream **s);

/** Number of a flow that was not there before, zeroed but for its key. */
uint32_t flow_new(
    struct flow_engine *e, const struct flow_key *key, enum flow_queue queue);

/** One segment of a connection; high: sent by the higher address. */
void flow_tcp(
    struct flow_engine *e, uint32_t number, const struct packet *p, bool high);

/**
 * Whether a SYN begins another connection than the one that has the same addresses
 * and ports.
 */
bool flow_tcp_begins_anew(
    const struct flow_entry *f, const struct packet *p, bool high);

/** Payload of a segment that continues its stream without a gap. */
void flow_app(
    struct flow_engine *e, struct flow_entry *f, const struct packet *p, bool high);

/** Methods of HTTP by number, NULL for 0. */
const char *flow_method(unsigned number);

/** A DNS message over UDP. */
void flow_dns(struct flow_engine *e, const struct packet *p, const struct flow_key *key,
    bool high, nsec_t at);

/** Tells the sink what is known of a flow. */
void flow_tell(struct flow_engine *e, const struct flow_entry *f, bool open);

#endif
