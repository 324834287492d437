# SPDX-License-Identifier: MIT
"""Every fault of a path is judged as honestly as a client can, and every healthy path passes."""

import pytest

from .conftest import asked_of, require_lab, require_program
from .path.known import KNOWN
from .path.runner import Pool
from .path.scenarios import SCENARIOS

LABS = 4
USERS = ("user", "root")

# What plain sockets meet where this is the matter.
SYMPTOMS = {
    None: ("http-200",), "silent_drop": ("connect-timeout",),
    "local_output_filter": ("connect-timeout",), "local_output_reject": ("refused",),
    "local_output_rst": ("refused",), "local_input_filter": ("connect-timeout",),
    "local_no_route": ("unreachable",), "local_gateway_unresolved": ("connect-timeout",),
    "local_rp_filter": ("connect-timeout",), "local_port_exhaustion": ("unreachable",),
    "rst_injected_inline": ("refused",), "rst_injected_onpath": ("refused",),
    "host_or_net_unreachable": ("unreachable",), "icmp_rejected": ("unreachable", "refused"),
    "snat_exhaustion_suspected": ("connect-timeout",),
    "forced_tunnel": ("connect-timeout",),
    "local_source_address": ("connect-timeout",), "local_policy_denied": ("unreachable",),
    "clock_skew": ("certificate-10",), "tls_expired": ("certificate-10",),
    "reachable_but_forbidden": ("http-200",), "remote_refused": ("refused",),
    "sni_drop": ("tls-timeout",), "sni_reset_inline": ("tls-reset",),
    "sni_reset_onpath": ("tls-reset",), "sni_close": ("tls-closed", "not-tls"),
    "connection_reset": ("tls-reset", "tls-closed"), "connection_closed": ("tls-closed",),
    "no_reply": ("tls-timeout",), "tls_alert": ("not-tls",),
    "tls_intercepted": ("certificate-19",), "half_open_forward_drop": ("tls-timeout",),
    "aaaa_misleads": ("http-200",), "pmtu_blackhole_down": ("tls-timeout",), "pmtu_blackhole_up": ("http-timeout",),
}
# What one question to the scenario's name server meets.
NAME_SYMPTOMS = {
    None: ("name-own",), "silent_drop": ("name-own", "name-other"),
    "dns_server_unreachable": ("name-timeout",), "dns_no_answer": ("name-timeout",),
    "dns_udp_blocked": ("name-timeout",), "dns_tcp_blocked": ("name-cut",),
    "dns_edns_dropped": ("name-timeout",), "dns_fragment_drop": ("name-timeout",),
    "dns_injected": ("name-other", "name-3"), "dns_hijacked": ("name-other", "name-3"),
    "dns_stale_record": ("name-other",), "dns_redirect_to_proxy": ("name-other",),
    "dns_search_suffix": ("name-3",), "dns_nxdomain": ("name-3",), "dns_servfail": ("name-2",),
    "local_output_filter": ("name-timeout",),
}
# Where the client sees more or less than that: the scenario and the key of the end.
UNUSUAL = {
    ("names-clean", "d"): ("name-cut",), ("names-split", "b"): ("name-other",),
    ("names-redirected", "b"): ("name-other",),
    ("inspection", "a"): ("certificate-19",), ("inspection", "b"): ("certificate-19",),
    ("slow-server", "a"): ("http-timeout",), ("server-silent", "c"): ("http-timeout",),
    ("syn-proxy-dead", "z"): ("tls-timeout",),
    # By then other ports are in use than those of the older connection.
    ("stale-connection", "a"): ("http-200",),
    # The client of the tests uses IPv4, its own source address, and has luck or not.
    ("ipv6-dropped", "a"): ("http-200",), ("source-not-owned", "a"): ("http-200",),
    ("source-of-another-nic", "a"): ("http-200",), ("source-of-another-nic", "b"): ("http-200",),
    ("forbidden-untested", "s"): ("http-200",), ("policy-denied", "a"): ("http-200",),
}
# Loss and dead legs; a SYN proxy may cost a retransmission, which this client does not wait for.
BY_CHANCE = ("ecmp-leg-dead", "loss-1", "loss-3", "loss-8", "loss-40", "names-loss-40", "syn-proxy",
             "syn-proxy-abort", "snat-exhausted", "session-limit-reached")


def rows():
    for name in SCENARIOS:
        marks = []
        if name in KNOWN:
            known = KNOWN[name]
            marks = [pytest.mark.xfail(strict=not known.sometimes, reason=known.reason)]
        for user in USERS:
            yield pytest.param(name, user, id=f"{name}-{user}", marks=marks)


@pytest.fixture(scope="module")
def outcomes(request):
    """What vnetprobe said in every run that a selected test asks about, all made at once."""
    require_lab()
    program = require_program()
    wanted = {(params["name"], params.get("user", "user")): None for params in asked_of(request)}
    jobs = [(SCENARIOS[name], user, 0, user == "user") for name, user in wanted]
    with Pool(program, min(LABS, len(jobs))) as pool:
        return dict(zip(wanted, pool.run(jobs)))


def told(outcome):
    """The outcome in words, for a test that fails."""
    lines = [f"{outcome.scenario} as {outcome.user}: {outcome.unsound}"]
    for answer in outcome.answers:
        end = SCENARIOS[outcome.scenario].ends[answer.end]
        lines.append(f"{'right' if answer.right else 'WRONG'} {end.key}: truth {end.truth.cause}, "
                     f"said {answer.status} {answer.cause} {answer.confidence} "
                     f"{' '.join(answer.attributes)}\n{answer.evidence}")
    return "\n".join(lines)


@pytest.mark.parametrize("name, user", rows())
def test_scenario_is_judged_as_well_as_a_client_can(outcomes, name, user):
    assert outcomes[name, user].right, told(outcomes[name, user])


@pytest.mark.parametrize("name", SCENARIOS)
def test_path_gets_no_attribute_that_it_does_not_have(outcomes, name):
    scenario = SCENARIOS[name]
    for answer in outcomes[name, "user"].answers:
        end = scenario.ends[answer.end]
        allowed = {*scenario.may, *end.truth.may, *end.truth.attributes}
        assert set(answer.attributes) <= allowed, end.key


@pytest.mark.parametrize("name, checks", (
    ("drop-r2", 1), ("sni-drop", 1), ("server-silent", 1), ("pmtu-down", 1), ("pmtu-up", 1),
    ("many-faults", 5)))
def test_failures_are_probed_while_they_last(outcomes, name, checks):
    probed = outcomes[name, "user"].probed
    assert len(probed) >= checks and all(in_time for _, in_time in probed), probed


@pytest.mark.parametrize("name", [name for name in SCENARIOS if name not in BY_CHANCE])
def test_independent_client_meets_the_fault_and_passes_beside_it(outcomes, name):
    scenario = SCENARIOS[name]
    for end, symptom in zip(scenario.ends, outcomes[name, "user"].symptoms):
        usual = SYMPTOMS if end.pinned else NAME_SYMPTOMS
        expected = UNUSUAL.get((name, end.key), usual.get(end.truth.cause))
        if symptom is not None:
            assert symptom in expected, f"{end.key} ({end.truth.cause})"


@pytest.mark.parametrize("name", SCENARIOS)
def test_broken_end_has_a_healthy_one_beside_it(name):
    scenario = SCENARIOS[name]
    everything = ("all-dropped", "session-limit", "session-limit-reached", "source-not-owned", "source-of-another-nic",
                  "policy-denied", "forbidden-alone", "forbidden-untested")
    assert name in everything or any(end.truth.cause is None for end in scenario.ends)


def test_known_failures_name_scenarios_that_exist():
    assert set(KNOWN) <= set(SCENARIOS)
