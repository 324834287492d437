/* SPDX-License-Identifier: MIT */
#include "probe/model/obs_shapes.h"

/* The members of observations about requests. */

static const struct word http_outcomes[] = {
	{ HTTP_ANSWERED, "answered" },
	{ HTTP_RESET, "reset" },
	{ HTTP_CLOSED, "closed" },
	{ HTTP_TIMEOUT, "timeout" },
	{ HTTP_MALFORMED, "malformed" },
	{ HTTP_PROXY_REFUSED, "proxy_refused" },
	{ HTTP_ERROR, "error" },
	{ 0, NULL },
};
static const struct word socks_replies[] = {
	{ SOCKS_NO_REPLY, "none" },
	{ SOCKS_LOGIN, "login" },
	{ SOCKS_DENIED, "denied" },
	{ SOCKS_UNREACHABLE, "unreachable" },
	{ SOCKS_MALFORMED, "malformed" },
	{ 0, NULL },
};
static const struct field http_fields[] = {
	ADDR_OR_NULL("peer", obs_http, peer),
	TEXT_OR_NULL(obs_http, method),
	TEXT_OR_NULL(obs_http, url),
	WORD(obs_http, outcome, http_outcomes),
	TEXT_OR_NULL(obs_http, version),
	INT(obs_http, status, 0),
	INT(obs_http, proxy_status, 0),
	WORD_SINCE(obs_http, socks, socks_replies),
	BOOL_SINCE(obs_http, in_connect),
	LIST(FIELD_HEADERS, obs_http, headers, OBS_MAX_HEADERS),
	{ .name = "body",
	    .type = FIELD_BODY,
	    AT(obs_http, body),
	    NUMBER_OF(obs_http, body_len),
	    .max = OBS_JSON_MAX_BODY,
	    .nullable = true },
	BOOL(obs_http, body_truncated),
	TEXT_OR_NULL(obs_http, location),
	DURATION("first_byte_ms", obs_http, first_byte, true),
	TEXT_OR_NULL(obs_http, reason),
	INT(obs_http, curl_code, 0),
	ERRNO(obs_http, err),
	BOOL(obs_http, via_proxy),
	BOOL_SINCE(obs_http, login_given),
	BOOL(obs_http, upgrade),
	BOOL(obs_http, accept_valid),
	ICMP(obs_http),
	TCP_INFO(obs_http),
};
const struct shape http_shape = SHAPE(obs_http, http_fields);

static const struct word request_variants[] = {
	{ REQUEST_OTHER_WAY, "other_way" },
	{ REQUEST_METHOD, "method" },
	{ REQUEST_USER_AGENT, "user_agent" },
	{ 0, NULL },
};
static const struct field request_variant_fields[] = {
	ADDR_OR_NULL("peer", obs_request_variant, peer),
	WORD(obs_request_variant, what, request_variants),
	WORD(obs_request_variant, ended, order_ends),
	ERRNO(obs_request_variant, err),
	BOOL(obs_request_variant, via_proxy),
	TEXT_OR_NULL(obs_request_variant, method),
	TEXT_OR_NULL(obs_request_variant, user_agent),
	OBJECTS("dns", obs_request_variant, dns, 1, dns_shape),
	OBJECTS("tcp", obs_request_variant, tcp, 1, tcp_shape),
	OBJECTS("tls", obs_request_variant, tls, 1, tls_shape),
	OBJECTS("http", obs_request_variant, http, 1, http_shape),
};
const struct shape request_variant_shape =
    SHAPE(obs_request_variant, request_variant_fields);
