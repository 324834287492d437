/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_WHY_DNS_H
#define CHECKS_WHY_DNS_H

#include "checks/facts/dns_view.h"
#include "checks/why/why.h"

/*
 * What varied questions make of a DNS server that fails, or of an answer that leads
 * nowhere (docs/diagnosis.md, "Names"). As in why.h, each rule adds the evidence it
 * rests on and leaves what it cannot decide as it was.
 */

/** One of the picture's servers that said nothing about this name. */
void why_dns_silent(struct judging *j, const struct dns_picture *p,
    const struct dns_view *v, struct why *w);

/**
 * Whether the server's answer was cut off and could not be had by TCP either; *ret is
 * the failed exchange.
 */
bool why_dns_is_cut_off(
    const struct judging *j, const struct dns_view *v, const struct obs **ret);

/** Such an answer. */
void why_dns_cut_off(struct judging *j, const struct dns_view *v,
    const struct obs *by_tcp, struct why *w);

/** A server that answered with an error: was it the server? True = decided. */
bool why_dns_error(struct judging *j, const struct dns_picture *p, struct why *w);

/** Packets that show a forged answer beside the server's, whether the address works or
 * not: a suspicion, and a warning. */
void why_dns_tampered(struct judging *j, const struct dns_picture *p);

/** Addresses that a later stage found wrong: what would explain it is suspected. */
void why_dns_suspect(struct judging *j, const struct dns_picture *p);

#endif
