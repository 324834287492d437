/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "probe/tls/evidence.h"
#include "probe/tls/trust.h"

/* Certificates made here, a server and a client in one process: no network, no files
 * but the bundle. */

struct identity {
	EVP_PKEY *key;
	X509 *cert;
};

static void add_extension(X509 *x, int nid, const char *value)
{
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
	assert_non_null(e);
	X509_add_ext(x, e, -1);
	X509_EXTENSION_free(e);
}

/* issuer NULL makes a root; days is the time to expiry, negative for an expired one. */
static struct identity make(
    const struct identity *issuer, const char *cn, const char *san, int days)
{
	static long serial = 1;
	struct identity id = { .key = EVP_EC_gen("P-256"), .cert = X509_new() };
	X509 *x = id.cert;

	X509_set_version(x, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x), serial++);
	X509_gmtime_adj(X509_getm_notBefore(x), -40L * 86400);
	X509_gmtime_adj(X509_getm_notAfter(x), days * 86400L);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
	    (const unsigned char *)cn, -1, -1, 0);
	X509_set_issuer_name(
	    x, issuer ? X509_get_subject_name(issuer->cert) : X509_get_subject_name(x));
	X509_set_pubkey(x, id.key);
	if (san)
		add_extension(x, NID_subject_alt_name, san);
	else
		add_extension(x, NID_basic_constraints, "critical,CA:TRUE");
	assert_true(X509_sign(x, issuer ? issuer->key : id.key, EVP_sha256()) > 0);
	return id;
}

static void drop(struct identity *id)
{
	EVP_PKEY_free(id->key);
	X509_free(id->cert);
}

enum {
	N_ROOTS = 20
};

struct world {
	struct arena arena;
	struct identity roots[N_ROOTS], stranger;
	char bundle[64];
	struct trust *trust;
	struct cert_cache *certs;
};

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	arena_init(&w->arena, 16 << 20);
	snprintf(w->bundle, sizeof w->bundle, "/tmp/vp-test-bundle-XXXXXX");
	int fd = mkstemp(w->bundle);
	FILE *f = fdopen(fd, "w");
	fputs("# a comment, as distributions write them\n", f);
	for (int i = 0; i < N_ROOTS; i++) {
		char cn[32];
		/* The last two share a subject, as a root and its renewal do. */
		snprintf(cn, sizeof cn, "Root %d", i < N_ROOTS - 1 ? i : i - 1);
		w->roots[i] = make(NULL, cn, NULL, 300);
		PEM_write_X509(f, w->roots[i].cert);
	}
	fclose(f);
	w->stranger = make(NULL, "Stranger", NULL, 300);
	/* Nothing but this bundle is to be trusted here. */
	setenv("SSL_CERT_FILE", w->bundle, 1);
	setenv("SSL_CERT_DIR", "/nonexistent", 1);
	w->trust = trust_new(NULL);
	w->certs = cert_cache_new(&w->arena);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;
	for (int i = 0; i < N_ROOTS; i++)
		drop(&w->roots[i]);
	drop(&w->stranger);
	trust_free(w->trust);
	cert_cache_free(w->certs);
	arena_deinit(&w->arena);
	unlink(w->bundle);
	free(w);
	return 0;
}

/* Moves bytes between the two ends until neither makes progress. */
static void shake_hands(SSL *client, SSL *server)
{
	for (int i = 0; i < 10; i++) {
		SSL_do_handshake(client);
		SSL_do_handshake(server);
	}
	char byte;
	SSL_read(client, &byte, 1);
}

static struct obs_tls handshake(struct world *w, const struct identity *leaf,
    const struct identity *extra, const char *name, const char *tls12_ciphers)
{
	struct tls_evidence e;
	SSL_CTX *cc = SSL_CTX_new(TLS_client_method());
	SSL_CTX *sc = SSL_CTX_new(TLS_server_method());
	BIO *a, *b;

	SSL_CTX_use_certificate(sc, leaf->cert);
	SSL_CTX_use_PrivateKey(sc, leaf->key);
	if (extra)
		SSL_CTX_add1_chain_cert(sc, extra->cert);
	if (tls12_ciphers) {
		SSL_CTX_set_max_proto_version(sc, TLS1_2_VERSION);
		SSL_CTX_set_cipher_list(sc, tls12_ciphers);
	}
	tls_evidence_init(&e, w->certs, w->trust, name);
	assert_true(tls_evidence_attach(&e, cc));
	SSL *client = SSL_new(cc), *server = SSL_new(sc);
	BIO_new_bio_pair(&a, 1 << 16, &b, 1 << 16);
	SSL_set_bio(client, a, a);
	SSL_set_bio(server, b, b);
	SSL_set_connect_state(client);
	SSL_set_accept_state(server);
	shake_hands(client, server);
	SSL_free(client);
	SSL_free(server);
	SSL_CTX_free(cc);
	SSL_CTX_free(sc);
	ERR_clear_error();
	return e.obs;
}

static bool has_error(const struct obs_tls *o, int code, int depth)
{
	for (size_t i = 0; i < o->n_errors; i++)
		if (o->errors[i].code == code && o->errors[i].depth == depth)
			return true;
	return false;
}

static void good_chain_is_verified_and_one_root_parsed(void **state)
{
	struct world *w = *state;
	struct identity leaf =
	    make(&w->roots[7], "leaf", "DNS:*.good.example,IP:192.0.2.7", 30);
	assert_int_equal(trust_indexed(w->trust), N_ROOTS);
	assert_int_equal(trust_parsed(w->trust), 0);

	struct obs_tls o = handshake(w, &leaf, NULL, "a.good.example", NULL);
	assert_int_equal(o.outcome, TLS_DONE);
	assert_true(o.verified);
	assert_int_equal(o.n_errors, 0);
	assert_string_equal(o.version, "TLSv1.3");
	assert_string_equal(o.sni, "a.good.example");
	assert_int_equal(o.n_chain, 1);
	assert_string_equal(o.chain[0].subject, "CN=leaf");
	assert_string_equal(o.chain[0].issuer, "CN=Root 7");
	assert_int_equal(o.chain[0].n_sans, 2);
	assert_string_equal(o.chain[0].sans[0], "*.good.example");
	assert_string_equal(o.chain[0].sans[1], "192.0.2.7");
	assert_true(o.chain[0].not_after > time(NULL));
	assert_int_equal(trust_parsed(w->trust), 1);

	o = handshake(w, &leaf, NULL, "192.0.2.7", "DEFAULT");
	assert_true(o.verified);
	assert_null(o.sni);
	assert_string_equal(o.version, "TLSv1.2");
	assert_int_equal(trust_parsed(w->trust), 1);
	drop(&leaf);
}

static void roots_with_one_subject_are_both_tried(void **state)
{
	struct world *w = *state;
	for (int i = N_ROOTS - 2; i < N_ROOTS; i++) {
		struct identity leaf =
		    make(&w->roots[i], "twin", "DNS:twin.example", 30);
		struct obs_tls o = handshake(w, &leaf, NULL, "twin.example", NULL);
		assert_true(o.verified);
		drop(&leaf);
	}
}

static void every_error_is_kept_and_the_handshake_ends(void **state)
{
	struct world *w = *state;
	struct identity leaf = make(&w->stranger, "bad", "DNS:other.example", -5);
	struct obs_tls o = handshake(w, &leaf, &w->stranger, "wanted.example", NULL);
	assert_int_equal(o.outcome, TLS_DONE);
	assert_false(o.verified);
	assert_true(has_error(&o, X509_V_ERR_CERT_HAS_EXPIRED, 0));
	assert_true(has_error(&o, X509_V_ERR_HOSTNAME_MISMATCH, 0));
	assert_true(has_error(&o, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, 1));
	assert_int_equal(o.n_chain, 2);
	assert_string_equal(o.chain[1].subject, "CN=Stranger");
	assert_true(o.clock > 0);
	drop(&leaf);
}

static void missing_intermediate_is_named(void **state)
{
	struct world *w = *state;
	struct identity inter = make(&w->roots[3], "Intermediate", NULL, 100);
	struct identity leaf = make(&inter, "leaf", "DNS:chain.example", 30);
	struct obs_tls o = handshake(w, &leaf, &inter, "chain.example", NULL);
	assert_true(o.verified);
	assert_int_equal(o.n_chain, 2);
	o = handshake(w, &leaf, NULL, "chain.example", NULL);
	assert_false(o.verified);
	assert_true(has_error(&o, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, 0));
	drop(&leaf);
	drop(&inter);
}

static void alert_of_the_peer_is_kept(void **state)
{
	struct world *w = *state;
	struct identity leaf = make(&w->roots[0], "old", "DNS:old.example", 30);
	/* Only RSA key exchange, but an EC certificate: handshake_failure (40). */
	struct obs_tls o = handshake(w, &leaf, NULL, "old.example", "AES128-SHA");
	assert_int_equal(o.alert, 40);
	assert_null(o.version);
	drop(&leaf);
}

static void unusable_ca_files_are_refused(void **state)
{
	struct world *w = *state;
	char err[128] = "";
	assert_int_equal(trust_check_file(w->bundle, err, sizeof err), 0);
	assert_int_equal(trust_check_file("/nonexistent/ca.pem", err, sizeof err), -1);
	assert_non_null(strstr(err, "cannot be read"));
	assert_int_equal(trust_check_file("/", err, sizeof err), -1);
	assert_int_equal(trust_check_file("/etc/hostname", err, sizeof err), -1);
	assert_non_null(strstr(err, "no usable certificate"));

	char path[] = "/tmp/vp-test-ca-XXXXXX";
	FILE *f = fdopen(mkstemp(path), "w");
	fputs("-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n", f);
	fclose(f);
	assert_int_equal(trust_check_file(path, err, sizeof err), -1);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    good_chain_is_verified_and_one_root_parsed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    roots_with_one_subject_are_both_tried, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    every_error_is_kept_and_the_handshake_ends, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    missing_intermediate_is_named, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    alert_of_the_peer_is_kept, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    unusable_ca_files_are_refused, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
