/* SPDX-License-Identifier: MIT */
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

#include "probe/base/arena.h"
#include "probe/http/transfer.h"

#define USER_AGENT "vnetprobe/" VNETPROBE_VERSION

static bool add(struct http_transfer *x, struct curl_slist **list, const char *text)
{
	struct curl_slist *grown = x->curl->slist_append(*list, text);
	if (grown)
		*list = grown;
	return grown != NULL;
}

static bool prepare_headers(struct http_transfer *x)
{
	const struct http_request *r = x->call.request;
	struct arena *arena = client_arena(x->client);

	for (size_t i = 0; i < r->n_headers; i++) {
		/* libcurl takes "Name;" for a field without a value. */
		const char *name = r->headers[i].name, *value = r->headers[i].value;
		if (!add(x, &x->headers,
			*value ? arena_printf(arena, "%s: %s", name, value)
			       : arena_printf(arena, "%s;", name)))
			return false;
	}
	if (x->call.authorization &&
	    !add(x, &x->headers,
		arena_printf(arena, "Authorization: %s", x->call.authorization)))
		return false;
	x->curl->easy_setopt(x->easy, CURLOPT_HTTPHEADER, x->headers);
	return true;
}

static const char *host_of(const struct http_transfer *x)
{
	const char *host = x->target->host;
	return strchr(host, ':') ? arena_printf(client_arena(x->client), "[%s]", host)
				 : host;
}

static const char *host_and_port(const struct http_transfer *x)
{
	uint16_t usual = protocol_is_tls(x->target->protocol) ? 443 : 80;
	const char *host = host_of(x);

	return x->target->port == usual ? host
					: arena_printf(client_arena(x->client), "%s:%u",
					      host, (unsigned)x->target->port);
}

const char *http_stream_request(const struct http_transfer *x)
{
	return arena_printf(client_arena(x->client),
	    "HEAD %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: " USER_AGENT "\r\n\r\n",
	    x->call.request->path, host_and_port(x));
}

/* RFC 6455 4.1; the Origin is what Jupyter's front ends compare with the host. */
const char *request_upgrade_head(const struct http_transfer *x)
{
	struct arena *arena = client_arena(x->client);
	const struct http_request *r = x->call.request;
	bool tls = protocol_is_tls(x->target->protocol);
	const char *host = host_and_port(x);
	const char *head = arena_printf(arena,
	    "%s %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: " USER_AGENT "\r\n"
	    "Connection: Upgrade\r\nUpgrade: websocket\r\n"
	    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n"
	    "Origin: http%s://%s\r\n",
	    r->method, r->path, host, x->ws_key, tls ? "s" : "", host);
	for (size_t i = 0; i < r->n_headers; i++)
		head = arena_printf(arena, "%s%s: %s\r\n", head, r->headers[i].name,
		    r->headers[i].value);
	if (x->call.authorization)
		head = arena_printf(
		    arena, "%sAuthorization: %s\r\n", head, x->call.authorization);
	return arena_printf(arena, "%s\r\n", head);
}

static const char *url_of(const struct http_transfer *x)
{
	const struct target *t = x->target;
	const char *scheme = protocol_is_tls(t->protocol) ? "https" : "http";
	return arena_printf(client_arena(x->client), "%s://%s:%u%s", scheme, host_of(x),
	    (unsigned)t->port, x->call.request->path);
}

/*
 * Nothing is sent before the proxy has named its schemes, unless only one of them may
 * be used. Negotiate takes the ticket of whoever runs this, so it must be asked for.
 */
static void prepare_login(struct http_transfer *x, const struct proxy *proxy)
{
	static const unsigned long schemes[] = {
		[PROXY_AUTH_ANY] = CURLAUTH_NTLM | CURLAUTH_DIGEST | CURLAUTH_BASIC,
		[PROXY_AUTH_BASIC] = CURLAUTH_BASIC,
		[PROXY_AUTH_NTLM] = CURLAUTH_NTLM,
		[PROXY_AUTH_NEGOTIATE] = CURLAUTH_NEGOTIATE,
	};
	bool ticket = !proxy->user && proxy->auth == PROXY_AUTH_NEGOTIATE;
	CURL *e = x->easy;

	x->curl->easy_setopt(e, CURLOPT_PROXYAUTH, (long)schemes[proxy->auth]);
	if (!proxy->user && !ticket)
		return;
	x->curl->easy_setopt(e, CURLOPT_PROXYUSERNAME, proxy->user ? proxy->user : "");
	x->curl->easy_setopt(
	    e, CURLOPT_PROXYPASSWORD, proxy->password ? proxy->password : "");
}

/* libcurl must never resolve a name: the socket it gets is connected already. */
static bool prepare_route(struct http_transfer *x)
{
	struct arena *arena = client_arena(x->client);
	const struct proxy *proxy = x->target->proxy;
	bool tunnelled = x->target->protocol == PROTO_WS || x->call.bare;
	char ip[ADDR_TEXT_MAX];

	addr_format(&x->peer, ip);
	/* Set even when empty, or libcurl would read the environment. */
	x->curl->easy_setopt(x->easy, CURLOPT_PROXY, proxy ? proxy->shown_as : "");
	x->curl->easy_setopt(x->easy, CURLOPT_NOPROXY, "");
	if (!proxy) {
		bool v6 = x->peer.family == AF_INET6;
		if (!add(x, &x->connect_to,
			arena_printf(arena, "::%s%s%s:%u", v6 ? "[" : "", ip,
			    v6 ? "]" : "", (unsigned)x->peer.port)))
			return false;
		x->curl->easy_setopt(x->easy, CURLOPT_CONNECT_TO, x->connect_to);
		return true;
	}
	if (!add(x, &x->resolve,
		arena_printf(
		    arena, "%s:%u:%s", proxy->host, (unsigned)proxy->port, ip)))
		return false;
	x->curl->easy_setopt(x->easy, CURLOPT_RESOLVE, x->resolve);
	/*
	 * A web socket needs the tunnel for plain HTTP too, and so does its control; a
	 * bare connection leads to nobody without one.
	 */
	x->curl->easy_setopt(x->easy, CURLOPT_HTTPPROXYTUNNEL, tunnelled ? 1L : 0L);
	x->in_connect =
	    !proxy->socks && (tunnelled || protocol_is_tls(x->target->protocol));
	prepare_login(x, proxy);
	return true;
}

static void prepare_socket(struct http_transfer *x)
{
	CURL *e = x->easy;
	x->curl->easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, client_open_socket);
	x->curl->easy_setopt(e, CURLOPT_OPENSOCKETDATA, x);
	x->curl->easy_setopt(e, CURLOPT_SOCKOPTFUNCTION, client_socket_is_connected);
	x->curl->easy_setopt(e, CURLOPT_SOCKOPTDATA, x);
	x->curl->easy_setopt(e, CURLOPT_CLOSESOCKETFUNCTION, client_close_socket);
	/* Not x: libcurl may close the socket after the transfer is gone. */
	x->curl->easy_setopt(e, CURLOPT_CLOSESOCKETDATA, x->client);
	x->curl->easy_setopt(e, CURLOPT_FRESH_CONNECT, 1L);
	x->curl->easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
}

/*
 * Verification is done by tls_evidence with the run's store; libcurl's own would load
 * the CA bundle for every connection and stop at the first error.
 */
static void prepare_tls(struct http_transfer *x)
{
	CURL *e = x->easy;
	x->curl->easy_setopt(e, CURLOPT_SSL_CTX_FUNCTION, client_ssl_context);
	x->curl->easy_setopt(e, CURLOPT_SSL_CTX_DATA, x);
	x->curl->easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 0L);
	x->curl->easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 0L);
	x->curl->easy_setopt(e, CURLOPT_CAINFO, NULL);
	x->curl->easy_setopt(e, CURLOPT_CAPATH, NULL);
	/* The proxy's own certificate must be right: it may be sent a login. */
	x->curl->easy_setopt(e, CURLOPT_PROXY_SSL_VERIFYPEER, 1L);
	x->curl->easy_setopt(e, CURLOPT_PROXY_SSL_VERIFYHOST, 2L);
	x->curl->easy_setopt(e, CURLOPT_PROXY_CAINFO, NULL);
	x->curl->easy_setopt(e, CURLOPT_PROXY_CAPATH, NULL);
	x->curl->easy_setopt(e, CURLOPT_SSL_SESSIONID_CACHE, 0L);
}

/*
 * Verification never ends a handshake, so a credential has to look itself. A proxy is
 * never this machine: what it does with plain HTTP is its own affair.
 */
bool request_is_trusted(struct http_transfer *x)
{
	bool here = !x->target->proxy && addr_is_loopback(&x->peer);
	bool trusted = !x->call.authorization || here || x->tls.obs.verified;

	x->withheld = !trusted;
	return trusted;
}

static int before_request(
    void *arg, char *local_ip, char *peer_ip, int local_port, int peer_port)
{
	(void)local_ip;
	(void)peer_ip;
	(void)local_port;
	(void)peer_port;
	return request_is_trusted(arg) ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

static void prepare_method(struct http_transfer *x)
{
	CURL *e = x->easy;
	const char *method = x->call.request->method;

	if (strcmp(method, "HEAD") == 0)
		x->curl->easy_setopt(e, CURLOPT_NOBODY, 1L);
	else if (strcmp(method, "GET") != 0)
		x->curl->easy_setopt(e, CURLOPT_CUSTOMREQUEST, method);
	if (strcmp(method, "POST") == 0)
		x->curl->easy_setopt(
		    e, CURLOPT_POSTFIELDS, x->call.body ? x->call.body : "");
}

static bool prepare_answer(struct http_transfer *x)
{
	CURL *e = x->easy;

	x->curl->easy_setopt(e, CURLOPT_WRITEFUNCTION, answer_on_body);
	x->curl->easy_setopt(e, CURLOPT_WRITEDATA, x);
	x->curl->easy_setopt(e, CURLOPT_FORBID_REUSE, 1L);
	x->curl->easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	x->curl->easy_setopt(e, CURLOPT_PREREQFUNCTION, before_request);
	x->curl->easy_setopt(e, CURLOPT_PREREQDATA, x);
	prepare_method(x);
	return prepare_headers(x);
}

/*
 * libcurl makes the connection, with tunnel and TLS, and leaves the rest to us: what
 * distributions ship has no WebSocket. An upgrade exists in HTTP/1.1 only.
 */
static bool prepare_upgrade(struct http_transfer *x)
{
	unsigned char nonce[16];

	x->curl->easy_setopt(x->easy, CURLOPT_CONNECT_ONLY, 1L);
	x->curl->easy_setopt(
	    x->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	if (RAND_bytes(nonce, sizeof nonce) != 1)
		return false;
	EVP_EncodeBlock((unsigned char *)x->ws_key, nonce, sizeof nonce);
	return true;
}

bool request_prepare(struct http_transfer *x)
{
	CURL *e = x->easy;

	x->curl->easy_setopt(e, CURLOPT_PRIVATE, x);
	x->curl->easy_setopt(e, CURLOPT_ERRORBUFFER, x->reason);
	x->curl->easy_setopt(e, CURLOPT_URL, url_of(x));
	x->curl->easy_setopt(e, CURLOPT_PATH_AS_IS, 1L);
	x->curl->easy_setopt(e, CURLOPT_USERAGENT, USER_AGENT);
	/* Of an upgrade libcurl reads the proxy's answer to CONNECT only. */
	x->curl->easy_setopt(e, CURLOPT_HEADERFUNCTION, answer_on_header);
	x->curl->easy_setopt(e, CURLOPT_HEADERDATA, x);
	prepare_socket(x);
	prepare_tls(x);
	if (!(x->call.upgrade || x->call.bare ? prepare_upgrade(x) : prepare_answer(x)))
		return false;
	return prepare_route(x);
}

void request_release(struct http_transfer *x)
{
	x->curl->slist_free_all(x->headers);
	x->curl->slist_free_all(x->connect_to);
	x->curl->slist_free_all(x->resolve);
}
