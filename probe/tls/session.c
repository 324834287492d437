/* SPDX-License-Identifier: MIT */
#include "probe/tls/session.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>

struct tls_session {
	SSL_CTX *ctx;
	SSL *ssl;
	BIO *in, *out; /* the SSL's own */
	int alert;
	const char *reason;
	uint8_t *taken;
};

/*
 * An extension that servers must ignore (RFC 8701 section 3.1), long enough for a
 * second segment. The number is one of those reserved for this.
 */
enum {
	PADDING_EXTENSION = 0xfafa,
	PADDING_SIZE = 1500
};

static int add_padding(SSL *ssl, unsigned type, const unsigned char **ret,
    size_t *ret_len, int *alert, void *arg)
{
	static const unsigned char zeros[PADDING_SIZE];
	(void)ssl;
	(void)type;
	(void)alert;
	(void)arg;
	*ret = zeros;
	*ret_len = sizeof zeros;
	return 1;
}

static void on_info(const SSL *ssl, int where, int value)
{
	struct tls_session *s = SSL_get_app_data(ssl);
	if (s && (where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT)
		s->alert = value & 0xff;
}

static bool set_up(struct tls_session *s, const char *name, bool padded)
{
	s->ctx = SSL_CTX_new(TLS_client_method());
	if (!s->ctx)
		return false;
	SSL_CTX_set_verify(s->ctx, SSL_VERIFY_NONE, NULL);
	if (padded && !SSL_CTX_add_client_custom_ext(s->ctx, PADDING_EXTENSION,
			  add_padding, NULL, NULL, NULL, NULL))
		return false;
	s->ssl = SSL_new(s->ctx);
	s->in = BIO_new(BIO_s_mem());
	s->out = BIO_new(BIO_s_mem());
	if (!s->ssl || !s->in || !s->out) {
		BIO_free(s->in);
		BIO_free(s->out);
		return false;
	}
	SSL_set_bio(s->ssl, s->in, s->out);
	SSL_set_app_data(s->ssl, s);
	SSL_set_info_callback(s->ssl, on_info);
	SSL_set_connect_state(s->ssl);
	if (!name)
		return true;
	/* The macro wants a text that it could change. */
	char *own = strdup(name);
	bool ok = own && SSL_set_tlsext_host_name(s->ssl, own);
	free(own);
	return ok;
}

struct tls_session *tls_session_new(const char *name, bool padded)
{
	struct tls_session *s = calloc(1, sizeof *s);
	if (!s)
		return NULL;
	s->alert = -1;
	if (!set_up(s, name, padded)) {
		tls_session_free(s);
		return NULL;
	}
	return s;
}

void tls_session_free(struct tls_session *s)
{
	if (!s)
		return;
	SSL_free(s->ssl);
	SSL_CTX_free(s->ctx);
	free(s->taken);
	free(s);
}

enum tls_session_state tls_session_step(
    struct tls_session *s, const uint8_t *bytes, size_t len)
{
	if (len && BIO_write(s->in, bytes, (int)len) != (int)len)
		return TLS_SESSION_FAILED;
	/* The queue may hold errors of others; ours are those that come now. */
	ERR_clear_error();
	int r = SSL_do_handshake(s->ssl);
	if (r == 1)
		return TLS_SESSION_DONE;
	if (SSL_get_error(s->ssl, r) == SSL_ERROR_WANT_READ)
		return TLS_SESSION_WAITS;
	s->reason = ERR_reason_error_string(ERR_peek_last_error());
	ERR_clear_error();
	return TLS_SESSION_FAILED;
}

const uint8_t *tls_session_take(struct tls_session *s, size_t *ret_len)
{
	int n = (int)BIO_ctrl_pending(s->out);
	*ret_len = 0;
	free(s->taken);
	s->taken = n > 0 ? malloc((size_t)n) : NULL;
	if (!s->taken)
		return NULL;
	n = BIO_read(s->out, s->taken, n);
	*ret_len = n > 0 ? (size_t)n : 0;
	return s->taken;
}

const char *tls_session_version(const struct tls_session *s)
{
	/* Before the ServerHello it would be our own wish. */
	return SSL_get_current_cipher(s->ssl) ? SSL_get_version(s->ssl) : NULL;
}

int tls_session_alert(const struct tls_session *s)
{
	return s->alert;
}

const char *tls_session_reason(const struct tls_session *s)
{
	return s->reason;
}

const struct certificate *tls_session_leaf(
    const struct tls_session *s, struct cert_cache *certs)
{
	X509 *x = SSL_get0_peer_certificate(s->ssl);
	return x ? cert_cache_get(certs, x, true) : NULL;
}
