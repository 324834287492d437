# SPDX-License-Identifier: MIT
"""Every named fault gets its verdict, and only the checks it hits are touched; with the packets of
the run beside it the same verdict, or a surer one."""

import contextlib
import dataclasses
import os
import pathlib
import tempfile
import threading

import pytest

from . import azure, probe
from .faults import FAULTS
from .path.scenario import ANY

USERS = ("ordinary", "capturing")


def rows():
    """The runs of one fault one after the other, since they are made together."""
    for name, fault in FAULTS.items():
        marks = [pytest.mark.needs(fault.needs)] if fault.needs else []
        for user in USERS:
            yield pytest.param(fault, user, id=f"{name}-{user}", marks=marks)


@pytest.fixture(name="captures", scope="module")
def fixture_captures():
    """Where captured runs leave their packets; LAB_CAPTURES names a directory to keep them in."""
    kept = os.environ.get("LAB_CAPTURES")
    with contextlib.ExitStack() as stack:
        directory = pathlib.Path(kept or stack.enter_context(tempfile.TemporaryDirectory()))
        directory.chmod(0o777)  # the ordinary user writes there
        yield directory


@pytest.fixture(name="done", scope="module")
def fixture_done():
    return {}


@pytest.fixture(name="runs")
def fixture_runs(lab, prober, captures, done):
    """Runs of a fault by user: most of a run is waiting, so both wait at the same time."""
    def make(fault):
        found = {}

        def start(user):
            packets = ("--pcap", str(captures / f"{fault.name}.pcapng"), "--pcap-all")
            extra = packets if user == "capturing" else ()
            found[user] = prober.start(prober.argv(
                "check", "-o", "json", *azure.OPTIONS, *probe.FAST, *fault.options, *extra,
                capturing=bool(extra)))

        threads = [threading.Thread(target=start, args=(user,)) for user in USERS]
        with fault.injected(lab):
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        return found

    def get(fault):
        if fault.name not in done:
            done[fault.name] = make(fault)
        return done[fault.name]

    return get


def surer(expect):
    """The same with any word that is as sure as the least sure one that is right."""
    if not expect.confidence:
        return expect
    least = max(ANY.index(word) for word in expect.confidence)
    return dataclasses.replace(expect, confidence=ANY[:least + 1])


@pytest.mark.parametrize("fault, user", rows())
def test_fault_gets_its_verdict_and_siblings_pass(runs, captures, fault, user):
    run = runs(fault)[user]
    probe.assert_sound(run)
    probe.assert_expected(run, surer(fault.expect) if user == "capturing" else fault.expect)
    if user == "capturing":
        assert run.report["run"]["capabilities"]["capture"] == "on"
        file = captures / f"{fault.name}.pcapng"
        told = probe.Prober(None, probe.binary()).start(
            (str(probe.binary()), "explain", "-q", str(file)))
        assert told.code in (0, 1, 2) and not told.err, told.err
