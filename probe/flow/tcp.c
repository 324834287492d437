/* SPDX-License-Identifier: MIT */
#include "probe/flow/internal.h"

/*
 * Sequence numbers are compared modulo 2^32 (RFC 9293 section 3.4). What counts as
 * sent again follows the definitions of Wireshark's TCP analysis, without its guesses:
 * data that passed before is a retransmission, one byte before the next expected one
 * is a keep-alive.
 */

enum {
	COPY_TICKS = 100,    /* the same packet again within 1 ms was captured twice */
	IDLE_TICKS = 100000, /* a second: shorter pauses are no idleness */
	AHEAD_MAX = 3        /* what its bits hold */
};

static bool before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

static void count8(uint8_t *n)
{
	if (*n < UINT8_MAX)
		++*n;
}

static void count16(uint16_t *n)
{
	if (*n < UINT16_MAX)
		++*n;
}

static uint32_t print_of(const struct packet *p)
{
	const struct packet_tcp *t = &p->tcp;
	uint32_t h = t->seq * 0x9e3779b1U ^ t->ack;
	h = h * 0x85ebca6bU ^ (uint32_t)p->ip_id << 16 ^ (uint32_t)t->flags << 8;
	h = h * 0xc2b2ae35U ^ p->payload_len;
	return h ? h : 1;
}

bool flow_tcp_begins_anew(const struct flow_entry *f, const struct packet *p, bool high)
{
	const struct flow_half *me = &f->half[high];
	if ((p->tcp.flags & (TCP_SYN | TCP_ACK)) != TCP_SYN)
		return false;
	return f->midstream || (me->seen_seq && me->isn != p->tcp.seq);
}

/* --- Opening ---------------------------------------------------------------------- */

static void know_client(struct flow_entry *f, bool high)
{
	f->client_known = true;
	f->client_high = high;
}

static void take_syn(
    struct flow_entry *f, const struct packet *p, bool high, uint32_t at)
{
	struct flow_half *me = &f->half[high], *peer = &f->half[!high];
	bool answer = p->tcp.flags & TCP_ACK;
	if (!f->client_known)
		know_client(f, answer ? !high : high);
	count8(&me->syns);
	if (answer && peer->syns > 0 && p->tcp.ack != peer->isn + 1) {
		f->wrong_ack = true;
		return;
	}
	if (me->syns > 1)
		return;
	me->isn = p->tcp.seq;
	me->next = p->tcp.seq + 1;
	me->seen_seq = true;
	me->mss = p->tcp.mss;
	me->timestamps = p->tcp.timestamps;
	me->zero_window = p->tcp.window == 0;
	/* With more than one SYN nobody knows which was answered. */
	if (answer && peer->syns == 1)
		f->syn_ack_at = at;
}

static void take_handshake_ack(
    struct flow_entry *f, const struct packet *p, bool high, uint32_t at)
{
	const struct flow_half *peer = &f->half[!high];
	if (!f->ack_at && f->client_known && high == f->client_high &&
	    peer->syns == 1 && p->tcp.ack == peer->isn + 1)
		f->ack_at = at;
}

/* --- Resets ----------------------------------------------------------------------- */

/* Nobody was told of such a number: its sender sent no data up to it, nor did the peer
 * acknowledge any. Data that got lost on the way here explains one, and no second. */
static bool is_ahead(
    const struct flow_half *me, const struct flow_half *peer, uint32_t seq)
{
	return me->seen_seq && before(me->next + me->fin, seq) &&
	       !(peer->seen_ack && !before(peer->acked, seq));
}

static bool is_behind(const struct flow_half *me, uint32_t seq)
{
	return me->syns > 0 && !before(seq, me->isn) && before(seq, me->next);
}

static void first_reset(
    struct flow_entry *f, const struct packet *p, bool high, uint32_t at)
{
	const struct flow_half *me = &f->half[high], *peer = &f->half[!high];
	const struct packet_tcp *t = &p->tcp;
	struct flow_reset_entry *r = &f->reset;
	bool pending = peer->seen_seq && me->seen_ack && before(me->acked, peer->next);
	*r = (struct flow_reset_entry){
		.present = true,
		.high = high,
		.at = at,
		.after = peer->last && at > peer->last ? at - peer->last : 0,
		.idle = f->idle,
		.window = t->window,
		.ip_id = p->ip_id,
		.ttl = p->ttl,
		.count = 1,
		.highest = t->seq,
		.ahead = is_ahead(me, peer, t->seq),
		.behind = is_behind(me, t->seq),
		.print = (uint16_t)(t->seq * 31 + t->ack),
		.has_ack = t->flags & TCP_ACK,
		.ack_zero = t->ack == 0,
		.seq_fits = me->seen_seq && t->seq == me->next,
		.pending = pending || (peer->bytes > 0 && !me->seen_ack),
		.timestamps = t->timestamps,
		.df = p->df,
	};
	r->acks_data =
	    r->pending && r->has_ack && peer->seen_seq && t->ack == peer->next;
}

static void take_reset(
    struct flow_entry *f, const struct packet *p, bool high, uint32_t at)
{
	struct flow_reset_entry *r = &f->reset;
	if (!r->present) {
		first_reset(f, p, high, at);
		return;
	}
	if (r->high != high)
		return; /* the other side's answer to what came late */
	count8(&r->count);
	if (r->print != (uint16_t)(p->tcp.seq * 31 + p->tcp.ack))
		r->differing = true;
	if (r->has_ack != !!(p->tcp.flags & TCP_ACK))
		r->mixed = true;
	if (!before(r->highest, p->tcp.seq))
		return;
	r->highest = p->tcp.seq;
	if (r->ahead < AHEAD_MAX)
		r->ahead += is_ahead(&f->half[high], &f->half[!high], p->tcp.seq);
}

/* Another packet of a sender that had reset: was it the sender? */
static void take_late(struct flow_entry *f, const struct packet *p)
{
	struct flow_reset_entry *r = &f->reset;
	if (r->packets_after == 0)
		r->ttl_after = p->ttl;
	count8(&r->packets_after);
	if (p->tcp.flags & TCP_SYN)
		r->syn_ack_after = true;
}

/* --- Data and acknowledgements ---------------------------------------------------- */

static void take_ack(struct flow_entry *f, const struct packet *p, bool high)
{
	struct flow_half *me = &f->half[high], *peer = &f->half[!high];
	uint32_t ack = p->tcp.ack;
	if (!(p->tcp.flags & TCP_ACK))
		return;
	if (p->tcp.sack)
		me->sacks = true;
	if (!me->seen_ack) {
		me->seen_ack = true;
		me->acked = ack;
		/* Beyond the SYN it cannot go without a word of the other side. */
		me->acks = !(p->tcp.flags & TCP_SYN) && !peer->seen_seq;
		return;
	}
	if (!before(me->acked, ack))
		return;
	uint32_t step = ack - me->acked;
	me->acked = ack;
	me->acks = true;
	me->sacks = p->tcp.sack;
	if (peer->stuck_size && step >= peer->stuck_size &&
	    peer->stuck_size > peer->biggest_acked)
		peer->biggest_acked = peer->stuck_size;
	peer->stuck_size = 0;
	peer->stuck_sent = 0;
}

static uint16_t clamp16(uint32_t n)
{
	return n > UINT16_MAX ? UINT16_MAX : (uint16_t)n;
}

static void take_repeated(
    struct flow_half *me, const struct flow_half *peer, const struct packet *p)
{
	count16(&me->retransmits);
	if (peer->seen_ack && p->tcp.seq != peer->acked)
		return;
	/* Of the sizes it was tried in the smallest that still is not acknowledged. */
	if (!me->stuck_size || p->payload_len < me->stuck_size || !me->stuck_sent)
		me->stuck_size = clamp16(p->payload_len);
	count8(&me->stuck_sent);
}

/* How long both sides had been silent before this data, until it is answered. */
static void take_idle(struct flow_entry *f, uint32_t at)
{
	uint32_t last = flow_ticks(f, f->last);
	uint32_t idle = at > last && at - last >= IDLE_TICKS ? at - last : 0;
	if (idle > f->idle)
		f->idle = idle;
}

static void take_data(struct flow_engine *e, struct flow_entry *f,
    const struct packet *p, bool high, uint32_t at)
{
	struct flow_half *me = &f->half[high], *peer = &f->half[!high];
	uint32_t seq = p->tcp.seq, end = seq + p->payload_len;
	me->bytes = me->bytes + p->payload_len < me->bytes ? UINT32_MAX
							   : me->bytes + p->payload_len;
	if (!me->seen_seq) {
		me->seen_seq = true;
		me->next = seq;
	}
	if (!before(me->next, end)) {
		bool keep_alive = p->payload_len <= 1 && seq == me->next - 1 &&
				  peer->seen_ack && peer->acked == me->next;
		if (!keep_alive)
			take_repeated(me, peer, p);
		return;
	}
	if (before(me->next, seq))
		me->gap = true;
	if (!me->app_done)
		flow_app(e, f, p, high);
	if (!me->first_data)
		me->first_data = at;
	me->last_data = at;
	me->next = end;
	if (!me->stuck_size && peer->seen_ack && seq == peer->acked)
		me->stuck_size = clamp16(p->payload_len);
	take_idle(f, at);
}

/* --- One segment ------------------------------------------------------------------ */

static void take_ip(struct flow_half *me, const struct packet *p)
{
	if (me->packets == 0) {
		me->ttl = p->ttl;
		me->df = p->df;
	}
	if (p->ip_id)
		me->ip_ids = true;
	if (p->tcp.flags & TCP_RST)
		return;
	if (me->ttl_low == 0 || p->ttl < me->ttl_low)
		me->ttl_low = p->ttl;
	if (p->ttl > me->ttl_high)
		me->ttl_high = p->ttl;
}

/* An answer after a pause shows that the pause did no harm. */
static void survive_idle(
    struct flow_entry *f, const struct flow_half *me, const struct flow_half *peer)
{
	if (!f->idle || peer->last_data < me->last_data)
		return;
	if (f->idle > f->idle_survived)
		f->idle_survived = f->idle;
	f->idle = 0;
}

static void settle(struct flow_engine *e, uint32_t number, struct flow_entry *f)
{
	bool over = f->reset.present || (f->half[0].fin && f->half[1].fin);
	enum flow_queue queue = over ? QUEUE_CLOSING
				: f->half[0].packets && f->half[1].packets ? QUEUE_OPEN
									   : f->queue;
	if (queue != f->queue)
		flow_table_move(&e->table, number, queue);
}

static void begin_midstream(struct flow_entry *f, const struct packet *p)
{
	if (!(p->tcp.flags & TCP_SYN) && f->half[0].packets + f->half[1].packets == 0)
		f->midstream = true;
}

void flow_tcp(struct flow_engine *e, uint32_t number, const struct packet *p, bool high)
{
	struct flow_entry *f = flow_table_at(&e->table, number);
	struct flow_half *me = &f->half[high], *peer = &f->half[!high];
	const struct packet_tcp *t = &p->tcp;
	uint32_t at = flow_ticks(f, e->now), print = print_of(p);
	if (me->packets && me->print == print && at - me->last <= COPY_TICKS) {
		e->count.copies++;
		return;
	}
	begin_midstream(f, p);
	take_ip(me, p);
	me->packets += me->packets < UINT32_MAX;
	me->print = print;
	if (p->way == PACKET_WAY_OUT && f->client_known && f->client_high == high)
		f->client_local = true;
	if (t->flags & TCP_RST) {
		take_reset(f, p, high, at);
	} else {
		if (f->reset.present && f->reset.high == high)
			take_late(f, p);
		if (t->flags & TCP_SYN)
			take_syn(f, p, high, at);
		else if (!f->ack_at)
			take_handshake_ack(f, p, high, at);
		if (!(t->flags & TCP_SYN) && peer->syns > 0 && peer->packets &&
		    me->syns == 0 && f->client_known && high != f->client_high &&
		    !peer->bytes)
			f->stray_ack = true;
		take_ack(f, p, high);
		survive_idle(f, me, peer);
		if (p->payload_len > 0 && !(t->flags & TCP_SYN))
			take_data(e, f, p, high, at);
		if (t->flags & TCP_FIN) {
			me->fin_first = me->fin_first || !peer->fin;
			me->fin = true;
		}
	}
	me->last = at;
	f->last = e->now;
	settle(e, number, f);
}
