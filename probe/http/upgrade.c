/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

#include "probe/http/transfer.h"
#include "probe/net/sock.h"

/*
 * An upgrade request on a connection that libcurl made (CURLOPT_CONNECT_ONLY), and
 * the stream of bytes behind an accepted one.
 */

enum {
	PIECE = 16 * 1024
};

struct upgrade {
	struct loop_io *io;
	struct http_reader reader;
	const char *head; /* the request */
	size_t head_len, sent;
	char *early; /* what came behind the head of the answer */
	size_t n_early, early_used;
	http_stream_fn *fn; /* NULL while the answer is read */
	void *arg;
};

static void on_line(
    void *arg, const struct http_line *line, const char *bytes, size_t len)
{
	/* The reader's limit is ours: there is never too much. */
	answer_take_line(arg, line, bytes, len);
}

static bool on_body(void *arg, const char *bytes, size_t len)
{
	struct http_transfer *x = arg;
	size_t room = OBS_MAX_BODY - x->body_len, take = len < room ? len : room;

	memcpy(x->body + x->body_len, bytes, take);
	x->body_len += take;
	x->body_full = take < len;
	return !x->body_full;
}

bool upgrade_is_accepted(const struct http_transfer *x)
{
	return x->upgrade &&
	       (x->call.bare || (x->upgrade->reader.state == HTTP_READER_SWITCHED &&
				    answer_accept_is_valid(x)));
}

void upgrade_lose_socket(struct http_transfer *x)
{
	if (!x->upgrade)
		return;
	loop_io_stop(x->upgrade->io);
	x->upgrade->io = NULL;
}

void upgrade_end(struct http_transfer *x)
{
	if (!x->upgrade)
		return;
	loop_io_stop(x->upgrade->io);
	free(x->upgrade->early);
	free(x->upgrade);
	x->upgrade = NULL;
}

/* libcurl says that receiving or sending failed, the socket says how. */
static int why_broken(struct http_transfer *x)
{
	client_take_errors(x);
	struct tcp_facts info = sock_tcp_facts(x->fd);
	if (x->sock_err)
		return x->sock_err;
	if (info.present && info.state == TCP_CLOSE)
		return x->sock_err = ECONNRESET;
	/* The end of the stream, without TLS's own goodbye. */
	return info.present && info.state != TCP_ESTABLISHED ? 0 : EPROTO;
}

static ssize_t receive(struct http_transfer *x, void *buf, size_t size)
{
	size_t n = 0;

	if (x->socket_closed)
		return -ECONNRESET;
	CURLcode code = x->curl->easy_recv(x->easy, buf, size, &n);

	if (code == CURLE_AGAIN)
		return -EAGAIN;
	if (code == CURLE_OK && n > 0)
		return (ssize_t)n;
	/* After we took the socket's error, a reset reads like an end. */
	return code == CURLE_OK ? -x->sock_err : -why_broken(x);
}

ssize_t http_stream_recv(struct http_transfer *x, void *buf, size_t size)
{
	struct upgrade *u = x->upgrade;
	size_t left = u->n_early - u->early_used;

	if (!left)
		return receive(x, buf, size);
	size_t n = left < size ? left : size;
	memcpy(buf, u->early + u->early_used, n);
	u->early_used += n;
	return (ssize_t)n;
}

ssize_t http_stream_send(struct http_transfer *x, const void *bytes, size_t len)
{
	size_t n = 0;

	if (x->socket_closed)
		return -ECONNRESET;
	CURLcode code = x->curl->easy_send(x->easy, bytes, len, &n);

	if (code == CURLE_AGAIN)
		return -EAGAIN;
	if (code == CURLE_OK)
		return (ssize_t)n;
	int err = why_broken(x);
	return -(err ? err : EPIPE);
}

/* What came behind the head belongs to the other protocol. */
static bool keep_early(struct upgrade *u, const char *bytes, size_t len)
{
	u->early = malloc(len + 1);
	if (!u->early)
		return false;
	memcpy(u->early, bytes, len);
	u->n_early = len;
	return true;
}

static CURLcode code_of(const struct http_reader *r)
{
	return r->state == HTTP_READER_BAD ? CURLE_WEIRD_SERVER_REPLY : CURLE_OK;
}

static void read_answer(struct http_transfer *x)
{
	struct upgrade *u = x->upgrade;
	char piece[PIECE];
	ssize_t n;

	while ((n = receive(x, piece, sizeof piece)) > 0) {
		size_t used = http_reader_feed(&u->reader, piece, (size_t)n);
		if (!http_reader_is_final(&u->reader))
			continue;
		x->header_overflow = u->reader.state == HTTP_READER_TOO_LONG;
		bool kept = keep_early(u, piece + used, (size_t)n - used);
		client_finish(x, kept ? code_of(&u->reader) : CURLE_OUT_OF_MEMORY);
		return;
	}
	if (n == -EAGAIN)
		return;
	x->saw_fin = n == 0;
	bool whole =
	    n == 0 && u->reader.state == HTTP_READER_BODY && !u->reader.has_length;
	client_finish(x, whole           ? CURLE_OK
			 : x->first_byte ? CURLE_PARTIAL_FILE
					 : CURLE_GOT_NOTHING);
}

static void send_request(struct http_transfer *x)
{
	struct upgrade *u = x->upgrade;

	while (u->sent < u->head_len) {
		ssize_t n =
		    http_stream_send(x, u->head + u->sent, u->head_len - u->sent);
		if (n == -EAGAIN)
			return;
		if (n < 0) {
			client_finish(x, CURLE_SEND_ERROR);
			return;
		}
		u->sent += (size_t)n;
	}
	loop_io_change(u->io, LOOP_READ);
}

static void on_event(void *arg, int fd, unsigned events)
{
	struct http_transfer *x = arg;
	struct upgrade *u = x->upgrade;

	(void)fd;
	if (events & LOOP_ERROR)
		client_take_errors(x);
	if (u->fn)
		u->fn(u->arg);
	else if (u->sent < u->head_len)
		send_request(x);
	else
		read_answer(x);
}

void upgrade_on_poke(struct http_transfer *x)
{
	if (x->upgrade->fn)
		x->upgrade->fn(x->upgrade->arg);
}

void upgrade_begin(struct http_transfer *x)
{
	const struct http_reader_events events = {
		.line = on_line, .body = on_body, .arg = x
	};

	if (!request_is_trusted(x)) {
		client_finish(x, CURLE_ABORTED_BY_CALLBACK);
		return;
	}
	struct upgrade *u = calloc(1, sizeof *u);
	if (u)
		u->io = loop_io_start(
		    client_loop(x->client), x->fd, LOOP_WRITE, on_event, x);
	if (!u || !u->io) {
		free(u);
		client_finish(x, CURLE_OUT_OF_MEMORY);
		return;
	}
	x->upgrade = u;
	if (x->call.bare) {
		client_finish(x, CURLE_OK);
		return;
	}
	http_reader_init(&u->reader, &events, client_arena(x->client));
	u->head = request_upgrade_head(x);
	u->head_len = strlen(u->head);
}

bool http_stream_listen(
    struct http_transfer *x, bool want_send, http_stream_fn *fn, void *arg)
{
	struct upgrade *u = x->upgrade;

	u->fn = fn;
	u->arg = arg;
	/* A descriptor that broke was taken out of the loop already. */
	if (!u->io)
		return false;
	loop_io_change(u->io, LOOP_READ | (want_send ? LOOP_WRITE : 0U));
	return true;
}

void http_stream_poke(struct http_transfer *x)
{
	loop_timer_again(x->timer, 0);
}
