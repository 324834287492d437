# SPDX-License-Identifier: MIT
"""Five namespaces and the links between them.

    compute 10.20.1.4 ──┐             ┌── platform  168.63.129.16, 169.254.169.254
                        ├── router ───┼── azure     public addresses, and 10.20.9.0/24
    on-prem 10.50.0.2 ──┘             │             (private endpoints) on a second link
                          NSG, routes └──
"""

import shutil
import pathlib

from . import azure
from .namespaces import Namespace

# (namespace, device, IPv4, IPv6) of the far end, then the router's device and addresses.
LINKS = (
    ("cmp", "eth0", "10.20.1.4/24", "fd20:0:1::4/64", "r-cmp", "10.20.1.1/24", "fd20:0:1::1/64"),
    ("az", "eth0", "10.255.1.2/30", "fd20:0:f1::2/64", "r-az", "10.255.1.1/30", "fd20:0:f1::1/64"),
    ("az", "eth1", "10.20.9.3/24", "fd20:0:9::3/64", "r-pe", "10.20.9.1/24", "fd20:0:9::1/64"),
    ("plat", "eth0", "10.255.2.2/30", "fd20:0:f2::2/64", "r-plat", "10.255.2.1/30",
     "fd20:0:f2::1/64"),
    ("prem", "eth0", "10.50.0.2/24", "fd20:0:50::2/64", "r-prem", "10.50.0.1/24",
     "fd20:0:50::1/64"),
)

PREM_ADDRESSES = (azure.CUSTOM_DNS, azure.GARBAGE_DNS, azure.ONE_EARED_DNS, azure.PROXY)

# The agent on an Azure VM lets only root talk to the wire server, DNS excepted.
AGENT_RULES = f"""
table inet agent {{
  chain security {{
    type filter hook output priority 50; policy accept;
    ip daddr {azure.PLATFORM_DNS} tcp dport 53 accept
    ip daddr {azure.PLATFORM_DNS} meta l4proto tcp meta skuid != 0 counter drop comment "agent"
  }}
}}
"""


class Topology:
    """The wires. Servers are not its business."""

    def __init__(self, run_id):
        self.compute = Namespace(run_id, "cmp")
        self.router = Namespace(run_id, "rtr")
        self.azure = Namespace(run_id, "az")
        self.platform = Namespace(run_id, "plat")
        self.onprem = Namespace(run_id, "prem")
        self.all = (self.compute, self.router, self.azure, self.platform, self.onprem)
        self._by_role = {namespace.role: namespace for namespace in self.all}

    def create(self):
        for namespace in self.all:
            namespace.create()
            self.write_names(namespace)
        for link in LINKS:
            self._link(*link)
        self._addresses()
        self._routes()
        self.router.nft(self._nsg())
        self.compute.nft(AGENT_RULES)

    def delete(self):
        for namespace in self.all:
            namespace.delete()

    def write_names(self, namespace, nameserver=azure.PLATFORM_DNS, hosts=""):
        """Resolver, hosts file and lookup order of a namespace."""
        namespace.write_etc("resolv.conf", f"nameserver {nameserver}\noptions timeout:1 attempts:1\n")
        own = pathlib.Path("/etc/hostname")
        name = own.read_text(encoding="utf-8").strip() if own.exists() else "lab"
        namespace.write_etc("hosts", f"127.0.0.1 localhost {name}\n::1 localhost\n{hosts}")
        namespace.write_etc("nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n")

    def trust(self, namespace, root_pem, root_hash):
        """Gives a namespace the machine's trust store with one more root in it."""
        certs = namespace.etc / "ssl" / "certs"
        shutil.copytree("/etc/ssl/certs", certs, symlinks=True)
        bundle = certs / "ca-certificates.crt"
        text = bundle.read_text(encoding="utf-8") if bundle.exists() else ""
        bundle.unlink(missing_ok=True)
        bundle.write_text(text + root_pem, encoding="utf-8")
        (certs / f"{root_hash}.0").write_text(root_pem, encoding="utf-8")
        config = pathlib.Path("/etc/ssl/openssl.cnf")
        if config.exists():
            shutil.copy(config, namespace.etc / "ssl" / "openssl.cnf")

    def _link(self, role, device, ipv4, ipv6, router_device, router_ipv4, router_ipv6):
        far = self._by_role[role]
        self.router.ip(f"link add {router_device} type veth peer name {device} netns {far.name}")
        for namespace, name, v4, v6 in ((self.router, router_device, router_ipv4, router_ipv6),
                                        (far, device, ipv4, ipv6)):
            namespace.ip(f"addr add {v4} dev {name}", f"addr add {v6} dev {name} nodad",
                         f"link set {name} up")

    def _addresses(self):
        self.platform.ip(f"addr add {azure.PLATFORM_DNS}/32 dev lo",
                         f"addr add {azure.IMDS}/32 dev lo")
        self.onprem.ip(*(f"addr add {address}/24 dev eth0" for address in PREM_ADDRESSES))
        self.azure.ip(*(f"addr add {address}/24 dev eth1" for address in azure.PRIVATE_ADDRESSES))
        # BIND listens on addresses of interfaces only; the others are answered as a whole.
        self.azure.ip(f"addr add {azure.PUBLIC_DNS}/32 dev lo")
        for ipv4, ipv6 in azure.TAGS.values():
            self.azure.ip(f"route add local {ipv4} dev lo")
            self.router.ip(f"route add {ipv4} via 10.255.1.2")
            if ipv6:
                self.azure.ip(f"route add local {ipv6} dev lo")
                self.router.ip(f"route add {ipv6} via fd20:0:f1::2")

    def _routes(self):
        for role, _, _, _, _, ipv4, ipv6 in LINKS:
            if (role, ipv4) != ("az", "10.20.9.1/24"):
                self._by_role[role].ip(f"route add default via {ipv4.split('/')[0]}",
                                       f"route add ::/0 via {ipv6.split('/')[0]}")
        # Answers of a private endpoint leave by the link they came in on.
        self.azure.ip("rule add from 10.20.9.0/24 lookup 100",
                      "route add default via 10.20.9.1 table 100")
        for address in (azure.PLATFORM_DNS, azure.IMDS):
            self.router.ip(f"route add {address}/32 via 10.255.2.2")
        # What no tag covers is the NSG's to deny, not the routing table's.
        self.router.ip("route add default via 10.255.1.2", "route add ::/0 via fd20:0:f1::2")
        # Every refusal has to reach the client, and answers may take another link.
        self.router.sysctl(ipv4__ip_forward=1, ipv6__conf__all__forwarding=1,
                           ipv4__icmp_ratelimit=0, ipv4__icmp_msgs_per_sec=100000,
                           ipv4__conf__all__rp_filter=0, ipv4__conf__default__rp_filter=0)
        self.azure.sysctl(ipv4__conf__all__rp_filter=0, ipv4__conf__eth0__rp_filter=0,
                          ipv4__conf__eth1__rp_filter=0, ipv4__icmp_ratelimit=0,
                          ipv4__icmp_msgs_per_sec=100000)

    @staticmethod
    def _nsg():
        """A locked-down outbound NSG: allow by service tag, deny the rest in silence."""
        sets, rules = [], []
        for priority, (tag, (ipv4, ipv6)) in enumerate(azure.TAGS.items(), start=1):
            sets.append(f"set {tag} {{ type ipv4_addr; flags interval; elements = {{ {ipv4} }}; }}")
            comment = f'counter accept comment "{priority * 100} Allow{tag}"'
            rules.append(f"ip daddr @{tag} {comment}")
            if ipv6:
                rules.append(f"ip6 daddr {ipv6} accept")
        return "\n".join((
            "table inet nsg {", *sets,
            "chain outbound {", "ct state established,related accept",
            f"ip daddr {{ {azure.PLATFORM_DNS}, {azure.IMDS} }} accept",
            'ip daddr { 10.20.0.0/16, 10.50.0.0/16 } counter accept comment "65000 AllowVnet"',
            "ip6 daddr fd20::/16 accept",
            *rules,
            'counter drop comment "65500 DenyAllOutBound"', "}",
            "chain forwarding {", "type filter hook forward priority 0; policy accept;",
            'iifname "r-cmp" jump outbound', "}", "}", ""))
