#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Peers that only this lab has, each on a port of its own.

    peers.py servers            a slow back end, one with another clock, and a TLS server that
                                refuses by alert
    peers.py proxy DENIED-FILE  a transparent proxy; names in the file are denied
"""

import asyncio
import pathlib
import socket
import struct
import sys

SLOW_BACKEND, IN_2024, ALERT = 8001, 8002, 4470
SLOW_SECONDS = 3.0
# Ports of the proxy: what becomes of a TLS connection whose name is denied.
PROXY_CLOSE, PROXY_RESET, PROXY_ALERT, PROXY_SILENT = 15001, 15002, 15003, 15004
SO_ORIGINAL_DST = 80

REFUSAL = b"\x15\x03\x03\x00\x02\x02\x70"  # fatal alert 112, unrecognized_name (RFC 6066, 3)
DENIED = b"Action: Deny. Reason: No rule matched. Proceeding with default action."
HTTP_470 = (b"HTTP/1.1 470 status code 470\r\nContent-Type: text/plain; charset=utf-8\r\n"
            b"Content-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(DENIED), DENIED))


def abort(writer):
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def slow(reader, writer):
    """One answer, after longer than anybody likes to wait."""
    await reader.readuntil(b"\r\n\r\n")
    await asyncio.sleep(SLOW_SECONDS)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n")
    await writer.drain()


async def in_2024(reader, writer):
    """A server whose clock is that of the certificate which has expired since."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nDate: Mon, 15 Jan 2024 12:00:00 GMT\r\n"
                 b"Content-Length: 3\r\nConnection: close\r\n\r\nok\n")
    await writer.drain()


async def alert(reader, writer):
    await reader.read(4096)
    writer.write(REFUSAL)
    await writer.drain()


async def pump(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.write_eof()


async def relay(reader, writer, first, target):
    far_reader, far_writer = await asyncio.open_connection(*target)
    try:
        far_writer.write(first)
        await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))
    finally:
        far_writer.close()


async def deny(first, writer, port):
    """The end of a connection that no rule allows."""
    if first[:1] != b"\x16":
        writer.write(HTTP_470)
        await writer.drain()
    elif port == PROXY_RESET:
        abort(writer)
    elif port == PROXY_ALERT:
        writer.write(REFUSAL)
        await writer.drain()
    elif port == PROXY_SILENT:
        await asyncio.sleep(30)


def proxy(port, denied):
    async def serve(reader, writer):
        raw = writer.get_extra_info("socket").getsockopt(socket.SOL_IP, SO_ORIGINAL_DST, 16)
        target = socket.inet_ntoa(raw[4:8]), struct.unpack_from(">H", raw, 2)[0]
        first = await reader.read(65536)
        names = denied.read_text(encoding="ascii").split()
        if any(name.encode() in first for name in names):
            await deny(first, writer, port)
        else:
            await relay(reader, writer, first, target)
    return serve


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


async def main(role, *arguments):
    if role == "servers":
        handlers = {SLOW_BACKEND: slow, IN_2024: in_2024, ALERT: alert}
    else:
        denied = pathlib.Path(arguments[0])
        handlers = {port: proxy(port, denied)
                    for port in (PROXY_CLOSE, PROXY_RESET, PROXY_ALERT, PROXY_SILENT)}
    servers = [await asyncio.start_server(ended(handler), "", port, backlog=256)
               for port, handler in handlers.items()]
    await asyncio.gather(*(server.serve_forever() for server in servers))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
