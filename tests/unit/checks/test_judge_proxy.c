/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/checks/obs_builder.h"

#define PROXY "10.0.0.9:3128"

static const struct proxy proxy = {
	.shown_as = "http://" PROXY, .host = "10.0.0.9", .port = 3128
};
static const struct proxy tls_proxy = {
	.shown_as = "https://" PROXY, .host = "10.0.0.9", .port = 3128, .tls = true
};
static const struct proxy socks_proxy = {
	.shown_as = "socks5h://" PROXY, .host = "10.0.0.9", .port = 3128, .socks = true
};

static void add(struct run *r, const char *url, const struct proxy *p)
{
	int t = run_add(r, url, NULL);
	r->targets[t].proxy = p;
	r->checks[t].proxy_reason = "--proxy";
	r->checks[t].proxy_matters = true;
}

static void reach_proxy(struct run *r, int t)
{
	struct obs tcp = tcp_connected(r, t, PROXY);
	tcp.tcp.via_proxy = true;
	see(r, tcp);
}

/* --- What the proxy says ---------------------------------------------------------- */

struct proxy_row {
	const char *row, *url;
	const struct proxy *proxy;
	struct obs_http http;
	const char *cause;
	enum confidence confidence;
	const char *says;
};

#define TUNNEL "https://h.example"
#define PLAIN  "http://h.example"

static const struct header basic_and_ntlm[] = {
	{ "proxy-authenticate", "NTLM" },
	{ "proxy-authenticate", "Basic realm=\"a, b\"" },
};
static const struct header squid_dns[] = {
	{ "x-squid-error", "ERR_CANNOT_FORWARD 0" },
};
static const struct header squid_denied[] = {
	{ "x-squid-error", "ERR_ACCESS_DENIED 0" },
};

static const struct proxy_row proxy_rows[] = {
	{ "schemes of a login", TUNNEL, &proxy,
	    { .outcome = HTTP_PROXY_REFUSED,
		.proxy_status = 407,
		.in_connect = true,
		.headers = basic_and_ntlm,
		.n_headers = 2 },
	    "proxy_auth_required", CONFIDENCE_CERTAIN, "login by NTLM, Basic" },
	{ "a login that is not taken", TUNNEL, &proxy,
	    { .outcome = HTTP_PROXY_REFUSED,
		.proxy_status = 407,
		.in_connect = true,
		.login_given = true },
	    "proxy_auth_required", CONFIDENCE_CERTAIN, "a login was given" },
	{ "denied", TUNNEL, &proxy,
	    { .outcome = HTTP_PROXY_REFUSED, .proxy_status = 403, .in_connect = true },
	    "proxy_denied", CONFIDENCE_CERTAIN, "answered 403" },
	{ "bad gateway", TUNNEL, &proxy,
	    { .outcome = HTTP_PROXY_REFUSED, .proxy_status = 502, .in_connect = true },
	    "proxy_upstream_failed", CONFIDENCE_LIKELY, "answered 502" },
	{ "squid cannot resolve", TUNNEL, &proxy,
	    { .outcome = HTTP_PROXY_REFUSED,
		.proxy_status = 500,
		.in_connect = true,
		.headers = squid_dns,
		.n_headers = 1 },
	    "proxy_upstream_failed", CONFIDENCE_LIKELY, "ERR_CANNOT_FORWARD" },
	{ "silence", TUNNEL, &proxy, { .outcome = HTTP_TIMEOUT, .in_connect = true },
	    "proxy_silent", CONFIDENCE_LIKELY, "said nothing" },
	{ "closed", TUNNEL, &proxy,
	    { .outcome = HTTP_CLOSED, .in_connect = true, .reason = "empty" },
	    "proxy_closed", CONFIDENCE_LIKELY, "empty" },
	{ "reset", PLAIN, &proxy, { .outcome = HTTP_RESET }, "proxy_closed",
	    CONFIDENCE_LIKELY, PROXY },
	{ "garbage", TUNNEL, &proxy,
	    { .outcome = HTTP_MALFORMED, .in_connect = true, .reason = "weird" },
	    "proxy_malformed", CONFIDENCE_LIKELY, "weird" },
	{ "its certificate", TUNNEL, &tls_proxy,
	    { .outcome = HTTP_ERROR,
		.in_connect = true,
		.curl_code = 60,
		.reason = "self-signed" },
	    "proxy_tls_failed", CONFIDENCE_LIKELY, "self-signed" },
	{ "socks: login", TUNNEL, &socks_proxy,
	    { .outcome = HTTP_PROXY_REFUSED, .in_connect = true, .socks = SOCKS_LOGIN },
	    "proxy_auth_required", CONFIDENCE_CERTAIN, "socks5h" },
	{ "socks: denied", TUNNEL, &socks_proxy,
	    { .outcome = HTTP_PROXY_REFUSED,
		.in_connect = true,
		.socks = SOCKS_DENIED },
	    "proxy_denied", CONFIDENCE_LIKELY, "socks5h" },
	{ "socks: unreachable", TUNNEL, &socks_proxy,
	    { .outcome = HTTP_PROXY_REFUSED,
		.in_connect = true,
		.socks = SOCKS_UNREACHABLE },
	    "proxy_upstream_failed", CONFIDENCE_LIKELY, "socks5h" },
	{ "socks: garbage", TUNNEL, &socks_proxy,
	    { .outcome = HTTP_PROXY_REFUSED,
		.in_connect = true,
		.socks = SOCKS_MALFORMED },
	    "proxy_malformed", CONFIDENCE_LIKELY, "socks5h" },
	{ "no address for socks5", TUNNEL, &socks_proxy,
	    { .outcome = HTTP_ERROR, .in_connect = true, .curl_code = 6 },
	    "dns_no_address", CONFIDENCE_LIKELY, "socks5h" },
	{ "a refusal in plain text", PLAIN, &proxy,
	    { .outcome = HTTP_ANSWERED,
		.status = 403,
		.headers = squid_denied,
		.n_headers = 1 },
	    "proxy_denied", CONFIDENCE_CERTAIN, "ERR_ACCESS_DENIED" },
	{ "a bad gateway in plain text", PLAIN, &proxy,
	    { .outcome = HTTP_ANSWERED,
		.status = 503,
		.headers = squid_dns,
		.n_headers = 1 },
	    "proxy_upstream_failed", CONFIDENCE_LIKELY, "503" },
};

static void the_proxys_own_words_are_its_own(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(proxy_rows); i++) {
		const struct proxy_row *row = &proxy_rows[i];
		struct run r;
		run_init(&r);
		add(&r, row->url, row->proxy);
		reach_proxy(&r, 0);
		struct obs o = obs_of(&r, 0, OBS_HTTP, 20 * NSEC_PER_MSEC);
		o.stage = STAGE_HTTP;
		o.http = row->http;
		o.http.via_proxy = true;
		o.http.peer = address(PROXY);
		see(&r, o);
		run_judge(&r);
		run_expect(&r, 0, row->row, STATUS_FAIL, row->cause, row->confidence);
		if (!run_says(&r, 0, row->says))
			fail_msg("%s: does not say %s", row->row, row->says);
		run_deinit(&r);
	}
}

static void a_peer_behind_a_working_proxy_answers_for_itself(void **state)
{
	struct run r;

	(void)state;
	run_init(&r);
	add(&r, TUNNEL, &proxy);
	add(&r, "https://other.example", &proxy);
	for (int t = 0; t < 2; t++)
		reach_proxy(&r, t);
	struct obs silent = http_answer(&r, 0, PROXY, 0, NULL, NULL);
	silent.http.outcome = HTTP_TIMEOUT;
	silent.http.in_connect = true;
	see(&r, silent);
	see(&r, tls_verified(&r, 1, PROXY, NULL));
	struct obs works = http_answer(&r, 1, PROXY, 200, NULL, NULL);
	works.http.via_proxy = true;
	see(&r, works);
	run_judge(&r);
	run_expect(&r, 0, "the other destination works", STATUS_FAIL,
	    "proxy_upstream_failed", CONFIDENCE_LIKELY);
	run_expect(&r, 1, "works", STATUS_PASS, NULL, CONFIDENCE_CERTAIN);
	run_deinit(&r);
}

/* --- The other way ------------------------------------------------------------------
 */

static void see_variant(struct run *r, int t, enum request_variant what, bool via_proxy,
    const char *peer, const struct obs_http *http)
{
	struct obs o = obs_of(r, t, OBS_REQUEST_VARIANT, 5 * NSEC_PER_MSEC);

	o.stage = STAGE_HTTP;
	o.request_variant = (struct obs_request_variant){ .what = what,
		.via_proxy = via_proxy,
		.method = what == REQUEST_METHOD ? "PUT" : "GET",
		.user_agent = what == REQUEST_USER_AGENT ? "Browser/1" : NULL,
		.peer = address(peer),
		.http = http,
		.n_http = http ? 1 : 0 };
	see(r, o);
}

static void what_the_exempting_proxy_reaches_needs_the_proxy(void **state)
{
	static const struct obs_http answered = { .outcome = HTTP_ANSWERED,
		.status = 401 };
	static const struct obs_http refused = {
		.outcome = HTTP_PROXY_REFUSED, .proxy_status = 403, .in_connect = true
	};

	static const struct {
		const char *row;
		bool made;
		const struct obs_http *http;
		const char *cause;
		enum confidence confidence;
	} rows[] = {
		{ "the proxy gets through", true, &answered, "explicit_proxy_required",
		    CONFIDENCE_LIKELY },
		{ "the proxy is refused too", true, &refused, "remote_refused",
		    CONFIDENCE_LIKELY },
		{ "the proxy was not reached", true, NULL, "remote_refused",
		    CONFIDENCE_LIKELY },
		{ "nobody tried", false, NULL, "remote_refused", CONFIDENCE_LIKELY },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		run_init(&r);
		run_add(&r, TUNNEL, NULL);
		see(&r, tcp_failed(&r, 0, "20.1.1.1:443", ECONNREFUSED));
		if (rows[i].made)
			see_variant(
			    &r, 0, REQUEST_OTHER_WAY, true, PROXY, rows[i].http);
		run_judge(&r);
		run_expect(
		    &r, 0, rows[i].row, STATUS_FAIL, rows[i].cause, rows[i].confidence);
		run_deinit(&r);
	}
}

static void private_addresses_belong_past_the_proxy(void **state)
{
	static const struct obs_http answered = { .outcome = HTTP_ANSWERED,
		.status = 401 };

	static const struct {
		const char *row, *url, *direct;
		bool expect_private;
		const char *others;
		enum status status;
	} rows[] = {
		{ "a public name", TUNNEL, "20.1.1.1:443", false, NULL, STATUS_PASS },
		{ "a name that is private here", TUNNEL, "10.1.1.1:443", false, NULL,
		    STATUS_WARN },
		{ "a private literal", "https://10.1.1.1", NULL, false, NULL,
		    STATUS_WARN },
		{ "a private endpoint by expectation", TUNNEL, NULL, true, NULL,
		    STATUS_WARN },
		{ "others send it to a proxy", TUNNEL, NULL, false,
		    "http_proxy (environment)", STATUS_WARN },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		run_init(&r);
		add(&r, rows[i].url, &proxy);
		r.checks[0].expect_private = rows[i].expect_private;
		r.checks[0].others_proxied_by = rows[i].others;
		reach_proxy(&r, 0);
		see(&r, tls_verified(&r, 0, PROXY, NULL));
		struct obs o = http_answer(&r, 0, PROXY, 401, NULL, NULL);
		o.http.via_proxy = true;
		see(&r, o);
		if (rows[i].direct)
			see_variant(
			    &r, 0, REQUEST_OTHER_WAY, false, rows[i].direct, &answered);
		run_judge(&r);
		run_expect(&r, 0, rows[i].row, rows[i].status,
		    rows[i].status == STATUS_WARN ? "proxy_bypass_missing" : NULL,
		    CONFIDENCE_CERTAIN);
		run_deinit(&r);
	}
}

/* --- Fidelity ------------------------------------------------------------------------
 */

static const struct header own[] = { { "server", "own" }, { "x-ms-request-id", "1" } };
static const struct header other[] = { { "server", "other" } };
static const struct header via_squid[] = { { "server", "squid/5.7" },
	{ "via", "1.1 proxy" } };

#define ANSWER(code, list)                                                             \
	{                                                                              \
		.outcome = HTTP_ANSWERED, .status = code, .version = "1.1",            \
		.headers = list, .n_headers = COUNT(list)                              \
	}

static void changes_on_the_way_are_warned_of(void **state)
{
	static const struct obs_http same = ANSWER(401, own);
	static const struct obs_http blocked = ANSWER(403, via_squid);
	static const struct obs_http elsewhere = ANSWER(405, other);
	static const struct obs_http own_405 = ANSWER(405, own);
	static const struct obs_http stripped = ANSWER(401, other);
	static const struct obs_http closed = { .outcome = HTTP_CLOSED };
	static const struct obs_http silent = { .outcome = HTTP_TIMEOUT };

	static const struct {
		const char *row;
		enum request_variant what;
		const struct obs_http *variant;
		bool as_1_0;
		const char *cause;
		enum confidence confidence;
	} rows[] = {
		{ "a method like GET", REQUEST_METHOD, &same, false, NULL,
		    CONFIDENCE_LIKELY },
		{ "the service's own refusal of a method", REQUEST_METHOD, &own_405,
		    false, NULL, CONFIDENCE_LIKELY },
		{ "a method that a proxy refuses", REQUEST_METHOD, &blocked, false,
		    "http_method_filtered", CONFIDENCE_LIKELY },
		{ "a method that another server refuses", REQUEST_METHOD, &elsewhere,
		    false, "http_method_filtered", CONFIDENCE_POSSIBLE },
		{ "a method that ends the connection", REQUEST_METHOD, &closed, false,
		    "http_method_filtered", CONFIDENCE_POSSIBLE },
		{ "silence proves nothing", REQUEST_METHOD, &silent, false, NULL,
		    CONFIDENCE_LIKELY },
		{ "never sent", REQUEST_METHOD, NULL, false, NULL, CONFIDENCE_LIKELY },
		{ "a User-Agent that a proxy refuses", REQUEST_USER_AGENT, &blocked,
		    false, "user_agent_filtered", CONFIDENCE_LIKELY },
		{ "the same directly", REQUEST_OTHER_WAY, &same, false, NULL,
		    CONFIDENCE_LIKELY },
		{ "another answer directly", REQUEST_OTHER_WAY, &own_405, false, NULL,
		    CONFIDENCE_LIKELY },
		{ "fewer fields directly", REQUEST_OTHER_WAY, &stripped, false, NULL,
		    CONFIDENCE_LIKELY },
		{ "HTTP/1.0", REQUEST_OTHER_WAY, &same, true, "http_downgraded",
		    CONFIDENCE_LIKELY },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		run_init(&r);
		add(&r, PLAIN, &proxy);
		reach_proxy(&r, 0);
		struct obs o = http_answer(&r, 0, PROXY, 401, NULL, NULL);
		o.http.via_proxy = true;
		o.http.headers = own;
		o.http.n_headers = COUNT(own);
		o.http.version = rows[i].as_1_0 ? "1.0" : "1.1";
		see(&r, o);
		see_variant(&r, 0, rows[i].what, false, "20.1.1.1:80", rows[i].variant);
		run_judge(&r);
		run_expect(&r, 0, rows[i].row,
		    rows[i].cause ? STATUS_WARN : STATUS_PASS, rows[i].cause,
		    rows[i].confidence);
		run_deinit(&r);
	}
}

static void fields_that_only_the_direct_answer_has_were_removed(void **state)
{
	static const struct header few[] = { { "server", "own" } };
	static const struct obs_http direct = ANSWER(401, own);
	struct run r;

	(void)state;
	for (int tls = 0; tls < 2; tls++) {
		run_init(&r);
		add(&r, tls ? TUNNEL : PLAIN, &proxy);
		reach_proxy(&r, 0);
		if (tls)
			see(&r, tls_verified(&r, 0, PROXY, NULL));
		struct obs o = http_answer(&r, 0, PROXY, 401, NULL, NULL);
		o.http.via_proxy = true;
		o.http.headers = few;
		o.http.n_headers = COUNT(few);
		see(&r, o);
		see_variant(&r, 0, REQUEST_OTHER_WAY, false, "20.1.1.1:80", &direct);
		run_judge(&r);
		/* Nobody can have removed anything inside a verified handshake. */
		run_expect(&r, 0, tls ? "verified" : "plain",
		    tls ? STATUS_PASS : STATUS_WARN,
		    tls ? NULL : "http_header_stripped",
		    tls ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY);
		if (!tls)
			assert_true(run_says(&r, 0, "x-ms-request-id"));
		run_deinit(&r);
	}
}

static void a_page_that_a_browser_does_not_get_is_about_the_user_agent(void **state)
{
	static const struct obs_http let_in = ANSWER(401, own);
	static const struct obs_http blocked_too = ANSWER(403, via_squid);

	static const struct {
		const char *row;
		const struct obs_http *browser;
		const char *cause;
		enum confidence confidence;
	} rows[] = {
		{ "let in", &let_in, "user_agent_filtered", CONFIDENCE_LIKELY },
		{ "blocked too", &blocked_too, "proxy_denied", CONFIDENCE_CERTAIN },
		{ "not tried", NULL, "proxy_denied", CONFIDENCE_CERTAIN },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run r;
		run_init(&r);
		add(&r, PLAIN, &proxy);
		reach_proxy(&r, 0);
		struct obs o = http_answer(&r, 0, PROXY, 403, NULL, NULL);
		o.http.via_proxy = true;
		o.http.headers = via_squid;
		o.http.n_headers = COUNT(via_squid);
		see(&r, o);
		if (rows[i].browser)
			see_variant(
			    &r, 0, REQUEST_USER_AGENT, true, PROXY, rows[i].browser);
		run_judge(&r);
		run_expect(
		    &r, 0, rows[i].row, STATUS_FAIL, rows[i].cause, rows[i].confidence);
		run_deinit(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_proxys_own_words_are_its_own),
		cmocka_unit_test(a_peer_behind_a_working_proxy_answers_for_itself),
		cmocka_unit_test(what_the_exempting_proxy_reaches_needs_the_proxy),
		cmocka_unit_test(private_addresses_belong_past_the_proxy),
		cmocka_unit_test(changes_on_the_way_are_warned_of),
		cmocka_unit_test(fields_that_only_the_direct_answer_has_were_removed),
		cmocka_unit_test(
		    a_page_that_a_browser_does_not_get_is_about_the_user_agent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
