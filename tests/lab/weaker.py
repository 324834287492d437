# SPDX-License-Identifier: MIT
"""What `explain` may say of the packets of a run, beside what the run itself said.

A capture alone has no second experiment. Each row of WEAKER is one of the table "What a run tells
better" in docs/captures.md: causes of runs, and what explain says instead; None = nothing is
wrong with the packets, or there are none.
"""

TOO_SHORT = ("capture_incomplete",)
# The run sent probes to find out why nothing came back.
BY_PROBES = ("forced_tunnel", "partial_path_loss", "random_loss", "snat_exhaustion_suspected",
             "session_limit_suspected", "local_source_address", "local_gateway_unresolved")
# Packets never left the machine, so that the capture does not hold them.
NOT_SENT = ("local_output_filter", "local_output_reject", "local_no_route", "local_port_exhaustion",
            "local_policy_denied", "local_gateway_unresolved")
# The run asked the same question in another way, or another server.
BY_QUESTIONS = ("dns_udp_blocked", "dns_tcp_blocked", "dns_edns_dropped", "dns_fragment_drop",
                "dns_server_unreachable", "dns_no_answer")
# The name led elsewhere: explain tells what was met there.
OTHER_ANSWER = ("dns_hijacked", "dns_injected", "dns_stale_record", "dns_redirect_to_proxy", "dns_search_suffix",
                "dns_not_private", "dns_outside_cidr", "private_zone_unlinked",
                "private_record_missing", "custom_dns_no_forward", "hosts_override")
# TLS hides certificates (1.3), statuses and texts; the plan is not in a capture.
CONTENT = ("tls_untrusted", "tls_expired", "tls_name_mismatch", "tls_intercepted", "clock_skew",
           "not_the_service", "service_denied", "http_unexpected", "no_reply",
           "reachable_but_forbidden", "proxy_denied", "proxy_auth_required")

WEAKER = {
    "silent_drop": TOO_SHORT,
    **{cause: ("silent_drop", *TOO_SHORT) for cause in BY_PROBES},
    **{cause: (None,) for cause in NOT_SENT},
    "local_gateway_unresolved": ("silent_drop", None),
    "local_output_rst": ("capture_one_way",),
    "local_rp_filter": ("local_input_filter",),
    "rst_injected_inline": ("remote_refused",),
    **{cause: ("dns_server_unreachable", "dns_no_answer", "icmp_rejected", None, *TOO_SHORT)
       for cause in BY_QUESTIONS},
    **{cause: ("dns_nxdomain", "silent_drop", "remote_refused", None, *TOO_SHORT)
       for cause in OTHER_ANSWER},
    **{cause: (None,) for cause in CONTENT},
    "sni_drop": ("no_reply", "data_not_acknowledged"),
    "sni_close": ("sni_reset_inline", "connection_closed"),
    "sni_reset_inline": ("connection_reset",),
    "sni_reset_onpath": ("sni_reset_inline", "connection_reset"),
    "pmtu_blackhole_up": ("data_not_acknowledged",),
    "half_open_forward_drop": ("data_not_acknowledged",),
    "aaaa_misleads": ("ipv6_broken", "silent_drop"),
}
# Of a capture that cannot tell; nobody is accused by them.
NOBODY = ("capture_one_way", "capture_incomplete")


def sockets(flow):
    return flow["client"], flow["server"]


def flows(report, own=True):
    """(check, flow) of a report; own: without those of follow-up probes."""
    return [(seen["check"], seen["flow"]) for seen in report["observations"]
            if seen["kind"] == "flow" and not (own and seen["flow"].get("follow_up"))]


def place(flow):
    """Where a flow went: for a connection a server's port, for a question the name, too."""
    return flow["server"], flow.get("name") if flow.get("dns") else None


def owners(live, told, key):
    """By check of `told`: the checks of the run that have a flow with the same key."""
    of_key = {}
    for check, flow in flows(live):
        of_key.setdefault(key(flow), set()).add(check)
    found = {}
    for check, flow in flows(told):
        found.setdefault(check, set()).update(of_key.get(key(flow), ()))
    return found


def may_say(cause):
    """All that explain may say where the run said this."""
    return {cause, *WEAKER.get(cause, ())}


def _complaints_of(check, ran, truths):
    """What is wrong with one check that explain made, given the run's checks behind it."""
    cause = check["cause"]
    said = f"{check['id']}: {check['status']} {cause} {check['confidence']}, the run said " \
           f"{[(c['id'], c['status'], c['cause'], c['confidence']) for c in ran]}"
    if cause is None or cause in NOBODY:
        return []
    known = any(cause in may_say(c["cause"]) for c in ran) or any(
        truth.accepts(cause, check["confidence"]) for truth in truths)
    if not known:
        return [f"another cause: {said}"]
    if check["status"] == "fail" and all(c["status"] == "pass" for c in ran):
        return [f"a failure that the run did not have: {said}"]
    sure = {c["cause"] for c in ran} | {truth.cause for truth in truths}
    for c in ran:
        sure |= may_say(c["cause"]) if c["confidence"] == "certain" else set()
    if check["confidence"] == "certain" and cause not in sure:
        return [f"certain of what the run does not say: {said}"]
    return []


def complaints(live, told, truths=None, inverted=()):
    """What explain says of a run's packets and should not, and what it fails to say.

    truths: by check of the run, what the lab knows of it; inverted: checks that must not reach
    their target, of which a capture does not know.
    """
    ran = {check["id"]: check for check in live["checks"]}
    told_cause = {check["id"]: check["cause"] for check in told["checks"]}
    behind = owners(live, told, sockets)
    wrong, seen = [], {}
    # Flows that went alike are one in the report, so that not each socket is in it.
    for check, names in owners(live, told, place).items():
        for name in names:
            seen.setdefault(name, set()).add(told_cause[check])
    for check in told["checks"]:
        names = sorted(behind.get(check["id"], ()))
        if set(names) & set(inverted):
            continue
        wrong += _complaints_of(check, [ran[name] for name in names],
                                [truths[name] for name in names if truths and name in truths])
    for name, check in ran.items():
        cause = check["cause"]
        # Of UDP only DNS is read, and what misses an answer behind a handshake, TLS hides.
        told_anyway = cause == "no_reply" and check["stage"] != "http"
        if check["status"] != "fail" or name in inverted or check["stage"] == "udp" \
                or (None in may_say(cause) and not told_anyway):
            continue
        told_of = seen.get(name, set())
        if not told_of & may_say(cause) and not any(
                truths[name].accepts(said, "likely") for said in told_of - {None}
                if truths and name in truths):
            wrong.append(f"{name}: the run said {cause}, explain nothing like it: {told_of}")
    return wrong
