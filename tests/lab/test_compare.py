# SPDX-License-Identifier: MIT
"""Baselines and differences over a real network: what changes is told, what rotates is not."""

import dataclasses
import json

import pytest

from . import azure, probe
from .dns import PRIVATE, PUBLIC
from .faults import FAULTS, redirect
from . import webfront

CHECKS = (*azure.OPTIONS, *probe.FAST, "keyvault", "storage.blob", "mcr.registry")
# Another /16 behind the same chain; another address of the same /16; no chain at all.
ROTATED = dataclasses.replace(PUBLIC, rotated=(
    ("blob", "20.61.240.77"), ("vault", "13.69.67.77"), ("mcr", "204.79.197.77")))


class step:
    """One step of a fault for the length of a block."""

    def __init__(self, lab, what):
        self.lab, self.what = lab, what

    def __enter__(self):
        self.what.do(self.lab)

    def __exit__(self, *_):
        self.what.undo(self.lab)


@pytest.fixture(name="approve")
def fixture_approve(prober, tmp_path):
    """Saves a baseline of what is now, and returns its options."""
    def approve():
        path = tmp_path / "baseline.json"
        run = prober.check("--save-baseline", str(path), *CHECKS, root=True)
        assert run.code == 0, run.out
        return "--baseline", str(path)

    return approve


def drifted(run):
    """Checks whose only failure is drift, with the fact that drifted first."""
    failed = {name: check for name, check in run.checks.items() if check["status"] == "fail"}
    assert {check["cause"] for check in failed.values()} <= {"baseline_drift"}
    return {name: check["summary"].split(":")[0] for name, check in failed.items()}


@pytest.mark.parametrize("world", [PUBLIC, PRIVATE], ids=["public", "private"])
def test_a_healthy_network_is_as_approved(lab, prober, approve, world):
    lab.dns.apply(world)
    options = approve()
    for _ in range(3):
        run = prober.check(*options, *CHECKS, root=True)
        assert run.code == 0, run.out
        probe.assert_passes(run)


def test_names_that_rotate_raise_no_alarm(lab, prober, approve, tmp_path):
    options = approve()
    old = prober.check(*CHECKS, root=True)
    lab.dns.apply(ROTATED)
    run = prober.check(*options, *CHECKS, root=True)
    peers = {facts["peer"] for facts in probe.observed(run, "tcp")}
    assert {f"{address}:443" for _, address in ROTATED.rotated} <= peers
    assert (run.code, drifted(run)) == (0, {})
    changes = difference(prober, tmp_path, old, run)[1]["changes"]
    assert {c["kind"] for c in changes} == {"info"}
    assert ("storage.blob", "addresses") in {(c["check"], c["what"]) for c in changes}


def test_a_name_that_became_public_is_drift(lab, prober, approve):
    lab.dns.apply(PRIVATE)
    options = approve()
    lab.dns.apply(PUBLIC)
    run = prober.check(*options, *CHECKS, root=True)
    assert run.code == 1
    assert drifted(run) == {"keyvault": "addresses", "storage.blob": "addresses"}
    blob = run.checks["storage.blob"]
    assert (blob["stage"], blob["confidence"]) == ("dns", "certain")
    cited = {i for e in blob["evidence"] if "seen 20.60.0.10" in e["text"] for i in e["observations"]}
    kinds = {o["kind"] for o in run.report["observations"] if o["id"] in cited}
    assert kinds == {"dns"}


def test_interception_with_a_trusted_root_is_drift(lab, prober, approve):
    options = approve()
    trusted = ("--cacert", str(lab.run_dir / "pki" / "proxy.crt"))
    without = prober.check(*CHECKS, *trusted, root=True)
    with step(lab, redirect(("vault",), webfront.UNTRUSTED)):
        quiet = prober.check(*CHECKS, *trusted, root=True)
        run = prober.check(*options, *CHECKS, *trusted, root=True)
    probe.assert_passes(without)
    probe.assert_passes(quiet)
    assert drifted(run) == {"keyvault": "issuer"}
    assert "O=Contoso Corp" in run.checks["keyvault"]["summary"]
    assert run.checks["keyvault"]["stage"] == "tls"


@pytest.mark.needs("squid")
def test_a_proxy_that_appears_is_drift(prober, approve):
    options = approve()
    run = prober.check(*options, *CHECKS, root=True, env={"https_proxy": azure.PROXY_URL})
    assert drifted(run) == {name: "proxy" for name in run.checks}
    told = [e["text"] for e in run.checks["keyvault"]["evidence"]]
    assert any(text.startswith("not seen this time, so not compared") for text in told)


def difference(prober, folder, old, new):
    """What diff says of two runs: its exit code and its document."""
    names = []
    for name, run in (("old", old), ("new", new)):
        path = folder / f"{name}.json"
        path.write_text(run.out, encoding="utf-8")
        names.append(str(path))
    done = prober.start([prober.program, "diff", "-o", "json", *names])
    assert done.err == ""
    return done.code, json.loads(done.out)


def test_two_healthy_runs_differ_in_nothing_that_matters(prober, tmp_path):
    code, document = difference(
        prober, tmp_path, prober.check(*CHECKS), prober.check(*CHECKS))
    assert code == 0
    assert {c["kind"] for c in document["changes"]} <= {"info"}


@pytest.mark.parametrize("name, together", [
    ("nsg-storage", set()),
    ("unlinked-zone", {"addresses"}),
])
def test_a_fault_is_a_regression_with_what_came_with_it(lab, prober, tmp_path, name, together):
    fault = FAULTS[name]
    options = (*CHECKS, *fault.options)
    lab.dns.apply(PRIVATE if fault.world.private else PUBLIC)
    old = prober.check(*options)
    probe.assert_passes(old)
    with fault.injected(lab):
        new = prober.check(*options)
    code, document = difference(prober, tmp_path, old, new)
    blob = next(c for c in document["changes"]
                if (c["check"], c["what"]) == ("storage.blob", "status"))
    assert (code, blob["kind"]) == (1, "regression")
    assert together <= set(blob["changed_with_it"])
    assert bool(blob["changed_with_it"]) == bool(together)
    back, document = difference(prober, tmp_path, new, old)
    assert back == 0 and document["summary"]["recovery"] >= 1
