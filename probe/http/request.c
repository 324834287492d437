/* SPDX-License-Identifier: MIT */
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

#include "probe/base/arena.h"
#include "probe/http/transfer.h"

static bool add(struct http_transfer *x, struct curl_slist **list, const char *text)
{
	struct curl_slist *grown = x->curl->slist_append(*list, text);
	if (grown)
		*list = grown;
	return grown != NULL;
}

/* RFC 6455 4.1; the Origin is what Jupyter's front ends compare with the host. */
static bool add_upgrade_headers(struct http_transfer *x)
{
	struct arena *arena = client_arena(x->client);
	unsigned char nonce[16];

	if (RAND_bytes(nonce, sizeof nonce) != 1)
		return false;
	EVP_EncodeBlock((unsigned char *)x->ws_key, nonce, sizeof nonce);
	return add(x, &x->headers, "Connection: Upgrade") &&
	       add(x, &x->headers, "Upgrade: websocket") &&
	       add(x, &x->headers, "Sec-WebSocket-Version: 13") &&
	       add(x, &x->headers,
		   arena_printf(arena, "Sec-WebSocket-Key: %s", x->ws_key)) &&
	       add(x, &x->headers,
		   arena_printf(arena, "Origin: http%s://%s",
		       protocol_is_tls(x->target->protocol) ? "s" : "",
		       x->target->host));
}

static bool prepare_headers(struct http_transfer *x)
{
	const struct http_request *r = &x->target->request;

	for (size_t i = 0; i < r->n_headers; i++) {
		/* libcurl takes "Name;" for a field without a value. */
		const char *name = r->headers[i].name, *value = r->headers[i].value;
		struct arena *arena = client_arena(x->client);
		if (!add(x, &x->headers,
			*value ? arena_printf(arena, "%s: %s", name, value)
			       : arena_printf(arena, "%s;", name)))
			return false;
	}
	bool upgrade =
	    x->target->protocol == PROTO_WSS || x->target->protocol == PROTO_WS;
	if (upgrade && !add_upgrade_headers(x))
		return false;
	x->curl->easy_setopt(x->easy, CURLOPT_HTTPHEADER, x->headers);
	/* An upgrade exists in HTTP/1.1 only. */
	x->curl->easy_setopt(x->easy, CURLOPT_HTTP_VERSION,
	    upgrade ? (long)CURL_HTTP_VERSION_1_1 : (long)CURL_HTTP_VERSION_2TLS);
	return true;
}

static const char *url_of(const struct http_transfer *x)
{
	const struct target *t = x->target;
	bool v6 = strchr(t->host, ':') != NULL;
	const char *scheme = protocol_is_tls(t->protocol) ? "https" : "http";
	return arena_printf(client_arena(x->client), "%s://%s%s%s:%u%s", scheme,
	    v6 ? "[" : "", t->host, v6 ? "]" : "", (unsigned)t->port, t->request.path);
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
	/* A web socket needs the tunnel for plain HTTP too. */
	x->curl->easy_setopt(x->easy, CURLOPT_HTTPPROXYTUNNEL,
	    x->target->protocol == PROTO_WS ? 1L : 0L);
	x->in_connect = !proxy->socks && (x->target->protocol == PROTO_WS ||
					     protocol_is_tls(x->target->protocol));
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
	x->curl->easy_setopt(e, CURLOPT_FORBID_REUSE, 1L);
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

bool request_prepare(struct http_transfer *x)
{
	CURL *e = x->easy;
	const struct http_request *r = &x->target->request;

	x->curl->easy_setopt(e, CURLOPT_PRIVATE, x);
	x->curl->easy_setopt(e, CURLOPT_ERRORBUFFER, x->reason);
	x->curl->easy_setopt(e, CURLOPT_URL, url_of(x));
	x->curl->easy_setopt(e, CURLOPT_PATH_AS_IS, 1L);
	x->curl->easy_setopt(e, CURLOPT_USERAGENT, "vnetprobe/" VNETPROBE_VERSION);
	x->curl->easy_setopt(e, CURLOPT_HEADERFUNCTION, answer_on_header);
	x->curl->easy_setopt(e, CURLOPT_HEADERDATA, x);
	x->curl->easy_setopt(e, CURLOPT_WRITEFUNCTION, answer_on_body);
	x->curl->easy_setopt(e, CURLOPT_WRITEDATA, x);
	if (strcmp(r->method, "HEAD") == 0)
		x->curl->easy_setopt(e, CURLOPT_NOBODY, 1L);
	else if (strcmp(r->method, "GET") != 0)
		x->curl->easy_setopt(e, CURLOPT_CUSTOMREQUEST, r->method);
	if (strcmp(r->method, "POST") == 0)
		x->curl->easy_setopt(e, CURLOPT_POSTFIELDS, "");
	prepare_socket(x);
	prepare_tls(x);
	return prepare_headers(x) && prepare_route(x);
}

void request_release(struct http_transfer *x)
{
	x->curl->slist_free_all(x->headers);
	x->curl->slist_free_all(x->connect_to);
	x->curl->slist_free_all(x->resolve);
}
