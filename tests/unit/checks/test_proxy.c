/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checks/input/input_error.h"
#include "checks/plan/proxy_choice.h"
#include "checks/plan/target_parse.h"
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

static void a_proxy_is_taken_apart(void **state)
{
	(void)state;

	static const struct {
		const char *url, *user, *password, *shown;
		bool socks, tls;
	} rows[] = {
		{ "p", NULL, NULL, "http://p:1080", false, false },
		{ "http://me@p:1", "me", "", "http://p:1", false, false },
		{ "http://a%40b:c%3Ad%25@p:1", "a@b", "c:d%", "http://p:1", false,
		    false },
		{ "https://u:p@ss@p", "u", "p@ss", "https://p:443", false, true },
		{ "socks5h://u:p@[::1]", "u", "p", "socks5h://[::1]:1080", true,
		    false },
		{ "SOCKS4://10.0.0.1:9/x@y", NULL, NULL, "socks4://10.0.0.1:9", true,
		    false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct settings s;
		struct proxies proxies;
		struct input_error e;
		settings_init(&s);
		s.proxy = rows[i].url;
		if (proxies_parse(&s, &arena, &proxies, &e) < 0)
			fail_msg("row %zu: %s", i, e.text);
		const struct proxy *p = proxies.given;
		assert_string_equal(p->shown_as, rows[i].shown);
		assert_int_equal(p->socks, rows[i].socks);
		assert_int_equal(p->tls, rows[i].tls);
		assert_int_equal(proxy_has_credentials(rows[i].url), !!rows[i].user);
		if (!rows[i].user) {
			assert_null(p->user);
			continue;
		}
		assert_string_equal(p->user, rows[i].user);
		assert_string_equal(p->password, rows[i].password);
	}
}

static void the_rule_that_decides_is_named(void **state)
{
	(void)state;

	static const struct {
		const char *name, *target;
		bool platform;
		struct settings with;
		const char *reason, *proxy, *exempt, *others;
	} rows[] = {
		{ "an option", "https://h.test", false,
		    { .proxy = "http://p:1", .env_https_proxy = "http://q:1" },
		    "--proxy", "http://p:1", NULL, NULL },
		{ "a line of a file", "https://h.test", false,
		    { .proxy = "http://p:1", .proxy_from.proxy = "c.yaml:3:1: proxy" },
		    "c.yaml:3:1: proxy", "http://p:1", NULL, NULL },
		{ "a variable in capitals", "https://h.test", false,
		    { .env_https_proxy = "http://p:1",
			.proxy_from.https_proxy = "HTTPS_PROXY" },
		    "HTTPS_PROXY (environment)", "http://p:1", NULL, NULL },
		{ "an exception of the environment", "https://h.test", false,
		    { .env_all_proxy = "http://p:1",
			.env_no_proxy = "x,.test",
			.proxy_from.no_proxy = "NO_PROXY" },
		    "NO_PROXY entry .test (environment)", NULL, "http://p:1", NULL },
		{ "an exception of a file", "https://h.test", false,
		    { .proxy = "http://p:1",
			.noproxy = "h.test",
			.env_no_proxy = "other",
			.proxy_from.noproxy = "c.yaml:4:1: noproxy" },
		    "c.yaml:4:1: noproxy entry h.test", NULL, "http://p:1", NULL },
		{ "the platform, which others send to the proxy",
		    "http://169.254.169.254", true, { .env_http_proxy = "http://p:1" },
		    "address of the Azure platform", NULL, NULL,
		    "http_proxy (environment)" },
		{ "the platform, exempt for everybody", "http://169.254.169.254", true,
		    { .env_http_proxy = "http://p:1",
			.env_no_proxy = "169.254.169.254" },
		    "address of the Azure platform", NULL, NULL, NULL },
		{ "the platform and a proxy of ours alone", "http://169.254.169.254",
		    true, { .proxy = "http://p:1" }, "address of the Azure platform",
		    NULL, NULL, NULL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct proxies proxies;
		struct input_error e;
		struct target t;
		if (proxies_parse(&rows[i].with, &arena, &proxies, &e) < 0 ||
		    target_parse(rows[i].target, &arena, &t, &e) < 0)
			fail_msg("%s: %s", rows[i].name, e.text);
		struct proxy_choice c =
		    proxy_choose(&proxies, &t, rows[i].platform, &arena);
		const char *got = arena_printf(&arena, "%s | %s | %s | %s", c.reason,
		    c.proxy ? c.proxy->shown_as : "-",
		    c.exempt_from ? c.exempt_from->shown_as : "-",
		    c.others_proxied_by ? c.others_proxied_by : "-");
		const char *want = arena_printf(&arena, "%s | %s | %s | %s",
		    rows[i].reason, rows[i].proxy ? rows[i].proxy : "-",
		    rows[i].exempt ? rows[i].exempt : "-",
		    rows[i].others ? rows[i].others : "-");
		if (strcmp(got, want) != 0)
			fail_msg("%s: %s", rows[i].name, got);
	}
}

static void credentials_come_from_a_private_file(void **state)
{
	(void)state;

	static const struct {
		const char *name, *text;
		mode_t mode;
		const char *want;
	} rows[] = {
		{ "good", "me:s3:cret\n", 0600, NULL },
		{ "without end of line", "me:s3:cret", 0400, NULL },
		{ "empty", "", 0600, ": is empty" },
		{ "readable by the group", "me:x\n", 0640,
		    ": others may use it (mode 0640); it holds a secret: chmod 600" },
		{ "readable by the world", "me:x\n", 0604,
		    ": others may use it (mode 0604); it holds a secret: chmod 600" },
		{ "two lines", "me:x\ny\n", 0600,
		    ": has further lines, only one is expected" },
		{ "control characters", "me:\x1b[1m\n", 0600,
		    ": holds control characters" },
		{ "no colon", "secret\n", 0600, "the line must be USER:PASSWORD" },
		{ "no user", ":secret\n", 0600, "the line must be USER:PASSWORD" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char path[] = "/tmp/vnetprobe-credentials-XXXXXX";
		struct settings s = { .proxy_credentials_file = path };
		struct input_error e = { .text = "" };
		int fd = mkstemp(path);
		assert_true(fd >= 0);
		size_t len = strlen(rows[i].text);
		assert_int_equal(write(fd, rows[i].text, len), (ssize_t)len);
		assert_int_equal(fchmod(fd, rows[i].mode), 0);
		close(fd);
		int r = proxy_credentials_read(&s, &arena, &e);
		unlink(path);
		if (rows[i].want) {
			if (r == 0 || !strstr(e.text, rows[i].want))
				fail_msg("%s: %s", rows[i].name, e.text);
			assert_null(strstr(e.text, "secret\n"));
			continue;
		}
		assert_string_equal(s.proxy_user, "me");
		assert_string_equal(s.proxy_password, "s3:cret");
	}
	struct settings s = { .proxy_credentials_file = "/nonexistent/file" };
	struct input_error e;
	assert_int_equal(proxy_credentials_read(&s, &arena, &e), -1);
	assert_string_equal(e.text, "--proxy-credentials-file: /nonexistent/file: "
				    "No such file or directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_proxy_is_taken_apart),
		cmocka_unit_test(the_rule_that_decides_is_named),
		cmocka_unit_test(credentials_come_from_a_private_file),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
