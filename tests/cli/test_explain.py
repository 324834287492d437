# SPDX-License-Identifier: MIT
"""`explain FILE` from outside: formats, damage, directions, links, and what it refuses."""

import json
import os
import pathlib
import pty
import select
import signal
import struct
import subprocess
import sys

import jsonschema
import pytest

from test_cli import CLEAN, PROGRAM, refusal, run

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
import captures  # noqa: E402
from captures import (ACK, RST, SYN, Connection, client_hello, ethernet,  # noqa: E402
                      pcap, pcapng, reset_by_name, rewritten, udp, vxlan)

SCHEMA = json.loads((ROOT / "report" / "report.schema.json").read_text(encoding="utf-8"))
BAD, GOOD = "https://bad.example.net/", "https://good.example.net/"


def explain(path, *options):
    result = run("explain", "-o", "json", *options, str(path))
    report = json.loads(result.stdout) if result.stdout else None
    if report:
        jsonschema.validate(report, SCHEMA)
    return result, report


@pytest.fixture(name="told")
def fixture_told(tmp_path):
    """Explains the bytes of a file; returns its checks by id."""
    def told(data, code=1):
        path = tmp_path / "a.pcap"
        path.write_bytes(data)
        result, report = explain(path)
        assert result.returncode == code, result.stderr
        return {check["id"]: check for check in report["checks"]}
    return told


def causes(checks):
    return {name: check["cause"] for name, check in checks.items()}


EXPECTED = {BAD: "sni_reset_inline", GOOD: None, "tcp://10.9.0.11:445": "silent_drop"}

VARIANTS = {
    "as it is": lambda frame: frame,
    "VLAN": lambda frame: ethernet(frame[14:], (100,)),
    "VLAN in VLAN": lambda frame: ethernet(frame[14:], (100, 7)),
    "VXLAN": vxlan,
    "VXLAN in VLAN": lambda frame: ethernet(vxlan(frame)[14:], (3,)),
}


@pytest.mark.parametrize("change", VARIANTS.values(), ids=VARIANTS)
def test_wrapping_changes_no_verdict(told, change):
    assert causes(told(pcap(rewritten(reset_by_name(), change)))) == EXPECTED


LINKS = {
    "raw": (captures.RAW, lambda frame: frame[14:]),
    "loopback": (captures.NULL, lambda frame: b"\2\0\0\0" + frame[14:]),
    "cooked": (captures.SLL, lambda frame: bytes(14) + frame[12:]),
    "cooked, second version": (captures.SLL2, lambda frame: frame[12:14] + bytes(18) + frame[14:]),
}


@pytest.mark.parametrize("link, change", LINKS.values(), ids=LINKS)
def test_link_layer_changes_no_verdict(told, link, change):
    assert causes(told(pcap(rewritten(reset_by_name(), change), link))) == EXPECTED


def test_newer_format_gives_the_same_and_its_losses_are_told(told):
    checks = told(pcapng(reset_by_name(), dropped=5))
    assert causes(checks) == EXPECTED
    words = " ".join(e["text"] for e in checks[BAD]["evidence"])
    assert "5 packets were lost while capturing" in words
    assert all(check["confidence"] != "certain" for check in checks.values() if check["cause"])


def source_of(frame):
    return frame[26:30]


@pytest.mark.parametrize("keep_client", (True, False))
def test_one_direction_accuses_nobody(told, keep_client):
    client = bytes((10, 1, 0, 4))
    half = rewritten(reset_by_name(),
                     lambda frame: frame if (source_of(frame) == client) == keep_client else None)
    checks = told(pcap(half), code=2)
    assert {check["status"] for check in checks.values()} <= {"pass", "inconclusive"}
    assert "capture_one_way" in causes(checks).values()


def test_packets_of_68_bytes_are_told_without_names(told):
    checks = told(pcap(reset_by_name(), snap=68))
    assert checks["tcp://10.9.0.11:445"]["cause"] == "silent_drop"
    # Both names are one endpoint then, and a reset by another sender stays one.
    assert checks["https://10.9.0.10/"]["cause"] == "rst_injected_inline"
    assert not {BAD, GOOD} & set(checks)


def test_damaged_file_is_told_as_far_as_it_goes(tmp_path):
    path = tmp_path / "cut.pcap"
    whole = pcap(reset_by_name())
    path.write_bytes(whole[:-7])
    result, report = explain(path)
    assert result.returncode == 2
    assert len(result.stderr.splitlines()) == 1
    assert "truncated: it ends in the middle of a packet" in result.stderr and "the report is of" in result.stderr
    assert {c["id"] for c in report["checks"]} == set(EXPECTED)


def test_malformed_block_of_the_newer_format_ends_the_reading(tmp_path):
    path = tmp_path / "bad.pcapng"
    data = bytearray(pcapng(reset_by_name()))
    data[-4:] = b"\0\0\0\0"  # the closing length of the last packet
    path.write_bytes(data)
    result, report = explain(path)
    assert result.returncode == 2
    assert len(result.stderr.splitlines()) == 1
    assert report["summary"]["fail"] > 0


def test_standard_input_is_read_to_its_end():
    done = subprocess.run([PROGRAM, "explain", "-q", "-"], input=pcap(reset_by_name()),
                          env=CLEAN, capture_output=True, check=False, timeout=60)
    assert done.returncode == 1
    assert b"sni_reset_inline" in done.stdout and done.stderr == b""


def test_saved_report_is_judged_to_the_same(tmp_path):
    path = tmp_path / "a.pcap"
    path.write_bytes(pcap(reset_by_name()))
    _, first = explain(path)
    saved = tmp_path / "report.json"
    saved.write_text(json.dumps(first), encoding="utf-8")
    again = run("diagnose", "-o", "json", str(saved))
    assert again.returncode == 1, again.stderr
    second = json.loads(again.stdout)
    for member in ("summary", "causes", "checks", "observations"):
        assert second[member] == first[member], member


def test_redacted_report_holds_no_name_and_no_address(tmp_path):
    path = tmp_path / "a.pcap"
    path.write_bytes(pcap(reset_by_name()))
    result = run("explain", "--redact", "-v", str(path))
    assert result.returncode == 1
    for secret in ("bad.example", "good.example", "10.9.0.1", "10.1.0.4"):
        assert secret not in result.stdout


@pytest.mark.parametrize("form", ("text", "json", "html", "markdown", "junit"))
def test_redacted_report_does_not_say_where_the_file_lies(tmp_path, form):
    path = tmp_path / "contoso.pcap"
    path.write_bytes(pcap(reset_by_name()))
    result = run("explain", "--redact", "-o", form, str(path))
    assert result.returncode == 1
    assert "contoso" not in result.stdout and tmp_path.name not in result.stdout


def test_dns_in_the_capture_names_what_has_no_name_of_its_own(told):
    server = "10.9.0.53"
    records = []
    for at, source, target, ports, payload in (
            (0.1, "10.1.0.4", server, (5000, 53), captures.dns(1, "contoso.azurecr.io")),
            (0.2, server, "10.1.0.4", (53, 5000),
             captures.dns(1, "contoso.azurecr.io", ["10.9.0.10"]))):
        frame = ethernet(captures.ip(source, target, 17, udp(*ports, payload)))
        records.append(captures.Record(at, frame, len(frame)))
    silent = Connection()
    for _ in range(3):
        silent.up(SYN, ack=0).wait(1)
    checks = told(pcap([*records, *silent.records]))
    assert causes(checks) == {"acr.login": "silent_drop", "dns:contoso.azurecr.io": None}


def test_two_dns_answers_of_two_senders_are_an_injection(told):
    records = []
    for n, (source, target, ports, ttl, payload) in enumerate((
            ("10.1.0.4", "10.9.0.53", (5000, 53), 64, captures.dns(1, "a.example")),
            ("10.9.0.53", "10.1.0.4", (53, 5000), 100, captures.dns(1, "a.example", ["9.9.9.9"])),
            ("10.9.0.53", "10.1.0.4", (53, 5000), 62, captures.dns(1, "a.example",
                                                                   ["10.0.0.7"])))):
        frame = ethernet(captures.ip(source, target, 17, udp(*ports, payload), ttl))
        records.append(captures.Record(1 + n / 100, frame, len(frame)))
    assert causes(told(pcap(records))) == {"dns:a.example": "dns_injected"}


def idle(last):
    """A connection that worked, 240 s of nothing, and then its end."""
    c = Connection().open().say(client_hello("a.example")).answer(
        b"\x16\3\3\0\4\2\0\0\0\x17\3\3\0\2ab").say(b"\x17\3\3\0\2cd").answer(b"\x17\3\3\0\2ef")
    c.wait(240).say(b"\x17\3\3\0\2gh")
    return last(c)


def silence(c):
    for _ in range(4):
        c.wait(0.4).up(ACK, b"\x17\3\3\0\2gh", seq=c.seq - 7)
    return c.wait(10).up(ACK, b"\x17\3\3\0\2gh", seq=c.seq - 7)


@pytest.mark.parametrize("last, cause", (
    (lambda c: c.wait(0.001).down(RST, ttl=64, window=0), "idle_reset"),
    (silence, "idle_drop_silent"),
))
def test_end_after_silence_is_told_as_that(told, last, cause):
    assert causes(told(pcap(idle(last).records))) == {"https://a.example/": cause}


def test_syn_that_meets_an_old_connection_is_told_as_that(told):
    c = Connection().up(SYN, ack=0).wait(0.02).down(ACK, seq=77, ack=99).wait(1).up(SYN, ack=0)
    assert causes(told(pcap(c.wait(3).up(SYN, ack=0).records))) == {
        "https://10.9.0.10/": "stale_connection"}


@pytest.mark.parametrize("data, words", (
    (b"", "is no pcap or pcapng file"),
    (b"hello world, this is no capture at all", "is no pcap or pcapng file"),
    (pcap([]), "0 packets and no TCP connection or DNS query among them"),
    (pcap([], link=147), "link layer 147 cannot be read"),
), ids=("empty", "text", "no packet", "unknown link"))
def test_what_is_no_capture_is_refused_in_one_line(tmp_path, data, words):
    path = tmp_path / "a.pcap"
    path.write_bytes(data)
    assert words in refusal(run("explain", str(path)))


def test_file_that_cannot_be_opened_is_refused(tmp_path):
    assert "No such file or directory" in refusal(run("explain", str(tmp_path / "none.pcap")))
    assert "Is a directory" in refusal(run("explain", str(tmp_path)))


def test_progress_is_told_where_it_is_asked_for(tmp_path):
    path = tmp_path / "long.pcap"
    path.write_bytes(pcap(reset_by_name()))
    result = run("explain", "--progress", "json", str(path))
    for line in result.stderr.splitlines():
        assert json.loads(line)["event"] == "read"


# --- Streams ----------------------------------------------------------------------------------

FLOWS, EACH = 30000, 7  # flows one after the other, and packets of each


def short_connections(first, number, pause=0.001):
    """Records of connections that work and end, as bytes; ports and times go on."""
    one = Connection(rtt=0.0001).open().say(b"GET / HTTP/1.1\r\n\r\n").down(RST | ACK, window=0)
    one.wait(0.0001).down(RST | ACK, window=0)
    frames = [(r.at - 1, bytearray(r.data)) for r in one.records][:EACH]
    out = []
    for flow in range(first, first + number):
        port = struct.pack(">H", 1024 + flow % 60000)
        for after, frame in frames:
            at = 34 if frame[26:30] == bytes((10, 1, 0, 4)) else 36
            frame[at:at + 2] = port
            when = 10 + flow * pause + after
            out.append(struct.pack("<IIII", int(when), int(when % 1 * 1e6), len(frame), len(frame)))
            out.append(bytes(frame))
    return b"".join(out)


def test_memory_follows_the_flows_that_are_open_and_not_the_file():
    done = subprocess.run([PROGRAM, "explain", "-o", "json", "-"], env=CLEAN, check=False, timeout=60,
                          input=pcap([]) + short_connections(0, FLOWS), capture_output=True)
    capture = json.loads(done.stdout)["observations"][0]["capture"]
    assert capture["flows"] == FLOWS
    # A flow that ended is forgotten after a second, in which a thousand more begin.
    assert capture["open_most"] < 2000


@pytest.fixture(name="reading")
def fixture_reading():
    """explain as it reads a pipe, with standard error on a terminal; the terminal, too."""
    ours, theirs = pty.openpty()
    with subprocess.Popen([PROGRAM, "explain", "-o", "json", "-"], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=theirs,
                          env={**CLEAN, "TERM": "xterm"}) as process:
        yield process, ours
        process.kill()
    os.close(ours)
    os.close(theirs)


def shown(terminal, process, words, flow=0):
    """Feeds the pipe until the terminal shows these words; what it showed."""
    text = b""
    for flow in range(flow, flow + 100 * 1000, 1000):
        process.stdin.write(short_connections(flow, 1000))
        process.stdin.flush()
        while select.select([terminal], [], [], 0)[0]:
            text += os.read(terminal, 4096)
        if words in text:
            return text
    raise AssertionError(text)


def test_progress_on_a_terminal_is_one_line_that_is_wiped(reading):
    process, terminal = reading
    process.stdin.write(pcap([]))
    text = shown(terminal, process, b" packets")
    assert b"\r" in text and b"\n" not in text
    out, _ = process.communicate(timeout=60)
    rest = os.read(terminal, 4096)
    assert rest.endswith(b"\r\x1b[K")
    assert json.loads(out)["observations"][0]["capture"]["packets"] > 0


def test_interrupted_reading_tells_what_was_read(reading):
    """Although the pipe stays open and silent."""
    process, terminal = reading
    process.stdin.write(pcap([]))
    shown(terminal, process, b" packets")
    process.send_signal(signal.SIGINT)
    out = process.stdout.read()
    assert process.wait(60) == 2
    report = json.loads(out)
    assert report["run"]["interrupted"] is True
    assert report["observations"][0]["capture"]["stopped"] is None
    assert report["observations"][0]["capture"]["flows"] > 1000
