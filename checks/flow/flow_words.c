/* SPDX-License-Identifier: MIT */
#include "checks/facts/net_error.h"
#include "checks/flow/flow_reset.h"
#include "checks/flow/judge_flow.h"
#include "probe/base/arena.h"

static const char *times(struct arena *arena, uint32_t n, const char *what)
{
	return n == 1 ? arena_printf(arena, "one %s", what)
		      : arena_printf(arena, "%u %ss", (unsigned)n, what);
}

static const char *data_words(struct arena *arena, const struct obs_flow *f)
{
	if (f->tls.present)
		return f->name && f->name_source == FLOW_NAME_SNI
			   ? arena_printf(arena, "the ClientHello for %s", f->name)
			   : "the ClientHello";
	return f->http.request ? arena_printf(arena, "the %s request", f->http.request)
			       : arena_printf(arena, "%llu bytes of data",
				     (unsigned long long)f->of_client.bytes);
}

const char *flow_reset_words(struct arena *arena, const struct obs_flow *f)
{
	const struct flow_reset *r = &f->reset;
	const char *ttl = arena_printf(arena, "TTL %u", r->ttl);
	if (flow_reset_other_ttl(f))
		ttl = arena_printf(
		    arena, "%s (the server's is %u)", ttl, f->of_server.ttl_high);
	return arena_printf(arena, "%s, window %u, %s, %s, IP-ID %u%s%s", ttl,
	    r->window, r->timestamps ? "timestamps" : "no timestamps",
	    r->ack ? "with ACK" : "without ACK", r->ip_id, r->df ? ", DF" : "",
	    r->pending ? ", our data not acknowledged before" : "");
}

/* What sets the resets of one sender apart, if there are several. */
static const char *several_words(const struct flow_reset *r)
{
	return r->mixed       ? ", several that differ, with ACK and without"
	       : r->differing ? ", several that differ"
			      : "";
}

static const char *reset_sentence(
    struct arena *arena, const struct obs_flow *f, const char *what)
{
	return arena_printf(arena, "reset %.1f ms after %s (%s%s)",
	    nsec_to_ms(f->reset.after), what, flow_reset_words(arena, f),
	    several_words(&f->reset));
}

static const char *dns_words(struct arena *arena, const struct flow_case *c)
{
	const struct flow_dns *d = &c->flow->dns;
	switch (c->fate) {
	case FATE_DNS_SILENT:
		return arena_printf(
		    arena, "%s and no answer", times(arena, d->queries, "query"));
	case FATE_DNS_TWO_ANSWERS:
		return arena_printf(arena,
		    "two answers to one query that differ: after %.1f ms with TTL %u, "
		    "after %.1f ms with TTL %u",
		    nsec_to_ms(d->answered), d->ttl_first,
		    nsec_to_ms(d->answered_again), d->ttl_other);
	case FATE_FINE:
		return arena_printf(arena, "answered after %.1f ms with %s",
		    nsec_to_ms(d->answered),
		    times(arena, d->records, "address record"));
	default:
		return arena_printf(arena, "answered with code %d", d->rcode);
	}
}

static const char *silent_words(struct arena *arena, const struct obs_flow *f)
{
	return arena_printf(arena, "%s sent again %s and not acknowledged (%u bytes)",
	    data_words(arena, f), times(arena, f->of_client.stuck_sent, "time"),
	    (unsigned)f->of_client.unacked);
}

static const char *fine_words(struct arena *arena, const struct obs_flow *f)
{
	const char *what = f->tls.data ? "TLS data went both ways"
			   : f->http.status
			       ? arena_printf(arena, "HTTP status %u", f->http.status)
			   : f->of_server.bytes ? "the server answered"
						: "the connection was accepted";
	if (!f->reset.present || f->reset.packets_after == 0)
		return what;
	return arena_printf(arena, "%s, although a reset came before (%s)", what,
	    flow_reset_words(arena, f));
}

const char *flow_words(struct arena *arena, const struct flow_case *c)
{
	const struct obs_flow *f = c->flow;
	const struct icmp_error icmp = net_error_of_flow(&f->icmp);
	switch (c->fate) {
	case FATE_FINE:
		return f->dns.present ? dns_words(arena, c) : fine_words(arena, f);
	case FATE_PARTIAL:
		return "only a part of the connection was captured, and nothing is "
		       "wrong in it";
	case FATE_SYN_SILENT:
		return arena_printf(
		    arena, "%s and no answer", times(arena, f->of_client.syns, "SYN"));
	case FATE_SYN_RESET:
	case FATE_ACCEPTED_RESET:
		return reset_sentence(
		    arena, f, c->fate == FATE_SYN_RESET ? "the SYN" : "the handshake");
	case FATE_SYN_RESET_ACCEPTED:
		return arena_printf(arena, "%s, and then accepted by a SYN-ACK",
		    reset_sentence(arena, f, "the SYN"));
	case FATE_SYN_ICMP:
		return arena_printf(arena, "answered by %s", icmp_words(arena, &icmp));
	case FATE_STALE:
		return "the SYN was answered as if it belonged to an older connection "
		       "with the same ports";
	case FATE_ANSWER_LOST:
		return arena_printf(arena,
		    "%s and %s passed, and the client never acknowledged",
		    times(arena, f->of_client.syns, "SYN"),
		    times(arena, f->of_server.syns, "SYN-ACK"));
	case FATE_HALF_OPEN:
		return arena_printf(arena, "%s, while the server repeated its SYN-ACK",
		    silent_words(arena, f));
	case FATE_DATA_SILENT:
		return silent_words(arena, f);
	case FATE_DATA_RESET:
		return reset_sentence(arena, f, data_words(arena, f));
	case FATE_DATA_CLOSED:
		return arena_printf(
		    arena, "closed after %s without an answer", data_words(arena, f));
	case FATE_ALERT:
		return arena_printf(arena, "the %s ended the handshake with alert %d",
		    f->tls.alert_by_server ? "server" : "client", f->tls.alert);
	case FATE_NOT_TLS:
		return arena_printf(arena,
		    "the ClientHello was answered in plain HTTP, with status %u",
		    f->http.status);
	case FATE_ANSWER_SILENT:
		if (f->of_client.bytes == 0)
			return "accepted with a window of 0 that never opened";
		return arena_printf(arena,
		    "%s was acknowledged, and no complete answer came",
		    data_words(arena, f));
	case FATE_ANSWER_STUCK:
		if (!f->of_server.gap)
			return arena_printf(arena,
			    "the server sent a segment of %u bytes %s again, and it "
			    "was never acknowledged",
			    (unsigned)f->of_server.stuck_size,
			    times(arena, f->of_server.stuck_sent, "time"));
		return arena_printf(arena,
		    "the server's data came with a gap that was never filled (%u bytes "
		    "lie behind what the client has)",
		    (unsigned)f->of_server.unacked);
	case FATE_IDLE_RESET:
		return arena_printf(arena, "reset after %.0f s of silence (%s)",
		    (double)(f->reset.after > f->reset.idle ? f->reset.after
							    : f->reset.idle) /
			(double)NSEC_PER_SEC,
		    flow_reset_words(arena, f));
	case FATE_IDLE_SILENT:
		return arena_printf(arena, "after %.0f s of silence %s",
		    (double)f->idle / (double)NSEC_PER_SEC, silent_words(arena, f));
	case FATE_REFUSED_BY_HTTP:
		return arena_printf(arena, "%s was answered with status %u",
		    data_words(arena, f), f->http.status);
	case FATE_DNS_SILENT:
	case FATE_DNS_TWO_ANSWERS:
	case FATE_DNS_NAME_ERROR:
	case FATE_DNS_FAILURE:
	case FATE_DNS_REFUSED:
		return dns_words(arena, c);
	case FATE_TRACE:
		return arena_printf(arena,
		    "a path trace (SYN with TTL %u), which is no attempt to connect",
		    f->of_client.ttl);
	case FATE_ONE_WAY:
		return "only one direction was captured";
	case FATE_UNFINISHED:
		break;
	}
	return "the capture ended before an answer was due";
}
