# SPDX-License-Identifier: MIT
"""`explain` of what tcpdump and dumpcap really write: links, formats, directions, offload."""

import gzip
import json
import shutil
import socket
import struct

import captures
import pytest

from . import probe
from .conftest import require_lab, require_program, skip
from .path.explained import explain
from .path.lab import PathLab
from .path.pair import CLOSED, DROPPED, meet, pair
from .path.recording import Recorder, saved
from .path.scenarios import SCENARIOS

SCENARIO = SCENARIOS["many-faults"]
# What records the same run, each with a tool of its own: device, tool and options.
RECORDERS = {
    "wire": ("eth0", "tcpdump", ()),
    "dumpcap": ("eth0", "dumpcap", ()),
    "two interfaces": ("eth0", "dumpcap", ("-i", "lo")),
    # Read packet by packet, "any" has room for few in its usual buffer.
    "any": ("any", "tcpdump", ("-B", "65536")),
    "any, first version": ("any", "tcpdump", ("-B", "65536", "-y", "LINUX_SLL")),
    "nanoseconds": ("eth0", "tcpdump", ("--time-stamp-precision=nano",)),
    "68 bytes": ("eth0", "tcpdump", ("-s", "68")),
    "in": ("eth0", "tcpdump", ("-Q", "in")),
    "out": ("eth0", "tcpdump", ("-Q", "out")),
}
END = b"the recording ends"
ALIKE = ("dumpcap", "two interfaces", "any", "any, first version", "nanoseconds")


def ready():
    require_lab()
    require_program()
    for tool in ("tcpdump", "dumpcap"):
        if not shutil.which(tool):
            skip(f"{tool} is not installed (ci/install-deps lab)")


@pytest.fixture(scope="module", name="files")
def fixture_files():
    """The bytes that each recorder wrote of the same run."""
    ready()
    with PathLab() as lab, SCENARIO.injected(lab):
        arguments, _ = SCENARIO.arguments(lab)
        recorders = {name: Recorder(lab.topology["cli"], device, tool, options)
                     for name, (device, tool, options) in RECORDERS.items()}
        started = []
        try:
            for recorder in recorders.values():
                started.append(recorder.__enter__())
            probe.Prober(lab, probe.binary()).run("check", "--no-diagnose", "-o", "json",
                                                  *arguments)
            # A datagram that the router refuses: its ICMP error quotes the marker.
            with lab.topology["cli"].socket(kind=socket.SOCK_DGRAM) as sock:
                sock.sendto(END, ("10.1.0.1", 9))
            for recorder in started:
                recorder.wait_for(END)
        finally:
            for recorder in started:
                recorder.__exit__()
    return {name: recorder.data for name, recorder in recorders.items()}


@pytest.fixture(name="told")
def fixture_told(tmp_path):
    """Exit code, report and standard error of explain for these bytes."""
    def told(data):
        done = explain(probe.binary(), saved(data, tmp_path, "capture"))
        return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr
    return told


def said(report):
    return {check["id"]: (check["status"], check["cause"], check["confidence"])
            for check in report["checks"]}


def limits(report):
    return " ".join(report["run"]["capture"]["limits"])


@pytest.mark.parametrize("name", ALIKE)
def test_every_tool_and_link_layer_tells_the_same(files, told, name):
    wanted = said(told(files["wire"])[1])
    _, report, err = told(files[name])
    assert report, err
    assert said(report) == wanted
    assert {cause for _, cause, _ in wanted.values()} >= {
        None, "silent_drop", "sni_drop", "remote_refused", "pmtu_blackhole_up", "no_reply"}, wanted
    assert report["run"]["capture"]["place"] == "client"


def test_link_layers_are_those_that_were_asked_for(files):
    assert [captures.read(files[name])[0] for name in ("wire", "any", "any, first version")] \
        == [captures.ETHERNET, captures.SLL2, captures.SLL]
    assert files["dumpcap"][:4] == b"\n\r\r\n"


def big_endian(data):
    """The file as a machine of the other byte order writes it."""
    out = struct.pack(">IHHiIII", *struct.unpack_from("<IHHiIII", data))
    at = 24
    while at + 16 <= len(data):
        head = struct.unpack_from("<IIII", data, at)
        out += struct.pack(">IIII", *head) + data[at + 16:at + 16 + head[2]]
        at += 16 + head[2]
    return out


def test_other_byte_order_tells_the_same(files, told):
    assert said(told(big_endian(files["wire"]))[1]) == said(told(files["wire"])[1])


@pytest.mark.parametrize("name", ("in", "out"))
def test_one_direction_accuses_nobody_and_is_told(files, told, name):
    code, report, _ = told(files[name])
    assert (code, report["summary"]["fail"]) == (2, 0)
    assert "one direction only" in limits(report)


def test_cut_packets_accuse_no_healthy_server_and_are_told(files, told):
    _, report, _ = told(files["68 bytes"])
    healthy = {check["address"] for check in told(files["wire"])[1]["checks"]
               if check["status"] == "pass"}
    broken = {flow["flow"]["server"].rsplit(":", 1)[0]
              for flow in told(files["wire"])[1]["observations"] if flow["kind"] == "flow"
              for check in told(files["wire"])[1]["checks"]
              if check["id"] == flow["check"] and check["status"] == "fail"}
    for check in report["checks"]:
        if check["status"] == "fail":
            server = next(seen["flow"]["server"] for seen in report["observations"]
                          if seen["kind"] == "flow" and seen["check"] == check["id"])
            assert server.rsplit(":", 1)[0] in broken, check["id"]
        assert check["confidence"] != "certain" or check["status"] == "pass"
    assert healthy and "snap length" in limits(report)


@pytest.mark.parametrize("name", ("wire", "dumpcap"))
def test_file_cut_within_a_packet_is_told_so_far(files, told, name):
    code, report, err = told(files[name][:len(files[name]) * 2 // 3])
    assert code == 2 and len(err.splitlines()) == 1
    assert "the report is of the" in err and "truncated" in err
    assert report["summary"]["pass"] > 0
    assert "could not be read to its end" in limits(report)
    assert all(check["confidence"] != "certain" for check in report["checks"] if check["cause"])


@pytest.mark.parametrize("name", ("wire", "dumpcap"))
def test_garbage_behind_a_good_start_is_told_so_far(files, told, name):
    code, report, err = told(files[name] + b"\xff" * 4096)
    assert code == 2 and len(err.splitlines()) == 1
    assert said(report).keys() == said(told(files[name])[1]).keys()


def test_compressed_file_is_refused_with_the_remedy(files, told):
    code, report, err = told(gzip.compress(files["wire"]))
    assert (code, report, len(err.splitlines())) == (2, None, 1)
    assert "gzip" in err and "| vnetprobe explain -" in err


# --- Devices that encapsulate and offload ----------------------------------------------------


@pytest.fixture(scope="module", name="ways")
def fixture_ways():
    """By way to the server: what tcpdump on the wire below recorded at each side."""
    ready()
    found = {}
    with pair() as (client, server, ways):
        for name, (_, address) in ways.items():
            with Recorder(client) as near, Recorder(server) as far:
                meet(client, address)
            found[name] = (address, near.data, far.data)
    return found


def test_virtual_networks_are_looked_into(ways, told):
    assert "VXLAN" in ways
    for name, (address, data, _) in ways.items():
        _, report, err = told(data)
        assert report, err
        assert {(check["target"], check["cause"]) for check in report["checks"]} == {
            ("http://files.example.net/", None), (f"tcp://{address}:{CLOSED}", "remote_refused"),
            (f"tcp://{address}:{DROPPED}", "silent_drop")}, name


@pytest.mark.parametrize("side", (1, 2), ids=("client", "server"))
def test_segments_that_offload_made_are_no_fault_and_are_told(ways, told, side):
    data = ways["wire"][side]
    assert max(record.wire for record in captures.read(data)[1]) > 16000
    _, report, _ = told(data)
    fine = [check for check in report["checks"] if check["target"] == "http://files.example.net/"]
    assert [check["status"] for check in fine] == ["pass"]
    assert "offload" in limits(report)
