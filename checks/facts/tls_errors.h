/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_TLS_ERRORS_H
#define CHECKS_TLS_ERRORS_H

#include <stdbool.h>

#include "probe/model/obs.h"

/*
 * Numbers of OpenSSL's verification errors (x509_vfy.h) as they stand in
 * observations; this layer links no TLS library.
 */
enum {
	X509_NOT_YET_VALID = 9,
	X509_EXPIRED = 10,
	X509_HOSTNAME_MISMATCH = 62,
	X509_IP_MISMATCH = 64,
};

/** All verification errors of a handshake, sorted into kinds. */
struct tls_errors {
	bool expired, not_yet, name;
	bool untrusted; /* no path to a trusted root */
	bool other;     /* revoked, weak key, wrong purpose, or no reason given */
};

struct tls_errors tls_errors_of(const struct obs_tls *tls);

#endif
