#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Proxies that real software cannot play: SOCKS 5, logins that are written down, and bad ones.

    proxypeers.py ADDRESS

Every Proxy-Authorization field that arrives is written to standard output, one line each.
"""

import asyncio
import base64
import socket
import struct
import sys

SOCKS, SOCKS_LOGIN = 1080, 1081
GARBAGE, SILENT, CLOSE, RESET, HUGE = 3140, 3141, 3142, 3143, 3144
BASIC_ONLY, MANY_SCHEMES, BAD_GATEWAY, AS_HTTP_1_0 = 3145, 3146, 3147, 3148
USER, PASSWORD = "lab", "lab-secret"
BASIC = b"Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode())


async def header(reader):
    """The lines of a request's header; None at the end of the stream."""
    try:
        text = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    return text.decode("latin-1").split("\r\n")[:-2]


def field(lines, name):
    for line in lines[1:]:
        if line.lower().startswith(name + ":"):
            return line.split(":", 1)[1].strip()
    return None


async def copy(reader, writer):
    while True:
        data = await reader.read(65536)
        if not data:
            break
        writer.write(data)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()


async def relay(reader, writer, far):
    far_reader, far_writer = far
    try:
        await asyncio.gather(copy(reader, far_writer), copy(far_reader, writer))
    finally:
        far_writer.close()


async def socks(reader, writer, login=False):
    """RFC 1928 and RFC 1929: CONNECT to a name or an IPv4 address."""
    _, n = await reader.readexactly(2)
    methods = await reader.readexactly(n)
    wanted = 2 if login else 0
    if wanted not in methods:
        writer.write(b"\x05\xff")
        return
    writer.write(bytes((5, wanted)))
    if login:
        _, size = await reader.readexactly(2)
        user = await reader.readexactly(size)
        password = await reader.readexactly((await reader.readexactly(1))[0])
        good = (user, password) == (USER.encode(), PASSWORD.encode())
        writer.write(b"\x01\x00" if good else b"\x01\x01")
        if not good:
            return
    _, _, _, kind = await reader.readexactly(4)
    if kind == 1:
        host = socket.inet_ntoa(await reader.readexactly(4))
    else:
        host = (await reader.readexactly((await reader.readexactly(1))[0])).decode("ascii")
    port = struct.unpack(">H", await reader.readexactly(2))[0]
    print(f"socks {'address' if kind == 1 else 'name'} {host}", flush=True)
    try:
        far = await asyncio.wait_for(asyncio.open_connection(host, port), 2)
    except (OSError, asyncio.TimeoutError):
        writer.write(b"\x05\x05\x00\x01" + bytes(6))
        return
    writer.write(b"\x05\x00\x00\x01" + bytes(6))
    await relay(reader, writer, far)


async def socks_login(reader, writer):
    await socks(reader, writer, login=True)


async def garbage(reader, writer):
    await reader.read(4096)
    writer.write(b"\x00\xff\xfe this is no protocol\x1b[31m\r\n\r\n" * 8)


async def silent(reader, writer):
    del writer
    while await reader.read(4096):
        pass


async def close(reader, writer):
    del writer
    await reader.read(4096)


async def reset(reader, writer):
    await reader.read(1)
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def huge(reader, writer):
    """Ten megabytes of header."""
    await reader.read(4096)
    writer.write(b"HTTP/1.1 200 Connection established\r\n")
    for number in range(10240):
        writer.write(b"X-Pad-%d: %s\r\n" % (number, b"a" * 1000))
        await writer.drain()
    writer.write(b"\r\n")


async def bad_gateway(reader, writer):
    await header(reader)
    writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")


def asks_for_login(schemes, accepted):
    """Closes after its 407, as many proxies do; then the login comes on a new connection."""
    async def serve(reader, writer):
        lines = await header(reader)
        if not lines:
            return
        login = field(lines, "proxy-authorization")
        print(f"login {login}", flush=True)
        if accepted and login == accepted.decode():
            host, port = lines[0].split()[1].rsplit(":", 1)
            far = await asyncio.open_connection(host, int(port))
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await relay(reader, writer, far)
            return
        offers = "".join(f"Proxy-Authenticate: {scheme}\r\n" for scheme in schemes)
        writer.write(f"HTTP/1.1 407 Login\r\n{offers}Content-Length: 0\r\n"
                     "Connection: close\r\n\r\n".encode())
    return serve


async def as_http_1_0(reader, writer):
    """Forwards plain requests and answers in HTTP/1.0."""
    lines = await header(reader)
    method, url, _ = lines[0].split()
    host, _, path = url.split("://", 1)[1].partition("/")
    name, _, port = host.partition(":")
    far_reader, far_writer = await asyncio.open_connection(name, int(port or 80))
    far_writer.write(f"{method} /{path} HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n"
                     .encode())
    answer = await far_reader.read()
    writer.write(answer.replace(b"HTTP/1.1", b"HTTP/1.0", 1))
    far_writer.close()


PEERS = (
    (SOCKS, socks), (SOCKS_LOGIN, socks_login), (GARBAGE, garbage), (SILENT, silent),
    (CLOSE, close), (RESET, reset), (HUGE, huge), (BAD_GATEWAY, bad_gateway),
    (BASIC_ONLY, asks_for_login(('Basic realm="one, two"',), BASIC)),
    (MANY_SCHEMES, asks_for_login(("Negotiate", "NTLM", 'Basic realm="x"'), None)),
    (AS_HTTP_1_0, as_http_1_0),
)


def ended(handler):
    """The handler, bounded in time, with its connection closed afterwards."""
    async def serve(reader, writer):
        try:
            await asyncio.wait_for(handler(reader, writer), 60)
            await writer.drain()
        except (OSError, EOFError, asyncio.TimeoutError):
            pass
        finally:
            writer.close()
    return serve


async def main(address):
    servers = [await asyncio.start_server(ended(handler), address, port) for port, handler in PEERS]
    await asyncio.gather(*(server.serve_forever() for server in servers))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
