/* SPDX-License-Identifier: MIT */
#include "probe/tls/evidence.h"

#include <openssl/x509v3.h>
#include <string.h>

#include "probe/base/nsec.h"
#include "probe/model/addr.h"

static struct arena *arena_of(const struct tls_evidence *e)
{
	return cert_cache_arena(e->certs);
}

void tls_evidence_init(struct tls_evidence *e, struct cert_cache *certs,
    struct trust *trust, const char *verify_name)
{
	struct addr literal;
	*e = (struct tls_evidence){
		.certs = certs,
		.trust = trust,
		.verify_name = verify_name,
		.obs = { .alert = -1 },
	};
	if (!addr_parse(verify_name, &literal))
		e->obs.sni = verify_name;
}

static int evidence_index(void)
{
	static int index = -1; /* OpenSSL hands out one for the life of the process */
	if (index < 0)
		index = X509_STORE_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL);
	return index;
}

/* Notes an error and goes on: the first one often hides the one that matters. */
static int note_error(int ok, X509_STORE_CTX *ctx)
{
	struct tls_evidence *e = X509_STORE_CTX_get_ex_data(ctx, evidence_index());
	int code = X509_STORE_CTX_get_error(ctx);
	int depth = X509_STORE_CTX_get_error_depth(ctx);

	if (ok)
		return 1;
	for (size_t i = 0; i < e->obs.n_errors; i++)
		if (e->errors[i].code == code && e->errors[i].depth == depth)
			return 1;
	if (e->obs.n_errors == OBS_MAX_ERRORS)
		return 1;
	if (!e->errors)
		e->errors = arena_array(arena_of(e), OBS_MAX_ERRORS, sizeof *e->errors);
	e->obs.errors = e->errors;
	e->errors[e->obs.n_errors++] = (struct verify_error){
		.code = code,
		.depth = depth,
		.text = X509_verify_cert_error_string(code),
	};
	return 1;
}

static void keep_chain(struct tls_evidence *e, X509_STORE_CTX *ctx)
{
	STACK_OF(X509) *presented = X509_STORE_CTX_get0_untrusted(ctx);
	int n = presented ? sk_X509_num(presented) : 0;
	if (n > OBS_MAX_CERTS)
		n = OBS_MAX_CERTS;
	struct certificate *chain = arena_array(arena_of(e), (size_t)n, sizeof *chain);
	for (int i = 0; i < n; i++)
		chain[i] =
		    *cert_cache_get(e->certs, sk_X509_value(presented, i), i == 0);
	e->obs.chain = chain;
	e->obs.n_chain = (size_t)n;
}

/* Takes OpenSSL's place between "chain received" and "chain judged". */
static int verify_chain(X509_STORE_CTX *ctx, void *arg)
{
	struct tls_evidence *e = arg;
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);

	e->chain_seen = true;
	e->obs.clock = nsec_wall() / NSEC_PER_SEC;
	keep_chain(e, ctx);
	X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (e->obs.sni)
		X509_VERIFY_PARAM_set1_host(param, e->verify_name, 0);
	else
		X509_VERIFY_PARAM_set1_ip_asc(param, e->verify_name);
	X509_STORE_CTX_set_ex_data(ctx, evidence_index(), e);
	X509_STORE_CTX_set_verify_cb(ctx, note_error);
	e->obs.verified = X509_verify_cert(ctx) == 1 && e->obs.n_errors == 0;
	return 1;
}

static void on_message(int sent, int version, int content_type, const void *bytes,
    size_t len, SSL *ssl, void *arg)
{
	struct tls_evidence *e = arg;
	const unsigned char *alert = bytes;
	(void)version;
	(void)ssl;
	if (!sent && content_type == SSL3_RT_HEADER && len == sizeof e->first_header &&
	    !e->header_seen) {
		memcpy(e->first_header, bytes, len);
		e->header_seen = true;
	}
	/* RFC 8446 6: level, description; close_notify (0) is no error. */
	if (!sent && content_type == SSL3_RT_ALERT && len >= 2 && alert[1] != 0)
		e->obs.alert = alert[1];
}

static void on_info(const SSL *ssl, int where, int value)
{
	(void)value;
	if (!(where & SSL_CB_HANDSHAKE_DONE))
		return;
	struct tls_evidence *e = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	/* TLS 1.3 session tickets after the handshake come here once more. */
	if (!e || e->done_at)
		return;
	const unsigned char *alpn;
	unsigned len;
	e->done_at = nsec_now();
	e->obs.outcome = TLS_DONE;
	e->obs.version = SSL_get_version(ssl);
	e->obs.cipher = SSL_get_cipher_name(ssl);
	SSL_get0_alpn_selected(ssl, &alpn, &len);
	if (len)
		e->obs.alpn = arena_strndup(arena_of(e), (const char *)alpn, len);
}

bool tls_evidence_attach(struct tls_evidence *e, SSL_CTX *ctx)
{
	SSL_CTX_set1_cert_store(ctx, trust_store(e->trust));
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(ctx, verify_chain, e);
	SSL_CTX_set_msg_callback(ctx, on_message);
	SSL_CTX_set_msg_callback_arg(ctx, e);
	SSL_CTX_set_info_callback(ctx, on_info);
	return SSL_CTX_set_app_data(ctx, e) == 1;
}
