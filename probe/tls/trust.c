/* SPDX-License-Identifier: MIT */
#include "probe/tls/trust.h"

#include <openssl/evp.h>
#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/*
 * Where distributions keep all roots in one file. OpenSSL's own default file does
 * not exist on Debian, whose hashed directory may be absent from containers.
 */
static const char *const system_bundles[] = {
	"/etc/ssl/certs/ca-certificates.crt",
	"/etc/pki/tls/certs/ca-bundle.crt",
	"/etc/ssl/ca-bundle.pem",
	"/etc/ssl/cert.pem",
};

enum {
	MAX_BUNDLE = 8 << 20
};

struct root {
	struct root *next; /* same bucket */
	const char *pem;   /* base64 text between the two marks */
	size_t pem_len;
	unsigned char *start; /* what is decoded so far, from the certificate's start */
	size_t start_len;
	const unsigned char *subject; /* whole DER of the Name, inside start */
	size_t subject_len;
	int parsed;
};

enum {
	N_BUCKETS = 512
};

struct bundle {
	struct bundle *next;
	char *text; /* the file */
	struct root *roots;
	size_t n_roots;
};

struct trust {
	X509_STORE *store;
	X509_LOOKUP_METHOD *method;
	struct bundle *bundles;
	struct root *buckets[N_BUCKETS];
	size_t n_indexed, n_parsed;
};

/* Steps into a SEQUENCE whose end need not be there yet. */
static const unsigned char *der_open(const unsigned char *p, const unsigned char *end)
{
	if (end - p < 2 || p[0] != 0x30)
		return NULL;
	size_t skip = p[1] & 0x80 ? 2U + (p[1] & 0x7fU) : 2U;
	return (size_t)(end - p) < skip ? NULL : p + skip;
}

/* One DER element: returns the byte behind it, NULL when it does not fit. */
static const unsigned char *der_element(const unsigned char *p,
    const unsigned char *end, const unsigned char **body,
    const unsigned char **body_end)
{
	if (!p || end - p < 2)
		return NULL;
	size_t len = p[1];
	p += 2;
	if (len & 0x80) {
		size_t n = len & 0x7f;
		if (n < 1 || n > 3 || (size_t)(end - p) < n)
			return NULL;
		for (len = 0; n; n--)
			len = (len << 8) | *p++;
	}
	if ((size_t)(end - p) < len)
		return NULL;
	*body = p;
	*body_end = p + len;
	return p + len;
}

/*
 * RFC 5280 4.1: Certificate { TBSCertificate { [0] version OPTIONAL, serial,
 * signature, issuer, validity, subject, ...
 */
static int find_subject(struct root *r)
{
	const unsigned char *p = r->start, *end = p + r->start_len, *body, *body_end;
	p = der_open(p, end);            /* Certificate */
	p = p ? der_open(p, end) : NULL; /* TBSCertificate */
	if (!p)
		return 0;
	if (p < end && *p == 0xa0)
		p = der_element(p, end, &body, &body_end);
	for (int i = 0; i < 4; i++)
		p = der_element(p, end, &body, &body_end);
	const unsigned char *behind = der_element(p, end, &body, &body_end);
	if (!behind)
		return 0;
	r->subject = p;
	r->subject_len = (size_t)(behind - p);
	return 1;
}

static unsigned bucket_of(const unsigned char *name, size_t len)
{
	unsigned h = 2166136261U; /* FNV-1a */
	for (size_t i = 0; i < len; i++)
		h = (h ^ name[i]) * 16777619U;
	return h % N_BUCKETS;
}

static char *read_file(const char *path)
{
	struct stat st;
	FILE *f = fopen(path, "re");
	char *text = NULL;
	if (!f)
		return NULL;
	if (fstat(fileno(f), &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_size <= MAX_BUNDLE)
		text = malloc((size_t)st.st_size + 1);
	if (text) {
		size_t len = fread(text, 1, (size_t)st.st_size, f);
		text[len] = '\0';
	}
	fclose(f);
	return text;
}

static const char pem_begin[] = "-----BEGIN CERTIFICATE-----";
static const char pem_end[] = "-----END";

static size_t count_blocks(const char *text)
{
	size_t n = 0;
	for (const char *p = text; (p = strstr(p, pem_begin));
	     p += sizeof pem_begin - 1)
		n++;
	return n;
}

static unsigned char *decode(const char *pem, size_t pem_len, size_t *ret_len)
{
	int a = 0, b = 0, ok = 0;
	unsigned char *der = malloc(pem_len + 1);
	EVP_ENCODE_CTX *c = EVP_ENCODE_CTX_new();

	if (der && c) {
		EVP_DecodeInit(c);
		ok = EVP_DecodeUpdate(
			 c, der, &a, (const unsigned char *)pem, (int)pem_len) >= 0;
		/* The start of a text need not end at a multiple of four. */
		EVP_DecodeFinal(c, der + a, &b);
	}
	EVP_ENCODE_CTX_free(c);
	*ret_len = ok ? (size_t)a : 0;
	return der;
}

/*
 * The subject stands within the first few hundred bytes; base64 of the rest would
 * cost more than everything else here.
 */
static int decode_subject(struct root *r)
{
	enum {
		USUALLY_ENOUGH = 704
	};

	size_t first = r->pem_len < USUALLY_ENOUGH ? r->pem_len : USUALLY_ENOUGH;

	r->start = decode(r->pem, first, &r->start_len);
	if (r->start && find_subject(r))
		return 1;
	free(r->start);
	r->start = decode(r->pem, r->pem_len, &r->start_len);
	return r->start && find_subject(r);
}

static X509 *parse_root(const struct root *r)
{
	size_t len;
	unsigned char *der = decode(r->pem, r->pem_len, &len);
	const unsigned char *p = der;
	X509 *x = der && len ? d2i_X509(NULL, &p, (long)len) : NULL;

	free(der);
	return x;
}

/* Takes over text. */
static size_t index_text(struct trust *t, char *text)
{
	size_t n_blocks = count_blocks(text);
	struct bundle *b = calloc(1, sizeof *b);
	if (!b) {
		free(text);
		return 0;
	}
	b->next = t->bundles;
	b->text = text;
	t->bundles = b;
	b->roots = calloc(n_blocks + 1, sizeof *b->roots);
	const char *p = text;
	while (b->roots && b->n_roots < n_blocks && (p = strstr(p, pem_begin))) {
		p += sizeof pem_begin - 1;
		const char *end = strstr(p, pem_end);
		if (!end)
			break;
		struct root *r = &b->roots[b->n_roots];
		*r = (struct root){ .pem = p, .pem_len = (size_t)(end - p) };
		p = end;
		if (!decode_subject(r)) {
			free(r->start);
			continue;
		}
		unsigned k = bucket_of(r->subject, r->subject_len);
		r->next = t->buckets[k];
		t->buckets[k] = r;
		b->n_roots++;
	}
	t->n_indexed += b->n_roots;
	return b->n_roots;
}

static void free_bundle(struct bundle *b)
{
	for (size_t i = 0; i < b->n_roots; i++)
		free(b->roots[i].start);
	free(b->roots);
	free(b->text);
	free(b);
}

static size_t index_file(struct trust *t, const char *path)
{
	char *text = read_file(path);
	return text ? index_text(t, text) : 0;
}

static int get_by_subject(
    X509_LOOKUP *lookup, X509_LOOKUP_TYPE type, const X509_NAME *name, X509_OBJECT *ret)
{
	const unsigned char *der;
	size_t len;
	X509 *found = NULL;
	struct trust *t = X509_LOOKUP_get_method_data(lookup);

	if (type != X509_LU_X509 || !X509_NAME_get0_der(name, &der, &len))
		return 0;
	/* Roots that share a subject are all put into the store at once. */
	for (struct root *r = t->buckets[bucket_of(der, len)]; r; r = r->next) {
		if (r->parsed || r->subject_len != len ||
		    memcmp(r->subject, der, len) != 0)
			continue;
		X509 *x = parse_root(r);
		r->parsed = 1;
		if (!x)
			continue;
		t->n_parsed++;
		X509_STORE_add_cert(t->store, x);
		X509_free(found);
		found = x;
	}
	if (!found)
		return 0;
	/* The caller borrows: the store's reference keeps the certificate alive. */
	X509_OBJECT_set1_X509(ret, found);
	X509_free(found);
	X509_free(found);
	return 1;
}

static const char *from_environment(const char *variable)
{
	const char *value = variable ? getenv(variable) : NULL;
	return value && *value ? value : NULL;
}

static void index_system(struct trust *t)
{
	const char *file = from_environment(X509_get_default_cert_file_env());
	const char *dir = from_environment(X509_get_default_cert_dir_env());
	X509_LOOKUP *hashed;

	if (file)
		index_file(t, file);
	for (size_t i = 0; !file && i < sizeof system_bundles / sizeof *system_bundles;
	     i++)
		if (index_file(t, system_bundles[i]) > 0)
			break;
	hashed = X509_STORE_add_lookup(t->store, X509_LOOKUP_hash_dir());
	if (hashed)
		X509_LOOKUP_add_dir(
		    hashed, dir ? dir : X509_get_default_cert_dir(), X509_FILETYPE_PEM);
}

struct trust *trust_new(const char *extra)
{
	struct trust *t = calloc(1, sizeof *t);
	if (!t)
		return NULL;
	t->store = X509_STORE_new();
	t->method = X509_LOOKUP_meth_new("roots by subject");
	if (!t->store || !t->method) {
		trust_free(t);
		return NULL;
	}
	X509_LOOKUP_meth_set_get_by_subject(t->method, get_by_subject);
	X509_LOOKUP *lookup = X509_STORE_add_lookup(t->store, t->method);
	if (lookup)
		X509_LOOKUP_set_method_data(lookup, t);
	if (extra)
		index_file(t, extra);
	index_system(t);
	return t;
}

void trust_free(struct trust *t)
{
	if (!t)
		return;
	X509_STORE_free(t->store);
	X509_LOOKUP_meth_free(t->method);
	while (t->bundles) {
		struct bundle *b = t->bundles;
		t->bundles = b->next;
		free_bundle(b);
	}
	free(t);
}

X509_STORE *trust_store(const struct trust *t)
{
	return t->store;
}

size_t trust_indexed(const struct trust *t)
{
	return t->n_indexed;
}

size_t trust_parsed(const struct trust *t)
{
	return t->n_parsed;
}

int trust_check_file(const char *path, char *err, size_t err_size)
{
	struct trust t = { 0 };
	char *text = read_file(path);
	if (!text) {
		snprintf(
		    err, err_size, "cannot be read as a regular file of at most 8 MiB");
		return -1;
	}
	size_t n = index_text(&t, text);
	int ok = n > 0;
	for (size_t i = 0; i < n; i++) {
		X509 *x = parse_root(&t.bundles->roots[i]);
		ok = ok && x;
		X509_free(x);
	}
	if (t.bundles)
		free_bundle(t.bundles);
	if (!ok)
		snprintf(err, err_size, "holds no usable certificate in PEM form");
	return ok ? 0 : -1;
}
