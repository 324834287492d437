# SPDX-License-Identifier: MIT
"""Networks without a fault, however unusual: every verdict of a cause is a false alarm."""

import dataclasses

from ..lab import INSPECTED
from ..peers import PROXY_CLOSE
from ..scenario import End, Scenario, fine
from ..steps import Cable, Filter, Ip, Proxy, Sysctl, both_ways, redirect, route

ENDS = (End("a"), End("b"), End("c", scheme="http", port=80), End("d", prefix="198.51.100"))
HIDDEN = tuple(Filter(role, "output", ("icmp type time-exceeded drop",)) for role in ("r1", "r2"))
# By way of on-premises in both directions, with a smaller MTU and the clamp that tunnels have.
THROUGH_TUNNEL = (
    Ip("onp", ("link set onp-r1 mtu 1400", "link set onp-r2 mtu 1400"),
       ("link set onp-r1 mtu 1500", "link set onp-r2 mtu 1500")),
    Filter("onp", "forward", ("tcp flags & (syn | rst) == syn tcp option maxseg size set 1350",)),
    Ip("r1", ("link set r1-onp mtu 1400", "route replace default via 172.16.1.2"),
       ("route replace default via 10.2.0.2", "link set r1-onp mtu 1500")),
    Ip("r2", ("link set r2-onp mtu 1400", "route replace 10.1.0.0/24 via 172.16.2.2"),
       ("route replace 10.1.0.0/24 via 10.2.0.1", "link set r2-onp mtu 1500")),
)
SYN_PROXY = (
    Filter("r1", "prerouting", ('iifname "r1-cli" tcp dport 443 tcp flags syn notrack',), -300,
           family="ip"),
    Filter("r1", "forward",
           ("tcp dport 443 ct state invalid,untracked "
            "synproxy mss 1460 wscale 7 timestamp sack-perm",
            "ct state invalid drop"), family="ip"),
    Sysctl("r1", (("netfilter.nf_conntrack_tcp_loose", 0),)),
)
MAY_PROXY = ("transparent_tcp_proxy", "syn_proxy")


def healthy(name, description, *steps, ends=ENDS, may=(), found=(), ports=(80, 443), **more):
    """A network where everything passes; `may` and `found` are attributes of its paths, and
    `ports` those on which the latter can be found."""
    ends = tuple(dataclasses.replace(end, truth=fine(
        may=tuple(may), attributes=tuple(found) if end.port in ports else ())) for end in ends)
    return Scenario(name, description, steps, ends, patient=True, **more)


SCENARIOS = (
    healthy("clean", "A perfect network."),
    healthy("jitter", "20 ms, give or take 5.", both_ways(delay_ms=10, jitter_ms=5)),
    healthy("loss-1", "1 % of the packets are lost.", both_ways(delay_ms=5, loss=0.01)),
    healthy("loss-3", "3 % of the packets are lost.", both_ways(delay_ms=5, loss=0.03)),
    healthy("loss-8", "8 % of the packets are lost.", both_ways(delay_ms=5, loss=0.08)),
    healthy("hidden-icmp", "Routers do not say that a TTL ran out.", *HIDDEN),
    healthy("tunnel", "Everything goes by way of on-premises, smaller MTU and clamp included.",
            *THROUGH_TUNNEL, found=("mss_clamped",), may=("forced_tunnel", "pmtu_reduced")),
    healthy("proxy", "A transparent proxy that allows everything.", Proxy(PROXY_CLOSE),
            found=("transparent_tcp_proxy",), ports=(443,), may=MAY_PROXY),
    healthy("mss-clamp", "A router clamps the MSS without need.",
            Filter("r2", "forward", ("tcp flags & (syn | rst) == syn tcp option maxseg size set "
                                     "1350",)), found=("mss_clamped",)),
    healthy("asymmetric", "Out by way of on-premises, back directly, and nothing minds.",
            route("r1", "$a/32", "172.16.1.2"), may=("asymmetric_path", "forced_tunnel")),
    healthy("inspection", "TLS is inspected, and the inspector's root is installed.",
            redirect("a", INSPECTED), redirect("b", INSPECTED), trust="with-inspection",
            ends=(End("a", host="login.microsoft.com"), End("b", host="www.example.net")),
            found=("tls_inspected",)),
    healthy("slow-server", "One server takes 3 s for its answer.",
            ends=(End("a", path="/slow"), *ENDS[1:])),
    healthy("ttl-128", "Servers that start at TTL 128, like Windows.",
            Filter("srv", "output", ("ip ttl set 128",))),
    healthy("ipv4-only", "No IPv6 on this machine; names have addresses of both families.",
            # Taken back last to first: the addresses return after IPv6 has.
            Ip("cli", (), ("addr add fd00:1::4/64 dev eth0 nodad", "route add ::/0 via fd00:1::1")),
            Sysctl("cli", (("ipv6.conf.eth0.disable_ipv6", 1),)),
            ends=(End("a", families="46"), *ENDS[1:])),
    healthy("dual-stack", "Both families work.",
            ends=(End("a", families="46"), End("b", families="6"), *ENDS[2:])),
    healthy("syn-proxy", "Something answers SYNs in the servers' stead.", *SYN_PROXY,
            found=("syn_proxy",), ports=(443,), may=MAY_PROXY),
    healthy("pmtu-discovery", "A smaller MTU on the path, and ICMP that tells it.",
            Ip("r1", ("link set r1-r2 mtu 1400",), ("link set r1-r2 mtu 1500",)),
            Ip("r2", ("link set r2-r1 mtu 1400",), ("link set r2-r1 mtu 1500",)),
            # Requests of more than one segment: else nobody has a reason to tell.
            ends=(End("a", path="/" + "long/" * 400), End("b", path="/" + "long/" * 400)),
            found=("pmtu_reduced",), may=("mss_clamped",)),
    healthy("reset-behind", "Forged resets whose sequence numbers are used up: nobody minds.",
            Cable((("delay_ms", 10),), (("delay_ms", 10),),
                  ((("dst", "$a"), ("dport", 443), ("phase", "data"), ("do", "tap"), ("ttl", 64),
                    ("burst", ((-1, False),))),)), may=("tampering_seen",)),
    healthy("late-injector", "Forged resets come too late to do harm.",
            Cable((("delay_ms", 1),), (),
                  ((("dst", "$a"), ("dport", 443), ("name", "$a_host"), ("phase", "data"),
                    ("do", "tap"), ("ttl", 64), ("after_ms", 150)),)),
            may=("tampering_seen",)),
)
