# SPDX-License-Identifier: MIT
"""Six namespaces in a row, with a detour through on-premises.

    cli ── r1 ── r2 ── cable ── srv   10.1.0.4 ... 203.0.113.0/24, 198.51.100.0/24
            └── onp ──┘               172.16.1.0/30, 172.16.2.0/30: used by some faults

The cable is a program between two devices without addresses: no hop, no change of TTL.
"""

import array
import fcntl
import struct

from ..namespaces import Namespace

CLIENT = "10.1.0.4"
R1, R2, ONPREM = "10.1.0.1", "10.2.0.2", "172.16.1.2"
SERVED = ("203.0.113.0/24", "198.51.100.0/24")
SERVED6 = "fd00:203::/64"

# One end: namespace, device, IPv4, IPv6 (None: no address at all); then the other end.
LINKS = (
    ("cli", "eth0", "10.1.0.4/24", "fd00:1::4/64", "r1", "r1-cli", "10.1.0.1/24", "fd00:1::1/64"),
    ("r1", "r1-r2", "10.2.0.1/30", "fd00:2::1/64", "r2", "r2-r1", "10.2.0.2/30", "fd00:2::2/64"),
    ("r2", "r2-srv", "10.3.0.1/30", "fd00:3::1/64", "cable", "west", None, None),
    ("cable", "east", None, None, "srv", "eth0", "10.3.0.2/30", "fd00:3::2/64"),
    ("r1", "r1-onp", "172.16.1.1/30", None, "onp", "onp-r1", "172.16.1.2/30", None),
    ("onp", "onp-r2", "172.16.2.2/30", None, "r2", "r2-onp", "172.16.2.1/30", None),
)

SIOCETHTOOL = 0x8946
# ETHTOOL_SRXCSUM, STXCSUM, STSO, SGSO, SGRO of linux/ethtool.h
OFFLOADS = (0x15, 0x17, 0x1F, 0x24, 0x2C)


def no_offloads(namespace, device):
    """Makes a device send real segments with valid checksums, which a program in between needs."""
    with namespace.socket() as sock:
        for command in OFFLOADS:
            value = array.array("B", struct.pack("II", command, 0))
            request = struct.pack("16sP", device.encode(), value.buffer_info()[0])
            fcntl.ioctl(sock, SIOCETHTOOL, request)


class PathTopology:
    """The wires; `compute` is where vnetprobe runs, as in the other topology."""

    def __init__(self, run_id):
        self.by_role = {role: Namespace(run_id, role)
                        for role in ("cli", "r1", "r2", "cable", "srv", "onp")}
        self.compute = self.by_role["cli"]

    def __getitem__(self, role):
        return self.by_role[role]

    def create(self):
        for namespace in self.by_role.values():
            namespace.create()
        for link in LINKS:
            self._link(*link)
        self._settings()
        self._routes()

    def delete(self):
        for namespace in self.by_role.values():
            namespace.delete()

    def _link(self, role, device, ipv4, ipv6, far_role, far_device, far_ipv4, far_ipv6):
        near, far = self.by_role[role], self.by_role[far_role]
        near.ip(f"link add {device} type veth peer name {far_device} netns {far.name}")
        for space, name, v4, v6 in ((near, device, ipv4, ipv6),
                                    (far, far_device, far_ipv4, far_ipv6)):
            no_offloads(space, name)
            if v4 is None and space.role == "cable":
                space.sysctl(**{f"ipv6__conf__{name}__disable_ipv6": 1})
                space.ip(f"link set {name} arp off")
            if v4 is not None:
                space.ip(f"addr add {v4} dev {name}")
            if v6 is not None:
                space.ip(f"addr add {v6} dev {name} nodad")
            space.ip(f"link set {name} up")

    def _settings(self):
        for role in ("r1", "r2", "onp", "srv", "cli"):
            self.by_role[role].sysctl(
                ipv4__conf__all__rp_filter=0, ipv4__conf__default__rp_filter=0,
                ipv4__icmp_ratelimit=0, ipv4__icmp_msgs_per_sec=100000)
        for role in ("r1", "r2", "onp"):
            self.by_role[role].sysctl(ipv4__ip_forward=1, ipv6__conf__all__forwarding=1,
                                      ipv6__icmp__ratelimit=0)

    def _routes(self):
        cli, r1, r2, srv, onp = (self.by_role[role] for role in ("cli", "r1", "r2", "srv", "onp"))
        cli.ip("route add default via 10.1.0.1", "route add ::/0 via fd00:1::1")
        r1.ip("route add default via 10.2.0.2", "route add ::/0 via fd00:2::2")
        r2.ip("route add 10.1.0.0/24 via 10.2.0.1", "route add fd00:1::/64 via fd00:2::1",
              "route add default via 10.3.0.2", f"route add {SERVED6} via fd00:3::2")
        onp.ip("route add 10.1.0.0/24 via 172.16.1.1", "route add default via 172.16.2.1")
        srv.ip("route add default via 10.3.0.1", "route add ::/0 via fd00:3::1",
               *(f"route add local {prefix} dev lo" for prefix in (*SERVED, SERVED6)))
