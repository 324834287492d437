/* SPDX-License-Identifier: MIT */
#ifndef PROBE_TLS_TRUST_H
#define PROBE_TLS_TRUST_H

#include <openssl/x509.h>
#include <stddef.h>

/*
 * The roots a run trusts: OpenSSL's and the system's (SSL_CERT_FILE and
 * SSL_CERT_DIR are honoured as OpenSSL does), plus --cacert. One store serves all
 * connections. Loading 145 roots costs 25 to 50 ms, so the PEM files are only
 * indexed by subject; a root is parsed when a chain first asks for it.
 */
struct trust;

/** extra is a PEM file or NULL. NULL only without memory. */
struct trust *trust_new(const char *extra);
void trust_free(struct trust *t);

/** Borrowed. */
X509_STORE *trust_store(const struct trust *t);

/** Roots in the index, and how many of them were parsed so far. */
size_t trust_indexed(const struct trust *t);
size_t trust_parsed(const struct trust *t);

/** 0, or -1 with the reason in err: the PEM file has no usable certificate. */
int trust_check_file(const char *path, char *err, size_t err_size);

#endif
