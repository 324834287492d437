# SPDX-License-Identifier: MIT
"""The name servers of a path, what they say in a scenario, and an independent client."""

import dataclasses
import json
import pathlib
import random
import socket
import struct
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
# Two servers beyond the path, one that is not there, and a liar in the first router.
MAIN, OTHER, DEAD = "203.0.113.253", "203.0.113.254", "203.0.113.252"
LIAR_PORT = 5353


@dataclasses.dataclass(frozen=True)
class Answers:
    """What the servers say: (name, ((key, value), ...)) pairs, see nameserver.py."""

    main: tuple = ()
    other: tuple = ()
    liar: tuple = ()

    def do(self, lab):
        def filled(value):
            if isinstance(value, tuple):
                return [filled(item) for item in value]
            return lab.fill(value) if isinstance(value, str) else value

        def table(pairs):
            return {lab.fill(name): {key: filled(value) for key, value in what}
                    for name, what in pairs}

        lab.answers.write_text(json.dumps({label: table(getattr(self, label))
                                           for label in ("main", "other", "liar")}),
                               encoding="ascii")

    def undo(self, lab):
        lab.answers.write_text("{}", encoding="ascii")


def name(key, *addresses, **more):
    """The name of an end, and what is said about it; its own address unless others are given."""
    if not addresses and "rcode" not in more:
        addresses = (f"${key}",)
    return f"${key}_host", (("a", addresses), *more.items())


@dataclasses.dataclass(frozen=True)
class Inject:
    """Forged answers about a name, sent by somebody at the first router."""

    key: str
    said: str
    ttl: int = 100

    def do(self, lab):
        argv = (sys.executable, str(HERE / "injector.py"), "r1-cli", str(self.ttl),
                lab.fill(f"${self.key}_host"), lab.fill(self.said))
        process = subprocess.Popen(lab.topology["r1"].command(*argv),
                                   stdout=subprocess.PIPE, text=True)
        lab.injectors[self.key] = process
        assert process.stdout.readline() == "ready\n"

    def undo(self, lab):
        process = lab.injectors.pop(self.key, None)
        if process is not None:
            process.kill()
            process.communicate()


@dataclasses.dataclass(frozen=True)
class ResolvConf:
    """The client's /etc/resolv.conf."""

    lines: tuple

    def do(self, lab):
        lab.topology.compute.write_etc("resolv.conf", "\n".join(self.lines) + "\n")

    def undo(self, lab):
        (lab.topology.compute.etc / "resolv.conf").unlink(missing_ok=True)


def symptom(lab, server, host, address):
    """What one question with EDNS of 1232 bytes gets: "name-own" for this address, "name-other",
    "name-cut", "name-timeout", or the code of a failure as in "name-3"."""
    number = random.randrange(1 << 16)
    labels = b"".join(bytes((len(part),)) + part.encode() for part in host.split("."))
    query = (struct.pack(">6H", number, 0x0100, 1, 0, 0, 1) + labels + b"\0"
             + struct.pack(">2H", 1, 1) + struct.pack(">BHHIH", 0, 41, 1232, 0, 0))
    with lab.topology.compute.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(1)
        try:
            sock.connect((server, 53))
            sock.send(query)
            answer = sock.recv(4096)
        except OSError:
            return "name-timeout"
    if answer[2] & 2:
        return "name-cut"
    if answer[3] & 15:
        return f"name-{answer[3] & 15}"
    return "name-own" if socket.inet_aton(address) in answer else "name-other"
