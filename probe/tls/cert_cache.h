/* SPDX-License-Identifier: MIT */
#ifndef PROBE_TLS_CERT_CACHE_H
#define PROBE_TLS_CERT_CACHE_H

#include <openssl/x509.h>
#include <stdbool.h>

#include "probe/base/arena.h"
#include "probe/model/obs.h"

/*
 * Certificates met in this run. Endpoints of one service share their chain, so each
 * is turned into text once and its facts, in the arena, are shared.
 */
struct cert_cache;

/** NULL only without memory. */
struct cert_cache *cert_cache_new(struct arena *arena);
void cert_cache_free(struct cert_cache *c);
struct arena *cert_cache_arena(const struct cert_cache *c);

/** Facts of one certificate; alternative names are read from leaves only. */
const struct certificate *cert_cache_get(struct cert_cache *c, X509 *x, bool leaf);

#endif
