/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <sys/socket.h>

#include "probe/flow/dns.h"
#include "probe/flow/hash.h"
#include "probe/flow/internal.h"

/*
 * DNS over UDP: one flow for each query id between two sockets. An answer that differs
 * from an earlier one is kept beside it, since only one of them can be the server's.
 */

/* The same for the same addresses in any order: servers rotate them. */
static uint64_t content_of(const struct dns_passing *m)
{
	uint64_t sum = flow_hash_mix(m->rcode, m->records);
	for (size_t i = 0; i < m->n_addresses; i++)
		sum += flow_hash(m->addresses[i], sizeof m->addresses[i]);
	return sum;
}

static void take_query(struct flow_entry *f, struct flow_dns *d, const struct packet *p,
    bool high, nsec_t at)
{
	d->queries++;
	f->client_known = true;
	f->client_high = high;
	f->client_local = f->client_local || p->way == PACKET_WAY_OUT;
	if (f->half[high].packets++ == 0)
		f->half[high].ttl = p->ttl;
	f->half[high].last = flow_ticks(f, at);
}

static void first_answer(struct flow_engine *e, struct flow_entry *f,
    struct flow_note *note, const struct packet *p, const struct dns_passing *m)
{
	struct flow_dns *d = &note->dns;
	d->rcode = m->rcode;
	d->records = m->records;
	d->ttl_first = p->ttl;
	d->answered = d->queries ? e->now - f->begin : 0;
	note->answer_print = content_of(m);
	if (m->n_addresses > 0) {
		d->address.family = m->v6[0] ? AF_INET6 : AF_INET;
		memcpy(d->address.ip, m->addresses[0], sizeof d->address.ip);
	}
	/* What a follow-up probe was told, nobody acted on. */
	for (size_t i = 0; i < m->n_addresses && !f->follow_up; i++)
		flow_names_give(e->names, m->addresses[i], f->name);
}

static void take_answer(struct flow_engine *e, struct flow_entry *f,
    struct flow_note *note, const struct packet *p, const struct dns_passing *m)
{
	struct flow_dns *d = &note->dns;
	bool high = f->client_known && !f->client_high;
	struct flow_half *me = &f->half[high];
	if (me->packets++ == 0)
		me->ttl = p->ttl;
	if (d->answers++ == 0) {
		first_answer(e, f, note, p, m);
	} else if (!d->differing && content_of(m) != note->answer_print) {
		d->differing = true;
		d->ttl_other = p->ttl;
		d->answered_again = d->queries ? e->now - f->begin : 0;
	}
}

void flow_dns(struct flow_engine *e, const struct packet *p, const struct flow_key *key,
    bool high, nsec_t at)
{
	struct dns_passing m;
	struct flow_key full = *key;
	if (!dns_passing_read(p->payload, p->payload_have, &m))
		return;
	full.tag = m.id;
	uint32_t number = flow_table_find(&e->table, &full);
	if (!number) {
		number = flow_new(e, &full, QUEUE_DATAGRAM);
		struct flow_entry *f = flow_table_at(&e->table, number);
		f->begin = at;
		f->vlan = p->vlan;
		f->tunnelled = p->tunnelled;
		f->follow_up = p->follow_up;
		f->midstream = m.response;
		f->name = flow_name_number(e->names, m.name, m.name_len);
		if (m.response) {
			f->client_known = true;
			f->client_high = !high;
		}
	}
	struct flow_entry *f = flow_table_at(&e->table, number);
	struct flow_note *note = flow_note(e, f);
	f->last = at;
	if (!note)
		return;
	/* An id that is used again for another question is another transaction. */
	if (!note->dns.present)
		note->dns = (struct flow_dns){
			.present = true, .id = m.id, .type = m.type, .rcode = -1
		};
	f->cut = f->cut || p->payload_have < p->payload_len;
	if (m.response)
		take_answer(e, f, note, p, &m);
	else
		take_query(f, &note->dns, p, high, at);
}
