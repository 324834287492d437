# SPDX-License-Identifier: MIT
"""Asks a blackbox exporter about many endpoints: PORT IN_FLIGHT FILE.

FILE has one host name a line. Prints {"pass": N, "wall_s": S}."""

import asyncio
import json
import sys
import time


def command(port, in_flight, path):
    return [sys.executable, "-B", __file__, str(port), str(in_flight), path]


async def _probe(port, name):
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        path = f"/probe?module=https&target=https%3A%2F%2F{name}%2F"
        writer.write(f"GET {path} HTTP/1.0\r\n\r\n".encode())
        answer = await reader.read()
        writer.close()
    except OSError:
        return False
    return b"\nprobe_success 1\n" in answer


async def _drive(port, in_flight, names):
    names = iter(names)
    passed = 0

    async def worker():
        nonlocal passed
        for name in names:
            # Not "passed += await ...": that reads the sum before it waits.
            alive = await _probe(port, name)
            passed += alive

    begin = time.monotonic()
    await asyncio.gather(*(worker() for _ in range(in_flight)))
    return {"pass": passed, "wall_s": time.monotonic() - begin}


def main():
    port, in_flight, path = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    with open(path, encoding="ascii") as f:
        names = f.read().split()
    print(json.dumps(asyncio.run(_drive(port, in_flight, names))))


if __name__ == "__main__":
    main()
