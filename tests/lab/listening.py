# SPDX-License-Identifier: MIT
"""A compute with two interfaces, and the outside that connects to it.

    compute eth0 10.20.1.4, 2001:db8:1::4 ── outside 10.20.1.1   addresses of the service and
            eth1 10.20.2.4                ── outside 10.20.2.1   of others, on lo
"""

import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import time

from . import probe
from .namespaces import Namespace

COMPUTE, COMPUTE6 = "10.20.1.4", "2001:db8:1::4"
BATCH, CONTROL, CLOUD, STRANGER = "203.0.113.7", "203.0.113.70", "203.0.113.130", "198.51.100.9"
BATCH6 = "2001:db8:7::7"
CAP_NET_RAW = 1 << 13
TAGS = {
    "AzureCloud": ["203.0.113.0/24", "2001:db8:7::/48"],
    "BatchNodeManagement": ["203.0.113.0/26", "2001:db8:7::/64"],
    "BatchNodeManagement.WestEurope": ["203.0.113.0/28", "2001:db8:7::/64"],
    "AzureMachineLearning": ["203.0.113.64/28"],
}


def service_tags(path):
    """Writes a list of service tags as Azure publishes it."""
    values = [{"name": name, "id": name, "properties": {
        "changeNumber": 1, "region": "", "regionId": 0, "platform": "Azure",
        "systemService": name.split(".", maxsplit=1)[0], "addressPrefixes": prefixes,
        "networkFeatures": None}} for name, prefixes in TAGS.items()]
    path.write_text(json.dumps({"changeNumber": 7, "cloud": "Public", "values": values}),
                    encoding="utf-8")
    return path


class Outside:
    """Both namespaces, while the `with` lasts."""

    def __init__(self):
        run_id = secrets.token_hex(2)
        self.compute = Namespace(run_id, "cmp")
        self.outside = Namespace(run_id, "out")
        self.open = []

    def __enter__(self):
        for namespace in (self.compute, self.outside):
            namespace.create()
            namespace.sysctl(ipv4__conf__all__rp_filter=0, ipv4__conf__default__rp_filter=0)
        for index in (1, 2):
            self.outside.ip(f"link add o{index} type veth peer name eth{index - 1} "
                            f"netns {self.compute.name}", f"addr add 10.20.{index}.1/24 dev o{index}",
                            f"link set o{index} up")
            self.compute.ip(f"addr add 10.20.{index}.4/24 dev eth{index - 1}",
                            f"link set eth{index - 1} up")
        self.outside.ip(*(f"addr add {a}/32 dev lo" for a in (BATCH, CONTROL, CLOUD, STRANGER)),
                        f"addr add {BATCH6}/128 dev lo nodad",
                        "addr add 2001:db8:1::1/64 dev o1 nodad")
        self.compute.ip(f"addr add {COMPUTE6}/64 dev eth0 nodad", "route add default via 10.20.1.1",
                        "route add ::/0 via 2001:db8:1::1")
        # ARP asks in the name of the link, whatever the packet's source is.
        self.outside.sysctl(ipv4__ip_forward=1, ipv4__conf__all__arp_announce=2)
        return self

    def __exit__(self, *exc):
        self.calm()
        for namespace in (self.compute, self.outside):
            namespace.delete()

    def calm(self):
        """Closes every socket."""
        for item in self.open:
            item.close()
        self.open.clear()

    def listen(self, port, address="0.0.0.0"):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        listener = self.compute.socket(family)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen()
        self.open.append(listener)

    def connect(self, source, port, to=COMPUTE, times=2):
        """Attempts from a source, begun and left to themselves."""
        for _ in range(times):
            attempt = self.outside.socket(socket.AF_INET6 if ":" in source else socket.AF_INET)
            attempt.bind((source, 0))
            attempt.setblocking(False)
            attempt.connect_ex((to, port))
            self.open.append(attempt)

    @contextlib.contextmanager
    def filtered(self, namespace, hook, rule):
        """A rule in a packet filter of one side."""
        namespace.nft(f"table inet t {{ chain c {{ type filter hook {hook} priority 0;\n{rule}\n}}\n}}\n")
        try:
            yield
        finally:
            namespace.nft("delete table inet t\n")

    @staticmethod
    def watches(process):
        """Whether CAP_NET_RAW is given up, which the program does once its capture is open."""
        with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
            effective = next(line for line in status if line.startswith("CapEff"))
        return not int(effective.split()[1], 16) & CAP_NET_RAW

    def run(self, *arguments, meanwhile=lambda: None, user=(), interrupt=False, seconds="3s"):
        """`check --listen`, with what happens once the capture is open."""
        argv = self.compute.command(*user, str(probe.binary()), "check", "-o", "json", "--listen",
                                    seconds, *arguments)
        with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True,
                              env=probe.Prober.environment()) as process:
            if user != probe.ORDINARY and "off" not in arguments:
                deadline = time.monotonic() + 30
                while process.poll() is None and not self.watches(process):
                    assert time.monotonic() < deadline, "the capture did not begin"
                    time.sleep(0.01)
            meanwhile()
            if interrupt:
                os.kill(process.pid, signal.SIGINT)
            out, err = process.communicate(timeout=probe.LIMIT)
        self.calm()
        return probe.Run(process.returncode, out, err, 0)
