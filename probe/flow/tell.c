/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <sys/socket.h>

#include "probe/flow/internal.h"

/* From the packed entry to facts as others read them. */

static nsec_t time_of(uint32_t ticks)
{
	return ticks * FLOW_TICK;
}

/* The time from one tick to another that are both known. */
static nsec_t between(uint32_t from, uint32_t to)
{
	if (!from || !to || to < from)
		return 0;
	/* Less than a tick is still some time. */
	return to == from ? FLOW_TICK / 2 : time_of(to - from);
}

static struct addr address_of(const struct flow_key *key, bool high)
{
	struct addr a = { .family = key->v6 ? AF_INET6 : AF_INET,
		.port = high ? key->high_port : key->low_port };
	memcpy(a.ip, high ? key->high : key->low, sizeof a.ip);
	return a;
}

/* Without a SYN the lower port is the service's, as ports are commonly given out. */
static bool client_is_high(const struct flow_entry *f)
{
	if (f->client_known)
		return f->client_high;
	return f->key.high_port > f->key.low_port;
}

static struct flow_side side_of(
    const struct flow_half *me, const struct flow_half *peer)
{
	uint32_t unacked = me->seen_seq && peer->seen_ack ? me->next - peer->acked : 0;
	return (struct flow_side){
		.present = me->packets > 0,
		.packets = me->packets,
		.bytes = me->bytes,
		.retransmits = me->retransmits,
		.syns = me->syns,
		.ttl = me->ttl,
		.ttl_low = me->ttl_low,
		.ttl_high = me->ttl_high,
		.mss = me->mss,
		.timestamps = me->timestamps,
		.zero_window = me->zero_window,
		.df = me->df,
		.ip_ids = me->ip_ids,
		.fin = me->fin,
		.fin_first = me->fin_first,
		.acks = me->acks,
		.sacks = me->sacks,
		.gap = me->gap,
		.unacked = (int32_t)unacked > 0 && me->bytes > 0 ? unacked : 0,
		.stuck_size = me->stuck_sent ? me->stuck_size : 0,
		.stuck_sent = me->stuck_sent,
		.biggest_acked = me->biggest_acked,
		.first_data = time_of(me->first_data),
		.last_data = time_of(me->last_data),
	};
}

static struct flow_reset reset_of(const struct flow_entry *f)
{
	const struct flow_reset_entry *r = &f->reset;
	return (struct flow_reset){
		.present = r->present,
		.by_server = r->present && r->high != client_is_high(f),
		.ack = r->has_ack,
		.ack_zero = r->ack_zero,
		.seq_fits = r->seq_fits,
		.behind = r->behind,
		.acks_data = r->acks_data,
		.pending = r->pending,
		.timestamps = r->timestamps,
		.df = r->df,
		.window = r->window,
		.ip_id = r->ip_id,
		.ttl = r->ttl,
		.at = time_of(r->at),
		.after = time_of(r->after),
		.idle = time_of(r->idle),
		.count = r->count,
		.differing = r->differing,
		.mixed = r->mixed,
		.ahead = r->ahead,
		.packets_after = r->packets_after,
		.syn_ack_after = r->syn_ack_after,
		.ttl_after = r->ttl_after,
	};
}

/*
 * Where records could not be followed (packets out of order, or cut), a client that
 * went on after the server had spoken has finished its handshake.
 */
static bool tls_data(const struct flow_entry *f)
{
	bool high = client_is_high(f);
	const struct flow_half *client = &f->half[high], *server = &f->half[!high];
	if (client->tls_data && server->tls_data)
		return true;
	return f->blind && server->first_data && client->last_data > server->first_data;
}

static struct flow_tls tls_of(
    const struct flow_engine *e, const struct flow_entry *f, const struct flow_note *n)
{
	return (struct flow_tls){
		.present = f->hello,
		.server_hello = f->server_hello,
		.version = f->version,
		.alert = f->alerted ? f->alert : -1,
		.alert_by_server = f->alert_by_server,
		.data = tls_data(f),
		.alpn = flow_name_text(e->names, f->alpn),
		.certificate = n ? n->certificate : NULL,
	};
}

static void set_name(
    const struct flow_engine *e, const struct flow_entry *f, struct obs_flow *ret)
{
	ret->name = flow_name_text(e->names, f->name);
	if (ret->name) {
		ret->name_source = ret->dns.present  ? FLOW_NAME_QUERY
				   : f->name_is_host ? FLOW_NAME_HOST
						     : FLOW_NAME_SNI;
		return;
	}
	if (ret->udp)
		return;
	uint32_t given = f->given ? f->given : flow_names_of(e->names, ret->server.ip);
	ret->name = flow_name_text(e->names, given);
	ret->name_source = ret->name ? FLOW_NAME_DNS : FLOW_NAME_NONE;
}

static bool starts_at(uint8_t ttl)
{
	return ttl == 64 || ttl == 128 || ttl == 255;
}

/* Whether the silent side must have sent something that the capture does not hold. */
static bool is_one_way(const struct obs_flow *o)
{
	const struct flow_side *c = &o->of_client, *s = &o->of_server;
	return (s->packets == 0 && c->acks) || (c->packets == 0 && s->packets > 0);
}

static void count(struct flow_engine *e, const struct obs_flow *o)
{
	struct obs_capture *c = &e->count;
	c->flows++;
	c->midstream += o->midstream;
	c->two_way += o->of_client.packets && o->of_server.packets;
	c->one_way += is_one_way(o);
	/* A path trace says nothing of its place: its TTLs are chosen. */
	if (o->of_client.syns > 0 && !flow_is_trace(o)) {
		c->syn_fresh += starts_at(o->of_client.ttl);
		c->syn_aged += !starts_at(o->of_client.ttl);
	}
	if (o->of_server.syns > 0) {
		c->syn_ack_fresh += starts_at(o->of_server.ttl);
		c->syn_ack_aged += !starts_at(o->of_server.ttl);
	}
}

void flow_tell(struct flow_engine *e, const struct flow_entry *f, bool open)
{
	const struct flow_note *n = flow_note_of(e, f);
	bool high = client_is_high(f);
	const struct flow_half *client = &f->half[high], *server = &f->half[!high];
	struct obs_flow o = {
		.client = address_of(&f->key, high),
		.server = address_of(&f->key, !high),
		.udp = f->key.protocol == 17,
		.midstream = f->midstream,
		.cut = f->cut,
		.open = open && f->queue != QUEUE_CLOSING,
		.tunnelled = f->tunnelled,
		.client_local = f->client_local,
		.vlan = f->vlan,
		.syn_ack = client->syns == 1 ? between(1, f->syn_ack_at) : 0,
		.ack = between(f->syn_ack_at, f->ack_at),
		.idle = time_of(f->idle),
		.idle_survived = time_of(f->idle_survived),
		.left = e->now > f->last ? e->now - f->last : 0,
		.wrong_ack = f->wrong_ack,
		.stray_ack = f->stray_ack && server->syns == 0,
		.of_client = side_of(client, server),
		.of_server = side_of(server, client),
		.reset = reset_of(f),
		.tls = tls_of(e, f, n),
		.http = { .present = client->method || f->status,
		    .request = flow_method(client->method),
		    .status = f->status,
		    .upgrade = f->upgrade },
		.alike = 1,
		.follow_up = f->follow_up,
	};
	if (n) {
		o.icmp = n->icmp;
		o.dns = n->dns;
	}
	if (!o.dns.present)
		o.dns.rcode = -1;
	o.icmp.progress =
	    n && n->icmp.present && !o.of_client.unacked && o.of_server.packets > 0;
	set_name(e, f, &o);
	count(e, &o);
	e->sink(e->arg, &o, f->begin);
}
