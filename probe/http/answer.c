/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <string.h>

#include "probe/base/arena.h"
#include "probe/base/text.h"
#include "probe/codec/http_field.h"
#include "probe/http/transfer.h"

/* A header larger than this is no answer of any service we know. */
enum {
	MAX_HEADER_BYTES = 64 * 1024
};

static const char *field(const struct http_transfer *x, const char *name)
{
	for (size_t i = 0; i < x->n_fields; i++)
		if (strcmp(x->fields[i].name, name) == 0)
			return x->fields[i].value;
	return NULL;
}

static void keep_field(struct http_transfer *x, const struct header *h)
{
	if (x->n_fields < OBS_MAX_HEADERS)
		x->fields[x->n_fields++] = *h;
}

/*
 * The proxy's answer to CONNECT: what follows a 2xx comes from the peer. That of a
 * refusal is kept, since it names the schemes of a login and who refused.
 */
static void end_of_connect(struct http_transfer *x)
{
	if (x->status < 200 || x->status >= 300)
		return;
	x->in_connect = false;
	x->n_fields = 0;
	x->status = 0;
	x->version = NULL;
	x->header_bytes = 0;
	x->first_byte = 0;
}

bool answer_take_line(
    struct http_transfer *x, const struct http_line *line, const char *bytes, size_t n)
{
	if (!x->first_byte)
		x->first_byte = nsec_now();
	x->header_bytes += n;
	if (x->header_bytes > MAX_HEADER_BYTES) {
		x->header_overflow = true;
		return false;
	}
	switch (line->kind) {
	case HTTP_LINE_STATUS:
		/* An interim response (RFC 9110 15.2) is followed by the real one. */
		x->n_fields = 0;
		x->header_complete = false;
		x->status = line->status;
		x->version = line->version;
		break;
	case HTTP_LINE_FIELD:
		keep_field(x, &line->field);
		break;
	case HTTP_LINE_FOLD:
		if (x->n_fields)
			http_field_fold(&x->fields[x->n_fields - 1], bytes, n,
			    client_arena(x->client));
		break;
	case HTTP_LINE_END:
		if (x->in_connect) {
			end_of_connect(x);
			break;
		}
		x->header_complete = x->status >= 200 || x->status == 101;
		break;
	case HTTP_LINE_BAD:
		break;
	}
	return true;
}

size_t answer_on_header(char *bytes, size_t size, size_t n, void *arg)
{
	struct http_transfer *x = arg;
	struct http_line line = http_line_parse(bytes, n, client_arena(x->client));

	(void)size;
	if (!answer_take_line(x, &line, bytes, n))
		return 0;
	/* What follows a 101 is no HTTP any more; the answer is complete. */
	return line.kind == HTTP_LINE_END && x->header_complete && x->status == 101 ? 0
										    : n;
}

size_t answer_on_body(char *bytes, size_t size, size_t n, void *arg)
{
	struct http_transfer *x = arg;
	size_t room = OBS_MAX_BODY - x->body_len, take = n < room ? n : room;

	(void)size;
	memcpy(x->body + x->body_len, bytes, take);
	x->body_len += take;
	x->body_full = take < n;
	/* Taking less ends the transfer: the rest of a long body tells nothing. */
	return x->body_full ? 0 : n;
}

static bool was_reset(const struct http_transfer *x)
{
	return x->sock_err == ECONNRESET || x->sock_err == EPIPE ||
	       (x->at_close.present && x->at_close.state == TCP_CLOSE);
}

static bool looks_like_tls(const struct http_transfer *x)
{
	/* RFC 8446 5.1: handshake (22) or alert (21) record, major version 3. */
	return x->n_first_bytes < 2 ||
	       ((x->first_bytes[0] == 0x16 || x->first_bytes[0] == 0x15) &&
		   x->first_bytes[1] == 3);
}

static enum tls_outcome tls_outcome(const struct http_transfer *x)
{
	if (x->tls.done_at)
		return TLS_DONE;
	if (x->tls.obs.alert >= 0)
		return TLS_ALERT;
	if (!looks_like_tls(x))
		return TLS_NOT_TLS;
	if (x->timed_out)
		return TLS_TIMEOUT;
	if (was_reset(x))
		return TLS_RESET;
	if (x->saw_fin || (x->at_close.present && x->at_close.state == TCP_CLOSE_WAIT &&
			      text_find_nocase(x->reason, "SSL_ERROR_SYSCALL")))
		return TLS_CLOSED;
	return text_find_nocase(x->reason, "unexpected eof") ? TLS_CLOSED : TLS_ERROR;
}

static void conclude_tls(
    struct http_transfer *x, CURLcode code, nsec_t now, struct http_result *ret)
{
	struct arena *arena = client_arena(x->client);

	ret->has_tls = true;
	ret->tls = x->tls.obs;
	ret->tls.peer = x->peer;
	ret->tls.outcome = tls_outcome(x);
	ret->tls_begin = x->tls_begin;
	ret->tls_end = x->tls.done_at ? x->tls.done_at : now;
	if (ret->tls.outcome == TLS_DONE)
		return;
	ret->tls.err = x->sock_err;
	ret->tls.icmp = x->icmp;
	ret->tls.info = x->at_close;
	if (!x->timed_out)
		ret->tls.reason = arena_strdup(
		    arena, *x->reason ? x->reason : x->curl->easy_strerror(code));
	if (ret->tls.outcome == TLS_NOT_TLS) {
		ret->tls.first_bytes =
		    arena_memdup(arena, x->first_bytes, x->n_first_bytes);
		ret->tls.n_first_bytes = x->n_first_bytes;
	}
}

/* RFC 6455 4.2.2: base64(SHA-1(key + GUID)). */
bool answer_accept_is_valid(const struct http_transfer *x)
{
	static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
	char joined[WS_KEY_SIZE + sizeof guid];
	unsigned char hash[SHA_DIGEST_LENGTH];
	char want[4 * ((SHA_DIGEST_LENGTH + 2) / 3) + 1];
	const char *got = field(x, "sec-websocket-accept");

	if (!got)
		return false;
	size_t n = strlen(x->ws_key);
	memcpy(joined, x->ws_key, n);
	memcpy(joined + n, guid, sizeof guid);
	unsigned len = sizeof hash;
	if (EVP_Digest(joined, strlen(joined), hash, &len, EVP_sha1(), NULL) != 1)
		return false;
	EVP_EncodeBlock((unsigned char *)want, hash, sizeof hash);
	return strcmp(got, want) == 0;
}

static const char *http_version(const struct http_transfer *x)
{
	long v = 0;
	if (x->call.upgrade)
		return x->version;
	x->curl->easy_getinfo(x->easy, CURLINFO_HTTP_VERSION, &v);
	switch (v) {
	case CURL_HTTP_VERSION_1_0:
		return "1.0";
	case CURL_HTTP_VERSION_1_1:
		return "1.1";
	case CURL_HTTP_VERSION_2_0:
		return "2";
	default:
		return NULL;
	}
}

static enum socks_reply socks_reply(const struct http_transfer *x)
{
	long code = CURLPX_OK;

	if (!x->target->proxy || !x->target->proxy->socks)
		return SOCKS_NO_REPLY;
	x->curl->easy_getinfo(x->easy, CURLINFO_PROXY_ERROR, &code);
	switch (code) {
	case CURLPX_OK:
		return SOCKS_NO_REPLY;
	case CURLPX_GSSAPI:
	case CURLPX_GSSAPI_PERMSG:
	case CURLPX_GSSAPI_PROTECTION:
	case CURLPX_IDENTD:
	case CURLPX_IDENTD_DIFFER:
	case CURLPX_NO_AUTH:
	case CURLPX_USER_REJECTED:
		return SOCKS_LOGIN;
	case CURLPX_REPLY_NOT_ALLOWED:
	case CURLPX_REQUEST_FAILED:
		return SOCKS_DENIED;
	case CURLPX_REPLY_CONNECTION_REFUSED:
	case CURLPX_REPLY_GENERAL_SERVER_FAILURE:
	case CURLPX_REPLY_HOST_UNREACHABLE:
	case CURLPX_REPLY_NETWORK_UNREACHABLE:
	case CURLPX_REPLY_TTL_EXPIRED:
		return SOCKS_UNREACHABLE;
	case CURLPX_BAD_ADDRESS_TYPE:
	case CURLPX_BAD_VERSION:
	case CURLPX_UNKNOWN_FAIL:
	case CURLPX_UNKNOWN_MODE:
		return SOCKS_MALFORMED;
	default:
		/* It closed, or libcurl could not resolve: told by other means. */
		return SOCKS_NO_REPLY;
	}
}

/* libcurl begins its "pretransfer" when every proxy has made its connection. */
static bool in_socks(const struct http_transfer *x)
{
	curl_off_t ready = 0;

	if (!x->target->proxy || !x->target->proxy->socks || x->tls_begun || x->upgrade)
		return false;
	x->curl->easy_getinfo(x->easy, CURLINFO_PRETRANSFER_TIME_T, &ready);
	return ready == 0;
}

static enum http_outcome http_outcome(
    const struct http_transfer *x, CURLcode code, long connect_status)
{
	if (x->header_overflow)
		return HTTP_MALFORMED;
	if (x->header_complete)
		return HTTP_ANSWERED;
	if (x->in_connect && connect_status >= 300)
		return HTTP_PROXY_REFUSED;
	if (socks_reply(x) != SOCKS_NO_REPLY)
		return HTTP_PROXY_REFUSED;
	if (x->in_connect && x->header_bytes && !x->status)
		return HTTP_MALFORMED;
	if (x->timed_out)
		return HTTP_TIMEOUT;
	if (was_reset(x))
		return HTTP_RESET;
	switch (code) {
	case CURLE_UNSUPPORTED_PROTOCOL: /* "HTTP/0.9 when not allowed" */
	case CURLE_WEIRD_SERVER_REPLY:
		return HTTP_MALFORMED;
	case CURLE_PROXY: /* it ended the connection before its reply */
	case CURLE_GOT_NOTHING:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_PARTIAL_FILE:
		return HTTP_CLOSED;
	default:
		return HTTP_ERROR;
	}
}

/* A NUL inside stays where it is; the one behind it makes it a string. */
static const char *kept_body(struct arena *arena, const struct http_transfer *x)
{
	char *body = arena_alloc(arena, x->body_len + 1);
	memcpy(body, x->body, x->body_len);
	return body;
}

/* The path told a smaller MTU while we talked (RFC 1191, RFC 8201). */
static bool path_has_shrunk(const struct http_transfer *x)
{
	enum {
		IPV4_TCP_HEADERS = 40,
		IPV6_TCP_HEADERS = 60
	};

	const struct tcp_facts *i = &x->at_close;
	uint32_t headers =
	    x->peer.family == AF_INET6 ? IPV6_TCP_HEADERS : IPV4_TCP_HEADERS;

	return i->present && i->pmtu > 0 && i->advmss > 0 &&
	       i->pmtu < i->advmss + headers;
}

static void conclude_http(
    struct http_transfer *x, CURLcode code, nsec_t now, struct http_result *ret)
{
	struct arena *arena = client_arena(x->client);
	const char *url = NULL;
	long connect_status = 0;

	x->curl->easy_getinfo(x->easy, CURLINFO_EFFECTIVE_URL, &url);
	x->curl->easy_getinfo(x->easy, CURLINFO_HTTP_CONNECTCODE, &connect_status);
	ret->has_http = true;
	ret->http_begin = x->tls.done_at ? x->tls.done_at : x->begin;
	ret->http_end = now;
	ret->http = (struct obs_http){
		.peer = x->peer,
		.method = x->call.request->method,
		.url = arena_strdup(arena, url),
		.outcome = http_outcome(x, code, connect_status),
		.version = http_version(x),
		.status = x->status,
		.proxy_status = (int)connect_status,
		.socks = socks_reply(x),
		.headers =
		    arena_memdup(arena, x->fields, x->n_fields * sizeof *x->fields),
		.n_headers = x->n_fields,
		.body_len = x->body_len,
		.body_truncated = x->body_full || (x->body_len && x->timed_out),
		.curl_code = (int)code,
		.err = x->sock_err,
		.via_proxy = x->target->proxy != NULL,
		.in_connect = x->in_connect || in_socks(x),
		.login_given = x->target->proxy && x->target->proxy->user,
		.upgrade = x->call.upgrade,
		.icmp = x->icmp,
	};
	if (x->body_len)
		ret->http.body = kept_body(arena, x);
	ret->http.location = field(x, "location");
	if (x->first_byte)
		ret->http.first_byte = x->first_byte - ret->http_begin;
	if (x->call.upgrade && x->status == 101)
		ret->http.accept_valid = answer_accept_is_valid(x);
	if (ret->http.outcome != HTTP_ANSWERED || path_has_shrunk(x))
		ret->http.info = x->at_close;
	if (ret->http.outcome != HTTP_ANSWERED) {
		if (!x->timed_out)
			ret->http.reason = arena_strdup(arena,
			    *x->reason ? x->reason : x->curl->easy_strerror(code));
	}
}

void answer_conclude(struct http_transfer *x, CURLcode code, struct http_result *ret)
{
	nsec_t now = nsec_now();

	/* OpenSSL may have been quicker than our look at the socket. */
	if (!x->n_first_bytes && x->tls.header_seen) {
		x->n_first_bytes = sizeof x->tls.first_header;
		memcpy(x->first_bytes, x->tls.first_header, x->n_first_bytes);
	}
	memset(ret, 0, sizeof *ret);
	ret->withheld = x->withheld;
	if (x->tls_begun)
		conclude_tls(x, code, now, ret);
	if (!x->tls_begun || x->tls.done_at)
		conclude_http(x, code, now, ret);
}
