#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs a program without some means of the kernel, as hardened containers do. Needs root.

    confined.py WITHOUT... -- PROGRAM [ARGUMENT...]

System calls are refused by a seccomp filter (seccomp(2)); `proc` hides everything but processes
in /proc (proc(5), subset=pid); `old-kernel` makes uname(2) tell an old version (personality(2)).
"""

import ctypes
import errno
import os
import struct
import sys

PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2
SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO = 0x7FFF0000, 0x00050000
BPF_LOAD, BPF_EQUAL, BPF_RETURN = 0x20, 0x15, 0x06  # of absolute words, with constants
NUMBER, ARCHITECTURE, ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data
CLONE_NEWNS, MS_REC, MS_PRIVATE = 0x00020000, 0x4000, 1 << 18
UNAME26 = 0x0020000

# Architecture of the kernel's audit.h, and the numbers of socket, connect, setsockopt and recvmsg.
MACHINES = {"x86_64": (0xC000003E, 41, 42, 54, 47), "aarch64": (0xC00000B7, 198, 203, 208, 212)}
SOCKET, CONNECT, SETSOCKOPT, RECVMSG = 1, 2, 3, 4

# What to go without: system call, its first arguments (None: any), and the error it gets.
DENIED = {
    "connect": (CONNECT, (), errno.EPERM),
    "netlink": (SOCKET, (16,), errno.EPERM),
    "IP_MINTTL": (SETSOCKOPT, (None, 0, 21), errno.ENOPROTOOPT),
    "IPV6_MINHOPCOUNT": (SETSOCKOPT, (None, 41, 73), errno.ENOPROTOOPT),
    "IP_RECVERR": (SETSOCKOPT, (None, 0, 11), errno.ENOPROTOOPT),
    "MSG_ERRQUEUE": (RECVMSG, (None, None, 0x2040), errno.EINVAL),
    "TCP_MAXSEG": (SETSOCKOPT, (None, 6, 2), errno.EPERM),
}

libc = ctypes.CDLL(None, use_errno=True)


class Program(ctypes.Structure):
    """struct sock_fprog"""

    _fields_ = [("len", ctypes.c_ushort), ("filter", ctypes.c_char_p)]


def instruction(code, value, skip=0):
    """One struct sock_filter; a comparison that fails skips so many more."""
    return struct.pack("HBBI", code, 0, skip, value)


def refusal(numbers, call, arguments, error):
    """Instructions that refuse one call, and fall through for all others."""
    tests = [(NUMBER, numbers[call])]
    tests += [(ARGUMENTS + 8 * index, value) for index, value in enumerate(arguments)
              if value is not None]
    code = b""
    for index, (offset, value) in enumerate(tests):
        left = len(tests) - index - 1
        code += instruction(BPF_LOAD, offset)
        code += instruction(BPF_EQUAL, value, 2 * left + 1)
    return code + instruction(BPF_RETURN, SECCOMP_RET_ERRNO | error)


def checked(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def deny(names):
    numbers = MACHINES[os.uname().machine]
    allow = instruction(BPF_RETURN, SECCOMP_RET_ALLOW)
    # Calls of another architecture have other numbers: the first return is for those.
    code = instruction(BPF_LOAD, ARCHITECTURE)
    code += struct.pack("HBBI", BPF_EQUAL, 1, 0, numbers[0]) + allow
    code += b"".join(refusal(numbers, *DENIED[name]) for name in names) + allow
    program = Program(len(code) // 8, code)
    checked(libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0))


def hide_proc():
    checked(libc.unshare(CLONE_NEWNS))
    checked(libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None))
    checked(libc.mount(b"proc", b"/proc", b"proc", 0, b"subset=pid"))


def main(arguments):
    split = arguments.index("--")
    names, program = arguments[:split], arguments[split + 1:]
    if "proc" in names:
        hide_proc()
    if "old-kernel" in names:
        checked(libc.personality(UNAME26))
    deny([name for name in names if name in DENIED])
    os.execvp(program[0], program)


if __name__ == "__main__":
    main(sys.argv[1:])
