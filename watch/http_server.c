/* SPDX-License-Identifier: MIT */
#include "watch/http_server.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "watch/libmicrohttpd.h"

/* A page is shared by the responses that are being sent. */
struct body {
	char *text;
	size_t len;
	unsigned refs; /* under the server's lock */
	struct http_server *server;
};

struct connection {
	int fd; /* -1 = free */
	nsec_t since;
};

struct http_server {
	const struct libmicrohttpd *lib;
	struct MHD_Daemon *daemon;
	pthread_mutex_t lock; /* of all that follows */
	struct body *pages[N_HTTP_PAGES];
	struct connection connections[HTTP_CONNECTIONS];
	nsec_t healthy_until;
	uint64_t requests;
};

static const struct {
	const char *path, *type;
} routes[N_HTTP_PAGES] = {
	[PAGE_METRICS] = { "/metrics", "text/plain; version=0.0.4; charset=utf-8" },
	[PAGE_HTML] = { "/report.html", "text/html; charset=utf-8" },
	[PAGE_JSON] = { "/report.json", "application/json" },
};

static const char health_path[] = "/healthz";

/* --- Pages ------------------------------------------------------------------------ */

static void body_unref_locked(struct body *b)
{
	if (!b || --b->refs)
		return;
	free(b->text);
	free(b);
}

static void body_unref(void *arg)
{
	struct body *b = arg;
	struct http_server *s = b->server;
	pthread_mutex_lock(&s->lock);
	body_unref_locked(b);
	pthread_mutex_unlock(&s->lock);
}

void http_server_put(struct http_server *s, enum http_page page, char *text)
{
	struct body *b = malloc(sizeof *b);
	if (!b)
		abort();
	*b = (struct body){ .text = text, .len = strlen(text), .refs = 1, .server = s };
	pthread_mutex_lock(&s->lock);
	body_unref_locked(s->pages[page]);
	s->pages[page] = b;
	pthread_mutex_unlock(&s->lock);
}

void http_server_healthy_until(struct http_server *s, nsec_t until)
{
	pthread_mutex_lock(&s->lock);
	s->healthy_until = until;
	pthread_mutex_unlock(&s->lock);
}

uint64_t http_server_requests(struct http_server *s)
{
	pthread_mutex_lock(&s->lock);
	uint64_t n = s->requests;
	pthread_mutex_unlock(&s->lock);
	return n;
}

/* --- Answers ---------------------------------------------------------------------- */

struct answering {
	struct http_server *server;
	const struct libmicrohttpd *lib;
	struct MHD_Connection *connection;
};

static enum MHD_Result answer(const struct answering *a, unsigned code,
    struct MHD_Response *response, const char *type)
{
	__typeof__(MHD_add_response_header) *set_field = a->lib->add_response_header;
	if (!response)
		return MHD_NO;
	set_field(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	set_field(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	set_field(response, MHD_HTTP_HEADER_CONNECTION, "close");
	set_field(response, "X-Content-Type-Options", "nosniff");
	/* The report is one file that needs nothing from elsewhere. */
	set_field(response, "Content-Security-Policy",
	    "default-src 'none'; style-src 'unsafe-inline'; script-src "
	    "'unsafe-inline'; "
	    "frame-ancestors 'none'");
	if (code == MHD_HTTP_METHOD_NOT_ALLOWED)
		set_field(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	enum MHD_Result r = a->lib->queue_response(a->connection, code, response);
	a->lib->destroy_response(response);
	return r;
}

static enum MHD_Result answer_text(
    const struct answering *a, unsigned code, const char *text)
{
	char *copy = strdup(text);
	if (!copy)
		return MHD_NO;
	struct MHD_Response *r =
	    a->lib->create_response(strlen(copy), copy, MHD_RESPMEM_MUST_FREE);
	return answer(a, code, r, "text/plain; charset=utf-8");
}

static enum MHD_Result answer_page(const struct answering *a, size_t page)
{
	struct http_server *s = a->server;
	pthread_mutex_lock(&s->lock);
	struct body *b = s->pages[page];
	if (b)
		b->refs++;
	pthread_mutex_unlock(&s->lock);
	if (!b)
		return answer_text(
		    a, MHD_HTTP_SERVICE_UNAVAILABLE, "no run has ended yet\n");
	struct MHD_Response *r =
	    a->lib->create_shared_response(b->len, b->text, body_unref, b);
	if (!r)
		body_unref(b);
	return answer(a, MHD_HTTP_OK, r, routes[page].type);
}

static enum MHD_Result answer_health(const struct answering *a)
{
	struct http_server *s = a->server;
	pthread_mutex_lock(&s->lock);
	bool healthy = nsec_now() < s->healthy_until;
	pthread_mutex_unlock(&s->lock);
	return healthy ? answer_text(a, MHD_HTTP_OK, "ok\n")
		       : answer_text(a, MHD_HTTP_SERVICE_UNAVAILABLE,
			     "no run has ended in time\n");
}

/* Answered with the header's end, so that no body is ever read. */
static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection,
    const char *url, const char *method, const char *version, const char *upload,
    size_t *upload_size, void **request)
{
	struct http_server *s = arg;
	const struct answering a = { s, s->lib, connection };
	(void)version;
	(void)upload;
	(void)upload_size;
	(void)request;
	pthread_mutex_lock(&s->lock);
	s->requests++;
	pthread_mutex_unlock(&s->lock);
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 &&
	    strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return answer_text(
		    &a, MHD_HTTP_METHOD_NOT_ALLOWED, "GET and HEAD only\n");
	if (strcmp(url, health_path) == 0)
		return answer_health(&a);
	for (size_t i = 0; i < N_HTTP_PAGES; i++)
		if (strcmp(url, routes[i].path) == 0)
			return answer_page(&a, i);
	return answer_text(
	    &a, MHD_HTTP_NOT_FOUND, "/metrics, /healthz, /report.html, /report.json\n");
}

/* --- Connections ------------------------------------------------------------------ */

static struct connection *slot_of(struct http_server *s, int fd)
{
	for (size_t i = 0; i < HTTP_CONNECTIONS; i++)
		if (s->connections[i].fd == fd)
			return &s->connections[i];
	return NULL;
}

static void on_connection(void *arg, struct MHD_Connection *connection,
    void **socket_context, enum MHD_ConnectionNotificationCode code)
{
	struct http_server *s = arg;
	(void)socket_context;
	const union MHD_ConnectionInfo *info =
	    s->lib->get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	if (!info)
		return;
	bool started = code == MHD_CONNECTION_NOTIFY_STARTED;
	pthread_mutex_lock(&s->lock);
	struct connection *c = slot_of(s, started ? -1 : info->connect_fd);
	if (c)
		*c = (struct connection){ .fd = started ? info->connect_fd : -1,
			.since = nsec_now() };
	pthread_mutex_unlock(&s->lock);
}

/* A byte now and then would keep a connection for ever. */
void http_server_tick(struct http_server *s, nsec_t now)
{
	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < HTTP_CONNECTIONS; i++) {
		const struct connection *c = &s->connections[i];
		if (c->fd >= 0 && now - c->since > HTTP_CONNECTION_S * NSEC_PER_SEC)
			shutdown(c->fd, SHUT_RDWR);
	}
	pthread_mutex_unlock(&s->lock);
}

/* --- Start and end ---------------------------------------------------------------- */

static int listen_on(const struct addr *at)
{
	struct sockaddr_storage sa;
	socklen_t len = addr_to_sockaddr(at, &sa);
	int one = 1;
	int fd = socket(sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(fd, (struct sockaddr *)&sa, len) < 0 ||
	    listen(fd, HTTP_CONNECTIONS) < 0) {
		int err = errno;
		close(fd);
		return -err;
	}
	return fd;
}

/* Routes have no other spelling: an escaped NUL would end the path for us alone. */
static size_t leave_escaped(void *arg, struct MHD_Connection *connection, char *text)
{
	(void)arg;
	(void)connection;
	return strlen(text);
}

/* The thread inherits a mask in which signals are left to the program's own. */
static struct MHD_Daemon *start_daemon(struct http_server *s, int fd)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	struct MHD_Daemon *d = s->lib->start_daemon(
	    MHD_USE_AUTO | MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, on_request,
	    s, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
	    (unsigned)HTTP_CONNECTIONS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
	    (size_t)HTTP_MEMORY, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)HTTP_IDLE_S,
	    MHD_OPTION_NOTIFY_CONNECTION, on_connection, s,
	    MHD_OPTION_UNESCAPE_CALLBACK, leave_escaped, NULL, MHD_OPTION_END);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return d;
}

int http_server_start(const struct addr *listen_at, struct http_server **ret)
{
	const struct libmicrohttpd *lib = libmicrohttpd_get();
	if (!lib)
		return -ELIBACC;
	int fd = listen_on(listen_at);
	if (fd < 0)
		return fd;
	struct http_server *s = calloc(1, sizeof *s);
	if (!s)
		abort();
	for (size_t i = 0; i < HTTP_CONNECTIONS; i++)
		s->connections[i].fd = -1;
	s->lib = lib;
	pthread_mutex_init(&s->lock, NULL);
	s->daemon = start_daemon(s, fd);
	if (!s->daemon) {
		close(fd);
		pthread_mutex_destroy(&s->lock);
		free(s);
		return -EIO;
	}
	*ret = s;
	return 0;
}

void http_server_stop(struct http_server *s)
{
	if (!s)
		return;
	s->lib->stop_daemon(s->daemon);
	for (size_t i = 0; i < N_HTTP_PAGES; i++)
		body_unref_locked(s->pages[i]);
	pthread_mutex_destroy(&s->lock);
	free(s);
}
