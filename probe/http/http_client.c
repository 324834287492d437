/* SPDX-License-Identifier: MIT */
#include "probe/http/http_client.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe/http/transfer.h"
#include "probe/net/sock.h"
#include "probe/tls/cert_cache.h"
#include "probe/tls/trust.h"

enum {
	MAX_IDLE = 64
};

/*
 * libcurl's interest in one descriptor. It may outlive its transfer: newer releases
 * shut TLS down in the background.
 */
struct client_socket {
	struct http_client *client;
	struct http_transfer *transfer; /* NULL when that has ended */
	struct loop_io *io;
	int fd;
};

struct http_client {
	const struct libcurl *curl;
	struct loop *loop;
	const struct plan *plan;
	struct arena *arena;
	CURLM *multi;
	struct loop_timer *timer;
	struct trust *trust;
	struct cert_cache *certs;
	CURL *idle[MAX_IDLE]; /* handles to use again: a new one costs 50 us */
	size_t n_idle;
	struct client_socket **sockets; /* by descriptor */
	size_t n_sockets;
};

struct arena *client_arena(const struct http_client *c)
{
	return c->arena;
}

struct loop *client_loop(const struct http_client *c)
{
	return c->loop;
}

const struct plan *client_plan(const struct http_client *c)
{
	return c->plan;
}

static struct client_socket *socket_of(struct http_client *c, int fd)
{
	return fd >= 0 && (size_t)fd < c->n_sockets ? c->sockets[fd] : NULL;
}

static struct client_socket *socket_add(
    struct http_client *c, int fd, struct http_transfer *x)
{
	size_t need = (size_t)fd + 1;
	if (need > c->n_sockets) {
		size_t n = need > 2 * c->n_sockets ? need : 2 * c->n_sockets;
		struct client_socket **grown = realloc(c->sockets, n * sizeof *grown);
		if (!grown)
			return NULL;
		memset(grown + c->n_sockets, 0, (n - c->n_sockets) * sizeof *grown);
		c->sockets = grown;
		c->n_sockets = n;
	}
	struct client_socket *s = calloc(1, sizeof *s);
	if (s)
		*s = (struct client_socket){ .client = c, .transfer = x, .fd = fd };
	c->sockets[fd] = s;
	return s;
}

static void release(struct http_transfer *x)
{
	struct http_client *c = x->client;

	loop_timer_stop(x->timer);
	upgrade_end(x);
	if (x->easy) {
		c->curl->multi_remove_handle(c->multi, x->easy);
		c->curl->easy_reset(x->easy);
		if (c->n_idle < MAX_IDLE)
			c->idle[c->n_idle++] = x->easy;
		else
			c->curl->easy_cleanup(x->easy);
	}
	struct client_socket *s = x->socket_closed ? NULL : socket_of(c, x->fd);
	if (s)
		s->transfer = NULL;
	else if (!x->socket_closed && !x->socket_given)
		close(x->fd);
	request_release(x);
	free(x);
}

static void conclude(struct http_transfer *x, CURLcode code, struct http_result *ret)
{
	if (!x->socket_closed) {
		struct icmp_error icmp = sock_take_icmp(x->fd);
		if (icmp.present)
			x->icmp = icmp;
		x->at_close = sock_tcp_facts(x->fd);
	}
	answer_conclude(x, code, ret);
}

void client_finish(struct http_transfer *x, CURLcode code)
{
	struct http_result result;
	http_done_fn *done = x->done;
	void *arg = x->arg;

	conclude(x, code, &result);
	if (code == CURLE_OK && upgrade_is_accepted(x)) {
		loop_timer_pause(x->timer);
		result.stream = x;
	} else {
		release(x);
	}
	done(arg, &result);
}

static void collect_finished(struct http_client *c)
{
	CURLMsg *m;
	int left;
	while ((m = c->curl->multi_info_read(c->multi, &left))) {
		char *private = NULL;
		if (m->msg != CURLMSG_DONE)
			continue;
		CURLcode code = m->data.result; /* m dies with the handle */
		c->curl->easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &private);
		struct http_transfer *x = (struct http_transfer *)(void *)private;
		if (x && (x->call.upgrade || x->call.bare) && code == CURLE_OK)
			upgrade_begin(x);
		else if (x)
			client_finish(x, code);
	}
}

static void act(struct http_client *c, int fd, int mask)
{
	int running;
	c->curl->multi_socket_action(c->multi, fd, mask, &running);
	collect_finished(c);
}

/*
 * Looks at the first bytes of the peer before OpenSSL takes them: they say what
 * came instead of TLS, and a reset is told from an end of stream here only.
 */
static void peek(struct http_transfer *x)
{
	/* Behind a proxy with TLS these bytes are the proxy's. */
	if (x->n_first_bytes || x->proxy_tls)
		return;
	ssize_t n =
	    recv(x->fd, x->first_bytes, sizeof x->first_bytes, MSG_PEEK | MSG_DONTWAIT);
	if (n > 0)
		x->n_first_bytes = (size_t)n;
	else if (n == 0)
		x->saw_fin = true;
	else if (errno != EAGAIN && errno != EINTR)
		x->sock_err = errno;
}

void client_take_errors(struct http_transfer *x)
{
	struct icmp_error icmp = sock_take_icmp(x->fd);
	int err = sock_take_error(x->fd);
	if (icmp.present)
		x->icmp = icmp;
	if (err)
		x->sock_err = err;
}

static void on_socket_event(void *arg, int fd, unsigned events)
{
	struct client_socket *s = arg;
	struct http_client *c = s->client;
	int mask = (events & LOOP_READ ? CURL_CSELECT_IN : 0) |
		   (events & LOOP_WRITE ? CURL_CSELECT_OUT : 0);

	if (s->transfer) {
		if (events & LOOP_ERROR)
			client_take_errors(s->transfer);
		if (events & LOOP_READ && s->transfer->tls_begun &&
		    !s->transfer->tls.done_at)
			peek(s->transfer);
	}
	act(c, fd, mask);
}

static int on_curl_socket(
    CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_data)
{
	struct http_client *c = arg;
	struct client_socket *s = socket_of(c, fd);
	unsigned events = (what & CURL_POLL_IN ? LOOP_READ : 0U) |
			  (what & CURL_POLL_OUT ? LOOP_WRITE : 0U);

	(void)easy;
	(void)socket_data;
	if (!s)
		return 0;
	if (what == CURL_POLL_REMOVE || !events) {
		loop_io_stop(s->io);
		s->io = NULL;
	} else if (s->io) {
		loop_io_change(s->io, events);
	} else {
		s->io = loop_io_start(c->loop, fd, events, on_socket_event, s);
	}
	return 0;
}

static void on_timer(void *arg)
{
	act(arg, CURL_SOCKET_TIMEOUT, 0);
}

static int on_curl_timer(CURLM *multi, long ms, void *arg)
{
	struct http_client *c = arg;
	(void)multi;
	if (ms < 0)
		loop_timer_pause(c->timer);
	else
		loop_timer_again(c->timer, ms * NSEC_PER_MSEC);
	return 0;
}

/*
 * One transfer has one connection, unless a proxy closes it with the answer that asks
 * for a login: then libcurl connects to the same address once more.
 */
static bool open_again(struct http_transfer *x)
{
	enum {
		MAX_RECONNECTS = 3
	};

	const struct proxy *proxy = x->target->proxy;
	struct client_socket *old =
	    x->socket_closed ? NULL : socket_of(x->client, x->fd);
	if (!proxy || !proxy->user || x->n_reconnects == MAX_RECONNECTS)
		return false;
	int fd = sock_open(x->client->plan, &x->peer, SOCK_STREAM);
	if (fd < 0)
		return false;
	if (old)
		old->transfer = NULL;
	x->n_reconnects++;
	x->fd = fd;
	x->socket_closed = false;
	x->proxy_tls = false;
	return true;
}

curl_socket_t client_open_socket(
    void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct http_transfer *x = arg;
	(void)purpose;
	(void)address;
	if (x->socket_given && !open_again(x))
		return CURL_SOCKET_BAD;
	if (!socket_add(x->client, x->fd, x))
		return CURL_SOCKET_BAD;
	x->socket_given = true;
	return x->fd;
}

int client_socket_is_connected(void *arg, curl_socket_t fd, curlsocktype purpose)
{
	const struct http_transfer *x = arg;
	(void)fd;
	(void)purpose;
	return x->n_reconnects ? CURL_SOCKOPT_OK : CURL_SOCKOPT_ALREADY_CONNECTED;
}

int client_close_socket(void *arg, curl_socket_t fd)
{
	struct http_client *c = arg;
	struct client_socket *s = socket_of(c, fd);

	if (s) {
		/* In newer releases of libcurl after the next one was opened. */
		if (s->transfer) {
			struct icmp_error icmp = sock_take_icmp(fd);
			if (icmp.present)
				s->transfer->icmp = icmp;
			s->transfer->at_close = sock_tcp_facts(fd);
			upgrade_lose_socket(s->transfer);
			s->transfer->socket_closed = true;
		}
		loop_io_stop(s->io);
		c->sockets[fd] = NULL;
		free(s);
	}
	return close(fd);
}

CURLcode client_ssl_context(CURL *easy, void *ssl_ctx, void *arg)
{
	struct http_transfer *x = arg;
	const struct proxy *proxy = x->target->proxy;
	(void)easy;
	if (proxy && proxy->tls && !x->proxy_tls) {
		/* libcurl verifies it, with the roots of this run. */
		x->proxy_tls = true;
		SSL_CTX_set1_cert_store(ssl_ctx, trust_store(x->client->trust));
		return CURLE_OK;
	}
	x->tls_begun = true;
	x->tls_begin = nsec_now();
	/* A server that speaks first has done so by now, and it was not TLS. */
	peek(x);
	return tls_evidence_attach(&x->tls, ssl_ctx) ? CURLE_OK : CURLE_OUT_OF_MEMORY;
}

static void on_budget_spent(void *arg)
{
	struct http_transfer *x = arg;

	enum {
		MAX_GRACE = 3
	};

	if (x->upgrade && upgrade_is_accepted(x)) {
		upgrade_on_poke(x);
		return;
	}
	/* Bytes that are here but unread are our delay; they get one more iteration. */
	if (x->grace++ < MAX_GRACE && sock_has_event(x->fd, POLLIN)) {
		loop_timer_again(x->timer, 20 * NSEC_PER_MSEC);
		return;
	}
	x->timed_out = true;
	client_finish(x, CURLE_OPERATION_TIMEDOUT);
}

struct http_client *http_client_new(
    struct loop *loop, const struct plan *plan, struct arena *arena)
{
	struct http_client *c = calloc(1, sizeof *c);
	if (!c)
		return NULL;
	*c = (struct http_client){
		.curl = libcurl_get(), .loop = loop, .plan = plan, .arena = arena
	};
	if (!c->curl) {
		free(c);
		return NULL;
	}
	c->multi = c->curl->multi_init();
	c->timer = loop_timer_start(loop, 0, on_timer, c);
	c->trust = trust_new(plan->cacert);
	c->certs = cert_cache_new(arena);
	if (!c->multi || !c->timer || !c->trust || !c->certs) {
		http_client_free(c);
		return NULL;
	}
	loop_timer_pause(c->timer);
	c->curl->multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, on_curl_socket);
	c->curl->multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
	c->curl->multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, on_curl_timer);
	c->curl->multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
	c->curl->multi_setopt(c->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
	return c;
}

void http_client_free(struct http_client *c)
{
	if (!c)
		return;
	while (c->n_idle)
		c->curl->easy_cleanup(c->idle[--c->n_idle]);
	c->curl->multi_cleanup(c->multi);
	loop_timer_stop(c->timer);
	trust_free(c->trust);
	cert_cache_free(c->certs);
	free(c->sockets);
	free(c);
}

struct http_transfer *http_transfer_start(struct http_client *c,
    const struct http_call *call, int fd, const struct addr *peer, nsec_t budget,
    http_done_fn *done, void *arg)
{
	struct http_transfer *x = calloc(1, sizeof *x);
	if (!x) {
		close(fd);
		return NULL;
	}
	*x = (struct http_transfer){
		.client = c,
		.curl = c->curl,
		.call = *call,
		.target = call->target,
		.fd = fd,
		.peer = *peer,
		.done = done,
		.arg = arg,
		.begin = nsec_now(),
	};
	tls_evidence_init(&x->tls, c->certs, c->trust, call->target->host);
	x->easy = c->n_idle ? c->idle[--c->n_idle] : c->curl->easy_init();
	x->timer = loop_timer_start(c->loop, budget, on_budget_spent, x);
	if (!x->easy || !x->timer || !request_prepare(x) ||
	    c->curl->multi_add_handle(c->multi, x->easy) != CURLM_OK) {
		release(x);
		return NULL;
	}
	return x;
}

bool http_transfer_in_tls(const struct http_transfer *x, nsec_t *ret_since)
{
	bool in_tls = x->tls_begun && !x->tls.done_at;
	*ret_since = in_tls ? x->tls_begin : x->tls.done_at ? x->tls.done_at : x->begin;
	return in_tls;
}

struct tcp_facts http_transfer_facts(const struct http_transfer *x)
{
	return x->socket_closed ? x->at_close : sock_tcp_facts(x->fd);
}

void http_transfer_cancel(struct http_transfer *x, struct http_result *ret)
{
	x->timed_out = true;
	conclude(x, CURLE_OPERATION_TIMEDOUT, ret);
	release(x);
}

struct tcp_facts http_stream_facts(
    const struct http_transfer *x, struct icmp_error *ret)
{
	*ret = x->icmp;
	return x->socket_closed ? x->at_close : sock_tcp_facts(x->fd);
}

void http_stream_keep_alive(struct http_transfer *x, unsigned seconds)
{
	if (!x->socket_closed)
		sock_set_keepalive(x->fd, seconds);
}

void http_stream_close(struct http_transfer *x)
{
	if (x)
		release(x);
}
