# SPDX-License-Identifier: MIT
"""Network namespaces: created under a private prefix, used, removed without a trace.

`ip netns exec` binds everything in /etc/netns/NAME over /etc, which is how a namespace gets
its own resolv.conf, hosts and CA bundle.
"""

import ctypes
import json
import os
import pathlib
import secrets
import shutil
import socket
import subprocess
import threading

ETC = pathlib.Path("/etc/netns")
CLONE_NEWNET = 0x40000000

_libc = ctypes.CDLL(None, use_errno=True)


class LabError(Exception):
    """The lab itself failed, which says nothing about the program under test."""


def run(argv, input_text=None):
    """Runs a command that has to succeed; returns its standard output."""
    done = subprocess.run(argv, input=input_text, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise LabError(f"{' '.join(argv)}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def why_not_permitted():
    """None when namespaces can be made here, else the reason in one line."""
    for tool in ("ip", "nft"):
        if shutil.which(tool) is None:
            return f"{tool} is not installed (ci/install-deps lab-light)"
    if os.geteuid() != 0:
        return "network namespaces need root"
    name = f"vp-{secrets.token_hex(2)}-try"
    try:
        run(["ip", "netns", "add", name])
    except LabError as err:
        return f"network namespaces are not permitted here: {err}"
    try:
        run(["ip", "netns", "exec", name, "nft", "list", "ruleset"])
    except LabError as err:
        return f"nftables is not permitted here: {err}"
    finally:
        subprocess.run(["ip", "netns", "del", name], check=False)
    return None


class Namespace:
    """One network namespace and its own files under /etc."""

    def __init__(self, run_id, role):
        self.role = role
        self.name = f"vp-{run_id}-{role}"
        self.etc = ETC / self.name

    def create(self):
        run(["ip", "netns", "add", self.name])
        # Some machines switch IPv6 off for what is new.
        self.sysctl(ipv6__conf__all__disable_ipv6=0, ipv6__conf__default__disable_ipv6=0)
        self.ip("link set lo up")

    def delete(self):
        """Removes the namespace and its /etc files; harmless when they are gone already."""
        subprocess.run(["ip", "netns", "del", self.name], stderr=subprocess.DEVNULL, check=False)
        shutil.rmtree(self.etc, ignore_errors=True)
        try:
            ETC.rmdir()
        except OSError:
            pass  # not ours alone

    def ip(self, *commands):
        """Runs ip(8) commands in the namespace, one string each."""
        run(["ip", "-n", self.name, "-batch", "-"], "\n".join(commands) + "\n")

    def command(self, *argv):
        """The argument vector that runs argv inside."""
        return ["ip", "netns", "exec", self.name, *argv]

    def sysctl(self, **values):
        """Sets net.KEY=VALUE; double underscores stand for dots."""
        pairs = [f"net.{key.replace('__', '.')}={value}" for key, value in values.items()]
        run(self.command("sysctl", "-qw", *pairs))

    def nft(self, script):
        """Loads a ruleset; a script with an error changes nothing and raises."""
        run(self.command("nft", "-f", "-"), script)

    def nft_counters(self, table):
        """Packets counted in a table of family inet, by the comment of the rule."""
        listing = json.loads(run(self.command("nft", "-j", "list", "table", "inet", table)))
        counters = {}
        for item in listing["nftables"]:
            rule = item.get("rule", {})
            for expr in rule.get("expr", []):
                if "counter" in expr and "comment" in rule:
                    counters[rule["comment"]] = expr["counter"]["packets"]
        return counters

    def write_etc(self, name, text):
        """Puts a file over /etc/NAME for everything started in here from now on."""
        path = self.etc / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def socket(self, family=socket.AF_INET, kind=socket.SOCK_STREAM):
        """A socket that belongs to this namespace, usable from outside.

        setns(2) changes the calling thread only, so a thread of its own does it.
        """
        result = []

        def enter():
            try:
                with open(f"/run/netns/{self.name}", "rb") as netns:
                    if _libc.setns(netns.fileno(), CLONE_NEWNET) != 0:
                        raise OSError(ctypes.get_errno(), "setns")
                result.append(socket.socket(family, kind))
            except OSError as err:
                result.append(err)

        thread = threading.Thread(target=enter)
        thread.start()
        thread.join()
        if isinstance(result[0], OSError):
            raise LabError(f"{self.name}: {result[0]}")
        return result[0]
