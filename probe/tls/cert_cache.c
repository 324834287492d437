/* SPDX-License-Identifier: MIT */
#include "probe/tls/cert_cache.h"

#include <arpa/inet.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	N_BUCKETS = 1024
};

struct entry {
	struct entry *next;
	unsigned char sha256[32];
	struct certificate facts;
};

struct cert_cache {
	struct arena *arena;
	EVP_MD
	*sha256; /* fetched once: a fetch for each digest costs more than hashing */
	struct entry *buckets[N_BUCKETS];
};

struct cert_cache *cert_cache_new(struct arena *arena)
{
	struct cert_cache *c = calloc(1, sizeof *c);
	if (!c)
		return NULL;
	c->arena = arena;
	c->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	return c;
}

void cert_cache_free(struct cert_cache *c)
{
	if (!c)
		return;
	EVP_MD_free(c->sha256);
	free(c);
}

struct arena *cert_cache_arena(const struct cert_cache *c)
{
	return c->arena;
}

static const char *name_text(struct arena *arena, const X509_NAME *name)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *bytes;
	const char *text = "";
	if (bio && X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) >= 0) {
		long len = BIO_get_mem_data(bio, &bytes);
		size_t keep = len > OBS_MAX_VALUE ? OBS_MAX_VALUE : (size_t)len;
		text = arena_strndup(arena, bytes, keep);
	}
	BIO_free(bio);
	return text;
}

static int64_t epoch(const ASN1_TIME *t)
{
	struct tm tm;
	return ASN1_TIME_to_tm(t, &tm) == 1 ? (int64_t)timegm(&tm) : 0;
}

static const char *san_text(struct arena *arena, const GENERAL_NAME *name)
{
	if (name->type == GEN_DNS) {
		const ASN1_STRING *s = name->d.dNSName;
		size_t len = (size_t)ASN1_STRING_length(s);
		return arena_strndup(arena, (const char *)ASN1_STRING_get0_data(s),
		    len > OBS_MAX_VALUE ? OBS_MAX_VALUE : len);
	}
	if (name->type == GEN_IPADD) {
		char text[INET6_ADDRSTRLEN];
		int len = ASN1_STRING_length(name->d.iPAddress);
		const unsigned char *ip = ASN1_STRING_get0_data(name->d.iPAddress);
		if ((len == 4 || len == 16) &&
		    inet_ntop(len == 4 ? AF_INET : AF_INET6, ip, text, sizeof text))
			return arena_strdup(arena, text);
	}
	return NULL;
}

static void read_sans(struct arena *arena, const X509 *x, struct certificate *facts)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	const char **sans = arena_array(arena, OBS_MAX_SANS, sizeof *sans);
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		if (facts->n_sans == OBS_MAX_SANS)
			break;
		const char *san = san_text(arena, sk_GENERAL_NAME_value(names, i));
		if (san)
			sans[facts->n_sans++] = san;
	}
	facts->sans = sans;
	GENERAL_NAMES_free(names);
}

static void read_facts(struct cert_cache *c, X509 *x, bool leaf,
    const unsigned char *hash, struct entry *e)
{
	char *hex = arena_alloc(c->arena, 65);
	for (size_t i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", hash[i]);
	memcpy(e->sha256, hash, 32);
	e->facts = (struct certificate){
		.subject = name_text(c->arena, X509_get_subject_name(x)),
		.issuer = name_text(c->arena, X509_get_issuer_name(x)),
		.not_before = epoch(X509_get0_notBefore(x)),
		.not_after = epoch(X509_get0_notAfter(x)),
		.sha256 = hex,
		.has_scts = X509_get_ext_by_NID(x, NID_ct_precert_scts, -1) >= 0,
	};
	if (leaf)
		read_sans(c->arena, x, &e->facts);
}

const struct certificate *cert_cache_get(struct cert_cache *c, X509 *x, bool leaf)
{
	unsigned char hash[EVP_MAX_MD_SIZE] = { 0 };
	unsigned len = 0;
	X509_digest(x, c->sha256, hash, &len);
	unsigned bucket = ((unsigned)hash[0] << 8 | hash[1]) % N_BUCKETS;
	for (struct entry *e = c->buckets[bucket]; e; e = e->next)
		if (memcmp(e->sha256, hash, 32) == 0 && (!leaf || e->facts.sans))
			return &e->facts;
	struct entry *e = arena_alloc(c->arena, sizeof *e);
	read_facts(c, x, leaf, hash, e);
	e->next = c->buckets[bucket];
	c->buckets[bucket] = e;
	return &e->facts;
}
