/* SPDX-License-Identifier: MIT */
#ifndef PROBE_HTTP_TRANSFER_H
#define PROBE_HTTP_TRANSFER_H

#include "probe/codec/http_reader.h"
#include "probe/http/http_client.h"
#include "probe/http/libcurl.h"
#include "probe/tls/evidence.h"

/* Shared by the files of this folder; nobody else includes it. */

enum {
	WS_KEY_SIZE = 25
};

struct http_transfer {
	struct http_client *client;
	const struct libcurl *curl;
	struct http_call call;
	const struct target *target; /* of the call */
	CURL *easy;
	struct loop_timer *timer;
	http_done_fn *done;
	void *arg;

	int fd;
	struct addr peer;
	bool socket_given; /* libcurl owns fd, and closes it through us */
	bool socket_closed;
	struct tcp_facts at_close;
	struct icmp_error icmp;
	int sock_err; /* error read from the socket by us before libcurl saw it */
	bool saw_fin;
	uint8_t
	    first_bytes[OBS_MAX_FIRST_BYTES]; /* of the peer, during the handshake */
	size_t n_first_bytes;

	struct curl_slist *headers, *connect_to, *resolve;
	char ws_key[WS_KEY_SIZE];
	bool withheld;
	struct upgrade *upgrade; /* NULL before there is a connection to upgrade */
	char reason[CURL_ERROR_SIZE];

	struct tls_evidence tls;
	bool tls_begun;
	nsec_t begin, tls_begin, first_byte;
	unsigned grace; /* how often the timer found unread bytes */
	/* The proxy's header until it answers CONNECT with 2xx. */
	bool in_connect;
	bool proxy_tls;        /* the handshake with the proxy itself was begun */
	unsigned n_reconnects; /* a proxy may close before it is sent a login */

	struct header fields[OBS_MAX_HEADERS];
	size_t n_fields, header_bytes;
	const char *version; /* as in struct http_line */
	bool header_complete, header_overflow, timed_out;
	char body[OBS_MAX_BODY];
	size_t body_len;
	bool body_full;
	int status;
};

/* request.c: what is asked */

/** Sets every option of x->easy; false without memory. */
bool request_prepare(struct http_transfer *x);

/** Whether the authorization, if any, may be sent now. */
bool request_is_trusted(struct http_transfer *x);

/** The whole head of an upgrade request, in the run's arena. */
const char *request_upgrade_head(const struct http_transfer *x);

void request_release(struct http_transfer *x);

/* answer.c: what came back */

size_t answer_on_header(char *bytes, size_t size, size_t n, void *arg);
/** The same for one line that was parsed already; false = too much. */
bool answer_take_line(
    struct http_transfer *x, const struct http_line *line, const char *bytes, size_t n);
size_t answer_on_body(char *bytes, size_t size, size_t n, void *arg);

/** Whether Sec-WebSocket-Accept belongs to our key (RFC 6455 section 4.2.2). */
bool answer_accept_is_valid(const struct http_transfer *x);

/** Turns everything known into observations. code is libcurl's verdict. */
void answer_conclude(struct http_transfer *x, CURLcode code, struct http_result *ret);

/* upgrade.c: an upgrade and the stream behind it */

/** The connection is there: sends the request, if any; ends in client_finish(). */
void upgrade_begin(struct http_transfer *x);

/** Whether the answer is 101 with the right key, or none was asked for. */
bool upgrade_is_accepted(const struct http_transfer *x);

/** libcurl closes the socket: nothing comes from it any more. */
void upgrade_lose_socket(struct http_transfer *x);

/** Before the transfer goes away. */
void upgrade_end(struct http_transfer *x);

/** The budget's timer fires for streams that were poked. */
void upgrade_on_poke(struct http_transfer *x);

/* http_client.c: what the others need of it */

/** Ends the transfer, or turns it into a stream, and calls back. */
void client_finish(struct http_transfer *x, CURLcode code);
struct loop *client_loop(const struct http_client *c);
const struct plan *client_plan(const struct http_client *c);

/** Keeps what the error queue and SO_ERROR say. */
void client_take_errors(struct http_transfer *x);

/* http_client.c: what request.c hands to libcurl */

curl_socket_t client_open_socket(
    void *arg, curlsocktype purpose, struct curl_sockaddr *address);
int client_socket_is_connected(void *arg, curl_socket_t fd, curlsocktype purpose);
int client_close_socket(void *arg, curl_socket_t fd);
CURLcode client_ssl_context(CURL *easy, void *ssl_ctx, void *arg);
struct arena *client_arena(const struct http_client *c);

#endif
