/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "watch/http_server.h"

enum {
	ANSWER_MAX = 1 << 16,
	PATIENCE_MS = 60000
};

static struct http_server *server;
static struct addr address;

/* A port that was free a moment ago. */
static uint16_t free_port(void)
{
	struct sockaddr_storage sa;
	struct addr a;
	socklen_t len = sizeof sa;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	addr_parse_port("127.0.0.1:0", &a);
	addr_parse("127.0.0.1", &a);
	assert_int_equal(
	    bind(fd, (struct sockaddr *)&sa, addr_to_sockaddr(&a, &sa)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
	assert_true(addr_from_sockaddr((struct sockaddr *)&sa, &a));
	close(fd);
	return a.port;
}

static int start(void **state)
{
	(void)state;
	int r = -EADDRINUSE;
	addr_parse("127.0.0.1", &address);
	for (int i = 0; i < 20 && r == -EADDRINUSE; i++) {
		address.port = free_port();
		r = http_server_start(&address, &server);
	}
	return r;
}

static int stop(void **state)
{
	(void)state;
	http_server_stop(server);
	return 0;
}

static int dial(void)
{
	struct sockaddr_storage sa;
	socklen_t len = addr_to_sockaddr(&address, &sa);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&sa, len), 0);
	return fd;
}

/* Everything until the server closes; the server may not like what it is sent. */
static size_t ask(const void *request, size_t len, char answer[ANSWER_MAX])
{
	int fd = dial();
	size_t n = 0;
	ssize_t got = 1;
	if (len)
		send(fd, request, len, MSG_NOSIGNAL);
	shutdown(fd, SHUT_WR);
	while (n + 1 < ANSWER_MAX && got > 0) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
		got = recv(fd, answer + n, ANSWER_MAX - 1 - n, 0);
		n += got > 0 ? (size_t)got : 0;
	}
	answer[n] = '\0';
	close(fd);
	return n;
}

static void requests_get_their_answers(void **state)
{
	(void)state;
	http_server_put(server, PAGE_METRICS, strdup("up 1\n"));
	http_server_put(server, PAGE_METRICS, strdup("up 2\n"));
	http_server_healthy_until(server, nsec_now() + 600 * NSEC_PER_SEC);

	const struct {
		const char *row, *request, *status,
		    *body; /* body NULL = not compared */
	} rows[] = {
		{ "page", "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", "200", "up 2\n" },
		{ "head", "HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n", "200", "" },
		{ "old version", "GET /metrics HTTP/1.0\r\n\r\n", "200", "up 2\n" },
		{ "with a query", "GET /metrics?x=1 HTTP/1.1\r\nHost: x\r\n\r\n", "200",
		    "up 2\n" },
		{ "health", "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", "200", "ok\n" },
		{ "no report yet", "GET /report.json HTTP/1.1\r\nHost: x\r\n\r\n",
		    "503", NULL },
		{ "root", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "404", NULL },
		{ "a way up", "GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
		    "404", NULL },
		{ "escaped", "GET /m%65trics HTTP/1.1\r\nHost: x\r\n\r\n", "404",
		    NULL },
		{ "an escaped end", "GET /metrics%00 HTTP/1.1\r\nHost: x\r\n\r\n",
		    "404", NULL },
		{ "another case", "GET /Metrics HTTP/1.1\r\nHost: x\r\n\r\n", "404",
		    NULL },
		{ "post",
		    "POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx",
		    "405", NULL },
		{ "options", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", "405", NULL },
		{ "connect", "CONNECT a:1 HTTP/1.1\r\nHost: x\r\n\r\n", "405", NULL },
		{ "unknown method", "BREW /metrics HTTP/1.1\r\nHost: x\r\n\r\n", "405",
		    NULL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char answer[ANSWER_MAX];
		ask(rows[i].request, strlen(rows[i].request), answer);
		const char *body = strstr(answer, "\r\n\r\n");
		if (strncmp(answer, "HTTP/1.", 7) != 0 || !body ||
		    strncmp(answer + 9, rows[i].status, 3) != 0 ||
		    (rows[i].body && strcmp(body + 4, rows[i].body) != 0))
			fail_msg("%s: %s", rows[i].row, answer);
		if (!strstr(answer, "Connection: close\r\n"))
			fail_msg("%s: stays open", rows[i].row);
	}
	http_server_healthy_until(server, nsec_now() - 1);
	char answer[ANSWER_MAX];
	static const char health[] = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
	ask(health, sizeof health - 1, answer);
	assert_int_equal(strncmp(answer + 9, "503", 3), 0);
}

static void a_header_that_is_too_long_is_refused(void **state)
{
	(void)state;
	size_t len = 4 * HTTP_MEMORY;
	char *request = malloc(len), answer[ANSWER_MAX];
	assert_non_null(request);
	memset(request, 'a', len);
	memcpy(request, "GET /metrics HTTP/1.1\r\nX: ", 26);
	ask(request, len, answer);
	free(request);
	assert_null(strstr(answer, " 200 "));
}

/* More than are allowed, all silent: the others are closed, and it goes on after. */
static void silent_connections_are_bounded_and_end(void **state)
{
	(void)state;
	int fds[3 * HTTP_CONNECTIONS];
	for (size_t i = 0; i < COUNT(fds); i++)
		fds[i] = dial();
	static const char request[] = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
	char answer[ANSWER_MAX];
	for (int i = 0; i < 20; i++) {
		/* As if a minute were over, for those that were let in and the next. */
		http_server_tick(
		    server, nsec_now() + (HTTP_CONNECTION_S + 1) * NSEC_PER_SEC);
		usleep(20000);
	}
	bool served = ask(request, sizeof request - 1, answer) > 0;
	for (size_t i = 0; i < COUNT(fds); i++)
		close(fds[i]);
	assert_true(served);
}

/* --- Corpus ----------------------------------------------------------------------- */

static void assert_alive(const char *after)
{
	static const char request[] = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
	char answer[ANSWER_MAX];
	ask(request, sizeof request - 1, answer);
	if (strncmp(answer, "HTTP/1.1 ", 9) != 0)
		fail_msg("no answer after %s", after);
}

/* Does not wait for more than the first bytes: half a request has an idle time. */
static void throw_at_it(const char *request, size_t len, char answer[ANSWER_MAX])
{
	int fd = dial();
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ssize_t n = 0;
	if (len)
		send(fd, request, len, MSG_NOSIGNAL);
	if (poll(&p, 1, 5) == 1)
		n = recv(fd, answer, ANSWER_MAX - 1, 0);
	answer[n > 0 ? n : 0] = '\0';
	close(fd);
}

static void feed(const char *name)
{
	char path[4096], request[4096], answer[ANSWER_MAX];
	unsigned short seed[3] = { 1, 2, 3 };
	snprintf(path, sizeof path, "%s/%s", HTTP_CORPUS, name);
	FILE *f = fopen(path, "rb");
	assert_non_null(f);
	size_t len = fread(request, 1, sizeof request, f);
	fclose(f);
	throw_at_it(request, len, answer);
	/* And damaged: cut, or a few bytes changed. */
	for (int i = 0; i < 40 && len > 0; i++) {
		char copy[sizeof request];
		memcpy(copy, request, len);
		for (int k = 0; i % 2 && k < 3; k++)
			copy[(size_t)nrand48(seed) % len] = (char)nrand48(seed);
		throw_at_it(copy, i % 2 ? len : (size_t)nrand48(seed) % len, answer);
		if (strstr(answer, "root:"))
			fail_msg("%s: a file of the machine", name);
	}
	assert_alive(name);
}

static void no_request_of_the_corpus_ends_the_server(void **state)
{
	(void)state;
	unsigned n = 0;
	DIR *d = opendir(HTTP_CORPUS);
	assert_non_null(d);
	for (struct dirent *e; (e = readdir(d));) {
		if (e->d_name[0] == '.')
			continue;
		feed(e->d_name);
		n++;
	}
	closedir(d);
	assert_true(n >= 10);
	assert_true(http_server_requests(server) > n);
}

static void a_port_in_use_is_told(void **state)
{
	(void)state;
	struct http_server *second = NULL;
	assert_int_equal(http_server_start(&address, &second), -EADDRINUSE);
}

#define SERVED(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SERVED(requests_get_their_answers),
		SERVED(a_header_that_is_too_long_is_refused),
		SERVED(silent_connections_are_bounded_and_end),
		SERVED(no_request_of_the_corpus_ends_the_server),
		SERVED(a_port_in_use_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
