# SPDX-License-Identifier: MIT
"""Faults of routes and sizes: detours, one-sided paths, packets that do not fit."""

from ..scenario import CERTAIN, LIKELY, SILENT, End, Scenario, broken, fine
from ..steps import Cable, Filter, Ip, Sysctl, route
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
TUNNELLED = ("forced_tunnel", "mss_clamped", "pmtu_reduced")

SCENARIOS = (
    Scenario("tunnel-blocks", "On-premises drops what the tunnel brings for one address.",
             (*THROUGH_TUNNEL, Filter("onp", "forward", ("ip daddr $a drop",)), DEAD_HOST),
             (End("a", SILENT), End("b", fine(may=TUNNELLED)), DEAD), may=TUNNELLED),
    Scenario("detour-blocks", "One address is led to on-premises, where nothing gets through.",
             (route("r1", "$a/32", "172.16.1.2"), Filter("onp", "forward", ("drop",)), DEAD_HOST),
             (End("a", broken("forced_tunnel", LIKELY, may=TUNNELLED)), End("b"), End("c"), DEAD)),
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
    Scenario("ipv6-dropped", "IPv6 to one of the names is dropped, IPv4 is not.",
             (Filter("r1", "forward", ("ip6 daddr $a6 drop",)), DEAD_HOST),
             (End("a", broken("aaaa_misleads", CERTAIN, LIKELY, status=("warn", "fail"),
                              # Unless IPv6 lost the race to the other name.
                              also=(("ipv6_broken", (CERTAIN, LIKELY)),)),
                  families="46"), End("b", families="46"), DEAD)),
    Scenario("no-route-beyond", "The second router has no route to an address, and says so.",
             (route("r2", "$a/32", "unreachable"), DEAD_HOST),
             (End("a", broken("host_or_net_unreachable", CERTAIN, LIKELY)), End("b"), DEAD)),
)
