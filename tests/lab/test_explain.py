# SPDX-License-Identifier: MIT
"""`explain` of captures that tcpdump and dumpcap made of real faults, and of parts of them."""

import json
import shutil
import subprocess

import captures
import pytest

from . import probe
from .conftest import require_lab, require_program, skip
from .path.recording import record, saved
from .path.runner import Pool
from .path.scenarios import SCENARIOS
from .path.topology import CLIENT

LABS = 4
CERTAIN, LIKELY, POSSIBLE, CANNOT_TELL = "certain", "likely", "possible", "cannot_tell"

# What a capture on the client tells of the ends of a scenario, by key and port: the cause, and the
# strongest word it may have. The right-hand side says what a live run with its probes tells
# better.
SILENT, SILENT_PORT = ("silent_drop", CANNOT_TELL), ("silent_drop", LIKELY)
REFUSED = ("remote_refused", POSSIBLE)  # live: likely
FINE = (None, None)
DENIED = ("azure_firewall_http_deny", LIKELY)  # live: certain, by the text of the page
TOLD = {
    "clean": {"a443": FINE, "b443": FINE, "c80": FINE, "d443": FINE},
    "drop-r2": {"a443": SILENT_PORT, "b443": FINE, "a80": FINE, "z443": SILENT},
    # Live: rst_injected_inline, by probes of another port of the same address.
    "reset-r1": {"a443": REFUSED, "c443": FINE, "b444": REFUSED},
    "injector-syn": {"a443": ("rst_injected_onpath", CERTAIN), "c443": FINE, "b444": REFUSED},
    "icmp-r1": {"k0443": ("host_or_net_unreachable", CERTAIN), "k3443": ("icmp_rejected", CERTAIN),
                "k6443": ("icmp_rejected", CERTAIN), "x443": FINE},
    "sni-drop": {"a443": ("sni_drop", LIKELY), "a443'": FINE, "b443": FINE, "s443": ("no_reply", CANNOT_TELL)},
    "sni-reset": {"a443": ("sni_reset_inline", LIKELY), "b443": FINE,
                  "s443": ("connection_reset", CANNOT_TELL)},
    "injector-hello": {"a443": ("sni_reset_onpath", CERTAIN), "b443": FINE},
    "injector-equal-ttl": {"a443": ("sni_reset_onpath", CERTAIN), "b443": FINE},
    "proxy-alert": {"a443": ("sni_close", LIKELY), "b443": FINE, "p80": DENIED},
    "proxy-silent": {"a443": ("sni_drop", LIKELY), "b443": FINE, "p80": DENIED},
    "pmtu-down": {"a443": ("pmtu_blackhole_down", LIKELY), "a80": FINE, "b443": FINE},
    "pmtu-up": {"a443": ("pmtu_blackhole_up", LIKELY), "b443": FINE},
    "asymmetric-out": {"a443": ("half_open_forward_drop", LIKELY), "b443": FINE},
    "input-drop": {"a443": ("local_input_filter", LIKELY), "z443": SILENT},
    "late-injector": {"a443": FINE, "b443": FINE},
    "syn-proxy": {"a443": FINE, "b443": FINE},
}
# Seen from the server's side, where other things show.
AT_SERVER = {
    "pmtu-down": {"a443": ("pmtu_blackhole_down", LIKELY), "b443": FINE},
    "asymmetric-out": {"a443": ("silent_drop", CANNOT_TELL), "b443": FINE},
}
RANK = (CERTAIN, LIKELY, POSSIBLE, CANNOT_TELL)


@pytest.fixture(scope="module", name="recordings")
def fixture_recordings():
    """The scenarios of the table, recorded at both ends of the path, by name."""
    require_lab()
    program = require_program()
    if not shutil.which("tcpdump"):
        skip("tcpdump is not installed (ci/install-deps lab)")
    jobs = [(SCENARIOS[name], ("cli", "srv")) for name in TOLD]
    with Pool(program, LABS, record) as pool:
        return {recorded.scenario: recorded for recorded in pool.run(jobs)}


def explained(data, directory, name="capture.pcap"):
    """Exit code and report of explain for these bytes."""
    path = saved(data, directory, name)
    done = subprocess.run([probe.binary(), "explain", "-o", "json", path], capture_output=True,
                          text=True, check=False, timeout=60)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def labels(recorded):
    """Key and port of each end; of two with the same ones the second has a tick."""
    given = []
    for end in SCENARIOS[recorded.scenario].ends:
        label = f"{end.key}{end.port}"
        given.append(label + "'" * sum(other.rstrip("'") == label for other in given))
    return given


def told_of(report, recorded):
    """Cause, word and evidence by label: the check whose flows went to its address and port."""
    flows = {}
    for observation in report["observations"]:
        if observation["kind"] == "flow":
            flows.setdefault(observation["check"], []).append(observation["flow"])
    found = {}
    for check in report["checks"]:
        for label, end, address, name in zip(labels(recorded), SCENARIOS[recorded.scenario].ends,
                                             recorded.addresses, recorded.names):
            if any(flow["server"] == f"{address}:{end.port}" and flow.get("name") in (name, None)
                   for flow in flows[check["id"]]):
                found[label] = (check["cause"], check["confidence"],
                                probe.evidence_text(check))
    return found


def assert_told(expected, report, recorded):
    found = told_of(report, recorded)
    for key, (cause, word) in expected.items():
        assert key in found, f"{key}: nothing is told; {sorted(found)}"
        assert found[key][0] == cause, f"{key}: {found[key]}"
        assert cause is None or RANK.index(found[key][1]) >= RANK.index(word), f"{key}: {found[key]}"


def without_leftovers(recorded):
    """The client's capture but for connections that the lab's scenario before has left."""
    link, records = captures.read(recorded.files["cli"])
    servers = {bytes(int(part) for part in address.split(".")) for address in recorded.addresses}

    def own(frame):
        tcp = frame[12:14] == b"\x08\x00" and frame[23] == 6
        return frame if not tcp or servers & {frame[26:30], frame[30:34]} else None

    return captures.pcap(captures.rewritten(records, own), link)


@pytest.mark.parametrize("name", TOLD)
def test_capture_on_the_client_gives_the_cause(recordings, tmp_path, name):
    code, report = explained(without_leftovers(recordings[name]), tmp_path)
    assert_told(TOLD[name], report, recordings[name])
    fine = all(cause is None for cause, _ in TOLD[name].values())
    assert code == (0 if fine else 1), [
        (check["id"], check["cause"], probe.evidence_text(check)) for check in report["checks"]]


@pytest.mark.parametrize("name", AT_SERVER)
def test_capture_on_the_server_gives_what_shows_there(recordings, tmp_path, name):
    _, report = explained(recordings[name].files["srv"], tmp_path)
    assert_told(AT_SERVER[name], report, recordings[name])


@pytest.mark.parametrize("name", TOLD)
def test_one_direction_accuses_nobody(recordings, tmp_path, name):
    link, records = captures.read(recordings[name].files["cli"])
    client = bytes(int(part) for part in CLIENT.split("."))
    for side in (12, 16):  # of the IPv4 header: source, target
        half = captures.rewritten(
            records, lambda frame, at=14 + side: frame if frame[at:at + 4] == client else None)
        _, report = explained(captures.pcap(half, link), tmp_path)
        assert report["summary"]["fail"] == 0, [c["cause"] for c in report["checks"]]


WRAPPINGS = {
    "VLAN": lambda frame: captures.ethernet(frame[14:], (100,)),
    "VXLAN": captures.vxlan,
}


@pytest.mark.parametrize("change", WRAPPINGS.values(), ids=WRAPPINGS)
@pytest.mark.parametrize("name", ("sni-reset", "pmtu-up", "icmp-r1"))
def test_wrapping_changes_nothing(recordings, tmp_path, name, change):
    link, records = captures.read(recordings[name].files["cli"])
    wrapped = captures.rewritten([r for r in records if r.data[12:14] == b"\x08\x00"], change)
    _, report = explained(captures.pcap(wrapped, link), tmp_path)
    assert_told(TOLD[name], report, recordings[name])


@pytest.mark.parametrize("name", ("drop-r2", "sni-reset", "pmtu-down"))
def test_packets_of_68_bytes_accuse_no_healthy_end(recordings, tmp_path, name):
    link, records = captures.read(recordings[name].files["cli"])
    _, report = explained(captures.pcap(records, link, snap=68), tmp_path)
    found = told_of(report, recordings[name])
    for key, (cause, _) in TOLD[name].items():
        assert cause is not None or found[key][0] is None, f"{key}: {found[key]}"


def test_file_cut_within_a_packet_is_told_so_far(recordings, tmp_path):
    data = recordings["sni-reset"].files["cli"]
    code, report = explained(data[:len(data) - 9], tmp_path)
    assert code == 2
    assert_told(TOLD["sni-reset"], report, recordings["sni-reset"])


def test_dumpcap_file_gives_the_same(recordings, tmp_path):
    if not shutil.which("editcap"):
        skip("tshark is not installed (ci/install-deps lab)")
    plain = saved(recordings["sni-reset"].files["cli"], tmp_path, "plain.pcap")
    converted = tmp_path / "converted.pcapng"
    subprocess.run(["editcap", "-F", "pcapng", plain, converted], check=True)
    _, report = explained(converted.read_bytes(), tmp_path, "again.pcapng")
    assert_told(TOLD["sni-reset"], report, recordings["sni-reset"])
