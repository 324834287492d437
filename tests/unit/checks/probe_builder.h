/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_CHECKS_PROBE_BUILDER_H
#define TESTS_UNIT_CHECKS_PROBE_BUILDER_H

#include "tests/unit/checks/obs_builder.h"

/*
 * Follow-up probes as the engine would have made them. Each is appended at once,
 * except those that return an observation to change first.
 */

/** One letter for each TTL from 1: e(xceeded), c(onnected), r(efused), '.' silent. */
const struct obs *see_scan(struct run *r, int t, const char *peer, const char *answers);

/** Letter: c(onnected), r(efused), '.' silent. */
struct obs control(const struct run *r, int t, const char *peer,
    enum control_purpose purpose, char answer);

/** One string a round, one letter a source port: c(onnected) or '.'; "" ends them. */
const struct obs *see_ports(
    struct run *r, int t, const char *peer, const char *const *rounds);

/** The same in the order of the SYNs: small letter = connected, capital = silent. */
const struct obs *see_port_order(
    struct run *r, int t, const char *peer, const char *const *rounds);

struct obs reply_ttl(
    const struct run *r, int t, const char *peer, enum tcp_reply reply, unsigned ttl);

/** Three letters: r(eset), a(nswered), '.' silent. */
struct obs reset_test(
    struct run *r, int t, const char *peer, unsigned ttl, const char *flows);

/** A handshake of its own; what is not said here is zero. */
struct obs variant(const struct run *r, int t, const char *peer, const char *sni,
    enum tls_outcome outcome);

const struct obs *see_route(struct run *r, int t, const char *peer, int err);
const struct obs *see_local_udp(struct run *r, int t, const char *peer, int err);

/**
 * One letter a window: B(urst of four) with as many in the first counter and not in
 * the second, b(urst) without; P(ause), p(ause) likewise. "" = nothing was sent.
 */
const struct obs *see_counted(struct run *r, int t, const char *peer,
    const char *windows, const char *first, const char *second);

/**
 * A varied question about the target's name. Replies are words "ADDRESS@TTL",
 * "nx@TTL" (NXDOMAIN) or "servfail@TTL", with "2:" before those to the second
 * datagram; "" = silence.
 */
struct obs dns_variant(struct run *r, int t, const char *server, struct dns_form form,
    const char *replies);

/** "Tcp.OutRsts=3 TcpExt.TCPRetransFail=1". */
struct obs counters(struct run *r, const char *text);

/** The canary on port 443 connected. */
struct obs canary(const struct run *r);

#endif
