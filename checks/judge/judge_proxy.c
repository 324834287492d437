/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "checks/facts/answer.h"
#include "checks/facts/facts.h"
#include "checks/judge/judge_stages.h"
#include "probe/base/arena.h"
#include "probe/base/text.h"

/* What the explicit proxy itself said, or did not say, before the peer could speak. */

/* CURLcodes of what precedes the proxy's answer (libcurl-errors(3)). */
enum {
	CURL_COULDNT_RESOLVE_HOST = 6,
	CURL_SSL_CONNECT_ERROR = 35,
	CURL_PEER_FAILED_VERIFICATION = 60,
};

static const char *proxy_words(struct judging *j)
{
	return j->target->proxy ? quote(j, j->target->proxy->shown_as) : "the proxy";
}

static void fail(struct judging *j, const char *cause, enum confidence confidence,
    const char *summary)
{
	finding_set(j, &(struct finding){ .status = STATUS_FAIL,
			   .stage = j->http->stage,
			   .cause = cause,
			   .confidence = confidence,
			   .summary = summary,
			   .key = proxy_words(j) });
}

/* --- A login ------------------------------------------------------------------------
 */

/* "Basic, NTLM": the first word of each challenge (RFC 9110 section 11.7.1). */
static const char *offered_schemes(struct judging *j, const struct obs_http *h)
{
	const char *all = "";

	for (size_t i = 0; i < h->n_headers; i++) {
		const char *value = h->headers[i].value;
		size_t len = strcspn(value, " ,\t");
		if (strcmp(h->headers[i].name, "proxy-authenticate") != 0 || !len)
			continue;
		all = arena_printf(j->arena, "%s%s%s", all, *all ? ", " : "",
		    quote_bytes(j, value, len));
	}
	return all;
}

static void ask_for_login(struct judging *j)
{
	const struct obs_http *h = &j->http->http;
	const char *schemes = offered_schemes(j, h);

	if (*schemes)
		say(j, EVIDENCE_SUPPORTS, j->http, "it takes a login by %s", schemes);
	if (h->login_given)
		say(j, EVIDENCE_CONTEXT, j->http,
		    "a login was given; it was refused, or its scheme is not among "
		    "those");
	fail(j, "proxy_auth_required", CONFIDENCE_CERTAIN,
	    h->login_given ? "the proxy does not take the login"
			   : "the proxy asks for a login");
}

/* --- Refusals -----------------------------------------------------------------------
 */

/* Squid says so with 500 as well. */
static bool is_upstream_failure(const struct obs_http *h, int status)
{
	const char *squid = http_header(h, "x-squid-error");

	if (status >= 502 && status <= 504)
		return true;
	return squid && (text_starts_nocase(squid, "ERR_CANNOT_FORWARD") ||
			    text_starts_nocase(squid, "ERR_CONNECT_FAIL") ||
			    text_starts_nocase(squid, "ERR_DNS_FAIL"));
}

void judge_proxy_status(struct judging *j, int status)
{
	const struct obs_http *h = &j->http->http;
	const char *squid = http_header(h, "x-squid-error");
	const char *summary =
	    arena_printf(j->arena, "the proxy refused the connection with %d", status);

	say(j, EVIDENCE_SUPPORTS, j->http, "%s answered %d%s%s%s", proxy_words(j),
	    status, squid ? " (" : "", quote(j, squid), squid ? ")" : "");
	if (status == 407)
		ask_for_login(j);
	else if (is_upstream_failure(h, status))
		fail(j, "proxy_upstream_failed", CONFIDENCE_LIKELY,
		    arena_printf(j->arena,
			"the proxy cannot reach the destination (%d)", status));
	else
		fail(j, "proxy_denied",
		    status >= 500 ? CONFIDENCE_LIKELY : CONFIDENCE_CERTAIN, summary);
}

static void judge_socks(struct judging *j)
{
	const struct obs_http *h = &j->http->http;

	say(j, EVIDENCE_SUPPORTS, j->http, "%s: %s", proxy_words(j),
	    h->reason ? quote(j, h->reason) : "no reason given");
	switch (h->socks) {
	case SOCKS_LOGIN:
		ask_for_login(j);
		break;
	case SOCKS_DENIED:
		fail(j, "proxy_denied", CONFIDENCE_LIKELY,
		    "the SOCKS proxy refused the connection");
		break;
	case SOCKS_UNREACHABLE:
		fail(j, "proxy_upstream_failed", CONFIDENCE_LIKELY,
		    "the SOCKS proxy cannot reach the destination");
		break;
	default:
		fail(j, "proxy_malformed", CONFIDENCE_LIKELY,
		    "the proxy's answer is no SOCKS");
	}
}

/* --- Silence and garbage ------------------------------------------------------------
 */

/* Another check was served by the same proxy, so it is the destination that is slow. */
static bool proxy_works(const struct judging *j)
{
	const struct obs *o = j->facts->proxy_answered;

	return o && o->target >= 0 &&
	       j->plan->probe.targets[o->target].proxy == j->target->proxy;
}

static void judge_silence(struct judging *j)
{
	say(j, EVIDENCE_SUPPORTS, j->http, "%s accepted and said nothing for %.0f ms",
	    proxy_words(j), obs_ms(j->http));
	if (!proxy_works(j)) {
		fail(j, "proxy_silent", CONFIDENCE_LIKELY, "the proxy does not answer");
		return;
	}
	say(j, EVIDENCE_SUPPORTS, j->facts->proxy_answered,
	    "it did answer for another destination");
	fail(j, "proxy_upstream_failed", CONFIDENCE_LIKELY,
	    "the proxy gets no answer from the destination");
}

static void judge_broken(struct judging *j, const char *cause, const char *summary)
{
	const char *reason = j->http->http.reason;

	say(j, EVIDENCE_SUPPORTS, j->http, "%s: %s", proxy_words(j),
	    reason ? quote(j, reason) : summary);
	fail(j, cause, CONFIDENCE_LIKELY, summary);
}

static bool is_tls_failure(const struct judging *j)
{
	const struct obs_http *h = &j->http->http;

	return j->target->proxy && j->target->proxy->tls && h->proxy_status == 0 &&
	       (h->curl_code == CURL_SSL_CONNECT_ERROR ||
		   h->curl_code == CURL_PEER_FAILED_VERIFICATION);
}

/* The proxy is the next peer: it was asked, and nobody else can have answered. */
static bool is_proxys_turn(const struct judging *j)
{
	const struct obs_http *h = &j->http->http;
	const struct proxy *proxy = j->target->proxy;

	if (h->outcome == HTTP_PROXY_REFUSED || h->in_connect)
		return true;
	return proxy && !proxy->socks && !protocol_is_tls(j->target->protocol) &&
	       h->outcome != HTTP_ANSWERED;
}

bool judge_proxy(struct judging *j)
{
	const struct obs_http *h = &j->http->http;

	if (!is_proxys_turn(j))
		return false;
	if (is_tls_failure(j)) {
		judge_broken(j, "proxy_tls_failed", "TLS with the proxy itself failed");
		return true;
	}
	if (h->curl_code == CURL_COULDNT_RESOLVE_HOST) {
		/* socks5:// and socks4:// are given addresses. */
		judge_broken(j, "dns_no_address",
		    "the name has no address here; with socks5h:// the proxy resolves "
		    "it");
		return true;
	}
	switch (h->outcome) {
	case HTTP_PROXY_REFUSED:
		if (h->socks != SOCKS_NO_REPLY)
			judge_socks(j);
		else
			judge_proxy_status(j, h->proxy_status);
		break;
	case HTTP_TIMEOUT:
		judge_silence(j);
		break;
	case HTTP_RESET:
	case HTTP_CLOSED:
		judge_broken(j, "proxy_closed",
		    "the proxy closed the connection without an answer");
		break;
	default:
		judge_broken(j, "proxy_malformed", "the proxy's answer is malformed");
	}
	return true;
}
