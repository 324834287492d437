/* SPDX-License-Identifier: MIT */
#include <openssl/err.h>
#include <openssl/x509.h>

#include "probe/base/arena.h"
#include "probe/tls/cert_cache.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A certificate as a peer presents it: DER to facts. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const unsigned char *p = data;
	X509 *x = d2i_X509(NULL, &p, (long)size);
	if (x) {
		struct arena arena;
		arena_init(&arena, 16 << 20);
		struct cert_cache *cache = cert_cache_new(&arena);
		cert_cache_get(cache, x, false);
		cert_cache_get(cache, x, true);
		cert_cache_free(cache);
		arena_deinit(&arena);
	}
	X509_free(x);
	ERR_clear_error();
	return 0;
}
