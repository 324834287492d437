# SPDX-License-Identifier: MIT
"""Without a means of the kernel a verdict is less sure, says what is missing, and blames nobody."""

import dataclasses

import pytest

from . import probe
from .conftest import require_lab
from .path.lab import PathLab
from .path.scenarios import SCENARIOS

WORDS = ("certain", "likely", "possible", "cannot_tell")


@dataclasses.dataclass(frozen=True)
class Row:
    """What the first end of a scenario becomes without something."""

    scenario: str
    without: tuple
    missing: tuple  # capabilities that are false
    accept: dict  # cause: words of confidence that are right
    says: str = ""  # in the evidence
    less_sure: bool = True  # than with everything


LACKS = "was not made: this kernel lacks the means"
ROWS = (
    Row("reset-r1", ("old-kernel",), ("syn_icmp",),
        {"rst_injected_inline": ("likely",)}, f"the TTL scan {LACKS}", less_sure=False),
    Row("reset-r1", ("old-kernel", "IP_MINTTL"), ("syn_icmp", "min_ttl"),
        {"remote_refused": ("possible",)}, f"the TTL of replies {LACKS}"),
    Row("icmp-r1", ("IP_RECVERR", "MSG_ERRQUEUE"), ("syn_icmp",),
        {"host_or_net_unreachable": ("possible",)}),
    Row("route-unreachable", ("MSG_ERRQUEUE", "netlink"), ("syn_icmp", "route"),
        {"local_no_route": ("possible",)}, f"the route lookup {LACKS}"),
    Row("route-prohibit", ("netlink",), ("route",),
        {"local_policy_denied": ("possible",)}, f"the route lookup {LACKS}"),
    Row("pmtu-down", ("TCP_MAXSEG",), ("max_seg",),
        {"no_reply": ("cannot_tell",)}, f"a varied handshake {LACKS}"),
    Row("input-drop", ("proc",), ("counters", "conntrack"),
        {"silent_drop": ("cannot_tell",)}, f"the count of lost packets {LACKS}"),
    Row("output-reset", ("proc",), ("counters", "conntrack"),
        {"rst_injected_inline": ("possible", "likely"), "remote_refused": ("possible", "likely")},
        f"the count of lost packets {LACKS}", less_sure=False),
)


@pytest.fixture(name="lab", scope="module")
def path_lab():
    require_lab()
    with PathLab() as lab:
        yield lab


def first_end(lab, scenario, confined):
    """What a run says of the scenario's first end, and of those that are healthy."""
    with scenario.injected(lab):
        arguments, targets = scenario.arguments(lab)
        prober = probe.Prober(lab, probe.binary())
        run = prober.start(prober.argv("check", "-o", "json", *arguments, confined=confined))
    probe.assert_sound(run)
    for target, end in targets.items():
        if end.truth.cause is None:
            assert run.checks[target]["status"] == "pass", probe.evidence_text(run.checks[target])
    return run, run.checks[next(iter(targets))]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: "-".join((row.scenario, *row.without)))
def test_a_verdict_is_less_sure_without_a_means_of_the_kernel(lab, row):
    scenario = SCENARIOS[row.scenario]
    run, check = first_end(lab, scenario, row.without)
    can = run.report["run"]["capabilities"]
    seen = f"{check['cause']} {check['confidence']}\n{probe.evidence_text(check)}"
    assert [name for name in row.missing if can[name]] == [], can
    assert check["cause"] in row.accept, seen
    assert check["confidence"] in row.accept[check["cause"]], seen
    assert row.says in probe.evidence_text(check), seen
    if row.less_sure:
        whole = first_end(lab, scenario, ())[1]
        assert WORDS.index(check["confidence"]) > WORDS.index(whole["confidence"]), seen
