/* SPDX-License-Identifier: MIT */
#include "probe/capture/live.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe/base/alloc.h"
#include "probe/base/arena.h"
#include "probe/base/vec.h"
#include "probe/capture/flow_owner.h"
#include "probe/capture/frame_store.h"
#include "probe/capture/inbound.h"
#include "probe/capture/own_addresses.h"
#include "probe/capture/privileges.h"
#include "probe/capture/tap.h"
#include "probe/flow/engine.h"

struct live_flow {
	struct obs_flow flow;
	nsec_t begin; /* wall clock */
	int target;
	const struct obs *obs; /* NULL: not told */
	const char *comment;
	bool chosen;
};

/* A watched port that was told. */
struct live_port {
	uint16_t port;
	const struct obs *obs;
	const char *comment;
	bool chosen;
};

struct live_capture {
	struct tap *tap;
	struct inbound *inbound; /* NULL: no port is watched */
	struct live_port ports[INBOUND_MAX_PORTS];
	size_t n_ports;
	struct flow_engine *engine;
	struct arena *arena;
	struct live_flow **flows;
	size_t n_flows, cap;
	bool full;
	unsigned snaplen;
	bool keep;
	struct frame_store store;
	const struct obs_capture *whole; /* after the run */
};

/* --- While the run lasts ------------------------------------------------------------
 */

static void take_flow(void *arg, const struct obs_flow *flow, nsec_t begin)
{
	struct live_capture *l = arg;
	if (l->n_flows == LIVE_FLOWS_MAX) {
		l->full = true;
		return;
	}
	struct live_flow *f = arena_alloc(l->arena, sizeof *f);
	*f = (struct live_flow){ .flow = *flow, .begin = begin };
	f->flow.name = arena_strdup(l->arena, flow->name);
	f->flow.tls.alpn = arena_strdup(l->arena, flow->tls.alpn);
	f->flow.tls.certificate = arena_strdup(l->arena, flow->tls.certificate);
	f->flow.http.request = arena_strdup(l->arena, flow->http.request);
	l->flows = vec_grow(l->arena, l->flows, l->n_flows, &l->cap, sizeof(void *));
	l->flows[l->n_flows++] = f;
}

static void take_frame(void *arg, const struct tap_frame *frame, const struct packet *p)
{
	struct live_capture *l = arg;
	if (frame->own)
		flow_engine_packet(l->engine, p, frame->at);
	else
		inbound_packet(l->inbound, p, frame->at);
	if (l->keep)
		frame_store_add(&l->store, frame, p);
}

/*
 * Bytes of the kernel's buffer. It is cleared and mapped anew for each run, so it has
 * room for what the run is likely to exchange before it is emptied, and for what others
 * exchange with the same peers meanwhile.
 */
static unsigned buffer_size(size_t n_targets, size_t n_ports, size_t snaplen)
{
	enum {
		ALWAYS = 2500, /* packets */
		EACH = 150,
		PORT = 1500, /* of a session of others that loads something down */
		MOST = 20000,
		HEADER = 128, /* bytes that the kernel adds to a packet */
		MAX_BYTES = 32 << 20,
	};

	size_t packets =
	    n_targets < (MOST - ALWAYS) / EACH ? ALWAYS + n_targets * EACH : MOST;
	size_t bytes = (packets + n_ports * PORT) * (snaplen + HEADER);
	return (unsigned)(bytes < MAX_BYTES ? bytes : MAX_BYTES);
}

struct live_capture *live_capture_open(const struct live_options *options,
    struct arena *arena, char err[CAPTURE_ERROR_MAX])
{
	size_t n_own;
	const struct addr *own = own_addresses(arena, &n_own);
	struct inbound *inbound =
	    options->n_ports ? inbound_new(options->ports, options->n_ports, own, n_own)
			     : NULL;
	struct tap *tap = tap_open(options->snaplen,
	    buffer_size(options->n_targets, options->n_ports, options->snaplen),
	    inbound, err);
	int r = tap ? privileges_drop() : 0;
	if (r < 0) {
		snprintf(err, CAPTURE_ERROR_MAX, "cannot give up privileges: %s",
		    strerror(-r));
		tap_close(tap);
		tap = NULL;
	}
	if (!tap) {
		inbound_free(inbound);
		return NULL;
	}
	struct live_capture *l = alloc_zeroed(1, sizeof *l);
	l->tap = tap;
	l->inbound = inbound;
	l->arena = arena;
	l->snaplen = options->snaplen;
	l->keep = options->keep;
	l->store.headers_only = options->secrets;
	l->engine = flow_engine_new(take_flow, l);
	return l;
}

void live_capture_close(struct live_capture *l)
{
	if (!l)
		return;
	flow_engine_free(l->engine);
	tap_close(l->tap);
	inbound_free(l->inbound);
	frame_store_deinit(&l->store);
	free(l);
}

void live_capture_connecting(struct live_capture *l, const struct addr *peer)
{
	tap_connecting(l->tap, peer);
}

void live_capture_connected(
    struct live_capture *l, const struct addr *local, const struct addr *peer)
{
	tap_connected(l->tap, local, peer);
}

void live_capture_drain(struct live_capture *l)
{
	tap_drain(l->tap, take_frame, l);
}

void live_capture_port_watched(struct live_capture *l, const struct plan *plan,
    unsigned target, const struct inbound_ranges *ranges, struct obslog *log)
{
	uint16_t port = plan->targets[target].port;
	nsec_t now = nsec_wall();
	struct obs o = { .target = (int)target,
		.stage = STAGE_TCP,
		.kind = OBS_INBOUND,
		.end = now - log->started_wall };
	if (l->n_ports == INBOUND_MAX_PORTS)
		return;
	live_capture_drain(l);
	inbound_tell(l->inbound, port, now, ranges, l->arena, &o.inbound);
	l->ports[l->n_ports++] =
	    (struct live_port){ .port = port, .obs = obslog_append(log, &o) };
}

/* --- After it -----------------------------------------------------------------------
 */

/* What a report has to hold first: own flows, then follow-ups that came to something;
 * the many SYNs of a scan are told by its own observation. */
static int rank_of(const struct obs_flow *f)
{
	bool telling = f->of_client.bytes > 0 || f->reset.present || f->udp;
	return !f->follow_up ? 0 : telling ? 1 : 2;
}

/* By check and rank, as they began. */
static int by_owner(const void *x, const void *y)
{
	const struct live_flow *a = *(const struct live_flow *const *)x;
	const struct live_flow *b = *(const struct live_flow *const *)y;
	int c = (a->target > b->target) - (a->target < b->target);
	if (!c)
		c = rank_of(&a->flow) - rank_of(&b->flow);
	return c ? c : (a->begin > b->begin) - (a->begin < b->begin);
}

static void append(struct obslog *log, struct live_flow *f)
{
	nsec_t begin = f->begin - log->started_wall;
	begin = begin < 0 ? 0 : begin;
	f->obs =
	    obslog_append(log, &(struct obs){ .target = f->target,
				   .stage = f->flow.dns.present ? STAGE_DNS : STAGE_TCP,
				   .kind = OBS_FLOW,
				   .begin = begin,
				   .end = begin + flow_duration(&f->flow),
				   .flow = &f->flow });
}

/* Returns how many were left out. Flows of no check are only counted. */
static uint64_t append_flows(struct live_capture *l, struct obslog *log)
{
	uint64_t left_out = 0;
	unsigned n = 0;
	if (l->n_flows > 1)
		qsort(l->flows, l->n_flows, sizeof *l->flows, by_owner);
	for (size_t i = 0; i < l->n_flows; i++) {
		struct live_flow *f = l->flows[i];
		if (f->target < 0)
			continue;
		n = i > 0 && l->flows[i - 1]->target == f->target ? n : 0;
		if (f->flow.follow_up && n >= LIVE_FLOWS_OF_CHECK) {
			left_out++;
			continue;
		}
		n += f->flow.follow_up;
		append(log, f);
	}
	return left_out;
}

static void append_whole(struct obslog *log, const struct obs_capture *whole)
{
	obslog_append(log, &(struct obs){ .target = OBS_NO_TARGET,
			       .stage = STAGE_HOST,
			       .kind = OBS_CAPTURE,
			       .end = log->duration,
			       .capture = whole });
}

void live_capture_refused(struct obslog *log, const char *why)
{
	const struct obs_capture none = { .source = "any",
		.refused = arena_strdup(log->arena, why) };
	append_whole(log, arena_memdup(log->arena, &none, sizeof none));
}

void live_capture_finish(
    struct live_capture *l, const struct plan *plan, struct obslog *log)
{
	struct obs_capture *whole = arena_alloc(l->arena, sizeof *whole);
	live_capture_drain(l);
	flow_engine_end(l->engine);
	const struct flow_owners *owners = flow_owners_new(plan, log, l->arena);
	for (size_t i = 0; i < l->n_flows; i++)
		l->flows[i]->target = flow_owner(owners, &l->flows[i]->flow);
	*whole = (struct obs_capture){ .source = "any" };
	flow_engine_count(l->engine, whole);
	whole->drops_known = tap_dropped(l->tap, &whole->dropped);
	whole->stopped = l->full ? "more flows than a run keeps"
				 : arena_strdup(l->arena, tap_stopped(l->tap));
	append_whole(log, whole);
	l->whole = whole;
	whole->left_out = append_flows(l, log);
}

/* --- Writing ------------------------------------------------------------------------
 */

/* In order of both ends, the ports and, since one socket may ask several questions, the
 * DNS message, so that a packet finds its flow. */
static int by_pair(const void *x, const void *y)
{
	const struct live_flow *a = *(const struct live_flow *const *)x;
	const struct live_flow *b = *(const struct live_flow *const *)y;
	int c = memcmp(a->flow.server.ip, b->flow.server.ip, sizeof a->flow.server.ip);
	if (!c)
		c = memcmp(
		    a->flow.client.ip, b->flow.client.ip, sizeof a->flow.client.ip);
	if (!c)
		c = a->flow.server.port - b->flow.server.port;
	if (!c)
		c = a->flow.client.port - b->flow.client.port;
	if (!c)
		c = a->flow.dns.id - b->flow.dns.id;
	return c ? c : (a->begin > b->begin) - (a->begin < b->begin);
}

/* The last flow of that pair that had begun then. */
static struct live_flow *find_flow(
    struct live_flow **flows, size_t n, const struct live_flow *key)
{
	size_t low = 0, high = n;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (by_pair(&flows[mid], &key) <= 0)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == 0)
		return NULL;
	struct live_flow *f = flows[low - 1];
	struct live_flow same = *key;
	same.begin = f->begin;
	const struct live_flow *pointer = &same;
	return by_pair(&f, &pointer) == 0 ? f : NULL;
}

static void set_addr(struct addr *a, const uint8_t *ip, uint16_t port, bool v6)
{
	*a = (struct addr){ .family = v6 ? AF_INET6 : AF_INET, .port = port };
	memcpy(a->ip, ip, v6 ? 16 : 4);
}

/* The first two bytes of a DNS message, or of the one that an error quotes. */
static uint16_t message_of(const struct packet *p)
{
	if (p->kind == PACKET_ICMP_ERROR)
		return p->icmp.message;
	if (p->kind != PACKET_UDP || p->payload_have < 2)
		return 0;
	return (uint16_t)(p->payload[0] << 8 | p->payload[1]);
}

static struct live_flow *flow_of(struct live_flow **flows, size_t n,
    const struct packet *p, const struct tap_frame *frame)
{
	bool icmp = p->kind == PACKET_ICMP_ERROR;
	struct live_flow key = { .begin = frame->at }, *f;
	struct addr from, to;
	set_addr(&from, icmp ? p->icmp.source : p->source,
	    icmp ? p->icmp.source_port : p->source_port, p->v6);
	set_addr(&to, icmp ? p->icmp.target : p->target,
	    icmp ? p->icmp.target_port : p->target_port, p->v6);
	key.flow.dns.id = message_of(p);
	key.flow.client = from;
	key.flow.server = to;
	f = find_flow(flows, n, &key);
	if (f)
		return f;
	key.flow.client = to;
	key.flow.server = from;
	return find_flow(flows, n, &key);
}

static void write_inbound(const struct live_capture *l, const struct pcapng_writer *w,
    const struct packet *p, const struct tap_frame *frame)
{
	uint16_t port = inbound_port_of(l->inbound, p);
	bool telling = p->kind == PACKET_ICMP_ERROR ||
		       (p->tcp.flags & (TCP_SYN | TCP_ACK)) == TCP_SYN ||
		       p->tcp.flags & TCP_RST;
	for (size_t i = 0; i < l->n_ports; i++)
		if (l->ports[i].port == port && l->ports[i].chosen)
			pcapng_packet(
			    w, frame, false, telling ? l->ports[i].comment : NULL);
}

static void write_frame(const struct live_capture *l, const struct pcapng_writer *w,
    struct live_flow **flows, size_t n, const struct tap_frame *frame)
{
	struct packet p;
	packet_decode(TAP_LINK, frame->bytes, frame->have, frame->wire, &p);
	if (!frame->own) {
		write_inbound(l, w, &p, frame);
		return;
	}
	struct live_flow *f = flow_of(flows, n, &p, frame);
	if (!f || !f->chosen)
		return;
	bool telling = p.kind == PACKET_ICMP_ERROR || frame->at == f->begin ||
		       (p.kind == PACKET_TCP && p.tcp.flags & TCP_RST);
	pcapng_packet(w, frame, f->flow.follow_up, telling ? f->comment : NULL);
}

void live_capture_write(struct live_capture *l, const char *ended,
    live_choose_fn *choose, void *choose_arg, pcapng_sink_fn *sink, void *sink_arg)
{
	const struct pcapng_writer w = { .sink = sink, .arg = sink_arg };
	const char *why = l->whole->stopped ? l->whole->stopped
			  : l->store.full   ? "64 MiB of packets are kept, the limit"
					    : ended;
	nsec_t last = 0;
	struct live_flow **flows =
	    arena_memdup(l->arena, l->flows, l->n_flows * sizeof *l->flows);
	for (size_t i = 0; i < l->n_flows; i++)
		flows[i]->chosen = flows[i]->obs && choose(choose_arg, flows[i]->obs,
							&flows[i]->comment);
	for (struct live_port *p = l->ports; p < l->ports + l->n_ports; p++)
		p->chosen = choose(choose_arg, p->obs, &p->comment);
	if (l->n_flows > 1)
		qsort(flows, l->n_flows, sizeof *flows, by_pair);
	pcapng_begin(&w, TAP_LINK, l->snaplen + TAP_HEADER, l->whole->source,
	    arena_printf(l->arena, "the capture ended: %s", why));
	for (size_t i = 0; i < l->store.n_items; i++) {
		write_frame(l, &w, flows, l->n_flows, &l->store.items[i]);
		last = l->store.items[i].at;
	}
	pcapng_statistics(&w, last, l->whole->packets, l->whole->dropped);
}
