#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A DNS server that says what a file tells it to, over UDP and TCP.

    nameserver.py FILE LABEL=ADDRESS:PORT...

The file is a JSON object, read anew for every question: {"LABEL": {"NAME": ANSWER}}. "*.ZONE" is
a wildcard; what is not there does not exist (NXDOMAIN). An ANSWER is an object of

    a         addresses, none by default
    rcode     code of the answer, 0 by default
    bogus     SERVFAIL unless the question has "checking disabled", as a validating resolver says
    copies    how often its records are repeated: 60 fit into EDNS of 1232 bytes, 100 do not
    twice     every datagram is sent twice
    then      other addresses, which a second datagram gives
    delay_ms  before the answer
    mute      no answer at all
"""

import asyncio
import json
import pathlib
import socket
import struct
import sys

TYPE_A, TYPE_OPT, SERVFAIL, NXDOMAIN = 1, 41, 2, 3
QR, AA, TC, RD, RA, CD = 0x8000, 0x0400, 0x0200, 0x0100, 0x0080, 0x0010
PLAIN_SIZE = 512


def read_name(data, at):
    """The name of a question, which has no pointers, and where it ends."""
    labels = []
    while data[at]:
        labels.append(data[at + 1:at + 1 + data[at]].decode("ascii", "replace").lower())
        at += 1 + data[at]
    return ".".join(labels), at + 1


def find(answers, name):
    if name in answers:
        return answers[name]
    parts = name.split(".")
    stars = (".".join(("*", *parts[i:])) for i in range(1, len(parts)))
    return next((answers[star] for star in stars if star in answers), {"rcode": NXDOMAIN})


def reply(query, answers, limit, key="a"):
    """(answer, what to do with it) for a question; limit None = no limit of size (TCP).

    key: what of the name's entry holds the addresses.
    """
    number, flags, _, _, _, additional = struct.unpack_from(">6H", query)
    name, end = read_name(query, 12)
    kind = struct.unpack_from(">H", query, end)[0]
    question = query[12:end + 4]
    what = find(answers, name)
    if limit is not None and additional:
        limit = max(limit, struct.unpack_from(">H", query, end + 4 + 3)[0])
    addresses = what.get(key, []) if kind == TYPE_A else []
    addresses = addresses * what.get("copies", 1)
    rcode = what.get("rcode", 0)
    if what.get("bogus") and not flags & CD:
        rcode, addresses = SERVFAIL, []
    records = b"".join(struct.pack(">HHHIH4s", 0xC00C, TYPE_A, 1, 60, 4, socket.inet_aton(address))
                       for address in addresses)
    opt = struct.pack(">BHHIH", 0, TYPE_OPT, 1232, 0, 0) if additional else b""
    cut = limit is not None and 12 + len(question) + len(records) + len(opt) > limit
    if cut:
        addresses, records = [], b""
    head = struct.pack(">6H", number, QR | RA | (flags & (RD | CD)) | (TC if cut else 0) | rcode,
                       1, len(addresses), 0, 1 if additional else 0)
    return head + question + records + opt, what


class Datagrams(asyncio.DatagramProtocol):
    def __init__(self, file, label):
        self.file, self.label, self.transport = file, label, None

    def connection_made(self, transport):
        self.transport = transport
        sock = transport.get_extra_info("socket")
        # As name servers do: a large answer may become fragments (IP_PMTUDISC_DONT).
        sock.setsockopt(socket.IPPROTO_IP, 10, 0)

    def datagram_received(self, data, addr):
        answers = json.loads(self.file.read_text(encoding="ascii")).get(self.label, {})
        answer, what = reply(data, answers, PLAIN_SIZE)
        if what.get("mute"):
            return
        sent = [answer] * (2 if what.get("twice") else 1)
        if "then" in what:
            sent.append(reply(data, answers, PLAIN_SIZE, "then")[0])
        for datagram in sent:
            asyncio.get_running_loop().call_later(what.get("delay_ms", 0) / 1000,
                                                  self.transport.sendto, datagram, addr)


def stream(file, label):
    async def serve(reader, writer):
        try:
            length = struct.unpack(">H", await reader.readexactly(2))[0]
            query = await reader.readexactly(length)
            answers = json.loads(file.read_text(encoding="ascii")).get(label, {})
            answer, what = reply(query, answers, None)
            await asyncio.sleep(what.get("delay_ms", 0) / 1000)
            if not what.get("mute"):
                writer.write(struct.pack(">H", len(answer)) + answer)
                await writer.drain()
        except (OSError, EOFError):
            pass
        finally:
            writer.close()
    return serve


async def main(file, *listeners):
    file = pathlib.Path(file)
    for listener in listeners:
        label, _, place = listener.partition("=")
        address, _, port = place.rpartition(":")
        await asyncio.start_server(stream(file, label), address, int(port))
        await asyncio.get_running_loop().create_datagram_endpoint(
            lambda label=label: Datagrams(file, label), (address, int(port)))
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
