# SPDX-License-Identifier: MIT
"""Capture files for tests: packets built from nothing, and files of others rewritten."""

import dataclasses
import ipaddress
import struct

SYN, RST, PSH, ACK, FIN = 2, 4, 8, 16, 1
ETHERNET, RAW, SLL, SLL2, NULL = 1, 101, 113, 276, 0
MAGIC = 0xA1B2C3D4


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ip(source, target, protocol, payload, ttl=64, ident=0, df=True):
    """An IPv4 or IPv6 packet, as the addresses say."""
    a, b = ipaddress.ip_address(source), ipaddress.ip_address(target)
    if a.version == 6:
        return struct.pack(">IHBB", 6 << 28, len(payload), protocol, ttl) + a.packed + b.packed \
            + payload
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), ident, 0x4000 if df else 0, ttl,
                       protocol, 0) + a.packed + b.packed
    return head[:10] + struct.pack(">H", checksum(head)) + head[12:] + payload


def tcp(sport, dport, seq, ack, flags, payload=b"", window=64240, options=b""):
    options += b"\0" * (-len(options) % 4)
    return struct.pack(">HHIIBBHHH", sport, dport, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF,
                       (5 + len(options) // 4) << 4, flags, window, 0, 0) + options + payload


def udp(sport, dport, payload):
    return struct.pack(">HHHH", sport, dport, 8 + len(payload), 0) + payload


def ethernet(packet, tags=()):
    kind = 0x86DD if packet[0] >> 4 == 6 else 0x0800
    shim = b"".join(struct.pack(">HH", 0x8100, tag) for tag in tags)
    return b"\2\0\0\0\0\1\2\0\0\0\0\2" + shim + struct.pack(">H", kind) + packet


def vxlan(frame, vni=77):
    outer = udp(49152, 4789, struct.pack(">II", 8 << 24, vni << 8) + frame)
    return ethernet(ip("192.0.2.1", "192.0.2.2", 17, outer))


def client_hello(name):
    """A ClientHello that asks for a name and for h2."""
    host = name.encode()
    sni = struct.pack(">HBH", len(host) + 3, 0, len(host)) + host
    alpn = b"\0\x03\x02h2"
    extensions = struct.pack(">HH", 0, len(sni)) + sni + struct.pack(">HH", 16, len(alpn)) + alpn
    body = b"\3\3" + bytes(32) + b"\0" + b"\0\2\x13\1" + b"\1\0" \
        + struct.pack(">H", len(extensions)) + extensions
    message = b"\1" + struct.pack(">I", len(body))[1:] + body
    return b"\x16\3\1" + struct.pack(">H", len(message)) + message


def dns(ident, name, answers=None, rcode=0):
    """A query for A records, or the answer with these addresses."""
    flags = 0x0100 if answers is None else 0x8180 | rcode
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0"
    records = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4)
                       + ipaddress.ip_address(address).packed for address in answers or ())
    return struct.pack(">HHHHHH", ident, flags, 1, len(answers or ()), 0, 0) + labels \
        + struct.pack(">HH", 1, 1) + records


@dataclasses.dataclass(frozen=True)
class Record:
    """One packet of a file."""

    at: float
    data: bytes
    wire: int


class Connection:
    """A TCP connection, packet by packet: up() from the client, down() from the server."""

    def __init__(self, server="10.9.0.10", port=443, client="10.1.0.4", sport=40000, ttl=62,
                 rtt=0.02):
        self.ends = (client, server, sport, port)
        self.ttl, self.rtt = ttl, rtt
        self.seq, self.ack = 1000, 5000
        self.now = 1.0
        self.ident = 1
        self.records = []

    def wait(self, seconds):
        self.now += seconds
        return self

    def put(self, packet):
        frame = ethernet(packet)
        self.records.append(Record(self.now, frame, len(frame)))
        return self

    def up(self, flags, payload=b"", seq=None, ack=None, **more):
        client, server, sport, port = self.ends
        self.ident += 1
        return self.put(ip(client, server, 6, tcp(
            sport, port, self.seq if seq is None else seq, self.ack if ack is None else ack, flags,
            payload, **more), ident=self.ident))

    def down(self, flags, payload=b"", seq=None, ack=None, ttl=None, ident=0, **more):
        client, server, sport, port = self.ends
        return self.put(ip(server, client, 6, tcp(
            port, sport, self.ack if seq is None else seq, self.seq if ack is None else ack, flags,
            payload, **more), ttl=self.ttl if ttl is None else ttl, ident=ident))

    def open(self):
        """The handshake."""
        self.up(SYN, ack=0)
        self.seq += 1
        self.wait(self.rtt).down(SYN | ACK)
        self.ack += 1
        return self.up(ACK)

    def say(self, payload):
        """Data of the client that stays unanswered for now."""
        self.up(PSH | ACK, payload)
        self.seq += len(payload)
        return self

    def answer(self, payload):
        self.wait(self.rtt).down(PSH | ACK, payload)
        self.ack += len(payload)
        return self.up(ACK)

    def close(self):
        self.up(FIN | ACK)
        self.seq += 1
        self.wait(self.rtt).down(FIN | ACK)
        self.ack += 1
        return self.up(ACK)

    def works(self, name="good.example.net"):
        """The whole life of a healthy connection."""
        self.open().say(client_hello(name)).answer(b"\x16\3\3\0\4\2\0\0\0" + b"\x17\3\3\0\2ab")
        return self.say(b"\x17\3\3\0\4abcd").answer(b"\x17\3\3\0\2cd").close()


def merged(*connections):
    """Packets of several connections in the order of their times."""
    return sorted((r for c in connections for r in c.records), key=lambda r: r.at)


def reset_by_name():
    """One name works, another is reset by something near, twice; a port is silent."""
    connections = [Connection(sport=40000).works()]
    for sport in (40001, 40002):
        bad = Connection(sport=sport).open().say(client_hello("bad.example.net"))
        connections.append(bad.wait(0.001).down(RST, ttl=64, window=0))
    silent = Connection(sport=40003, server="10.9.0.11", port=445)
    for _ in range(3):
        silent.up(SYN, ack=0).wait(1)
    return merged(*connections, silent)


def pcap(records, link=ETHERNET, snap=262144):
    """A file in the classic format; packets are cut at the snap length."""
    out = [struct.pack("<IHHiIII", MAGIC, 2, 4, 0, 0, snap, link)]
    for r in records:
        data = r.data[:snap]
        out.append(struct.pack("<IIII", int(r.at), int(r.at % 1 * 1e6), len(data), r.wire) + data)
    return b"".join(out)


def block(kind, body):
    body += b"\0" * (-len(body) % 4)
    length = struct.pack("<I", 12 + len(body))
    return struct.pack("<I", kind) + length + body + length


def pcapng(records, dropped=None, link=ETHERNET):
    """A file in the newer format, with what the capturing program counted."""
    out = [block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)),
           block(1, struct.pack("<HHI", link, 0, 0))]
    for r in records:
        us = int(r.at * 1e6)
        out.append(block(6, struct.pack("<IIIII", 0, us >> 32, us & 0xFFFFFFFF, len(r.data),
                                        r.wire) + r.data))
    if dropped is not None:
        out.append(block(5, struct.pack("<III", 0, 0, 0) + struct.pack("<HHQ", 5, 8, dropped)
                         + struct.pack("<HH", 0, 0)))
    return b"".join(out)


def read(data):
    """Link type and packets of a file in the classic format, of this machine's byte order."""
    magic, _, _, _, _, _, link = struct.unpack_from("<IHHiIII", data)
    unit = 1e9 if magic == 0xA1B23C4D else 1e6
    at, records = 24, []
    while at + 16 <= len(data):
        seconds, part, have, wire = struct.unpack_from("<IIII", data, at)
        records.append(Record(seconds + part / unit, data[at + 16:at + 16 + have], wire))
        at += 16 + have
    return link, records


def rewritten(records, change):
    """The packets with their frames changed; what a change makes None is left out."""
    frames = ((r, change(r.data)) for r in records)
    return [Record(r.at, frame, len(frame) + r.wire - len(r.data))
            for r, frame in frames if frame is not None]
