# SPDX-License-Identifier: MIT
"""What can be done to a path, and taken back. Texts are filled in with the scenario's addresses."""

import dataclasses
import pathlib
import secrets
import socket

from ..namespaces import LabError, Namespace, run

# Of its device towards the client, as in topology.py.
ROUTER_ADDRESSES = ("addr add 10.1.0.1/24 dev r1-cli",
                    "addr add fd00:1::1/64 dev r1-cli nodad")


@dataclasses.dataclass(frozen=True)
class Filter:
    """nft rules in one hook of one namespace."""

    where: str
    hook: str
    rules: tuple
    priority: int = 0
    kind: str = "filter"
    family: str = "inet"
    table: str = dataclasses.field(default_factory=lambda: f"fault{secrets.token_hex(3)}")

    def do(self, lab):
        lab.topology[self.where].nft("\n".join((
            f"table {self.family} {self.table} {{", "chain it {",
            f"type {self.kind} hook {self.hook} priority {self.priority}; policy accept;",
            *map(lab.fill, self.rules), "}", "}", "")))

    def undo(self, lab):
        # Adding first makes the deletion right for a table that never came up, too.
        name = f"{self.family} {self.table}"
        lab.topology[self.where].nft(f"add table {name}\ndelete table {name}\n")


def redirect(key, port, dport=443):
    """Leads connections to an address to another port of its server."""
    return Filter("srv", "prerouting", (f"ip daddr ${key} tcp dport {dport} redirect to :{port}",),
                  -100, "nat")


@dataclasses.dataclass(frozen=True)
class Ip:
    """ip(8) commands, and those that undo them."""

    where: str
    done: tuple
    undone: tuple

    def do(self, lab):
        lab.topology[self.where].ip(*map(lab.fill, self.done))

    def undo(self, lab):
        for command in self.undone:
            try:
                lab.topology[self.where].ip(lab.fill(command))
            except LabError:
                pass  # what was not done cannot be taken back


def route(where, prefix, via):
    """A more specific route; `via` may be a kind of route such as "blackhole"."""
    if via[0].isdigit():
        return Ip(where, (f"route add {prefix} via {via}",), (f"route del {prefix} via {via}",))
    return Ip(where, (f"route add {via} {prefix}",), (f"route del {via} {prefix}",))


@dataclasses.dataclass(frozen=True)
class SecondNic:
    """eth1 of the client, 10.1.9.4, on a link of its own to r1."""

    def do(self, lab):
        client, router = lab.topology["cli"], lab.topology["r1"]
        client.ip(f"link add eth1 type veth peer name r1-cli2 netns {router.name}",
                  "addr add 10.1.9.4/24 dev eth1", "link set eth1 up")
        router.ip("addr add 10.1.9.1/24 dev r1-cli2", "link set r1-cli2 up")

    def undo(self, lab):
        Ip("cli", (), ("link del eth1",)).undo(lab)


@dataclasses.dataclass(frozen=True)
class SecurityGroup:
    """A bridge between the client and r1 that filters statefully, as a virtual switch does: its
    packets pass no router, so that no TTL shows it."""

    rules: tuple

    def do(self, lab):
        self._load_module()
        switch = self._switch(lab)
        client, router = lab.topology["cli"], lab.topology["r1"]
        switch.create()
        router.ip(f"link set r1-cli netns {switch.name}",
                  f"link add r1-cli type veth peer name to-r1 netns {switch.name}",
                  *ROUTER_ADDRESSES, "link set r1-cli up")
        switch.ip("link add switch type bridge", "link set r1-cli master switch",
                  "link set to-r1 master switch", "link set r1-cli up", "link set to-r1 up",
                  "link set switch up")
        switch.sysctl(**{"bridge__bridge-nf-call-iptables": 1})
        switch.nft("\n".join(("table ip group {", "chain it {",
                              "type filter hook forward priority 0; policy accept;",
                              *map(lab.fill, self.rules), "}", "}", "")))
        client.ip("neigh flush dev eth0")
        run(client.command("ping", "-c", "1", "-w", "5", "-q", "10.1.0.1"))

    def undo(self, lab):
        switch, router = self._switch(lab), lab.topology["r1"]
        Ip("r1", (), ("link del r1-cli",)).undo(lab)
        try:
            switch.ip("link set r1-cli down", "link set r1-cli nomaster",
                      f"link set r1-cli netns {router.name}")
            router.ip("link set r1-cli up", *ROUTER_ADDRESSES)
            lab.topology["cli"].ip("neigh flush dev eth0")
        finally:
            switch.delete()

    @staticmethod
    def _switch(lab):
        return Namespace(lab.id, "nsg")

    @staticmethod
    def _load_module():
        if not pathlib.Path("/proc/sys/net/bridge").exists():
            run(["modprobe", "br_netfilter"])


@dataclasses.dataclass(frozen=True)
class Sysctl:
    """Settings of one namespace, their former values put back."""

    where: str
    values: tuple  # (key below net., value)

    def do(self, lab):
        space = lab.topology[self.where]
        lab.former = getattr(lab, "former", {})
        for key, value in self.values:
            old = run(space.command("sysctl", "-n", f"net.{key}")).strip()
            lab.former[self.where, key] = old
            run(space.command("sysctl", "-qw", f"net.{key}={value}"))

    def undo(self, lab):
        for key, _ in self.values:
            old = lab.former.pop((self.where, key), None)
            if old is not None:
                run(lab.topology[self.where].command("sysctl", "-qw", f"net.{key}={old}"))


@dataclasses.dataclass(frozen=True)
class Cable:
    """What the cable does to packets (cable.py); rules are tuples of (key, value) pairs."""

    up: tuple = ()
    down: tuple = ()
    rules: tuple = ()

    def do(self, lab):
        def filled(pairs):
            return {key: lab.fill(value) if isinstance(value, str) else value
                    for key, value in pairs}

        lab.cable({"seed": lab.seed, "up": filled(self.up), "down": filled(self.down),
                   "rules": [filled(pairs) for pairs in self.rules]})

    def undo(self, lab):
        lab.cable({})


def both_ways(**settings):
    """A cable that treats both directions alike."""
    return Cable(tuple(settings.items()), tuple(settings.items()))


def rule(**settings):
    return tuple(settings.items())


@dataclasses.dataclass(frozen=True)
class Proxy:
    """The transparent proxy in r1: connections to these ports, and the names it denies."""

    port: int
    denied: tuple = ()
    dports: str = "80, 443"
    caught: Filter = dataclasses.field(init=False)

    def __post_init__(self):
        rule_text = f'iifname "r1-cli" tcp dport {{ {self.dports} }} redirect to :{self.port}'
        object.__setattr__(self, "caught", Filter("r1", "prerouting", (rule_text,), -100, "nat",
                                                  "ip"))

    def do(self, lab):
        lab.denied_names.write_text("\n".join(lab.fill(f"${key}_host") for key in self.denied),
                                    encoding="ascii")
        self.caught.do(lab)

    def undo(self, lab):
        self.caught.undo(lab)
        lab.denied_names.write_text("", encoding="ascii")


@dataclasses.dataclass(frozen=True)
class Translation:
    """r2 translates connections to a server and port to so many source ports.

    Other ports each time: those of an earlier run stay in use for a while after it.
    """

    ports: int
    address: str = "$a"
    port: int = 443

    def do(self, lab):
        first = 20000 + secrets.randbelow(20000)
        lab.translation = Filter("r2", "postrouting", (
            f"ip daddr {self.address} tcp dport {self.port} masquerade "
            f"to :{first}-{first + self.ports - 1}",), 100, "nat", "ip")
        lab.translation.do(lab)

    @staticmethod
    def undo(lab):
        if hasattr(lab, "translation"):
            lab.translation.undo(lab)
            del lab.translation


@dataclasses.dataclass(frozen=True)
class Hold:
    """Connections from the client that stay open, by somebody else than the program."""

    address: str
    port: int
    number: int

    def do(self, lab):
        lab.held = []
        for _ in range(self.number):
            sock = lab.topology.compute.socket()
            sock.settimeout(2)
            sock.connect((lab.fill(self.address), self.port))
            lab.held.append(sock)

    def undo(self, lab):
        for sock in lab.held:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            sock.close()
        lab.held = []
