# SPDX-License-Identifier: MIT
"""`check --listen`: real SYNs from outside to the ports of a compute, and what becomes of them."""

import json
import pathlib
import subprocess
import tempfile

import pytest

from . import listening, probe
from .conftest import require_lab
from .listening import BATCH, BATCH6, CLOUD, CONTROL, STRANGER

FIRST, SECOND, AML, SSH = ("inbound.batch-29876", "inbound.batch-29877", "inbound.control",
                           "inbound.ssh")


@pytest.fixture(name="outside", scope="module")
def fixture_outside():
    require_lab()
    with listening.Outside() as outside:
        yield outside


@pytest.fixture(name="tags", scope="module")
def fixture_tags():
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        directory.chmod(0o755)  # an ordinary user reads it
        path = listening.service_tags(directory / "tags.json")
        yield ("--service-tags", str(path), "--region", "westeurope", "inbound.*")


def judged(run, check):
    verdict = run.checks[check]
    return verdict["status"], verdict["cause"], verdict["confidence"]


def peers(run, check):
    """What each address did to a port."""
    return {peer["peer"]: peer for seen in probe.observed(run, "inbound", check)
            for peer in seen["peers"]}


def text(run, check):
    return probe.evidence_text(run.checks[check])


@pytest.fixture(name="four", scope="module")
def fixture_four(outside, tags, tmp_path_factory):
    """Answered, without listener, dropped here, and from elsewhere only; root's capture, kept."""
    pcap = tmp_path_factory.mktemp("pcap") / "listen.pcapng"

    def meanwhile():
        outside.connect(BATCH, 29876)
        outside.connect(BATCH, 29877)
        outside.connect(CONTROL, 44224)
        outside.connect(STRANGER, 22)
        outside.connect(CLOUD, 22)

    for port in (29876, 44224, 22):
        outside.listen(port)
    with outside.filtered(outside.compute, "input", "tcp dport 44224 drop"):
        run = outside.run(*tags, "--pcap", str(pcap), "--progress", "json", meanwhile=meanwhile)
    probe.assert_sound(run)
    return run, pcap


def test_an_answered_connection_of_the_service_passes(four):
    run, _ = four
    assert judged(run, FIRST) == ("pass", None, "certain")
    peer = peers(run, FIRST)[BATCH]
    assert peer["ranges"] == ["BatchNodeManagement.WestEurope", "BatchNodeManagement", "AzureCloud"]
    assert (peer["connections"], peer["answered"], peer["completed"], peer["elsewhere"]) == (2, 2, 2, 0)
    assert (peer["local"], peer["came_by"], peer["left_by"]) == (listening.COMPUTE, "eth0", None)
    assert f"{BATCH} (BatchNodeManagement.WestEurope, BatchNodeManagement, AzureCloud): 2 completed" \
        in text(run, FIRST)


def test_a_refusal_without_a_listener_is_certain(four):
    run, _ = four
    assert judged(run, SECOND) == ("fail", "inbound_no_listener", "certain")
    assert (peers(run, SECOND)[BATCH]["refused"], peers(run, SECOND)[BATCH]["answered"]) == (2, 0)
    assert "nothing listens on TCP 29877 here" in text(run, SECOND)


def test_a_filter_of_this_machine_is_found(four):
    run, _ = four
    assert judged(run, AML) == ("fail", "inbound_filtered", "likely")
    peer = peers(run, AML)[CONTROL]
    # Both attempts were repeated, and nothing left.
    assert peer["connections"] == 2 and peer["syns"] > 2
    assert (peer["answered"], peer["refused"], peer["syn_acks"]) == (0, 0, 0)
    assert "a program listens on TCP 44224 at 0.0.0.0" in text(run, AML)
    assert run.checks[AML]["remediation"][0].startswith("Allow TCP 44224 from AzureMachineLearning")


def test_an_address_outside_of_the_tag_proves_nothing(four):
    run, _ = four
    assert judged(run, SSH) == ("inconclusive", "inbound_unproven", "cannot_tell")
    assert peers(run, SSH)[STRANGER]["ranges"] == []
    assert peers(run, SSH)[CLOUD]["ranges"] == ["AzureCloud"]
    assert all(peer["completed"] == 2 for peer in peers(run, SSH).values())
    assert "none of them is in AzureMachineLearning" in text(run, SSH)


def test_failures_of_checks_that_are_not_required_do_not_fail_the_run(four):
    run, _ = four
    assert (run.code, run.report["summary"]["status"]) == (0, "warn")


def test_progress_tells_what_the_report_will(four):
    run, _ = four
    events = [json.loads(line) for line in run.err.splitlines()]
    told = {event["check"]: event["status"] for event in events if event["event"] == "check"}
    assert told == {name: check["status"] for name, check in run.checks.items()}


def test_packets_of_what_does_not_pass_are_written(four):
    _, pcap = four
    done = subprocess.run(["tcpdump", "-nr", str(pcap)], capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert any(f"{listening.COMPUTE}.44224: Flags [S]" in line for line in lines)
    assert any(f"{listening.COMPUTE}.29877 > {BATCH}" in line and "Flags [R.]" in line for line in lines)
    assert not any(".29876" in line for line in lines)
    assert b"inbound.control: fail, inbound_filtered (likely)" in pcap.read_bytes()


def test_the_saved_report_is_judged_alike_without_the_tags(four, tmp_path):
    run, _ = four
    saved = tmp_path / "report.json"
    saved.write_text(run.out, encoding="utf-8")
    again = probe.Prober(None, probe.binary()).start(
        (str(probe.binary()), "diagnose", "-o", "json", str(saved)))
    assert again.report["checks"] == run.report["checks"]


@pytest.mark.parametrize("seen", [True, False], ids=["both ways work", "the other way is cut"])
def test_an_answer_by_another_interface(outside, tags, seen):
    def meanwhile():
        outside.connect(BATCH, 29876)

    outside.listen(29876)
    outside.compute.ip(f"route add {BATCH}/32 via 10.20.2.1")
    cut = "tcp sport 1 accept" if seen else 'iifname "o2" tcp sport 29876 drop'
    try:
        with outside.filtered(outside.outside, "input", cut):
            run = outside.run(*tags, meanwhile=meanwhile)
    finally:
        outside.compute.ip(f"route del {BATCH}/32")
    assert judged(run, FIRST) == (("warn", "inbound_reply_elsewhere", "certain") if seen else
                                  ("fail", "inbound_reply_elsewhere", "likely"))
    assert run.checks[FIRST]["attributes"] == ["asymmetric_path"]
    peer = peers(run, FIRST)[BATCH]
    assert (peer["came_by"], peer["left_by"], peer["elsewhere"]) == ("eth0", "eth1", 2)
    assert peer["completed"] == (2 if seen else 0)


def test_reverse_path_filtering_is_found(outside, tags):
    def meanwhile():
        outside.connect(BATCH, 29876)

    outside.listen(29876)
    outside.compute.ip(f"route add {BATCH}/32 via 10.20.2.1")
    outside.compute.sysctl(ipv4__conf__all__rp_filter=1)
    try:
        run = outside.run(*tags, meanwhile=meanwhile)
    finally:
        outside.compute.sysctl(ipv4__conf__all__rp_filter=0)
        outside.compute.ip(f"route del {BATCH}/32")
    assert judged(run, FIRST) == ("fail", "local_rp_filter", "likely"), text(run, FIRST)


def test_an_answer_that_is_lost_on_its_way(outside, tags):
    """A firewall that has not seen the question; nobody is accused for a stranger's half-open one."""
    def meanwhile():
        outside.connect(BATCH, 29876)
        outside.connect(STRANGER, 29877)

    outside.listen(29876)
    outside.listen(29877)
    with outside.filtered(outside.outside, "input", "tcp sport { 29876, 29877 } drop"):
        run = outside.run(*tags, meanwhile=meanwhile)
        without = outside.run("inbound.*", meanwhile=lambda: None)
    assert judged(run, FIRST) == ("fail", "inbound_reply_lost", "likely")
    assert peers(run, FIRST)[BATCH]["answered"] == 2 and peers(run, FIRST)[BATCH]["syn_acks"] > 2
    assert judged(run, SECOND) == ("inconclusive", "inbound_unproven", "cannot_tell")
    # Nothing listens any more, and nothing came.
    assert judged(without, FIRST) == ("inconclusive", "inbound_unproven", "cannot_tell")


def test_a_scan_that_resets_the_answer_proves_nothing(outside, tags):
    def meanwhile():
        outside.connect(BATCH, 29876)

    outside.listen(29876)
    # The kernel of the scanner knows of no connection.
    with outside.filtered(outside.outside, "input", "tcp sport 29876 reject with tcp reset"):
        run = outside.run(*tags, meanwhile=meanwhile)
    assert peers(run, FIRST)[BATCH]["completed"] == 0
    assert run.checks[FIRST]["status"] in ("inconclusive", "fail")


def test_silence_is_inconclusive_and_fails_nothing(outside, tags):
    run = outside.run(*tags, seconds="1s")
    for check in (FIRST, SECOND, AML, SSH):
        assert judged(run, check) == ("inconclusive", "inbound_unproven", "cannot_tell")
        assert any("public IP address" in words for words in run.checks[check]["would_decide"])
    assert (run.code, run.report["summary"]["status"]) == (0, "pass")


def test_without_permission_who_listens_is_told_and_nothing_passes(outside, tags):
    outside.listen(29876)
    run = outside.run(*tags, user=probe.ORDINARY, seconds="1s",
                      meanwhile=lambda: outside.connect(BATCH, 29876))
    probe.assert_sound(run)
    assert run.err == ("vnetprobe: --listen: nothing is captured: no CAP_NET_RAW; only which ports "
                       "have a listener is told\n")
    assert judged(run, FIRST) == ("inconclusive", "inbound_not_watched", "cannot_tell")
    assert "a program listens on TCP 29876 at 0.0.0.0" in text(run, FIRST)
    assert "nothing listens on TCP 29877 here" in text(run, SECOND)
    assert run.code == 0


def test_capture_off_sees_nothing_come_in(outside, tags):
    run = outside.run(*tags, "--capture", "off", seconds="1s")
    assert run.err == ""
    assert judged(run, FIRST) == ("inconclusive", "inbound_not_watched", "cannot_tell")


def test_ipv6_with_the_one_capability(outside, tags):
    outside.listen(29876, "::")
    outside.listen(29877, "::1")
    run = outside.run(*tags, user=probe.CAPTURING, meanwhile=lambda: (
        outside.connect(BATCH6, 29876, listening.COMPUTE6),
        outside.connect(BATCH6, 29877, listening.COMPUTE6)))
    probe.assert_sound(run)
    assert judged(run, FIRST) == ("pass", None, "certain")
    assert peers(run, FIRST)[BATCH6]["completed"] == 2
    # Somebody listens, but not for this address.
    assert judged(run, SECOND)[:2] == ("fail", "inbound_no_listener")
    assert f"no program listens at {listening.COMPUTE6}" in run.checks[SECOND]["summary"]


def test_an_interrupted_watch_tells_what_it_saw(outside, tags):
    def meanwhile():
        outside.connect(BATCH, 29876)
        for attempt in outside.open[1:]:
            attempt.settimeout(10)
            attempt.connect_ex((listening.COMPUTE, 29876))  # returns once it is connected

    outside.listen(29876)
    run = outside.run(*tags, seconds="10m", meanwhile=meanwhile, interrupt=True)
    assert run.code == 2
    assert judged(run, FIRST) == ("pass", None, "certain")
    assert "of 600.0 s" in text(run, FIRST)


def test_without_a_list_of_tags_a_pass_is_only_possible(outside):
    outside.listen(22)
    run = outside.run("inbound.ssh", meanwhile=lambda: outside.connect(STRANGER, 22))
    assert judged(run, SSH) == ("pass", None, "possible")
    assert "--service-tags" in text(run, SSH)


def test_no_data_of_the_watched_connections_is_captured(outside, tags, tmp_path):
    """An SSH session is nobody's business: no payload passes the kernel's filter."""
    pcap = tmp_path / "listen.pcapng"

    def meanwhile():
        outside.connect(BATCH, 29876, times=1)
        client = outside.open[-1]
        client.settimeout(10)
        client.connect_ex((listening.COMPUTE, 29876))
        client.sendall(b"secret" * 2000)

    outside.listen(29876)
    run = outside.run(*tags, "--pcap", str(pcap), "--pcap-all", meanwhile=meanwhile)
    assert judged(run, FIRST)[0] == "pass"
    assert pcap.stat().st_size > 200 and b"secret" not in pcap.read_bytes()


def test_peers_are_redacted(outside, tags):
    outside.listen(29876)
    run = outside.run(*tags, "--redact", meanwhile=lambda: outside.connect(BATCH, 29876))
    assert judged(run, FIRST)[0] == "pass"
    assert BATCH not in run.out and listening.COMPUTE not in run.out
    assert json.loads(run.out)["observations"]
