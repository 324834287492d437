/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_DNS_VIEW_H
#define CHECKS_DNS_VIEW_H

#include "checks/judge/finding.h"

/*
 * What each DNS server says of the name that a check contacts: its A and AAAA
 * answers taken together. A TCP answer replaces the truncated UDP one.
 */

enum {
	DNS_MAX_VIEWS = 16 /* servers of one check that are looked at */
};

/* From the most to the least telling; the best of A and AAAA stands for both. */
enum dns_says {
	DNS_SAYS_ADDRESS,
	DNS_SAYS_NO_SUCH_NAME,
	DNS_SAYS_FAILURE, /* SERVFAIL and every other code that has no word here */
	DNS_SAYS_REFUSED,
	DNS_SAYS_GARBAGE,
	DNS_SAYS_NOTHING, /* silence, or the socket failed */
	DNS_NOT_ASKED,    /* we could not send */
	/* The name exists. Last, for it needs both answers: half of one proves nothing.
	 */
	DNS_SAYS_NO_ADDRESS,
};

struct dns_view {
	struct addr server;
	enum dns_server_role role;
	size_t rank;               /* place among the configured servers */
	const struct obs *a[2];    /* the last A and AAAA exchange; NULL = none */
	const struct obs *telling; /* the exchange that speaks for the server */
	enum dns_says says;

	struct addr addresses[OBS_MAX_ADDRESSES];
	size_t n_addresses;
	bool any_private, any_public;
	const char *alias; /* the private-link name in the chain, or NULL */
	bool private_soa;  /* a private-link zone vouches for a negative answer */
	bool azure_soa;    /* and that zone is one of Azure Private DNS */
};

struct dns_picture {
	const char *name; /* the name that is contacted */
	struct dns_view views[DNS_MAX_VIEWS];
	size_t n_views;
	const struct dns_view *system;   /* whose answer the system uses, or NULL */
	const struct dns_view *platform; /* the Azure resolver's, or NULL */
	const struct obs *hosts;         /* first matching line of /etc/hosts */
	struct addr hosts_addresses[OBS_MAX_ADDRESSES];
	size_t n_hosts_addresses;
};

/** Reads the check's own DNS and hosts-file observations. */
void dns_picture_init(struct dns_picture *p, const struct judging *j);

/** "10.0.0.4:53 answered 10.1.9.4 by way of x.privatelink.azurecr.io". */
const char *dns_view_words(struct judging *j, const struct dns_view *v);

/** The zone part of a private-link name: "privatelink.azurecr.io"; NULL = none. */
const char *dns_private_zone(const char *alias);

#endif
