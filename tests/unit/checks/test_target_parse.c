/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <stdlib.h>
#include <string.h>

#include "checks/input/input_error.h"
#include "checks/plan/no_proxy.h"
#include "checks/plan/overrides.h"
#include "checks/plan/proxy_choice.h"
#include "checks/plan/target_parse.h"
#include "checks/plan/template.h"
#include "probe/base/arena.h"

static struct arena arena;

static int setup(void **state)
{
	(void)state;
	arena_init(&arena, 64 << 20);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_deinit(&arena);
	return 0;
}

static struct strings one(const char *text)
{
	struct strings l = { .items = arena_array(&arena, 1, sizeof(char *)) };
	if (*text)
		l.items[l.n_items++] = text;
	return l;
}

static void endpoints_are_taken_apart(void **state)
{
	(void)state;

	static const struct {
		const char *text;
		enum protocol protocol;
		const char *host;
		uint16_t port;
		const char *path;
	} rows[] = {
		{ "https://h.test", PROTO_HTTPS, "h.test", 443, "/" },
		{ "HTTPS://H.Test.:8443/A%20b?x=1", PROTO_HTTPS, "h.test", 8443,
		    "/A%20b?x=1" },
		{ "https://h.test?x=1", PROTO_HTTPS, "h.test", 443, "/?x=1" },
		{ "http://10.0.0.4/", PROTO_HTTP, "10.0.0.4", 80, "/" },
		{ "wss://h/a", PROTO_WSS, "h", 443, "/a" },
		{ "ws://h", PROTO_WS, "h", 80, "/" },
		{ "https://[2001:DB8::1]:444/", PROTO_HTTPS, "2001:db8::1", 444, "/" },
		{ "https://[::1]", PROTO_HTTPS, "::1", 443, "/" },
		{ "tcp://h_1.test:22", PROTO_TCP, "h_1.test", 22, NULL },
		{ "udp://[fd00::1]:5831", PROTO_UDP, "fd00::1", 5831, NULL },
		{ "dns:H.test", PROTO_DNS, "h.test", 53, NULL },
		{ "https://h/a//b@c:d?e=https://f", PROTO_HTTPS, "h", 443,
		    "/a//b@c:d?e=https://f" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct target t;
		struct input_error e;
		const char *path = rows[i].path;
		if (target_parse(rows[i].text, &arena, &t, &e) < 0)
			fail_msg("%s", e.text);
		if (strcmp(t.id, rows[i].text) != 0 || t.protocol != rows[i].protocol ||
		    strcmp(t.host, rows[i].host) != 0 || t.port != rows[i].port)
			fail_msg("%s: %s port %u", rows[i].text, t.host, t.port);
		if (!path != !t.request.path || (path && strcmp(path, t.request.path)))
			fail_msg("%s: path %s", rows[i].text, t.request.path);
		if (path) {
			assert_string_equal(t.request.method, "GET");
			assert_string_equal(t.request.headers[0].name, "Accept");
			assert_string_equal(t.request.headers[0].value, "*/*");
		}
	}
}

static void malformed_endpoints_are_refused(void **state)
{
	(void)state;

	static const struct {
		const char *text, *reason;
	} rows[] = {
		{ "htps://h", "unknown scheme; did you mean \"https://\"?" },
		{ "gopher://h", "the scheme must be https, http, wss, ws, tcp or udp" },
		{ "://h", "the scheme must be https, http, wss, ws, tcp or udp" },
		{ "https://", "the host is missing" },
		{ "https://:443/", "the host is missing" },
		{ "https:///x", "the host is missing" },
		{ "https://user@h/", "user names and passwords are refused" },
		{ "https://u:p@h/", "user names and passwords are refused" },
		{ "https://h:/", "the port must be 1 to 65535" },
		{ "https://h:0/", "the port must be 1 to 65535" },
		{ "https://h:65536/", "the port must be 1 to 65535" },
		{ "https://h:+1/", "the port must be 1 to 65535" },
		{ "https://h:443x/", "the port must be 1 to 65535" },
		{ "https://[::1/", "\"[\" without \"]\"" },
		{ "https://[::1]443/", "the port must be 1 to 65535" },
		{ "https://[10.0.0.1]/", "only an IPv6 address may stand in brackets" },
		{ "https://[fe80::1%eth0]/",
		    "only an IPv6 address may stand in brackets" },
		{ "https://2001:db8::1/", "an IPv6 address must stand in brackets" },
		{ "https://10.0.0.300/",
		    "not a host name: labels of 1 to 63 letters, digits, '-' and "
		    "'_'" },
		{ "https://a..b/",
		    "not a host name: labels of 1 to 63 letters, digits, '-' and "
		    "'_'" },
		{ "https://h\\x/",
		    "not a host name: labels of 1 to 63 letters, digits, '-' and "
		    "'_'" },
		{ "https://h/#f", "a fragment (\"#...\") is never sent" },
		{ "tcp://h", "the port is missing, as in tcp://host:port" },
		{ "tcp://h:1/", "nothing may follow the port" },
		{ "udp://h:1?x", "nothing may follow the port" },
		{ "dns:", "the host is missing" },
		{ "dns:h:53", "a name to resolve has no port" },
		{ "dns:10.0.0.1", "an address needs no resolving" },
		{ "dns://h", "a name is written dns:NAME, without slashes" },
		{ "https://h/a b", "blanks and control characters are refused" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct target t;
		struct input_error e = { "accepted" };
		const char *want = arena_printf(
		    &arena, "target \"%s\": %s", rows[i].text, rows[i].reason);
		target_parse(rows[i].text, &arena, &t, &e);
		if (strcmp(e.text, want) != 0)
			fail_msg("\n got %s\nwant %s", e.text, want);
	}
}

static void hostile_endpoints_are_escaped_and_cut(void **state)
{
	(void)state;
	struct target t;
	struct input_error e;
	assert_int_equal(target_parse("https://h/\x1b[31m\n", &arena, &t, &e), -1);
	assert_string_equal(e.text, "target \"https://h/\\x1b[31m\\x0a\": blanks and "
				    "control characters are refused");
	assert_int_equal(target_parse("https://\xc3\xa4.test/", &arena, &t, &e), -1);
	assert_string_equal(e.text, "target \"https://\xc3\xa4.test/\": only ASCII "
				    "characters may stand in it (xn-- names, "
				    "%-encoded paths)");
	char *longest = arena_alloc(&arena, 4000);
	memset(longest, 'a', 3999);
	memcpy(longest, "https://h/", 10);
	assert_int_equal(target_parse(longest, &arena, &t, &e), -1);
	assert_non_null(strstr(e.text, "a...\": longer than 2048 bytes"));
	longest[2048] = '\0';
	assert_int_equal(target_parse(longest, &arena, &t, &e), 0);
}

static void ids_and_globs_are_no_endpoints(void **state)
{
	(void)state;
	assert_true(target_is_endpoint("https://h"));
	assert_true(target_is_endpoint("htps://h"));
	assert_true(target_is_endpoint("DNS:h"));
	assert_false(target_is_endpoint("storage.*"));
	assert_false(target_is_endpoint("storage.blob:contoso"));
	assert_false(target_is_endpoint("dns.azure"));
}

static void no_proxy_lists_are_read_as_curl_reads_them(void **state)
{
	(void)state;

	static const struct {
		const char *list, *host, *want;
	} rows[] = {
		{ "*", "h.test", "*" },
		{ "*,x", "h.test", NULL },
		{ "h.test", "h.test", "h.test" },
		{ "h.test", "a.H.TEST", "h.test" },
		{ "h.test", "ah.test", NULL },
		{ ".h.test", "h.test", ".h.test" },
		{ ".h.test", "a.h.test", ".h.test" },
		{ ".h.test", "ah.test", NULL },
		{ "h.test.", "h.test", "h.test" },
		{ "a b,\th.test", "h.test", "h.test" },
		{ "test", "h.test", "test" },
		{ "10.0.0.1", "10.0.0.1", "10.0.0.1" },
		{ "10.0.0.1", "10.0.0.10", NULL },
		{ "10.0.0.0/8", "10.9.8.7", "10.0.0.0/8" },
		{ "10.1.2.3/8", "10.9.8.7", "10.1.2.3/8" },
		{ "10.0.0.0/33", "10.0.0.0", NULL },
		{ "10.0.0.0/", "10.0.0.0", NULL },
		{ "0.1", "10.0.0.1", NULL },
		{ "fd00::/8", "fd12::1", "fd00::/8" },
		{ "2001:db8::1", "2001:db8:0::1", "2001:db8::1" },
		{ "", "h.test", NULL },
		{ " , ", "h.test", NULL },
		{ ".", "h.test", NULL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *got = no_proxy_entry(rows[i].list, rows[i].host, &arena);
		if (!got != !rows[i].want || (got && strcmp(got, rows[i].want) != 0))
			fail_msg("\"%s\" and %s: got %s", rows[i].list, rows[i].host,
			    got ? got : "nothing");
	}
}

static void proxies_are_chosen_as_curl_chooses(void **state)
{
	(void)state;

	static const struct {
		const char *target, *given, *noproxy, *http, *https, *all, *no_proxy;
		const char *proxy, *reason;
	} rows[] = {
		{ "https://h", NULL, NULL, NULL, NULL, NULL, NULL, NULL,
		    "no proxy is set" },
		{ "https://h", "p:1", NULL, NULL, "q:2", NULL, NULL, "http://p:1",
		    "--proxy" },
		{ "https://h", "", NULL, NULL, "q:2", "r:3", NULL, NULL,
		    "--proxy is empty" },
		{ "https://h", NULL, NULL, "q:1", "q:2", "q:3", NULL, "http://q:2",
		    "https_proxy (environment)" },
		{ "wss://h", NULL, NULL, "q:1", "q:2", "q:3", NULL, "http://q:2",
		    "https_proxy (environment)" },
		{ "ws://h", NULL, NULL, "q:1", "q:2", "q:3", NULL, "http://q:1",
		    "http_proxy (environment)" },
		{ "http://h", NULL, NULL, NULL, "q:2", "socks5h://q", NULL,
		    "socks5h://q:1080", "all_proxy (environment)" },
		{ "tcp://h:1", "p:1", NULL, NULL, NULL, NULL, NULL, NULL,
		    "protocol tcp" },
		{ "https://a.h", "p:1", NULL, NULL, NULL, NULL, "h", NULL,
		    "no_proxy entry h (environment)" },
		{ "https://a.h", "p:1", "x", NULL, NULL, NULL, "h", "http://p:1",
		    "--proxy" },
		{ "https://a.h", "p:1", ".h", NULL, NULL, NULL, NULL, NULL,
		    "--noproxy entry .h" },
		{ "https://a.h", "p:1", "", NULL, NULL, NULL, "h", "http://p:1",
		    "--proxy" },
		{ "https://h", "https://u:p@w@[::1]/", NULL, NULL, NULL, NULL, NULL,
		    "https://[::1]:443", "--proxy" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct settings s;
		struct proxies proxies;
		struct target t;
		struct input_error e;
		settings_init(&s);
		s.proxy = rows[i].given;
		s.noproxy = rows[i].noproxy;
		s.env_http_proxy = rows[i].http;
		s.env_https_proxy = rows[i].https;
		s.env_all_proxy = rows[i].all;
		s.env_no_proxy = rows[i].no_proxy;
		if (proxies_parse(&s, &arena, &proxies, &e) < 0 ||
		    target_parse(rows[i].target, &arena, &t, &e) < 0)
			fail_msg("row %zu: %s", i, e.text);
		struct proxy_choice c = proxy_choose(&proxies, &t, false, &arena);
		const char *got = c.proxy ? c.proxy->shown_as : NULL;
		if (strcmp(c.reason, rows[i].reason) != 0 || !got != !rows[i].proxy ||
		    (got && strcmp(got, rows[i].proxy) != 0))
			fail_msg("row %zu: %s, %s", i, got ? got : "direct", c.reason);
	}
}

static void malformed_proxies_are_refused_without_their_password(void **state)
{
	(void)state;

	static const struct {
		const char *url, *want;
	} rows[] = {
		{ "ftp://p", "--proxy: the scheme must be http, https, socks4, "
			     "socks4a, socks5 or socks5h" },
		{ "http://u:secret@p:x", "--proxy: the port must be 1 to 65535" },
		{ "http://u:secret@/", "--proxy: the host is missing" },
		{ "http://p\n", "--proxy: character 9: blanks, control and non-ASCII "
				"characters are refused" },
		{ "a b", "--proxy: character 2: blanks, control and non-ASCII "
			 "characters are refused" },
		{ "http://u:secret%4@p", "--proxy: \"%\" in user name or password "
					 "must be followed by two hexadecimal digits, "
					 "not of a control character" },
		{ "http://u:secret%0a@p", "--proxy: \"%\" in user name or password "
					  "must be followed by two hexadecimal "
					  "digits, not of a control character" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct settings s;
		struct proxies proxies;
		struct input_error e = { "accepted" };
		settings_init(&s);
		s.proxy = rows[i].url;
		proxies_parse(&s, &arena, &proxies, &e);
		if (strcmp(e.text, rows[i].want) != 0)
			fail_msg("row %zu: %s", i, e.text);
	}
}

static void overrides_change_what_is_contacted(void **state)
{
	(void)state;

	static const struct {
		const char *resolve, *connect_to;
		const char *connect_host;
		uint16_t connect_port;
		size_t n_pinned;
	} rows[] = {
		{ "h.test:443:10.0.0.1", "", NULL, 0, 1 },
		{ "H.TEST:443:10.0.0.1,10.0.0.2,[::1]", "", NULL, 0, 3 },
		{ "h.test:443:2001:db8::1,::2", "", NULL, 0, 2 },
		{ "*:443:10.0.0.1", "", NULL, 0, 1 },
		{ "h.test:80:10.0.0.1", "", NULL, 0, 0 },
		{ "x.test:443:10.0.0.1", "", NULL, 0, 0 },
		{ "", "h.test:443:y.test:8443", "y.test", 8443, 0 },
		{ "", "::y.test:", "y.test", 0, 0 },
		{ "", ":443::8443", NULL, 8443, 0 },
		{ "", "x.test::y.test:1", NULL, 0, 0 },
		{ "", ":80:y.test:1", NULL, 0, 0 },
		{ "", "::[2001:db8::1]:1", "2001:db8::1", 1, 0 },
		{ "y.test:8443:10.0.0.1", "h.test::y.test:8443", "y.test", 8443, 1 },
		{ "h.test:443:10.0.0.1", "h.test::y.test:8443", "y.test", 8443, 0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct settings s;
		struct overrides o;
		struct target t;
		struct input_error e;
		settings_init(&s);
		s.resolve = one(rows[i].resolve);
		s.connect_to = one(rows[i].connect_to);
		if (overrides_parse(&s, &arena, &o, &e) < 0 ||
		    target_parse("https://h.test/", &arena, &t, &e) < 0)
			fail_msg("row %zu: %s", i, e.text);
		overrides_apply(&o, &t);
		const char *want = rows[i].connect_host;
		if (!want != !t.connect_host ||
		    (want && strcmp(want, t.connect_host) != 0) ||
		    t.connect_port != rows[i].connect_port ||
		    t.n_pinned != rows[i].n_pinned)
			fail_msg("row %zu: %s %u %zu", i,
			    t.connect_host ? t.connect_host : "-", t.connect_port,
			    t.n_pinned);
	}
}

static void a_pin_for_the_host_goes_before_any_host(void **state)
{
	(void)state;
	const char *items[] = { "*:443:10.0.0.1", "h.test:443:10.0.0.2" };
	struct settings s;
	struct overrides o;
	struct target t;
	struct input_error e;
	char buf[ADDR_TEXT_MAX];
	settings_init(&s);
	s.resolve = (struct strings){ items, 2, 2 };
	assert_int_equal(overrides_parse(&s, &arena, &o, &e), 0);
	assert_int_equal(target_parse("https://h.test/", &arena, &t, &e), 0);
	overrides_apply(&o, &t);
	assert_string_equal(addr_format(t.pinned, buf), "10.0.0.2");
}

static void malformed_overrides_are_refused(void **state)
{
	(void)state;

	static const struct {
		const char *resolve, *connect_to, *want;
	} rows[] = {
		{ "h", "", "--resolve \"h\": expected HOST:PORT:ADDR[,ADDR]" },
		{ "h:443", "", "--resolve \"h:443\": expected HOST:PORT:ADDR[,ADDR]" },
		{ "h:443:", "",
		    "--resolve \"h:443:\": ADDR must be an IP address, several between "
		    "commas" },
		{ "h:443:name", "",
		    "--resolve \"h:443:name\": ADDR must be an IP address, several "
		    "between commas" },
		{ "h:443:10.0.0.1,", "",
		    "--resolve \"h:443:10.0.0.1,\": ADDR must be an IP address, "
		    "several "
		    "between commas" },
		{ "h:0:10.0.0.1", "",
		    "--resolve \"h:0:10.0.0.1\": the port must be 1 to 65535" },
		{ "a b:1:10.0.0.1", "",
		    "--resolve \"a b:1:10.0.0.1\": not a host name or address" },
		{ ":1:10.0.0.1", "",
		    "--resolve \":1:10.0.0.1\": not a host name or address" },
		{ "", "a:1:b",
		    "--connect-to \"a:1:b\": expected HOST1:PORT1:HOST2:PORT2" },
		{ "", "a:1:b:2:c",
		    "--connect-to \"a:1:b:2:c\": expected HOST1:PORT1:HOST2:PORT2" },
		{ "", "a:1:b:x",
		    "--connect-to \"a:1:b:x\": the port must be 1 to 65535" },
		{ "", "a:1:b/c:2",
		    "--connect-to \"a:1:b/c:2\": not a host name or address" },
		{ "", "[::1:1:b:2",
		    "--connect-to \"[::1:1:b:2\": expected HOST1:PORT1:HOST2:PORT2" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct settings s;
		struct overrides o;
		struct input_error e = { "accepted" };
		settings_init(&s);
		s.resolve = one(rows[i].resolve);
		s.connect_to = one(rows[i].connect_to);
		overrides_parse(&s, &arena, &o, &e);
		if (strcmp(e.text, rows[i].want) != 0)
			fail_msg("\n got %s\nwant %s", e.text, rows[i].want);
	}
}

static void templates_are_filled_in(void **state)
{
	(void)state;
	struct template_values v = { {
	    [VAR_REGION] = "westeurope",
	    [VAR_WORKSPACE_NAME] =
		"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz",
	} };

	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "plain.test", "plain.test" },
		{ "{region}.x.{region}", "westeurope.x.westeurope" },
		{ "", "" },
		{ "{key_vault}.x", NULL },
		{ "{workspace_name:fit}.x",
		    "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz.x" },
		{ "a.{workspace_name:fit}-{region}-z.x",
		    "a.abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwx-westeurope-z"
		    ".x" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *got = template_expand(rows[i].text, &v, &arena);
		if (!got != !rows[i].want || (got && strcmp(got, rows[i].want) != 0))
			fail_msg("%s: got %s", rows[i].text, got ? got : "nothing");
	}
}

static void template_errors_are_told(void **state)
{
	(void)state;

	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "{regin}", "unknown variable \"regin\"; did you mean \"region\"?" },
		{ "{}", "unknown variable \"\"" },
		{ "{a{region}", "\"{\" without \"}\"" },
		{ "a}", "\"}\" without \"{\"" },
		{ "{region:fit}{region:fit}", "\":fit\" may stand only once" },
		{ "{\x1b}", "unknown variable \"\\x1b\"" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		unsigned used = 0;
		const char *got = template_check(rows[i].text, &used, &arena);
		if (!got || strcmp(got, rows[i].want) != 0)
			fail_msg("%s: got %s", rows[i].text, got ? got : "nothing");
	}
	unsigned used = 0;
	assert_null(template_check("{storage}.{region}", &used, &arena));
	assert_int_equal(used, 1U << VAR_STORAGE | 1U << VAR_REGION);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(endpoints_are_taken_apart),
		cmocka_unit_test(malformed_endpoints_are_refused),
		cmocka_unit_test(hostile_endpoints_are_escaped_and_cut),
		cmocka_unit_test(ids_and_globs_are_no_endpoints),
		cmocka_unit_test(no_proxy_lists_are_read_as_curl_reads_them),
		cmocka_unit_test(proxies_are_chosen_as_curl_chooses),
		cmocka_unit_test(malformed_proxies_are_refused_without_their_password),
		cmocka_unit_test(overrides_change_what_is_contacted),
		cmocka_unit_test(a_pin_for_the_host_goes_before_any_host),
		cmocka_unit_test(malformed_overrides_are_refused),
		cmocka_unit_test(templates_are_filled_in),
		cmocka_unit_test(template_errors_are_told),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
