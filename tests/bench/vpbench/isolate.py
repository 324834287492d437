# SPDX-License-Identifier: MIT
"""A private corner of the machine that cannot outlive its owner.

The benchmark runs as process 1 of new PID, mount and network namespaces. When it ends,
for whatever reason, the kernel ends every process inside, and mounts and network
namespaces go with the last of them: there is nothing to clean up and nothing to leak.
"""

import ctypes
import os
import signal
import subprocess
import traceback

CLONE_NEWNS = 0x00020000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None, use_errno=True)


def _unshare():
    flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET
    uid, gid = os.getuid(), os.getgid()
    if uid != 0:
        flags |= CLONE_NEWUSER
    if _libc.unshare(flags) != 0:
        raise OSError(ctypes.get_errno(), "namespaces are not permitted here")
    if uid != 0:
        for name, text in (
            ("setgroups", "deny"),
            ("uid_map", f"0 {uid} 1"),
            ("gid_map", f"0 {gid} 1"),
        ):
            with open(f"/proc/self/{name}", "w", encoding="ascii") as f:
                f.write(text)


def _own_mounts():
    """/proc and /sys of the new namespaces; an empty /run for sockets, files and the
    names of further network namespaces."""
    for args in (
        ("--make-rprivate", "/"),
        ("-t", "proc", "proc", "/proc"),
        ("-t", "sysfs", "sysfs", "/sys"),
        ("-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run"),
    ):
        subprocess.run(["mount", *args], check=True)


def _stopped(_signal, _frame):
    raise KeyboardInterrupt


def run_isolated(work):
    """Calls work() as process 1 of its own namespaces; returns its exit code.

    SIGINT and SIGTERM sent to the caller reach work() as KeyboardInterrupt."""
    _unshare()
    child = os.fork()
    if child == 0:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        signal.signal(signal.SIGTERM, _stopped)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        code = 2
        try:
            _own_mounts()
            code = work()
        except KeyboardInterrupt:
            code = 130
        except Exception:  # this is the child's outermost frame
            traceback.print_exc()
        finally:
            os._exit(code)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: os.kill(child, signal.SIGTERM))
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else 2
