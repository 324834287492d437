# SPDX-License-Identifier: MIT
"""A TCP stream that has nothing to do with the prober: receive PORT, or
send FROM TO PORT BYTES_PER_SECOND; both until they are stopped."""

import os
import socket
import sys
import tempfile

SO_MAX_PACING_RATE = 47  # socket(7); Python has no name for it


def receive(port):
    with socket.create_server(("", port)) as listener:
        print("ready", flush=True)
        stream, _ = listener.accept()
        room = bytearray(1 << 20)
        # Thrown away uncopied (tcp(7)): the CPU is for traffic, and the servers share it.
        while stream.recv_into(room, 0, socket.MSG_TRUNC):
            pass


def send(source, address, port, rate):
    size = 1 << 20
    with socket.create_connection((address, port), source_address=(source, 0)) as stream, \
            tempfile.TemporaryFile() as data:
        data.truncate(size)
        stream.setsockopt(socket.SOL_SOCKET, SO_MAX_PACING_RATE, rate)
        print("ready", flush=True)
        while True:
            os.sendfile(stream.fileno(), data.fileno(), 0, size)


if sys.argv[1] == "send":
    send(sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
else:
    receive(int(sys.argv[2]))
