# SPDX-License-Identifier: MIT
"""Counted SYNs: sent only where this host loses packets, and with nothing else begun beside them."""

import pytest

from . import probe
from .conftest import require_lab
from .path.lab import PathLab
from .path.scenarios import SCENARIOS

ORDERS = ("ttl_scan", "control_connect", "source_ports", "reply_ttl", "local_udp", "counted_syns")


@pytest.fixture(name="lab", scope="module")
def path_lab():
    require_lab()
    with PathLab() as lab:
        yield lab


def observations(lab, name):
    with SCENARIOS[name].injected(lab):
        arguments, _ = SCENARIOS[name].arguments(lab)
        run = probe.Prober(lab, probe.binary()).check(*arguments)
    return run.report["observations"]


def test_nothing_else_is_begun_while_syns_are_counted(lab):
    seen = observations(lab, "input-drop")
    orders = [o for o in seen if o["kind"] in ORDERS and o["check"] is not None]
    measured = [o for o in orders if o["kind"] == "counted_syns" and o["counted_syns"]["windows"]]
    assert len(measured) >= 2, "one for each silent address, and for what else is slow"
    for counted in measured:
        syns = [window["syns"] for window in counted["counted_syns"]["windows"]]
        assert sorted(syns) == [0, 0, 0, 4, 4, 4]
        end = counted["at_ms"] + counted["duration_ms"]
        beside = [o["kind"] for o in orders if o is not counted
                  and counted["at_ms"] < o["at_ms"] < end]
        assert beside == []


def test_a_host_that_loses_nothing_sends_no_counted_syns(lab):
    seen = [o["counted_syns"] for o in observations(lab, "drop-r2") if o["kind"] == "counted_syns"]
    assert len(seen) >= 2
    assert {(o["ended"], o["packets"], len(o["windows"])) for o in seen} == {("done", 0, 0)}
