#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A cable between two devices, in user space: delay, jitter, loss, a size limit, and devices
that a router cannot play (filters by name, forged resets).

    cable.py CLIENT-SIDE SERVER-SIDE CONTROL-SOCKET

"Up" is from the client to the servers. One JSON object as a datagram to the control socket
replaces the whole configuration and is answered with "ok":

    {"seed": 1,
     "up": {"delay_ms": 20, "jitter_ms": 5, "loss": 0.01, "max_ip": 1400, "only": "203.0.113.10"},
     "down": {...},
     "rules": [{"dst": "203.0.113.10", "dport": 443, "name": "blocked.example",
                "phase": "syn" | "data", "do": "drop" | "reset" | "tap" | "challenge",
                "ttl": 64, "after_ms": 0, "flows": 1,
                "burst": [[0, true], [1460, true]]}]}

`gap_ms` in a direction is the least time between two frames, as on a slow line.
`reset` stands in the path: the packet ends there. `tap` listens beside it: the packet goes on. The
forged reset starts at the cable, so the client's side never waits for the delay of the path.
`challenge` answers a SYN as somebody who still holds an older connection of these ports (RFC 5961
section 4): an ACK that acknowledges something else. `flows`: the rule is for so many connections.
`burst`: the resets that answer data, each by the distance of its sequence number from the next one
and whether it has the ACK flag; without it one reset comes, as a firewall sends it.
"""

import dataclasses
import heapq
import json
import os
import random
import select
import socket
import struct
import sys
import time

ETH_P_ALL, ETH_P_IP, PACKET_OUTGOING = 3, 0x0800, 4
SOL_PACKET, PACKET_ADD_MEMBERSHIP, PACKET_MR_PROMISC = 263, 1, 1
SYN, RST, PSH, ACK = 0x02, 0x04, 0x08, 0x10
IDLE = {"seed": 0, "up": {}, "down": {}, "rules": []}


@dataclasses.dataclass
class Segment:
    """What the rules look at in an IPv4 TCP frame."""

    source: bytes
    target: bytes
    sport: int
    dport: int
    seq: int
    ack: int
    flags: int
    payload: bytes


def parse(frame):
    """The segment in an Ethernet frame, or None when it holds none."""
    if len(frame) < 54 or frame[12:14] != b"\x08\x00" or frame[23] != socket.IPPROTO_TCP:
        return None
    tcp = 14 + (frame[14] & 15) * 4
    end = 14 + struct.unpack_from(">H", frame, 16)[0]
    sport, dport, seq, ack, offset, flags = struct.unpack_from(">HHIIBB", frame, tcp)
    return Segment(frame[26:30], frame[30:34], sport, dport, seq, ack, flags,
                   frame[tcp + (offset >> 4) * 4:end])


def checksum(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def forged_reset(frame, seg, ttl, step=0, with_ack=False):
    """A reset that claims to come from the server, for the sender of this frame."""
    end = (seg.seq + len(seg.payload) + bool(seg.flags & SYN)) & 0xFFFFFFFF
    seq = (seg.ack + step) & 0xFFFFFFFF if seg.flags & ACK else 0
    if with_ack or not seg.flags & ACK:
        return forged(frame, seg, ttl, (seq, end, RST | ACK, 0))
    return forged(frame, seg, ttl, (seq, 0, RST, 0))


def challenge_ack(frame, seg, ttl):
    """What answers a SYN where the ports still belong to an older connection."""
    old = (seg.seq ^ 0x5A5A5A5A) & 0xFFFFFFFF
    return forged(frame, seg, ttl, (old ^ 0xFFFF, old, ACK, 502))


def forged(frame, seg, ttl, fields):
    """A segment without data from the target of this frame to its sender."""
    seq, ack, flags, window = fields
    tcp = struct.pack(">HHIIBBHHH", seg.dport, seg.sport, seq, ack, 5 << 4, flags, window, 0, 0)
    pseudo = seg.target + seg.source + struct.pack(">BBH", 0, socket.IPPROTO_TCP, len(tcp))
    tcp = tcp[:16] + struct.pack(">H", checksum(pseudo + tcp)) + tcp[18:]
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 0, 0, ttl, socket.IPPROTO_TCP, 0,
                     seg.target, seg.source)
    ip = ip[:10] + struct.pack(">H", checksum(ip)) + ip[12:]
    return frame[6:12] + frame[:6] + b"\x08\x00" + ip + tcp


def fits(rule, seg):
    """Whether a segment from the client is one that the rule is about."""
    syn = seg.flags & (SYN | ACK) == SYN
    return (rule.get("dst") in (None, socket.inet_ntoa(seg.target))
            and rule.get("dport") in (None, seg.dport)
            and (syn if rule["phase"] == "syn" else bool(seg.payload))
            and rule.get("name", "").encode() in seg.payload)


def concerns(limits, frame):
    """Whether size limit and loss of a direction are for this frame."""
    only = limits.get("only")
    return only is None or socket.inet_aton(only) in (frame[26:30], frame[30:34])


class Cable:
    """Frames of two devices, each held back until it is due."""

    def __init__(self, client_side, server_side, control):
        self.client_side = self._open(client_side)
        self.server_side = self._open(server_side)
        self.control = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.control.bind(control)
        self.queue = []  # (due, order, socket, frame)
        self.order = 0
        self.last_due = {}
        self.met = {}  # flows that a rule with a limit of them is about, by the rule's place
        self.cut = set()  # flows that a dropping rule has met: it is silent about them from then on
        self.configure(IDLE)

    @staticmethod
    def _open(device):
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        sock.bind((device, 0))
        index = socket.if_nametoindex(device)
        sock.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP,
                        struct.pack("IHH8s", index, PACKET_MR_PROMISC, 0, b""))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        return sock

    def configure(self, config):
        self.config = {**IDLE, **config}
        self.random = random.Random(self.config["seed"])
        self.cut.clear()
        self.met.clear()

    def push(self, sock, frame, delay=0.0, gap=0.0):
        """Sends after so many seconds, never before what was sent earlier that way."""
        due = max(time.monotonic() + delay, self.last_due.get(sock, 0.0) + gap)
        self.last_due[sock] = due
        self.order += 1
        heapq.heappush(self.queue, (due, self.order, sock, frame))

    def reset(self, frame, seg, rule):
        """Queued beside the cable's own order: nothing on the path holds a forged packet back."""
        due = time.monotonic() + rule.get("after_ms", 0) / 1000
        ttl = rule.get("ttl", 64)
        answers = [challenge_ack(frame, seg, ttl)] if rule["do"] == "challenge" else [
            forged_reset(frame, seg, ttl, *one) for one in rule.get("burst", [()])]
        for answer in answers:
            self.order += 1
            heapq.heappush(self.queue, (due, self.order, self.client_side, answer))

    def is_for(self, place, rule, flow):
        """Whether a rule is for this connection, too."""
        met = self.met.setdefault(place, set())
        if flow not in met and len(met) >= rule.get("flows", len(met) + 1):
            return False
        met.add(flow)
        return True

    def judge(self, frame, seg):
        """Whether the rules let a frame from the client pass."""
        flow = (seg.source, seg.sport, seg.target, seg.dport)
        if seg.flags & (SYN | ACK) == SYN:
            self.cut.discard(flow)
        if flow in self.cut and seg.payload:
            return False
        rule = next((rule for place, rule in enumerate(self.config["rules"])
                     if fits(rule, seg) and self.is_for(place, rule, flow)), None)
        if rule is None:
            return True
        if rule["do"] != "drop":
            self.reset(frame, seg, rule)
        if rule["do"] == "drop" and rule["phase"] == "data":
            self.cut.add(flow)
        return rule["do"] == "tap"

    def forward(self, frame, way, sock):
        limits = self.config[way]
        is_ip = frame[12:14] in (b"\x08\x00", b"\x86\xdd") and concerns(limits, frame)
        if is_ip and len(frame) - 14 > limits.get("max_ip", 65535):
            return
        if is_ip and self.random.random() < limits.get("loss", 0.0):
            return
        jitter = limits.get("jitter_ms", 0.0)
        delay = limits.get("delay_ms", 0.0) + self.random.uniform(-jitter, jitter)
        self.push(sock, frame, max(0.0, delay) / 1000, limits.get("gap_ms", 0.0) / 1000)

    def receive(self, sock):
        frame, address = sock.recvfrom(65535)
        if address[2] == PACKET_OUTGOING:
            return
        if sock is self.server_side:
            self.forward(frame, "down", self.client_side)
            return
        seg = parse(frame)
        if seg is None or self.judge(frame, seg):
            self.forward(frame, "up", self.server_side)

    def obey(self):
        text, sender = self.control.recvfrom(65535)
        self.configure(json.loads(text))
        self.control.sendto(b"ok", sender)

    def send_due(self):
        """Sends what is due; returns the milliseconds until the next frame is, or None."""
        while self.queue:
            left = self.queue[0][0] - time.monotonic()
            if left > 0:
                return left * 1000
            _, _, sock, frame = heapq.heappop(self.queue)
            try:
                sock.send(frame)
            except OSError:
                pass  # a device that is going down loses frames, as in life
        return None

    def run(self):
        poll = select.poll()
        sockets = {sock.fileno(): sock for sock in (self.client_side, self.server_side)}
        for descriptor in (*sockets, self.control.fileno()):
            poll.register(descriptor, select.POLLIN)
        while True:
            for descriptor, _ in poll.poll(self.send_due()):
                if descriptor in sockets:
                    self.receive(sockets[descriptor])
                else:
                    self.obey()


if __name__ == "__main__":
    if os.path.exists(sys.argv[3]):
        os.unlink(sys.argv[3])
    Cable(*sys.argv[1:4]).run()
