/* SPDX-License-Identifier: MIT */
#include "checks/facts/tls_errors.h"

enum {
	X509_UNABLE_TO_GET_ISSUER = 2,
	X509_SELF_SIGNED = 18,
	X509_SELF_SIGNED_IN_CHAIN = 19,
	X509_UNABLE_TO_GET_ISSUER_LOCALLY = 20,
	X509_UNABLE_TO_VERIFY_LEAF = 21,
	X509_UNTRUSTED = 27,
};

struct tls_errors tls_errors_of(const struct obs_tls *tls)
{
	struct tls_errors e = { .other = !tls->verified && tls->n_errors == 0 };

	for (size_t i = 0; i < tls->n_errors; i++) {
		switch (tls->errors[i].code) {
		case X509_EXPIRED:
			e.expired = true;
			break;
		case X509_NOT_YET_VALID:
			e.not_yet = true;
			break;
		case X509_HOSTNAME_MISMATCH:
		case X509_IP_MISMATCH:
			e.name = true;
			break;
		case X509_UNABLE_TO_GET_ISSUER:
		case X509_SELF_SIGNED:
		case X509_SELF_SIGNED_IN_CHAIN:
		case X509_UNABLE_TO_GET_ISSUER_LOCALLY:
		case X509_UNABLE_TO_VERIFY_LEAF:
		case X509_UNTRUSTED:
			e.untrusted = true;
			break;
		default:
			e.other = true;
		}
	}
	return e;
}
