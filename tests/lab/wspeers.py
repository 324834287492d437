# SPDX-License-Identifier: MIT
"""WebSocket servers that misbehave below what a real one lets itself be told.

    wspeers.py PORT     /echo behaves; every other path is one way not to
"""

import asyncio
import base64
import hashlib
import socket
import struct
import sys

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
PORT = 4470


def frame(opcode, payload=b"", fin=True, bits=0, mask=False):
    """One frame as a server sends it (RFC 6455 section 5.2), or as it must not."""
    head = bytes([(0x80 if fin else 0) | bits | opcode])
    size = len(payload)
    high = 0x80 if mask else 0
    if size < 126:
        head += bytes([high | size])
    else:
        head += bytes([high | 126]) + struct.pack(">H", size)
    return head + (b"\0\0\0\0" if mask else b"") + payload


async def read_frame(reader):
    """Opcode and payload of a client's frame."""
    head = await reader.readexactly(2)
    size = head[1] & 0x7F
    if size == 126:
        size = struct.unpack(">H", await reader.readexactly(2))[0]
    mask = await reader.readexactly(4)
    payload = await reader.readexactly(size)
    return head[0] & 0x0F, bytes(b ^ mask[i % 4] for i, b in enumerate(payload))


async def endlessly(writer, piece):
    while True:
        writer.write(piece * 512)
        await writer.drain()


async def echo(reader, writer):
    while True:
        opcode, payload = await read_frame(reader)
        answer = {1: 1, 8: 8, 9: 10}.get(opcode)
        if answer:
            writer.write(frame(answer, payload))
            await writer.drain()
        if opcode == 8:
            return


async def mortal(reader, writer):
    """Behaves for three seconds and then goes, however busy it is."""
    try:
        await asyncio.wait_for(echo(reader, writer), 3)
    except asyncio.TimeoutError:
        writer.write(frame(8, struct.pack(">H", 1001)))


async def silent(reader, _writer):
    while await reader.read(4096):
        pass


async def reset(reader, writer):
    await reader.read(1)
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def end(reader, writer):
    await reader.read(1)
    writer.write_eof()
    # Closing while bytes are unread would be a reset.
    await reader.read()


def sends(piece):
    """Sends the piece and waits for the client to go."""
    async def serve(reader, writer):
        writer.write(piece)
        await writer.drain()
        await silent(reader, writer)
    return serve


def repeats(piece):
    async def serve(_reader, writer):
        await endlessly(writer, piece)
    return serve


# Path -> what it does once the upgrade was accepted.
AFTER = {
    "echo": echo,
    "mortal": mortal,
    "silent": silent,
    "reset": reset,
    "end": end,
    "ping-flood": repeats(frame(9, b"x" * 125)),
    "text-flood": repeats(frame(1, b"x" * 4000)),
    "fragmented-ping": sends(frame(9, b"x", fin=False)),
    "huge-frame": sends(b"\x82\x7f" + struct.pack(">Q", 1 << 63)),
    "long-message": sends(b"\x82\x7f" + struct.pack(">Q", 1 << 40) + b"x"),
    "endless-fragments": repeats(frame(0, b"", fin=False)),
    "opened-fragments": repeats(frame(1, b"", fin=False)),
    "masked": sends(frame(1, b"hello", mask=True)),
    "reserved-bit": sends(frame(1, b"hello", bits=0x40)),
    "bad-text": sends(frame(1, b"\xff\xfe")),
    "close-without-status": sends(frame(8)),
    "close-with-bad-reason": sends(frame(8, b"\x03\xe8\xff\xfe")),
    "close-try-later": sends(frame(8, struct.pack(">H", 1013) + b"\x1b[31mlater")),
    "extension": echo,
    "subprotocol": echo,
}
FIELDS = {"extension": "Sec-WebSocket-Extensions: permessage-deflate\r\n",
          "subprotocol": "Sec-WebSocket-Protocol: chat\r\n"}

TORNADO = b'Can "Upgrade" only to "WebSocket".'


async def before(path, writer):
    """Answers to the request that are no acceptance."""
    if path == "bare-101":
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
    elif path == "wrong-key":
        writer.write(b"HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     b"Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n")
    elif path == "big-header":
        writer.write(b"HTTP/1.1 101 X\r\n")
        for _ in range(10 * 1024):
            writer.write(b"X-Filler: " + b"x" * 1012 + b"\r\n")
            await writer.drain()
        writer.write(b"\r\n")
    elif path == "endless-line":
        writer.write(b"HTTP/1.1 101 X\r\nX-Filler: ")
        await endlessly(writer, b"x" * 64)
    elif path == "garbage":
        writer.write(b"\x16\x03\x01 this is no HTTP\r\n\r\n")
    elif path == "chunked-refusal":
        writer.write(b"HTTP/1.1 400 Bad Request\r\nTransfer-Encoding: chunked\r\n\r\n")
        for part in (TORNADO[:7], TORNADO[7:]):
            writer.write(b"%x\r\n%s\r\n" % (len(part), part))
        writer.write(b"0\r\n\r\n")
    elif path == "upgrade-required":
        writer.write(b"HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n")
    await writer.drain()


async def serve(reader, writer):
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    path = head.split(" ")[1].strip("/")
    fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
    key = [line.split(": ", 1)[1] for line in head.split("\r\n")
           if line.lower().startswith("sec-websocket-key: ")]
    if path not in AFTER:
        await before(path, writer)
        await silent(reader, writer)
        return
    if fields.get("upgrade") != "websocket" or not key:
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        return
    accept = base64.b64encode(hashlib.sha1(key[0].encode() + GUID).digest()).decode()
    writer.write(f"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 f"{FIELDS.get(path, '')}Sec-WebSocket-Accept: {accept}\r\n\r\n".encode())
    await writer.drain()
    await AFTER[path](reader, writer)


async def bounded(reader, writer):
    try:
        await asyncio.wait_for(serve(reader, writer), 60)
    except (OSError, EOFError, ValueError, asyncio.TimeoutError):
        pass
    finally:
        writer.close()


async def main(port):
    server = await asyncio.start_server(bounded, None, port, backlog=256)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
