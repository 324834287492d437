/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "checks/facts/net_error.h"
#include "checks/facts/probes.h"
#include "checks/flow/flow_reset.h"
#include "checks/flow/judge_flow.h"
#include "probe/base/arena.h"

enum {
	ALERT_BAD_CERTIFICATE = 42,
	ALERT_EXPIRED = 45,
	ALERT_CERTIFICATE_UNKNOWN = 46,
	ALERT_UNKNOWN_CA = 48,
	ALERT_PROTOCOL_VERSION = 70,
};

/* A long silence: devices forget after 4 minutes by default, some after one. */
static const nsec_t LONG_IDLE = 60 * NSEC_PER_SEC;

static const struct flow_view *view(const struct judging *j)
{
	return &j->facts->flows;
}

static void blame(struct why *w, const char *cause, enum confidence confidence)
{
	w->cause = cause;
	w->confidence = confidence;
}

static bool again(const struct flow_case *c)
{
	return c->flow->alike > 1;
}

static bool is_named(const struct obs_flow *f)
{
	return f->name && (f->tls.present || f->http.present);
}

/* Another name that works at the same server: the name makes the difference. */
static const struct obs *other_name(struct judging *j, const struct flow_case *c)
{
	const struct obs_flow *f = c->flow;
	if (!is_named(f))
		return NULL;
	const struct obs *o = flow_view_other_name(view(j), &f->server, f->name);
	if (o)
		say(j, EVIDENCE_SUPPORTS, o, "the same server answers for %s",
		    quote(j, o->flow->name));
	return o;
}

/* --- Opening -----------------------------------------------------------------------
 */

static void blame_silence(struct judging *j, const struct flow_case *c, struct why *w)
{
	const struct obs *port = flow_view_other_port(view(j), &c->flow->server);
	blame(w, "silent_drop", CONFIDENCE_CANNOT_TELL);
	if (c->flow->of_client.syns < 2 && view(j)->capture->capture->two_way == 0) {
		blame(w, "capture_one_way", CONFIDENCE_CANNOT_TELL);
		return;
	}
	if (port) {
		say(j, EVIDENCE_SUPPORTS, port, "the same address accepts on port %u",
		    port->flow->server.port);
		w->confidence = CONFIDENCE_LIKELY;
	}
	if (view(j)->place == PLACE_SERVER)
		say(j, EVIDENCE_CONTEXT, c->obs,
		    "the SYNs got as far as the server's side");
}

/*
 * Somebody may remember one older connection. Who answers all of them so, and accepts
 * none, remembers nothing, and the server is not heard.
 */
static void blame_stale(struct judging *j, const struct flow_case *c, struct why *w)
{
	const struct addr *server = &c->flow->server;
	const struct obs *accepted = flow_view_accepted(view(j), server);
	if (accepted) {
		say(j, EVIDENCE_SUPPORTS, accepted,
		    "another connection to the same port was accepted");
		blame(w, "stale_connection", CONFIDENCE_LIKELY);
	} else if (flow_view_strayed(view(j), server) > 1) {
		blame_silence(j, c, w);
	} else {
		blame(w, "stale_connection", CONFIDENCE_POSSIBLE);
		why_alternative(j, w, "silent_drop");
	}
}

static nsec_t path_rtt(const struct judging *j, const struct flow_case *c)
{
	return view(j)->place == PLACE_CLIENT ? flow_view_rtt(view(j), &c->flow->server)
					      : 0;
}

static bool says_too_early(struct judging *j, const struct flow_case *c)
{
	nsec_t rtt = path_rtt(j, c);
	if (!flow_reset_too_early(c->flow, rtt))
		return false;
	say(j, EVIDENCE_SUPPORTS, c->obs,
	    "the reset came after %.1f ms, the round trip to the server takes %.1f ms",
	    nsec_to_ms(c->flow->reset.after), nsec_to_ms(rtt));
	return true;
}

static void blame_syn_reset(struct judging *j, const struct flow_case *c, struct why *w)
{
	const struct obs *port = flow_view_other_port(view(j), &c->flow->server);
	bool early = says_too_early(j, c);
	uint8_t ttl = port ? port->flow->of_server.ttl : 0;
	if (port)
		say(j, EVIDENCE_SUPPORTS, port,
		    "the same address accepts on port %u with TTL %u, the reset has "
		    "TTL %u",
		    port->flow->server.port, ttl, c->flow->reset.ttl);
	if (early)
		blame(w, "rst_injected_inline",
		    again(c) ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY);
	else if (port && ttl != c->flow->reset.ttl)
		blame(w, "rst_injected_inline", CONFIDENCE_LIKELY);
	else
		blame(w, "remote_refused",
		    port ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE);
}

static void blame_icmp(struct judging *j, const struct flow_case *c, struct why *w)
{
	const struct flow_icmp *i = &c->flow->icmp;
	const struct icmp_error icmp = net_error_of_flow(i);
	const struct net_error e = { .peer = &c->flow->server,
		.local = &c->flow->client,
		.icmp = &icmp,
		.udp = c->flow->udp };
	struct net_cause cause = net_error_judge(j->facts, &e);
	blame(w, cause.cause, cause.confidence);
	w->key = addr_words(j->arena, &i->from);
}

static void blame_lost_answer(
    struct judging *j, const struct flow_case *c, struct why *w)
{
	bool client = view(j)->place == PLACE_CLIENT;
	blame(w, client ? "local_input_filter" : "silent_drop",
	    client ? CONFIDENCE_LIKELY : CONFIDENCE_CANNOT_TELL);
	say(j, EVIDENCE_SUPPORTS, c->obs,
	    client ? "the answers reached the client's interface"
		   : "the answers passed the place of the capture, and the client "
		     "took no notice of them");
	/* It may have the answer while its own packets get lost: it did not ask again.
	 */
	if (c->flow->of_client.syns == 1)
		why_alternative(j, w, "half_open_forward_drop");
}

/* --- After the handshake ------------------------------------------------------------
 */

static bool says_guesses(struct judging *j, const struct flow_case *c)
{
	if (!flow_reset_guesses(c->flow))
		return false;
	say(j, EVIDENCE_SUPPORTS, c->obs,
	    "%u resets, and the sequence numbers of some run ahead of all that the "
	    "server has sent: who sends them guesses, which no TCP has to",
	    (unsigned)c->flow->reset.count);
	return true;
}

/* What servers, what stands in front of them, and devices send alike. */
static void name_senders(struct judging *j, const struct flow_case *c, struct why *w)
{
	bool acks = flow_reset_acks_data(c->flow);
	bool out_of_order = flow_reset_out_of_order(c->flow);
	if (acks)
		say(j, EVIDENCE_CONTEXT, c->obs, "%s", FLOW_RESET_ACKS_DATA);
	if (out_of_order)
		say(j, EVIDENCE_CONTEXT, c->obs, "%s", FLOW_RESET_OUT_OF_ORDER);
	if ((acks || out_of_order) && strcmp(w->cause, "connection_reset") == 0)
		why_alternative(j, w, "rst_injected_inline");
	if (acks)
		why_alternative(j, w, FLOW_RESET_BALANCER);
}

/*
 * That it is about the name shows only beside another one. Without another TTL, haste
 * or guesses the server itself may dislike it, and so may what stands in front of it.
 */
static void blame_device(struct judging *j, const struct flow_case *c, bool elsewhere,
    bool name, struct why *w)
{
	bool once = !again(c) ||
		    (flow_reset_acks_data(c->flow) && !flow_reset_guesses(c->flow));
	blame(w, name ? "sni_reset_inline" : "rst_injected_inline",
	    elsewhere || !once ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE);
	why_alternative(j, w, "connection_reset");
	if (!name && is_named(c->flow))
		why_alternative(j, w, "sni_reset_inline");
}

static void blame_reset(struct judging *j, const struct flow_case *c, struct why *w)
{
	const struct obs_flow *f = c->flow;
	bool early = says_too_early(j, c), other = flow_reset_other_ttl(f);
	bool guesses = says_guesses(j, c);
	bool late = f->reset.packets_after > 0 && f->reset.ttl_after != f->reset.ttl;
	const struct obs *name = other_name(j, c);
	if (late || (early && f->reset.packets_after > 0)) {
		say(j, EVIDENCE_SUPPORTS, c->obs,
		    "the server went on after the reset: packets with TTL %u",
		    f->reset.ttl_after);
		blame(w, is_named(f) ? "sni_reset_onpath" : "rst_injected_onpath",
		    again(c) ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY);
		return;
	}
	blame(w, "connection_reset", CONFIDENCE_CANNOT_TELL);
	if (early || other || guesses || name)
		blame_device(j, c, early || other, name != NULL, w);
	if (!early && !other && !guesses)
		name_senders(j, c, w);
}

static void blame_unheard(struct judging *j, const struct flow_case *c, struct why *w)
{
	const struct obs_flow *f = c->flow;
	const struct flow_side *cl = &f->of_client;
	bool large = cl->stuck_size >= SMALL_SEGMENT;
	bool some_passed = f->of_server.sacks || f->of_server.acks ||
			   (cl->bytes > cl->unacked && f->of_server.bytes > 0);
	blame(w, "data_not_acknowledged", CONFIDENCE_CANNOT_TELL);
	if (large && (f->of_server.sacks || f->of_server.bytes > 0) && some_passed) {
		say(j, EVIDENCE_SUPPORTS, c->obs,
		    "a segment of %u bytes never arrives, smaller ones of the same "
		    "connection do",
		    (unsigned)cl->stuck_size);
		blame(w, "pmtu_blackhole_up",
		    f->of_server.sacks || again(c) ? CONFIDENCE_LIKELY
						   : CONFIDENCE_POSSIBLE);
		return;
	}
	if (!other_name(j, c))
		return;
	blame(w, "sni_drop", large ? CONFIDENCE_POSSIBLE : CONFIDENCE_LIKELY);
}

static void blame_close(struct judging *j, const struct flow_case *c, struct why *w)
{
	blame(w, "connection_closed", CONFIDENCE_CANNOT_TELL);
	if (other_name(j, c))
		blame(
		    w, "sni_close", again(c) ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE);
}

static void blame_alert(struct judging *j, const struct flow_case *c, struct why *w)
{
	int alert = c->flow->tls.alert;
	blame(w, "tls_alert", CONFIDENCE_CANNOT_TELL);
	if (alert == ALERT_PROTOCOL_VERSION)
		blame(w, "tls_version", CONFIDENCE_LIKELY);
	else if (c->flow->tls.alert_by_server && other_name(j, c))
		blame(
		    w, "sni_close", again(c) ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE);
	else if (c->flow->tls.alert_by_server)
		return;
	else if (alert == ALERT_EXPIRED)
		blame(w, "tls_expired", CONFIDENCE_LIKELY);
	else if (alert == ALERT_UNKNOWN_CA || alert == ALERT_BAD_CERTIFICATE ||
		 alert == ALERT_CERTIFICATE_UNKNOWN)
		blame(w, "tls_untrusted", CONFIDENCE_LIKELY);
}

static void blame_no_answer(struct judging *j, const struct flow_case *c, struct why *w)
{
	blame(w, "no_reply", CONFIDENCE_CANNOT_TELL);
	if (!other_name(j, c))
		return;
	/* A server is slower to answer a request than to begin a handshake. */
	blame(w, "sni_drop",
	    again(c) && c->flow->tls.present ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE);
	why_alternative(j, w, "no_reply");
}

static void blame_stuck(const struct flow_case *c, struct why *w)
{
	const struct obs_flow *f = c->flow;
	bool small = !f->of_server.gap && f->of_server.stuck_size < SMALL_SEGMENT;
	blame(w, small ? "no_reply" : "pmtu_blackhole_down",
	    small                            ? CONFIDENCE_CANNOT_TELL
	    : again(c) || f->of_client.sacks ? CONFIDENCE_LIKELY
					     : CONFIDENCE_POSSIBLE);
}

static void blame_idle(const struct flow_case *c, struct why *w)
{
	const struct obs_flow *f = c->flow;
	bool reset = c->fate == FATE_IDLE_RESET;
	nsec_t idle = reset && f->reset.after > f->reset.idle ? f->reset.after
		      : reset                                 ? f->reset.idle
							      : f->idle;
	blame(w, reset ? "idle_reset" : "idle_drop_silent",
	    idle >= LONG_IDLE ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE);
}

static void blame_http(const struct flow_case *c, struct why *w)
{
	const struct flow_http *h = &c->flow->http;
	bool connect = h->request && strcmp(h->request, "CONNECT") == 0;
	if (h->status == 470)
		blame(w, "azure_firewall_http_deny", CONFIDENCE_LIKELY);
	else if (h->status == 407)
		blame(w, "proxy_auth_required", CONFIDENCE_CERTAIN);
	else
		blame(w, connect ? "proxy_denied" : "ws_upgrade_stripped",
		    connect ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY);
}

/* --- DNS ----------------------------------------------------------------------------
 */

static void blame_dns(struct judging *j, const struct flow_case *c, struct why *w)
{
	const struct obs *answered;
	j->resolver = addr_words(j->arena, &c->flow->server);
	w->key = j->resolver;
	switch (c->fate) {
	case FATE_DNS_SILENT:
		answered = flow_view_answered(view(j), &c->flow->server);
		if (answered)
			say(j, EVIDENCE_SUPPORTS, answered,
			    "the same server answered for %s",
			    quote(j, answered->flow->name));
		blame(w, answered ? "dns_no_answer" : "dns_server_unreachable",
		    answered ? CONFIDENCE_CANNOT_TELL : CONFIDENCE_LIKELY);
		return;
	case FATE_DNS_TWO_ANSWERS:
		blame(w, "dns_injected",
		    again(c) ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY);
		return;
	case FATE_DNS_NAME_ERROR:
		blame(w, "dns_nxdomain", CONFIDENCE_LIKELY);
		return;
	case FATE_DNS_REFUSED:
		blame(w, "dns_refused", CONFIDENCE_CERTAIN);
		return;
	default:
		blame(w, "dns_servfail", CONFIDENCE_LIKELY);
	}
}

/* --- All ----------------------------------------------------------------------------
 */

void flow_blame(struct judging *j, const struct flow_case *c, struct why *w)
{
	switch (c->fate) {
	case FATE_SYN_SILENT:
		blame_silence(j, c, w);
		break;
	case FATE_SYN_RESET:
		blame_syn_reset(j, c, w);
		break;
	case FATE_SYN_RESET_ACCEPTED:
		blame(w, "rst_injected_onpath",
		    again(c) ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY);
		break;
	case FATE_SYN_ICMP:
		blame_icmp(j, c, w);
		break;
	case FATE_STALE:
		blame_stale(j, c, w);
		break;
	case FATE_ANSWER_LOST:
		blame_lost_answer(j, c, w);
		break;
	case FATE_HALF_OPEN:
		blame(w, "half_open_forward_drop",
		    again(c) ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE);
		break;
	case FATE_ACCEPTED_RESET:
	case FATE_DATA_RESET:
		blame_reset(j, c, w);
		break;
	case FATE_DATA_SILENT:
		blame_unheard(j, c, w);
		break;
	case FATE_DATA_CLOSED:
		blame_close(j, c, w);
		break;
	case FATE_ALERT:
		blame_alert(j, c, w);
		break;
	case FATE_NOT_TLS:
		blame(w, "not_tls", again(c) ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY);
		break;
	case FATE_ANSWER_SILENT:
		blame_no_answer(j, c, w);
		break;
	case FATE_ANSWER_STUCK:
		blame_stuck(c, w);
		break;
	case FATE_IDLE_RESET:
	case FATE_IDLE_SILENT:
		blame_idle(c, w);
		break;
	case FATE_REFUSED_BY_HTTP:
		blame_http(c, w);
		break;
	case FATE_ONE_WAY:
		blame(w, "capture_one_way", CONFIDENCE_CANNOT_TELL);
		break;
	case FATE_FINE:
	case FATE_PARTIAL:
	case FATE_TRACE:
	case FATE_UNFINISHED:
		blame(w, "capture_incomplete", CONFIDENCE_CANNOT_TELL);
		break;
	default:
		blame_dns(j, c, w);
	}
}

enum stage flow_stage(const struct flow_case *c)
{
	switch (c->fate) {
	case FATE_SYN_SILENT:
	case FATE_SYN_RESET:
	case FATE_SYN_RESET_ACCEPTED:
	case FATE_SYN_ICMP:
	case FATE_STALE:
	case FATE_ANSWER_LOST:
	case FATE_ACCEPTED_RESET:
		return c->flow->dns.present ? STAGE_DNS : STAGE_TCP;
	case FATE_REFUSED_BY_HTTP:
		return c->flow->http.upgrade ? STAGE_WEBSOCKET : STAGE_HTTP;
	default:
		break;
	}
	if (c->flow->dns.present)
		return STAGE_DNS;
	return c->flow->tls.present && !c->flow->tls.data      ? STAGE_TLS
	       : c->flow->tls.present || c->flow->http.present ? STAGE_HTTP
							       : STAGE_TCP;
}
