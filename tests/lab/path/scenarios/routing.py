# SPDX-License-Identifier: MIT
"""Faults of routes and sizes: detours, one-sided paths, packets that do not fit."""

from ... import rawpeers
from ..scenario import (CANNOT_TELL, CERTAIN, LIKELY, POSSIBLE, SILENT, End, Scenario, broken,
                        fine)
from ..steps import Cable, Filter, Ip, Sysctl, redirect, route, rule
from .healthy import THROUGH_TUNNEL

STATEFUL = (
    Sysctl("onp", (("netfilter.nf_conntrack_tcp_loose", 0),)),
    Filter("onp", "forward", ("ct state invalid drop", "ct state established,related accept",
                              "tcp flags & (syn | ack) == syn accept", "drop")),
)
RETURN_BY_ONPREM = Ip("r2", ("rule add from $a lookup 55 pref 10",
                             "route add default via 172.16.2.2 table 55"),
                      ("rule del from $a lookup 55 pref 10", "route flush table 55"))
LONG = "/" + "long/" * 400  # a request of more than one segment
DEAD_HOST = Filter("srv", "prerouting", ("ip daddr $z drop",), -200)
DEAD = End("z", SILENT)
# What it looks like to a client without packets.
STALLED = (("data_not_acknowledged", (CANNOT_TELL,)), ("no_reply", (CANNOT_TELL,)),
           ("http_incomplete", (CANNOT_TELL, LIKELY)))
TUNNELLED = ("forced_tunnel", "mss_clamped", "pmtu_reduced")

PARTLY_THROUGH_TUNNEL = (
    *THROUGH_TUNNEL[:2],
    Ip("r1", ("link set r1-onp mtu 1400",), ("link set r1-onp mtu 1500",)),
    Ip("r2", ("link set r2-onp mtu 1400",), ("link set r2-onp mtu 1500",)),
    route("r1", "$a/32", "172.16.1.2"), route("r1", "$z/32", "172.16.1.2"), RETURN_BY_ONPREM,
)

SCENARIOS = (
    Scenario("tunnel-blocks", "On-premises drops what the tunnel brings for one address.",
             (*THROUGH_TUNNEL, Filter("onp", "forward", ("ip daddr $a drop",)), DEAD_HOST),
             (End("a", SILENT), End("b", fine(may=TUNNELLED)), DEAD), may=TUNNELLED),
    Scenario("detour-blocks", "One address is led to on-premises, where nothing gets through.",
             (route("r1", "$a/32", "172.16.1.2"), Filter("onp", "forward", ("drop",)), DEAD_HOST),
             (End("a", broken("forced_tunnel", LIKELY, may=TUNNELLED)), End("b"), End("c"), DEAD)),
    Scenario("tunnel-partly", "Two addresses are led to on-premises, which drops one of them.",
             (*PARTLY_THROUGH_TUNNEL, Filter("onp", "forward", ("ip daddr $z drop",))),
             (End("a", fine(attributes=("mss_clamped",), may=TUNNELLED)), End("b"), End("c"),
              End("z", broken("forced_tunnel", LIKELY, POSSIBLE, may=TUNNELLED,
                              also=(("silent_drop", (CANNOT_TELL,)),))))),
    Scenario("asymmetric-out", "A stateful device sees the way out only.",
             (route("r1", "$a/32", "172.16.1.2"), *STATEFUL, DEAD_HOST),
             (End("a", broken("half_open_forward_drop", CERTAIN, LIKELY,
                              attributes=("asymmetric_path",))), End("b"), DEAD)),
    Scenario("asymmetric-back", "A stateful device sees the way back only.",
             (RETURN_BY_ONPREM, *STATEFUL, DEAD_HOST),
             (End("a", SILENT), End("b"), DEAD)),
    Scenario("pmtu-down", "Large packets from one server are lost in silence.",
             (Cable((), (("max_ip", 1400), ("only", "$a"))), DEAD_HOST),
             (End("a", broken("pmtu_blackhole_down", CERTAIN, LIKELY)),
              End("a", scheme="http", port=80), End("b"), DEAD)),
    Scenario("pmtu-up", "Large packets to one server are lost in silence.",
             (Cable((("max_ip", 1400), ("only", "$a")), ()), DEAD_HOST),
             (End("a", broken("pmtu_blackhole_up", CERTAIN, LIKELY), path=LONG),
              End("a"), End("b", path=LONG), DEAD)),
    Scenario("pmtu-down-plain", "The same without TLS: nothing is compared, the packets tell.",
             (Cable((), (("max_ip", 1400), ("only", "$a"))), redirect("s", rawpeers.SILENT, 80),
              DEAD_HOST),
             (End("a", broken("pmtu_blackhole_down", LIKELY, POSSIBLE, also=STALLED), "http", 80,
                  path="/large"),
              End("a", scheme="http", port=80), End("b", scheme="http", port=80, path="/large"),
              # It takes the request, and says nothing: no size is to blame.
              End("s", broken("no_reply", CANNOT_TELL, LIKELY, POSSIBLE), "http", 80,
                  path="/large"),
              DEAD)),
    Scenario("pmtu-up-plain", "A long request without TLS; beside it one that a filter drops.",
             (Cable((("max_ip", 1400), ("only", "$a")), (),
                    (rule(dst="$f", dport=80, name="$f_host", phase="data", do="drop"),)),
              DEAD_HOST),
             (End("a", broken("pmtu_blackhole_up", LIKELY, POSSIBLE, also=STALLED), "http", 80,
                  path=LONG),
              End("a", scheme="http", port=80), End("b", scheme="http", port=80, path=LONG),
              End("f", broken("data_not_acknowledged", CANNOT_TELL), "http", 80, path=LONG),
              DEAD)),
    Scenario("ipv6-dropped", "IPv6 to one of the names is dropped, IPv4 is not.",
             (Filter("r1", "forward", ("ip6 daddr $a6 drop",)), DEAD_HOST),
             (End("a", broken("aaaa_misleads", CERTAIN, LIKELY, status=("warn", "fail"),
                              # Unless IPv6 lost the race to the other name.
                              also=(("ipv6_broken", (CERTAIN, LIKELY)),)),
                  families="46"), End("b", families="46"), DEAD)),
    Scenario("no-route-beyond", "The second router has no route to an address, and says so.",
             # By a rule: an unreachable route tells a client so five times, then once a second.
             (Filter("r2", "forward", ("ip daddr $a reject with icmp type host-unreachable",)),
              DEAD_HOST),
             (End("a", broken("host_or_net_unreachable", CERTAIN, LIKELY)), End("b"), DEAD)),
)
