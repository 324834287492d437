# SPDX-License-Identifier: MIT
"""Live capture: the run's own packets beside its observations, with CAP_NET_RAW and no more."""

import pathlib
import subprocess
import threading
import time

import pytest

from . import probe
from .conftest import skip
from .namespaces import why_not_permitted
from .path.lab import PathLab
from .path.scenarios import SCENARIOS
from .vnet import end_on_signals

# An ordinary user with this one capability, as `setcap cap_net_raw+ep` or a container gives it.
RAW = tuple(f"{option}=-all,+net_raw" if option in ("--bounding-set", "--inh-caps") else option
            for option in (part.split("=")[0] for part in probe.ORDINARY)) \
    + ("--ambient-caps=-all,+net_raw",)


@pytest.fixture(name="lab", scope="module")
def path_lab():
    reason = why_not_permitted()
    if reason:
        skip(f"the lab cannot run: {reason}")
    end_on_signals()
    with PathLab() as lab:
        yield lab


def argv(lab, *arguments, user=RAW):
    program = str(probe.binary())
    return lab.topology.compute.command(*user, program, "check", "-o", "json", *arguments)


def check(lab, name, *options, user=RAW):
    """One run of the scenario, its report verified, and the ends by the check's name."""
    prober = probe.Prober(lab, probe.binary())
    with SCENARIOS[name].injected(lab):
        arguments, targets = SCENARIOS[name].arguments(lab)
        run = prober.start(argv(lab, *options, *arguments, user=user))
    probe.assert_sound(run)
    return run, targets


def whole(run):
    return next(o["capture"] for o in run.report["observations"] if o["kind"] == "capture")


def own_flows(run, name):
    return [flow for flow in probe.observed(run, "flow", name) if not flow["follow_up"]]


@pytest.mark.parametrize("user", [RAW, ()], ids=["only CAP_NET_RAW", "root"])
def test_every_connection_is_a_flow_of_its_check(lab, user):
    run, targets = check(lab, "clean", "--capture", "on", user=user)
    assert run.code == 0, run.err
    capabilities = run.report["run"]["capabilities"]
    assert (capabilities["net_raw"], capabilities["capture"]) == (True, "on")
    assert (whole(run)["dropped"], whole(run)["drops_known"], whole(run)["stopped"]) \
        == (0, True, None)
    for name in targets:
        connected = {(o["local"], o["peer"]) for o in probe.observed(run, "tcp", name)}
        captured = {(flow["client"], flow["server"]) for flow in own_flows(run, name)}
        assert connected == captured
        assert all(flow["of_server"]["syns"] == 1 and flow["client_local"]
                   for flow in own_flows(run, name))


def test_packets_of_other_programs_are_not_captured(lab):
    with SCENARIOS["clean"].injected(lab):
        arguments, targets = SCENARIOS["clean"].arguments(lab)
        prober = probe.Prober(lab, probe.binary())
        # A second run to the same peers at the same time.
        other = threading.Thread(target=prober.start, args=(argv(lab, *arguments),))
        other.start()
        run = prober.start(argv(lab, "--capture", "on", *arguments))
        other.join()
    attempts = sum(len(probe.observed(run, "tcp", name)) for name in targets)
    assert sum(len(own_flows(run, name)) for name in targets) == attempts
    assert whole(run)["midstream"] == 0


def capabilities_of(process):
    """Hexadecimal masks by name, of the program itself once it is what the process runs."""
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    return {line[:6]: int(line.split()[1], 16) for line in status.splitlines()
            if line.startswith("Cap")}


@pytest.mark.parametrize("user,kept", [(RAW, 0), ((), 1 << 1 | 1 << 2 | 1 << 3)],
                         ids=["only CAP_NET_RAW", "root"])
def test_capabilities_are_gone_while_the_run_lasts(lab, user, kept):
    with SCENARIOS["drop-r2"].injected(lab):
        arguments, _ = SCENARIOS["drop-r2"].arguments(lab)
        process = subprocess.Popen(argv(lab, "--capture", "on", *arguments, user=user),
                                   stdout=subprocess.DEVNULL, env=probe.Prober.environment())
        seen = []
        while process.poll() is None:
            try:
                seen.append(capabilities_of(process))
            except (FileNotFoundError, ProcessLookupError):
                break
            time.sleep(0.05)
        process.wait()
    assert {(caps["CapEff"], caps["CapPrm"]) for caps in seen[-5:]} == {(kept, kept)}
    assert seen[-1]["CapAmb"] == 0


def test_without_permission_on_ends_before_anything_is_sent(lab):
    with SCENARIOS["clean"].injected(lab):
        arguments, _ = SCENARIOS["clean"].arguments(lab)
        sent = lab.sent_by_client()
        run = probe.Prober(lab, probe.binary()).start(
            argv(lab, "--capture", "on", *arguments, user=probe.ORDINARY))
        assert lab.sent_by_client() == sent
    assert (run.code, run.out) == (2, "")
    assert run.err == "vnetprobe: --capture: cannot capture: no CAP_NET_RAW\n"


def test_without_permission_auto_goes_on_and_says_what_it_cost(lab):
    run, _ = check(lab, "clean", "--capture", "auto", user=probe.ORDINARY)
    assert run.code == 0
    assert "nothing is captured: no CAP_NET_RAW" in run.err and "less certainty" in run.err
    assert run.report["run"]["capabilities"]["capture"] == "unavailable: no CAP_NET_RAW"
    assert not run.report["run"]["capabilities"]["net_raw"]


def test_a_captured_run_is_judged_alike_from_its_report(lab, tmp_path):
    run, _ = check(lab, "output-drop", "--capture", "on")
    saved = tmp_path / "report.json"
    saved.write_text(run.out, encoding="utf-8")
    again = probe.Prober(lab, probe.binary()).start(
        (str(probe.binary()), "diagnose", "-o", "json", str(saved)))
    assert again.report["checks"] == run.report["checks"]
    assert again.report["run"]["capabilities"] == run.report["run"]["capabilities"]
