/* SPDX-License-Identifier: MIT */
#ifndef PROBE_MODEL_DNS_CHAIN_H
#define PROBE_MODEL_DNS_CHAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "probe/model/obs.h"

/*
 * What a name leads to inside one answer: aliases are followed by name, not by the
 * order of the records (RFC 1034 section 3.6.2). Private endpoints and traffic
 * managers need three to five steps.
 */
enum {
	DNS_CHAIN_MAX = 16
};

struct dns_chain {
	/* The asked name first, then each alias' target; borrowed from the records. */
	const char *names[DNS_CHAIN_MAX];
	size_t n_names; /* at least 1 */
	bool looped;    /* an alias led back to a name of the chain */
	bool cut;       /* longer than DNS_CHAIN_MAX */
};

/** Follows the CNAME records from name; letter case does not matter. */
void dns_chain_follow(const struct dns_record *records, size_t n_records,
    const char *name, struct dns_chain *ret);

/**
 * Stores up to max addresses of the given type (DNS_TYPE_A or DNS_TYPE_AAAA) that
 * the chain's last name owns, in order of the answer, each once. Returns how many.
 */
size_t dns_chain_addresses(const struct dns_record *records, size_t n_records,
    const struct dns_chain *chain, uint16_t type, struct addr *ret, size_t max);

#endif
