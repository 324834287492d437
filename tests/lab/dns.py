# SPDX-License-Identifier: MIT
"""Name service: BIND for the public tree and for 168.63.129.16, unbound as a custom resolver.

What the zones say is one value, DnsState; applying another one rewrites the files and starts
the two BIND processes again, which also empties the platform resolver's cache.
"""

import dataclasses
import functools
import random
import socket
import struct
import subprocess

from . import azure
from .servers import Server, unconfined

LONG = 3600  # seconds a public record lives, which is longer than a suite: see Dns.warm
SOA = f"ns.lab. hostmaster.lab. 1 60 60 600 {LONG}"
# Private zones of Azure show this SOA (seen): a client recognises them by it.
PRIVATE_SOA = "azureprivatedns.net. azureprivatedns-host.microsoft.com. 1 3600 300 2419200 10"


@dataclasses.dataclass(frozen=True)
class DnsState:
    """What the world's name servers say.

    private:   an approved private endpoint exists, so public chains show the privatelink alias
    linked:    the private zones are linked to the compute's VNet
    dual:      services that have an IPv6 address show it
    removed:   public names that do not exist
    missing:   service names whose private zone is linked but lacks the record
    addresses: (service name, address) pairs of wrong private records
    rotated:   (service name, address) pairs of public names that moved on, to another stamp
    """

    private: bool = False
    linked: bool = False
    dual: bool = False
    removed: tuple = ()
    missing: tuple = ()
    addresses: tuple = ()
    rotated: tuple = ()


PUBLIC = DnsState()
PRIVATE = DnsState(private=True, linked=True)
DUAL = DnsState(dual=True)


def public_zone(state):
    """The whole public tree as one root zone."""
    lines = [f"$TTL {LONG}", "$ORIGIN .", f"@ SOA {SOA}", "@ NS ns.lab.",
             f"ns.lab. A {azure.PUBLIC_DNS}"]
    rotated = dict(state.rotated)
    for service in azure.SERVICES:
        addressed = set()
        address = rotated.get(service.name, service.ipv4)
        stamp = service.stamp
        if stamp and service.name in rotated:
            stamp = f"next-{stamp}"
        for host in service.hosts:
            if host in state.removed or host == azure.MANY_HOST:
                continue
            owner = host
            if state.private and service.zone:
                lines.append(f"{owner}. CNAME {service.alias(host)}.")
                owner = service.alias(host)
            if stamp:
                lines.append(f"{owner}. CNAME {stamp}.")
                owner = stamp
            if owner not in addressed:
                addressed.add(owner)
                lines.append(f"{owner}. A {address}")
                if state.dual and service.ipv6:
                    lines.append(f"{owner}. AAAA {service.ipv6}")
    lines += [f"{azure.MANY_HOST}. A {address}" for address in azure.MANY_ADDRESSES]
    return "\n".join(lines) + "\n"


def private_zones(state):
    """Zone name -> text of every private zone linked to the VNet."""
    if not state.linked:
        return {}
    addresses = dict(state.addresses)
    zones = {}
    for service in azure.PRIVATE_SERVICES:
        lines = zones.setdefault(service.zone, [
            "$TTL 10", f"@ SOA {PRIVATE_SOA}", "@ NS azureprivatedns.net."])
        if service.name not in state.missing:
            address = addresses.get(service.name, service.private)
            lines += [f"{service.alias(host)}. A {address}" for host in service.hosts]
    return {name: "\n".join(lines) + "\n" for name, lines in zones.items()}


TYPE_A, TYPE_AAAA = 1, 28


def ask(namespace, server, name, kind=TYPE_A, limit=0.5):
    """One query by UDP from inside a namespace: (rcode, number of answers), None = silence."""
    number = random.randrange(1 << 16)
    labels = b"".join(bytes((len(part),)) + part.encode() for part in name.split("."))
    query = struct.pack("!6H", number, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!2H", kind, 1)
    with namespace.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(limit)
        try:
            sock.connect((server, 53))
            sock.send(query)
            reply = sock.recv(4096)
        except OSError:
            return None
    if len(reply) < 12 or reply[:2] != query[:2]:
        return None
    return reply[3] & 15, struct.unpack("!H", reply[6:8])[0]


NAMED_OPTIONS = """
options {{
  directory "{dir}"; pid-file none; session-keyfile none; {lock}
  listen-on port 53 {{ {address}; }}; listen-on-v6 {{ none; }};
  allow-query {{ any; }}; dnssec-validation no; notify no; max-udp-size 1232;
  {more}
}};
controls {{ }};
"""

# Private zones answer only what comes from a linked VNet; others see the public chain.
PLATFORM_OPTIONS = """recursion yes; allow-recursion {{ any; }};
  forwarders {{ {public}; }}; forward only; resolver-query-timeout 2000;"""

UNBOUND = """
server:
  interface: {address}
  do-daemonize: no
  username: ""
  chroot: ""
  directory: "{dir}"
  pidfile: ""
  use-syslog: no
  logfile: ""
  num-threads: 1
  module-config: "validator iterator"
  # Nobody signs that zone, so whoever expects a signature does not believe it. All others are
  # below no anchor.
  trust-anchor: "example.org. DS 4711 13 2 {digest}"
  qname-minimisation: no
  access-control: 0.0.0.0/0 allow
  cache-max-ttl: 1
  cache-max-negative-ttl: 1
  # Longer answers are truncated, as by many an old forwarder.
  max-udp-size: 512
remote-control:
  control-enable: no
forward-zone:
  name: "."
  forward-addr: {public}
"""


class Dns:
    """The name servers of one lab."""

    def __init__(self, topology, run_dir, group):
        self.topology = topology
        self.run_dir = run_dir
        self.group = group
        self.dir = run_dir / "dns"
        self.dir.mkdir()
        self.state = PUBLIC
        self.public = self._named("dns-public", topology.azure, azure.PUBLIC_DNS)
        self.platform = self._named("dns-platform", topology.platform, azure.PLATFORM_DNS)
        self.custom = None

    def start(self, with_custom):
        self._write()
        self.group.add(self.public)
        self.group.add(self.platform)
        if with_custom:
            self.custom = self.group.add(self._unbound())

    def apply(self, state):
        """Makes the zones say what state says, and returns when they do."""
        if state == self.state:
            return
        self.state = state
        self._write()
        for server in (self.public, self.platform):
            server.restart()
        for server in (self.public, self.platform):
            server.wait_ready()
        self.warm()

    def warm(self):
        """Has the platform resolver learn every name, one after the other.

        BIND's forwarding loses an answer now and then when fifty names are asked at once and two
        of its sockets got the same port; it tries again after 1.2 s, which tests do not wait for.
        """
        for service in azure.SERVICES:
            for host in service.hosts:
                for kind in (TYPE_A, TYPE_AAAA):
                    ask(self.topology.compute, azure.PLATFORM_DNS, host, kind, limit=3)

    def _write(self):
        self._config("public", azure.PUBLIC_DNS, "recursion no;", {".": public_zone(self.state)})
        self._config("platform", azure.PLATFORM_DNS,
                     PLATFORM_OPTIONS.format(public=azure.PUBLIC_DNS), private_zones(self.state))

    def _config(self, name, address, options, zones):
        text = NAMED_OPTIONS.format(dir=self.dir, address=address, more=options,
                                    lock=self._lock_option)
        extra = "" if name == "public" else " forwarders { };"
        view = ""
        for zone, content in zones.items():
            path = self.dir / f"{name}-{zone.strip('.') or 'root'}.zone"
            path.write_text(content, encoding="ascii")
            view += f'zone "{zone}" {{ type primary; file "{path}";{extra} }};\n'
        if name == "platform":
            view = (f'view "vnet" {{ match-clients {{ {azure.COMPUTE_SUBNET}; }};\n{view}}};\n'
                    'view "elsewhere" { match-clients { any; }; };\n')
        (self.dir / f"{name}.conf").write_text(text + view, encoding="ascii")

    @functools.cached_property
    def _lock_option(self):
        """Two servers must not share a lock file, and newer releases have none any more."""
        option = "lock-file none;"
        conf = self.dir / "try.conf"
        conf.write_text(f"options {{ {option} }};\n", encoding="ascii")
        known = subprocess.run([unconfined("named-checkconf", self.run_dir), conf],
                               stdout=subprocess.DEVNULL, check=False).returncode == 0
        return option if known else ""

    def _named(self, name, namespace, address):
        def ready():
            return ask(namespace, address, "login.microsoftonline.com") == (0, 1)

        conf = self.dir / f"{name.removeprefix('dns-')}.conf"
        argv = [unconfined("named", self.run_dir), "-g", "-4", "-n", "1", "-c", conf]
        return Server(name, namespace, argv, self.run_dir, ready)

    def _unbound(self):
        conf = self.dir / "unbound.conf"
        conf.write_text(UNBOUND.format(address=azure.CUSTOM_DNS, dir=self.dir,
                                       public=azure.PUBLIC_DNS, digest="ab" * 32), encoding="ascii")
        onprem = self.topology.onprem
        return Server("dns-custom", onprem,
                      [unconfined("unbound", self.run_dir), "-d", "-c", conf], self.run_dir,
                      lambda: ask(onprem, azure.CUSTOM_DNS, "login.microsoftonline.com") == (0, 1))
