#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Peers below HTTP, good and bad ones, each on a port of its own.

    rawpeers.py azure      SMB, the UDP channel, and servers that misbehave
    rawpeers.py garbage    a resolver that answers garbage
    rawpeers.py one-eared  a resolver that is deaf to questions for IPv4 addresses
"""

import asyncio
import os
import socket
import struct
import sys

SMB, TUNDRA, DNS = 445, 5831, 53
SILENT, BANNER, FIREWALL_470, RESET, CLOSE = 4450, 4451, 4452, 4453, 4454

DENIED = b"Action: Deny. Reason: No rule matched. Proceeding with default action."


async def smb(reader, writer):
    """An SMB2 NEGOTIATE response ([MS-SMB2] 2.2.4) for dialect 3.0.2, whatever was offered."""
    await reader.readexactly(4)
    header = b"\xfeSMB" + struct.pack("<HHIHHIIQIIQ16s", 64, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, b"")
    body = struct.pack("<HHHH16sIIIIQQHHI", 65, 3, 0x0302, 0, os.urandom(16), 0x7F, 1 << 20, 1 << 20,
                       1 << 20, 0x01DB000000000000, 0, 128, 0, 0)
    message = header + body
    writer.write(struct.pack(">I", len(message)) + message)
    await writer.drain()
    await reader.read(1024)


async def silent(reader, writer):
    """Accepts, reads, never answers."""
    del writer
    while await reader.read(4096):
        pass


async def banner(reader, writer):
    """An SSH server where something else is expected."""
    writer.write(b"SSH-2.0-OpenSSH_9.2p1\r\n")
    await writer.drain()
    await reader.read(1024)


async def firewall_470(reader, writer):
    """Azure Firewall's refusal of a plain HTTP request (seen)."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 470 status code 470\r\nContent-Type: text/plain; charset=utf-8\r\n"
                 b"Content-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(DENIED), DENIED))
    await writer.drain()


async def reset(reader, writer):
    """Aborts the connection at the first bytes, as a filter that dislikes the name would."""
    await reader.read(1)
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def close(reader, writer):
    """Ends the connection at the first bytes, in good order."""
    await reader.read(4096)
    del writer


def ended(handler):
    """The handler, bounded in time, with its connection closed afterwards."""
    async def serve(reader, writer):
        try:
            await asyncio.wait_for(handler(reader, writer), 60)
        except (OSError, EOFError, asyncio.TimeoutError):
            pass
        finally:
            writer.close()
    return serve


class Sink(asyncio.DatagramProtocol):
    """Takes datagrams and says nothing: no answer to a foreign probe is known."""


class Garbage(asyncio.DatagramProtocol):
    """Answers every query with bytes that are no DNS message for it."""

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        # The right id, a response, and then a name whose compression pointer loops.
        self.transport.sendto(data[:2] + b"\x81\x80\0\1\0\x20\0\0\0\0" + b"\xc0\x0c" * 40, addr)


class OneEared(asyncio.DatagramProtocol):
    """No records for any question, and no answer at all to one for an IPv4 address."""

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        end = data.index(b"\0", 12) + 5
        if data[end - 4:end - 2] != b"\0\1":
            self.transport.sendto(data[:2] + b"\x81\x80\0\1\0\0\0\0\0\0" + data[12:end], addr)


PEERS = {
    "azure": (((SMB, smb), (SILENT, silent), (BANNER, banner), (FIREWALL_470, firewall_470),
               (RESET, reset), (CLOSE, close)), ((TUNDRA, Sink),)),
    "garbage": (((DNS, close),), ((DNS, Garbage),)),
    "one-eared": (((DNS, close),), ((DNS, OneEared),)),
}


async def main(role, address, without):
    streams, datagrams = PEERS[role]
    loop = asyncio.get_running_loop()
    servers = [await asyncio.start_server(ended(handler), address, port, backlog=256)
               for port, handler in streams if port not in without]
    for port, protocol in datagrams:
        await loop.create_datagram_endpoint(protocol, local_addr=(address or "0.0.0.0", port))
    await asyncio.gather(*(server.serve_forever() for server in servers))


if __name__ == "__main__":
    # An empty address means every one of them, both families; further arguments are ports left
    # to real software.
    asyncio.run(main(sys.argv[1], sys.argv[2] or None, {int(port) for port in sys.argv[3:]}))
