/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_DNS_TESTS_H
#define CHECKS_DNS_TESTS_H

#include "checks/facts/probes.h"
#include "probe/model/plan.h"

/*
 * Varied questions to a DNS server: what follow_up_dns.c asks and why_dns.c reads, so
 * that both mean the same by each.
 */

enum {
	DNS_PORT = 53,
	/* What is offered to receive: as usual (codec/dns_msg), what every server must
	 * respect, and more than a path may carry in one piece. */
	DNS_USUAL_SIZE = 1232,
	DNS_SMALL_SIZE = 512,
	DNS_LARGE_SIZE = 4096,
};

/* RFC 1035 section 4.1.1. */
enum {
	RCODE_NOERROR = 0,
	RCODE_SERVFAIL = 2,
	RCODE_NXDOMAIN = 3,
	RCODE_REFUSED = 5,
};

/* A label that nobody has registered, for zones that answer for every name. */
#define DNS_NO_SUCH_LABEL "vnetprobe-no-such-host."

/** DNS_TYPE_A, unless only IPv6 is used. */
uint16_t dns_asked_type(const struct plan *plan);

/** The name that is resolved for a target: the proxy's, --connect-to's or its own. */
const char *dns_contacted_name(const struct target *t);

/** The addresses that the asked name leads to in this answer; returns how many. */
size_t dns_answer_addresses(const struct obs_dns *d, struct addr *ret, size_t max);

/** "corp.example" of "a.b.corp.example" and the name "a.b"; NULL = has no such part. */
const char *dns_suffix_of(const char *longer, const char *name);

/** Whether the two lists have an address in common. */
bool dns_share_address(
    const struct addr *a, size_t n_a, const struct addr *b, size_t n_b);

/** What was asked of one server about one name; NULL = not, or not to its end. */
struct dns_tests {
	const struct obs
	    *again; /* the usual question, with an ear for a second reply */
	const struct obs *plain; /* without EDNS */
	const struct obs *small; /* EDNS of DNS_SMALL_SIZE */
	const struct obs *large; /* EDNS of DNS_LARGE_SIZE */
	const struct obs *cd;    /* the usual question, checking disabled */
	const struct obs *tcp;
};

/** name NULL = about any name; the first that answered is preferred. */
struct dns_tests dns_tests_find(
    const struct probes *p, const struct addr *server, const char *name);

/** Whether a reply came, whatever it says. */
bool dns_test_answered(const struct obs *o);

/** Whether it was carried out and nothing came. */
bool dns_test_silent(const struct obs *o);

/** The addresses that one reply gives; returns how many. */
size_t dns_reply_addresses(const struct obs_dns_variant *v,
    const struct dns_reply *reply, struct addr *ret, size_t max);

#endif
