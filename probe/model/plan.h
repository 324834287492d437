/* SPDX-License-Identifier: MIT */
#ifndef PROBE_MODEL_PLAN_H
#define PROBE_MODEL_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/base/nsec.h"
#include "probe/model/addr.h"

/*
 * What the engine shall do, as plain data: written once by checks/ (or a test),
 * read-only afterwards. It says what to contact and never why or what to expect.
 * All strings live in the run's arena.
 */

enum protocol {
	PROTO_HTTPS,
	PROTO_HTTP,
	PROTO_WSS, /* HTTP/1.1 upgrade request over TLS (RFC 6455 section 4.1) */
	PROTO_WS,
	PROTO_TCP, /* connect only */
	PROTO_SMB, /* connect, then SMB2 NEGOTIATE ([MS-SMB2] 2.2.3) */
	PROTO_SSH, /* connect, then read the identification line (RFC 4253 section 4.2)
		    */
	PROTO_UDP,
	PROTO_DNS,     /* resolve the name, contact nothing else */
	PROTO_INBOUND, /* watch this machine's TCP port for plan->listen, send nothing
			*/
};

#define N_PROTOCOLS (PROTO_INBOUND + 1)

/** The word used in catalogues and reports: "https", "smb", ... */
const char *protocol_name(enum protocol p);
bool protocol_from_name(const char *name, enum protocol *ret);

/** Whether a TCP connection is made for it. */
bool protocol_connects(enum protocol p);

/** HTTPS, HTTP, WSS, WS. */
bool protocol_is_http(enum protocol p);

/** WSS, WS. */
bool protocol_is_websocket(enum protocol p);

/** HTTPS, WSS. */
bool protocol_is_tls(enum protocol p);

struct header {
	const char *name;
	const char *value;
};

struct http_request {
	const char *method;
	const char *path; /* origin-form: starts with '/', query included */
	const struct header *headers;
	size_t n_headers;
};

/** What a proxy's login may be sent as (RFC 9110 section 11.7). */
enum proxy_auth {
	PROXY_AUTH_ANY, /* the safest of NTLM, Digest and Basic that it offers */
	PROXY_AUTH_BASIC,
	PROXY_AUTH_NTLM,
	PROXY_AUTH_NEGOTIATE, /* the Kerberos ticket of whoever runs this */
};

/** An explicit proxy, as curl understands it. Credentials never reach a report. */
struct proxy {
	const char *shown_as; /* scheme://host:port, no credentials */
	const char *host;
	uint16_t port;
	bool socks, tls;             /* SOCKS 4 or 5; HTTP inside TLS */
	const char *user, *password; /* NULL = none; for libcurl only */
	enum proxy_auth auth;
};

struct target {
	const char *id; /* check id, or the target as the user wrote it */
	const char
	    *host; /* name without trailing dot, or IP literal without brackets */
	uint16_t port;
	enum protocol protocol;
	struct http_request request; /* protocol_is_http() only */

	const struct addr *pinned; /* contact these, ask no resolver for them */
	size_t n_pinned;
	const char *connect_host;  /* contact this name instead of host; NULL = host */
	uint16_t connect_port;     /* 0 = port */
	const struct proxy *proxy; /* NULL = direct */
	/*
	 * The same request by the way that was not chosen: directly, or through the
	 * proxy that a rule exempts it from. NULL = there is no other way.
	 */
	const struct target *other_way;
	/*
	 * PROTO_WSS and PROTO_WS: what stands before "/api/kernels" on a Jupyter server
	 * to which the plan's token belongs, often ""; NULL = no token is for this
	 * peer.
	 */
	const char *jupyter_base;

	const struct addr
	    *ask_only;             /* PROTO_DNS: ask this one server; NULL = as usual */
	bool compare_platform_dns; /* ask plan->platform_dns side by side */
	bool idle; /* when it was reached: leave connections idle for plan->idle */
};

struct plan {
	const struct target *targets; /* in catalogue order */
	size_t n_targets;

	const struct addr *resolvers; /* --resolver; none = the system's */
	size_t n_resolvers;
	struct addr platform_dns; /* --azure-dns; family 0 = do not ask */

	sa_family_t only_family; /* AF_INET, AF_INET6 or 0 */
	const char *interface;   /* --interface, or NULL */
	struct addr source;      /* --source; family 0 = the system's choice */
	const char
	    *cacert; /* --cacert, PEM file used beside the system's roots, or NULL */

	/*
	 * --jupyter-token-file, or NULL. A credential: it goes into one request field
	 * of a target with jupyter_base, and nowhere else.
	 */
	const char *jupyter_token;

	nsec_t connect_timeout; /* DNS, and each TCP attempt */
	nsec_t timeout;         /* one check: the time its peers were due to answer */
	nsec_t deadline;        /* the whole run */
	unsigned parallel;      /* most checks in flight; 0 = all */

	const nsec_t *idle; /* --idle: how long, ascending; at least a second each */
	size_t n_idle;

	nsec_t
	    listen; /* --listen: how long ports of this machine are watched; 0 = not */

	bool no_diagnose;   /* --no-diagnose: neither baselines nor orders */
	struct addr canary; /* --canary: cannot answer; family 0 = send nothing */
};

#endif
