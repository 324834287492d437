/* SPDX-License-Identifier: MIT */
#ifndef PROBE_TLS_SESSION_H
#define PROBE_TLS_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/model/obs.h"
#include "probe/tls/cert_cache.h"

/*
 * The client side of one TLS handshake between two buffers, so that its owner decides
 * when and in which pieces its bytes leave. Certificates are not verified, and no
 * data follows the handshake.
 */
struct tls_session;

enum tls_session_state {
	TLS_SESSION_WAITS, /* for the peer's bytes */
	TLS_SESSION_DONE,
	TLS_SESSION_FAILED,
};

/** Name in the ClientHello, NULL = none; padded: longer than 1460 bytes. NULL
 * without memory. */
struct tls_session *tls_session_new(const char *name, bool padded);
void tls_session_free(struct tls_session *s);

/** Begins, or takes len bytes of the peer into account. */
enum tls_session_state tls_session_step(
    struct tls_session *s, const uint8_t *bytes, size_t len);

/** Bytes that want to leave now; valid until the next step. Each is told once. */
const uint8_t *tls_session_take(struct tls_session *s, size_t *ret_len);

/** What is known so far; borrowed from the session or static. NULL, -1 = nothing. */
const char *tls_session_version(const struct tls_session *s);
int tls_session_alert(const struct tls_session *s);
const char *tls_session_reason(const struct tls_session *s);

/** The peer's own certificate, its facts in the cache's arena; NULL = none came. */
const struct certificate *tls_session_leaf(
    const struct tls_session *s, struct cert_cache *certs);

#endif
