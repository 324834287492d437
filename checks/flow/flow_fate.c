/* SPDX-License-Identifier: MIT */
#include "checks/flow/flow_fate.h"

#include <string.h>
#include <sys/socket.h>

#include "checks/flow/flow_reset.h"

/* Shorter pauses than these are no reason for anybody to forget a connection. */
static const nsec_t IDLE = 10 * NSEC_PER_SEC;
/* An answer may take that long, or the capture ended before it could come. */
static const nsec_t PATIENCE = 3 * NSEC_PER_SEC;
/* A SYN is sent again after a second (RFC 6298), unless its sender has given up. */
static const nsec_t SYN_PATIENCE = NSEC_PER_SEC;

enum {
	DNS_NOERROR = 0,
	DNS_NXDOMAIN = 3,
	DNS_REFUSED = 5,
	HTTP_SWITCHING = 101,
	HTTP_PROXY_AUTH = 407,
	HTTP_AZURE_FIREWALL = 470, /* used by nobody else */
};

unsigned flow_variant(const struct obs_flow *f)
{
	return (unsigned)flow_reset_other_ttl(f) |
	       (unsigned)flow_reset_too_early(f, f->syn_ack) << 1 |
	       (unsigned)flow_reset_stateless(f) << 2 |
	       (unsigned)(f->reset.packets_after > 0) << 3 |
	       (unsigned)f->of_server.sacks << 4 |
	       (unsigned)(f->of_client.syns > 1) << 5 |
	       (unsigned)(f->server.family == AF_INET6) << 6 |
	       (unsigned)flow_reset_guesses(f) << 7 |
	       (unsigned)flow_reset_acks_data(f) << 8 |
	       (unsigned)flow_reset_out_of_order(f) << 9;
}

/* --- DNS -------------------------------------------------------------------------- */

static enum flow_fate fate_of_dns(const struct obs_flow *f)
{
	const struct flow_dns *d = &f->dns;
	if (d->queries == 0)
		return FATE_ONE_WAY;
	if (d->answers == 0 && f->icmp.present)
		return FATE_SYN_ICMP;
	if (d->answers == 0)
		return f->open && f->left < PATIENCE ? FATE_UNFINISHED
						     : FATE_DNS_SILENT;
	/* One sender may answer a question twice; two senders have two distances. */
	if (d->differing && d->answers > d->queries && d->ttl_first != d->ttl_other)
		return FATE_DNS_TWO_ANSWERS;
	switch (d->rcode) {
	case DNS_NOERROR:
		return FATE_FINE;
	case DNS_NXDOMAIN:
		return FATE_DNS_NAME_ERROR;
	case DNS_REFUSED:
		return FATE_DNS_REFUSED;
	default:
		return FATE_DNS_FAILURE;
	}
}

/* --- Opening ---------------------------------------------------------------------- */

static enum flow_fate fate_of_silence(const struct obs_flow *f)
{
	if (f->icmp.present)
		return FATE_SYN_ICMP;
	if (f->of_client.syns < 2 && f->open && f->left < SYN_PATIENCE)
		return FATE_UNFINISHED;
	return FATE_SYN_SILENT;
}

static enum flow_fate fate_of_opening(const struct obs_flow *f)
{
	const struct flow_side *c = &f->of_client, *s = &f->of_server;
	if (c->packets == 0)
		return FATE_ONE_WAY;
	if (s->packets == 0)
		return flow_is_trace(f)          ? FATE_TRACE
		       : c->acks || c->bytes > 0 ? FATE_ONE_WAY
						 : fate_of_silence(f);
	if (f->wrong_ack)
		return FATE_STALE;
	if (f->reset.present && f->reset.by_server && f->reset.syn_ack_after)
		return FATE_SYN_RESET_ACCEPTED;
	if (s->syns == 0 && f->reset.present && f->reset.by_server)
		return FATE_SYN_RESET;
	return f->stray_ack ? FATE_STALE : FATE_PARTIAL;
}

/* --- Open connections --------------------------------------------------------------
 */

/* Whether the exchange that names the service came to an answer. */
static bool is_answered(const struct obs_flow *f)
{
	if (f->tls.present)
		return f->tls.data;
	if (f->http.request)
		return f->http.status > 0;
	return f->of_server.bytes > 0;
}

static bool expects_answer(const struct obs_flow *f)
{
	return f->tls.present || f->http.request;
}

static enum flow_fate fate_of_reset(const struct obs_flow *f)
{
	const struct flow_reset *r = &f->reset;
	if (r->packets_after > 0 && is_answered(f) && f->of_client.unacked == 0)
		return FATE_FINE;
	if ((r->pending && r->idle >= IDLE) || r->after >= IDLE)
		return FATE_IDLE_RESET;
	if (f->midstream)
		return FATE_PARTIAL;
	if (f->of_client.bytes == 0)
		return f->of_server.bytes == 0 ? FATE_ACCEPTED_RESET : FATE_FINE;
	return is_answered(f) ? FATE_FINE : FATE_DATA_RESET;
}

/* Data that the server did not acknowledge however often it was sent. */
static enum flow_fate fate_of_unheard(const struct obs_flow *f)
{
	if (f->idle >= IDLE)
		return FATE_IDLE_SILENT;
	if (f->of_server.syns > 1 && f->of_server.bytes == 0)
		return FATE_HALF_OPEN;
	return FATE_DATA_SILENT;
}

static bool waits_too_long(const struct obs_flow *f)
{
	/* The client gave up, or the capture shows how long nothing came. */
	return f->of_client.fin || f->reset.present || !f->open || f->left >= PATIENCE;
}

static bool is_refusal(const struct obs_flow *f)
{
	const struct flow_http *h = &f->http;
	if (h->status == HTTP_AZURE_FIREWALL || h->status == HTTP_PROXY_AUTH)
		return true;
	if (h->request && strcmp(h->request, "CONNECT") == 0)
		return h->status >= 300;
	return h->upgrade && h->status != HTTP_SWITCHING && h->status != 0;
}

static enum flow_fate fate_of_unanswered(const struct obs_flow *f)
{
	const struct flow_side *s = &f->of_server;
	if (s->unacked > 0 && (s->gap || s->stuck_sent > 1))
		return waits_too_long(f) ? FATE_ANSWER_STUCK : FATE_UNFINISHED;
	if (s->fin_first)
		return FATE_DATA_CLOSED;
	/* The client had something against the answer, and was quick to say so. */
	if (s->bytes > 0 && f->reset.present && f->reset.after < SYN_PATIENCE)
		return FATE_PARTIAL;
	return waits_too_long(f) ? FATE_ANSWER_SILENT : FATE_UNFINISHED;
}

/* Something of the server's does not get through, however often it is sent. */
static bool is_answer_stuck(const struct obs_flow *f)
{
	const struct flow_side *s = &f->of_server;
	bool hole = s->gap && f->of_client.sacks && s->retransmits == 0;
	return s->unacked > 0 && !s->fin && waits_too_long(f) &&
	       (hole || s->stuck_sent > 2);
}

static enum flow_fate fate_of_stream(const struct obs_flow *f)
{
	const struct flow_side *c = &f->of_client, *s = &f->of_server;
	if (c->unacked > 0 && c->stuck_sent > 0 && (c->stuck_sent > 1 || s->syns > 1))
		return fate_of_unheard(f);
	if (f->tls.present && f->tls.alert >= 0 && !f->tls.data)
		return FATE_ALERT;
	if (f->tls.present && !f->tls.server_hello && f->http.status > 0)
		return FATE_NOT_TLS;
	if (is_refusal(f))
		return FATE_REFUSED_BY_HTTP;
	if (!f->midstream && expects_answer(f) && !is_answered(f))
		return fate_of_unanswered(f);
	/* Probes of a window that never opens are answered by nobody. */
	if (s->zero_window && s->packets == s->syns && c->packets > c->syns + 2)
		return FATE_ANSWER_SILENT;
	if (is_answer_stuck(f))
		return FATE_ANSWER_STUCK;
	/* What was asked is unknown, and so is whether an answer was due. */
	if (f->midstream || (f->cut && s->bytes == 0))
		return FATE_PARTIAL;
	return FATE_FINE;
}

enum flow_fate flow_fate(const struct obs_flow *f)
{
	const struct flow_side *c = &f->of_client, *s = &f->of_server;
	if (f->dns.present)
		return fate_of_dns(f);
	if (c->packets == 0 || s->packets == 0 || (s->syns == 0 && !f->midstream) ||
	    f->wrong_ack || f->reset.syn_ack_after)
		return fate_of_opening(f);
	if (s->syns > 0 && c->packets == c->syns && !f->midstream)
		return c->syns > 1 || s->syns > 1 ? FATE_ANSWER_LOST : FATE_UNFINISHED;
	if (f->reset.present && f->reset.by_server)
		return fate_of_reset(f);
	return fate_of_stream(f);
}

bool flow_fate_is_failure(enum flow_fate fate)
{
	return fate != FATE_FINE && fate != FATE_PARTIAL && fate != FATE_ONE_WAY &&
	       fate != FATE_UNFINISHED && fate != FATE_TRACE;
}
