# SPDX-License-Identifier: MIT
"""`explain FILE`: one capture in every form that a file may have tells the same, and a file
that lies is told as far as it goes."""

import json
import pathlib
import struct
import sys

import pytest

from test_cli import refusal, run

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
import captures  # noqa: E402
from captures import pcap, pcapng, reset_by_name  # noqa: E402

SECTION, INTERFACE, OBSOLETE, SIMPLE, STATISTICS, PACKET = 0x0A0D0D0A, 1, 2, 3, 5, 6


# --- Writers of what nobody here writes -------------------------------------------------------


def older(order="<", magic=0xA1B2C3D4, unit=1e6, link=captures.ETHERNET):
    """The classic format."""
    out = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 262144, link)]
    for r in reset_by_name():
        out.append(struct.pack(order + "IIII", int(r.at), round(r.at % 1 * unit), len(r.data),
                               r.wire) + r.data)
    return b"".join(out)


class Newer:
    """A section of the newer format; units: of the clock, per second."""

    def __init__(self, order="<", units=10 ** 6):
        self.order = order
        self.units = units
        self.out = [self.block(SECTION, self.pack("IHHq", 0x1A2B3C4D, 1, 0, -1))]

    def pack(self, form, *values):
        return struct.pack(self.order + form, *values)

    def block(self, kind, body):
        body += b"\0" * (-len(body) % 4)
        length = self.pack("I", 12 + len(body))
        return self.pack("I", kind) + length + body + length

    def option(self, code, value):
        return self.pack("HH", code, len(value)) + value + b"\0" * (-len(value) % 4)

    def add(self, kind, body):
        self.out.append(self.block(kind, body))
        return self

    def interface(self, *options, link=captures.ETHERNET, snap=0):
        end = self.pack("HH", 0, 0) if options else b""
        return self.add(INTERFACE, self.pack("HHI", link, 0, snap) + b"".join(options) + end)

    def packet(self, r, number=0, data=None, offset=0):
        at = round((r.at - offset) * self.units)
        data = r.data if data is None else data
        return self.add(PACKET, self.pack("IIIII", number, at >> 32, at & 0xFFFFFFFF, len(data),
                                          len(data)) + data)

    def packets(self, **more):
        for r in reset_by_name():
            self.packet(r, **more)
        return self

    def done(self):
        return b"".join(self.out)


def obsolete():
    section = Newer().interface()
    for r in reset_by_name():
        us = int(r.at * 1e6)
        section.add(OBSOLETE, section.pack("HHIIII", 0, 0xFFFF, us >> 32, us & 0xFFFFFFFF,
                                           len(r.data), r.wire) + r.data)
    return section.done()


def two_sections():
    half = len(reset_by_name()) // 2
    first, second = Newer().interface(), Newer(">").interface()
    for r in reset_by_name()[:half]:
        first.packet(r)
    for r in reset_by_name()[half:]:
        second.packet(r)
    return first.done() + second.done()


def two_links():
    """Every second packet by an interface without Ethernet headers."""
    section = Newer().interface().interface(link=captures.RAW)
    for i, r in enumerate(reset_by_name()):
        section.packet(r, number=i % 2, data=r.data[14:] if i % 2 else r.data)
    return section.done()


def beside_others():
    """Blocks that nobody here knows; a large one, too."""
    section = Newer().interface()
    for i, r in enumerate(reset_by_name()):
        section.packet(r)
        section.add(0x0BAD, b"x" * (i * 50001))
    return section.done()


def clock(resolution, units, offset=0):
    section = Newer(units=units)
    options = [section.option(9, bytes((resolution,)))]
    if offset:
        options.append(section.option(14, section.pack("q", offset)))
    return section.interface(*options).packets(offset=offset).done()


FORMS = {
    "older, big-endian": older(">"),
    "older, nanoseconds": older("<", 0xA1B23C4D, 1e9),
    "older, big-endian, nanoseconds": older(">", 0xA1B23C4D, 1e9),
    "older, frame check sequences": older(link=captures.ETHERNET | 0x24000000),
    "newer": pcapng(reset_by_name()),
    "newer, big-endian": Newer(">").interface().packets().done(),
    "newer, nanoseconds": clock(9, 10 ** 9),
    "newer, picoseconds": clock(12, 10 ** 12),
    "newer, a power of two": clock(0x80 | 20, 1 << 20),
    "newer, clock with an offset": clock(6, 10 ** 6, offset=-3600),
    "newer, obsolete blocks": obsolete(),
    "newer, two sections": two_sections(),
    "newer, two link types": two_links(),
    "newer, unknown blocks": beside_others(),
}


@pytest.fixture(name="told")
def fixture_told(tmp_path):
    """Explains a file's bytes: exit code, report, and the line on standard error."""
    def told(data):
        path = tmp_path / "a.pcap"
        path.write_bytes(data)
        result = run("explain", "-o", "json", str(path))
        return result.returncode, json.loads(result.stdout or "null"), result.stderr
    return told


def said(report):
    """What must not depend on the form; times to a microsecond, and not their origin."""
    flows = [seen["flow"] for seen in report["observations"] if seen["kind"] == "flow"]
    return ({c["id"]: (c["status"], c["cause"], c["confidence"]) for c in report["checks"]},
            [(f["client"], f["server"], f["of_client"]["packets"], round(f.get("ack_ms", 0), 2))
             for f in flows])


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_file_tells_the_same(told, form):
    code, report, err = told(FORMS[form])
    assert (code, err) == (1, "")
    assert said(report) == said(told(pcap(reset_by_name()))[1])


def test_packets_without_a_time_are_read(told):
    """Simple blocks: whole, or as many bytes as the first interface keeps."""
    section = Newer().interface(snap=100)
    for r in reset_by_name():
        section.add(SIMPLE, section.pack("I", len(r.data)) + r.data[:100])
    code, report, err = told(section.done())
    assert code in (1, 2) and err == ""
    capture = report["observations"][0]["capture"]
    assert capture["packets"] == len(reset_by_name()) and capture["snapped"] > 0


def test_what_interfaces_lost_is_added_up(told):
    def lossy(lost):
        section = Newer().interface().interface().packets()
        for number, n in lost:
            section.add(STATISTICS, section.pack("III", number, 0, 0)
                        + section.option(5, section.pack("Q", n)) + section.pack("HH", 0, 0))
        return section.done()
    # Of one interface the last number counts; those of the first section stay.
    _, report, _ = told(lossy([(0, 1), (0, 3), (1, 4)]) + lossy([(1, 5), (7, 100)]))
    capture = report["observations"][0]["capture"]
    assert (capture["drops_known"], capture["dropped"]) == (True, 12)


def test_packets_of_a_link_nobody_can_read_are_counted(told):
    section = Newer().interface().interface(link=189).packets()
    section.packet(reset_by_name()[0], number=1)
    code, report, err = told(section.done())
    assert (code, err) == (1, "")
    assert report["observations"][0]["capture"]["undecoded"] == 1


def wrong(body, kind=PACKET, section=None):
    return (section or Newer().interface().packets()).add(kind, body).done()


LIES = {
    "a packet larger than any": (older() + struct.pack("<IIII", 1, 0, 1 << 30, 1 << 30),
                                 "a packet of 1073741824 bytes"),
    "a packet larger than its block": (wrong(struct.pack("<IIIII", 0, 0, 0, 500, 500)),
                                       "a packet of 500 bytes, more than its block has"),
    "an interface that is not there": (wrong(struct.pack("<IIIII", 9, 0, 0, 0, 0)),
                                       "interface 9, which is not described"),
    "a short packet block": (wrong(b"\0" * 8), "a packet block of 8 bytes"),
    "a short interface": (wrong(b"\0" * 4, INTERFACE), "an interface of 4 bytes"),
    "a clock too fine": (wrong(struct.pack("<HHIHHI", 1, 0, 0, 9, 1, 20), INTERFACE),
                         "a clock of resolution 20"),
    "a later version": (wrong(b"M<+\x1a\x03\0\0\0" + b"\0" * 8, SECTION), "of version 3"),
    "a section of no byte order": (wrong(b"\0" * 16, SECTION), "a section of no byte order"),
    "a block of an odd length": (Newer().interface().packets().done()
                                 + struct.pack("<II", PACKET, 33) + b"\0" * 33,
                                 "a block of 33 bytes"),
    "an endless block": (Newer().interface().packets().done()
                         + struct.pack("<II", PACKET, 0xFFFFFFF0) + b"\0" * 64,
                         "a block of 4294967280 bytes"),
    "an endless unknown block": (Newer().interface().packets().done()
                                 + struct.pack("<II", 77, 0xFFFFFFF0) + b"\0" * 64,
                                 "truncated: it ends in the middle of a block"),
    "another length at its end": (wrong(b"\0" * 12, STATISTICS)[:-4] + b"\0\0\0\0",
                                  "ends with another length"),
    "too many interfaces": (Newer().interface().packets().done()
                            + Newer().block(INTERFACE, b"\1\0\0\0\0\0\0\0") * 4096,
                            "more than 4096 interfaces"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_file_that_lies_is_told_as_far_as_it_goes(told, lie):
    data, words = LIES[lie]
    code, report, err = told(data)
    assert code == 2 and len(err.splitlines()) == 1 and words in err
    assert f"the report is of the {len(reset_by_name())} packets before" in err
    assert {c["cause"] for c in report["checks"]} >= {"silent_drop"}


@pytest.mark.parametrize("data, words", (
    (older()[:20], "truncated"),
    (struct.pack("<IHHiIII", 0xA1B2C3D4, 3, 0, 0, 0, 1, 1), "pcap of version 3"),
    (pcapng([])[:30], "truncated"),
    (Newer().add(PACKET, b"\0" * 20).done(), "a packet before any interface"),
    (Newer().interface(link=147).done(), "link layer 147 cannot be read"),
    (Newer().done(), "0 packets"),
), ids=("cut header", "version", "cut section", "no interface", "link", "nothing"))
def test_what_has_no_beginning_is_refused_in_one_line(tmp_path, data, words):
    path = tmp_path / "a.pcap"
    path.write_bytes(data)
    assert words in refusal(run("explain", str(path)))


def test_damage_is_told_although_nothing_else_is_wrong(told):
    """With the exit code of an inconclusive report, too."""
    code, report, err = told(two_sections()[:1500])
    assert (code, report["summary"]["fail"]) == (2, 0)
    assert len(err.splitlines()) == 1 and "truncated" in err


@pytest.mark.parametrize("data", (older(), pcapng(reset_by_name())), ids=("older", "newer"))
def test_a_file_cut_anywhere_is_told_or_refused(tmp_path, data):
    path = tmp_path / "a.pcap"
    for size in range(0, len(data), 37):
        path.write_bytes(data[:size])
        result = run("explain", "-q", str(path))
        assert result.returncode in (1, 2) and len(result.stderr.splitlines()) <= 1, size
