# SPDX-License-Identifier: MIT
"""Live capture: the run's own packets beside its observations, with CAP_NET_RAW and no more."""

import pathlib
import shutil
import subprocess
import tempfile
import threading
import time

import pytest

from . import probe
from .conftest import require_lab
from .path.lab import PathLab
from .path.scenarios import SCENARIOS

RAW = probe.CAPTURING


@pytest.fixture(name="lab", scope="module")
def path_lab():
    require_lab()
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
    return [flow for flow in probe.observed(run, "flow", name) if not flow.get("follow_up")]


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


@pytest.mark.parametrize("name", ["output-drop", "names-injected-harmless", "sni-reset", "asymmetric-out",
                                  "pmtu-up-plain", "stale-connection", "tunnel-partly"])
def test_a_captured_run_is_judged_alike_from_its_report(lab, tmp_path, name):
    run, _ = check(lab, name, "--capture", "on")
    saved = tmp_path / "report.json"
    saved.write_text(run.out, encoding="utf-8")
    again = probe.Prober(lab, probe.binary()).start(
        (str(probe.binary()), "diagnose", "-o", "json", str(saved)))
    assert again.report["checks"] == run.report["checks"]
    assert again.report["run"]["capabilities"] == run.report["run"]["capabilities"]


def tshark(path, *fields, only="frame"):
    argument = [part for field in fields for part in ("-e", field)]
    done = subprocess.run(["tshark", "-r", path, "-Y", only, "-T", "fields", *argument],
                          capture_output=True, text=True, check=True, timeout=60)
    return [line.split("\t") for line in done.stdout.splitlines()]


@pytest.fixture(name="written", scope="module")
def fixture_written(lab):
    """A reset port beside others that work: the run, its ends and its two files."""
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        directory.chmod(0o777)  # the ordinary user writes there
        failing, everything = directory / "failing.pcapng", directory / "all.pcapng"
        run, targets = check(lab, "injector-syn", "--pcap", str(failing))
        check(lab, "injector-syn", "--capture", "on", "--pcap", str(everything), "--pcap-all")
        yield run, targets, failing, everything


@pytest.mark.skipif(not shutil.which("tshark"), reason="tshark is not installed (ci/install-deps lab)")
def test_other_programs_read_the_file_and_its_comments(written):
    run, _, failing, _ = written
    broken = [c for c in run.report["checks"] if c["status"] == "fail"]
    rows = tshark(failing, "frame.number", "frame.comment")
    comments = [row[1] for row in rows if len(row) > 1 and row[1]]
    for bad in broken:
        assert any(text.startswith(f"{bad['id']}: fail, {bad['cause']} ({bad['confidence']})")
                   for text in comments), comments
    resets = tshark(failing, "frame.comment", only="tcp.flags.reset == 1")
    assert resets and sum(bool(row[0]) for row in resets) >= len(broken)
    assert len(comments) < len(rows)
    ended = subprocess.run(["capinfos", str(failing)], capture_output=True, text=True, check=True)
    assert "the capture ended: with the run" in ended.stdout
    listed = subprocess.run(["tcpdump", "-nr", str(failing)], capture_output=True, text=True,
                            check=True)
    assert len(listed.stdout.splitlines()) == len(rows)


def test_checks_that_pass_are_written_with_pcap_all_only(written):
    run, targets, failing, everything = written
    fine = [c["id"] for c in run.report["checks"] if c["status"] == "pass"]
    assert fine and len(fine) < len(targets)
    peers = {o["peer"] for name in fine for o in probe.observed(run, "tcp", name)}
    servers = {path: {flow["server"] for flow in probe.observed(probe.Prober(None, "").start(
        (str(probe.binary()), "explain", "-o", "json", str(path))), "flow")}
        for path in (failing, everything)}
    assert not peers & servers[failing]
    # Both runs are on the same path, each with its own addresses of ends that work.
    assert len(servers[everything]) > len(servers[failing])


def test_explain_of_the_file_gives_the_live_cause(written):
    run, _, failing, _ = written
    live = {c["cause"] for c in run.report["checks"] if c["status"] == "fail"}
    done = probe.Prober(None, probe.binary()).start(
        (str(probe.binary()), "explain", "-o", "json", str(failing)))
    assert "rst_injected_onpath" in live
    assert "rst_injected_onpath" in {c["cause"] for c in done.report["checks"]}


def test_a_full_disk_is_told(lab):
    with SCENARIOS["drop-r2"].injected(lab):
        arguments, _ = SCENARIOS["drop-r2"].arguments(lab)
        run = probe.Prober(lab, probe.binary()).start(
            argv(lab, "--no-diagnose", "--pcap", "/dev/full", *arguments, user=()))
    assert run.code == 2
    assert run.err == 'vnetprobe: --pcap: cannot write "/dev/full": No space left on device\n'


CERTAINTIES = {
    "output-drop-tcp": "local_output_filter", "output-reset": "local_output_rst",
    "input-drop": "local_input_filter", "reverse-path": "local_rp_filter",
    "injector-syn": "rst_injected_onpath", "injector-hello": "sni_reset_onpath",
    "names-injected-harmless": "dns_injected", "sni-reset": "sni_reset_inline",
    "sni-reset-other-ttl": "sni_reset_inline", "injector-equal-ttl": "sni_reset_onpath",
    "asymmetric-out": "half_open_forward_drop",
}


@pytest.mark.parametrize("name", CERTAINTIES)
def test_packets_make_the_verdict_certain(lab, name):
    run, targets = check(lab, name, "--capture", "on")
    hit = {run.checks[target]["cause"]: run.checks[target] for target, end in targets.items()
           if end.truth.cause == CERTAINTIES[name] or run.checks[target]["cause"] == CERTAINTIES[name]}
    assert CERTAINTIES[name] in hit, {c["id"]: c["cause"] for c in run.report["checks"]}
    assert hit[CERTAINTIES[name]]["confidence"] == "certain", \
        probe.evidence_text(hit[CERTAINTIES[name]])


# What no certainty is to be had of, and nothing at all without packets: cause, and what tells.
TOLD = {
    "stale-connection": ("stale_connection", "acknowledges another connection"),
    "pmtu-up-plain": ("pmtu_blackhole_up", "a shorter one behind it did"),
    "pmtu-down-plain": ("pmtu_blackhole_down", "the larger segments before it never did"),
    "server-abort": ("connection_reset", "the reset is that of an application"),
}


@pytest.mark.parametrize("name", TOLD)
def test_packets_tell_what_nothing_else_does(lab, name):
    cause, words = TOLD[name]
    run, targets = check(lab, name, "--capture", "on")
    for target, end in targets.items():
        told = run.checks[target]
        if end.truth.cause == cause:
            assert (told["cause"], told["confidence"] in ("likely", "possible")) == (cause, True)
            assert words in probe.evidence_text(told)
        else:
            assert end.truth.accepts(told["cause"], told["confidence"]), \
                f"{end.key}: {told['cause']} {told['confidence']}\n{probe.evidence_text(told)}"


def test_syn_acks_tell_which_address_a_tunnel_leads_to(lab):
    run, targets = check(lab, "tunnel-partly", "--capture", "on")
    tunnelled = {end.key for target, end in targets.items()
                 if "forced_tunnel" in run.checks[target]["attributes"]}
    assert tunnelled == {"a"}


@pytest.mark.skipif(not shutil.which("tshark"), reason="tshark is not installed (ci/install-deps lab)")
def test_questions_of_one_socket_go_to_their_own_checks(lab):
    """The resolver asks for every name from the same port."""
    with tempfile.TemporaryDirectory() as name:
        pathlib.Path(name).chmod(0o777)  # the ordinary user writes there
        file = pathlib.Path(name) / "failing.pcapng"
        run, targets = check(lab, "names-injected-harmless", "--pcap", str(file))
        rows = tshark(file, "udp.port", "dns.qry.name", only="dns")
    told = {targets[c["id"]].key for c in run.report["checks"] if c["status"] != "pass"}
    hosts = {flow.get("name") for c in run.report["checks"] if c["status"] != "pass"
             for flow in probe.observed(run, "flow", c["id"]) if flow.get("dns")}
    everybody = {flow["client"] for flow in probe.observed(run, "flow") if flow.get("dns")}
    assert told == {"a", "d"} and len(everybody) < len(targets)
    assert {row[1] for row in rows} == hosts and len(hosts) == 2


@pytest.mark.parametrize("name", ["drop-r2", "gateway-gone", "clean", "reset-r1", "loss-3", "names-clean",
                                  "late-injector", "syn-proxy"])
def test_packets_blame_nobody_else(lab, name):
    """What only looks like a fault of this machine, or like a second sender, is not called one."""
    run, targets = check(lab, name, "--capture", "on")
    for target, end in targets.items():
        told = run.checks[target]
        assert end.truth.accepts(told["cause"], told["confidence"]), \
            f"{end.key}: {told['cause']} {told['confidence']}\n{probe.evidence_text(told)}"
