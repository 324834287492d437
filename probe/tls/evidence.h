/* SPDX-License-Identifier: MIT */
#ifndef PROBE_TLS_EVIDENCE_H
#define PROBE_TLS_EVIDENCE_H

#include <openssl/ssl.h>
#include <stdbool.h>

#include "probe/base/arena.h"
#include "probe/model/obs.h"
#include "probe/tls/cert_cache.h"
#include "probe/tls/trust.h"

/*
 * Watches one handshake from inside OpenSSL, whoever drives it: the chain as it was
 * presented, every verification error, alerts, what was negotiated. Verification
 * never ends the handshake, so that we also learn who answers behind a bad
 * certificate; callers send no secret on a connection whose obs is not verified.
 */
struct tls_evidence {
	struct obs_tls obs;
	nsec_t done_at; /* end of the handshake; 0 = not finished */
	bool chain_seen;
	uint8_t first_header[5]; /* of the first record received, TLS or not */
	bool header_seen;
	struct verify_error *errors; /* obs.errors while it grows */
	struct cert_cache *certs;
	struct trust *trust;
	const char *verify_name; /* host name or IP literal */
};

void tls_evidence_init(struct tls_evidence *e, struct cert_cache *certs,
    struct trust *trust, const char *verify_name);

/** Before SSL_new(); e must outlive every SSL made from ctx. False without memory. */
bool tls_evidence_attach(struct tls_evidence *e, SSL_CTX *ctx);

#endif
