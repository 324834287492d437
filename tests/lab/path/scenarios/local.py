# SPDX-License-Identifier: MIT
"""Faults on the machine itself: packets that do not leave it, or do not come in."""

from ..scenario import ANY, CANNOT_TELL, CERTAIN, LIKELY, POSSIBLE, End, Scenario, broken
from ..steps import Filter, Hold, Ip, SecondNic, Sysctl, route

OUT, IN = ("cli", "output"), ("cli", "input")
TO_A = "ip daddr $a tcp dport 443"
# Drops in the network beside the local one: same silence, another cause.
REMOTE_DROP = Filter("r2", "forward", ("ip daddr $z drop",))
LOOKALIKE = End("z", broken("silent_drop", CANNOT_TELL))
DROPPED = broken("local_output_filter", CERTAIN, LIKELY)
NO_ROUTE = broken("local_no_route", CERTAIN)
UNSURE = (POSSIBLE, CANNOT_TELL)


def local(name, description, *steps, truth, ends=(), **more):
    return Scenario(name, description, (*steps, REMOTE_DROP),
                    (End("a", truth), End("b"), LOOKALIKE, *ends), **more)


SCENARIOS = (
    local("output-drop", "The packet filter of this machine drops what goes to an address.",
          Filter(*OUT, ("ip daddr $a drop",)), truth=DROPPED),
    local("output-drop-tcp", "The same for TCP only, so that a datagram proves nothing.",
          Filter(*OUT, (f"{TO_A} drop",)),
          truth=broken("local_output_filter", LIKELY, POSSIBLE,
                       also=(("silent_drop", (CANNOT_TELL, LIKELY)),))),
    local("output-reject", "The packet filter of this machine rejects by ICMP.",
          Filter(*OUT, ("ip daddr $a reject",)),
          truth=broken("local_output_reject", CERTAIN, also=(("local_output_filter",
                                                              (CERTAIN,)),))),
    local("output-reset", "The packet filter of this machine resets.",
          Filter(*OUT, (f"{TO_A} reject with tcp reset",)),
          truth=broken("local_output_rst", *ANY, also=(("rst_injected_inline", UNSURE),
                                                       ("remote_refused", UNSURE)))),
    local("input-drop", "The packet filter of this machine drops the answers.",
          Filter(*IN, ("ip saddr $a drop",)),
          truth=broken("local_input_filter", LIKELY)),
    local("route-unreachable", "A route says unreachable.", route("cli", "$a/32", "unreachable"),
          truth=NO_ROUTE),
    local("route-prohibit", "A route says prohibited.", route("cli", "$a/32", "prohibit"),
          truth=broken("local_no_route", CERTAIN, also=(("local_policy_denied", (LIKELY,)),))),
    local("route-blackhole", "A route throws away.", route("cli", "$a/32", "blackhole"),
          truth=NO_ROUTE),
    local("route-throw", "A route ends the look-up, and no other table has one.",
          route("cli", "$a/32", "throw"), truth=NO_ROUTE),
    local("gateway-gone", "The next hop of a route does not exist.",
          route("cli", "$a/32", "10.1.0.77"),
          # The neighbour gives up after 3 s: later than a connection may take here.
          truth=broken("local_gateway_unresolved", CERTAIN, LIKELY), patient=True,
          options=("--connect-timeout", "4s")),
    local("reverse-path", "Answers come in by another interface, and rp_filter is strict.",
          SecondNic(),
          Sysctl("cli", (("ipv4.conf.all.rp_filter", 1), ("ipv4.conf.eth1.rp_filter", 1))),
          Ip("r1", ("rule add from $a lookup 77 pref 10",
                    "route add 10.1.0.4/32 via 10.1.9.4 table 77"),
             ("rule del from $a lookup 77 pref 10", "route flush table 77")),
          truth=broken("local_rp_filter", CERTAIN, LIKELY)),
    local("ports-exhausted", "All local ports to one server are in use.",
          Sysctl("cli", (("ipv4.ip_local_port_range", "40000 40003"),)), Hold("$a", 443, 4),
          truth=broken("local_port_exhaustion", CERTAIN)),
    local("policy-route", "A policy rule leads one port to a table that says unreachable.",
          Ip("cli", ("rule add to $a ipproto tcp dport 443 lookup 78 pref 10",
                     "route add unreachable default table 78"),
             ("rule del to $a ipproto tcp dport 443 lookup 78 pref 10", "route flush table 78")),
          truth=NO_ROUTE, ends=(End("a", scheme="http", port=80),)),
    Scenario("policy-denied", "The kernel does not let this program connect, as a container's "
             "seccomp profile may.", (),
             (End("a", broken("local_policy_denied", LIKELY)),
              End("b", broken("local_policy_denied", LIKELY), scheme="http", port=80)),
             confined=("connect",)),
    Scenario("source-not-owned", "The source address asked for is not one of this machine.", (),
             (End("a", broken("local_source_address", CERTAIN, LIKELY)),
              End("b", broken("local_source_address", CERTAIN, LIKELY), scheme="http", port=80)),
             ("--source", "10.9.9.9")),
    Scenario("source-of-another-nic", "The first hop drops what comes from a second address.",
             (Ip("cli", ("addr add 10.1.0.5/24 dev eth0",), ("addr del 10.1.0.5/24 dev eth0",)),
              Filter("r1", "prerouting", ("ip saddr 10.1.0.5 drop",), -200)),
             tuple(End(key, broken("local_source_address", LIKELY)) for key in "ab"),
             ("--source", "10.1.0.5")),
    local("anti-spoof", "A route sends from the address of another interface, which the first "
          "hop drops.", SecondNic(),
          Ip("cli", ("route add $a/32 via 10.1.0.1 src 10.1.9.4",), ("route del $a/32",)),
          Filter("r1", "prerouting", ('iifname "r1-cli" ip saddr != 10.1.0.0/24 drop',), -200),
          truth=broken("local_source_address", LIKELY)),
)
