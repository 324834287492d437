# SPDX-License-Identifier: MIT
"""Faults that a connection attempt meets: silence, resets, ICMP, limits."""

from ..scenario import (CANNOT_TELL, CERTAIN, LIKELY, POSSIBLE, SILENT, SILENT_PORT, End, Scenario,
                        broken, fine)
from ..steps import Cable, Filter, Hold, Translation, both_ways, rule
from .healthy import MAY_PROXY, SYN_PROXY

A443 = "ip daddr $a tcp dport 443"
CLOSED = End("b", broken("remote_refused", LIKELY), port=444)
DEAD = End("z", SILENT)
# An address that the servers' side does not have: the packets end there.
DEAD_HOST = Filter("srv", "prerouting", ("ip daddr $z drop",), -200)
REFUSED = (("remote_refused", (LIKELY, CANNOT_TELL)),)
FORGED = broken("rst_injected_inline", CERTAIN, LIKELY)
ADMINISTRATIVE = broken("icmp_rejected", CERTAIN)
UNREACHABLE = broken("host_or_net_unreachable", CERTAIN, LIKELY)


def silent(name, description, *steps, truth=SILENT_PORT):
    """A drop, a healthy server, and a dead host."""
    return Scenario(name, description, (*steps, DEAD_HOST),
                    (End("a", truth), End("b"), End("a", FINE_UNLESS[truth], "http", 80), DEAD))


FINE_UNLESS = {SILENT_PORT: fine(), SILENT: SILENT}


def refused(name, description, *steps, truth, **more):
    """A reset, a healthy server, and a port that is really closed."""
    return Scenario(name, description, steps, (End("a", truth), End("c"), CLOSED), **more)


def tap(phase, do, **more):
    return rule(dst="$a", dport=443, phase=phase, do=do, **more)


ECMP = ("ip daddr { $a, $b, $c, $d } tcp dport 443 meta mark set "
        "jhash ip saddr . ip daddr . tcp sport . tcp dport mod 2 seed 0xbeef",)
ONE_LEG = broken("partial_path_loss", CERTAIN, LIKELY, by_chance=True)
# One flow may lose anything; what only says so is no false claim.
LOST = broken("random_loss", LIKELY, POSSIBLE, by_chance=True,
              also=tuple((cause, (CANNOT_TELL,)) for cause in (
                  "silent_drop", "data_not_acknowledged", "no_reply")))
STALE = broken("stale_connection", LIKELY, also=(("silent_drop", (CANNOT_TELL,)),))
# The peers answer after 3 s, so that what is open stays open while the rest fails.
HELD_OPEN = ("--connect-timeout", "1s", "--timeout", "8s")
NO_PORT = broken("snat_exhaustion_suspected", LIKELY, by_chance=True)
NO_SESSION = broken("session_limit_suspected", POSSIBLE, by_chance=True)
ICMP = ("net-unreachable", "host-unreachable", "prot-unreachable", "port-unreachable",
        "net-prohibited", "host-prohibited", "admin-prohibited")
BY_CODE = {"net-unreachable": UNREACHABLE, "host-unreachable": UNREACHABLE,
           "prot-unreachable": broken("host_or_net_unreachable", CERTAIN, LIKELY,
                                      also=(("icmp_rejected", (CERTAIN, LIKELY)),))}


def icmp(where):
    """One endpoint for every code, rejected by one router."""
    rules = tuple(f"ip daddr $k{number} reject with icmp type {code}"
                  for number, code in enumerate(ICMP))
    ends = tuple(End(f"k{number}", BY_CODE.get(code, ADMINISTRATIVE))
                 for number, code in enumerate(ICMP))
    return Scenario(f"icmp-{where}", f"{where} rejects by every code of ICMP.",
                    (Filter(where, "forward", rules),), (*ends, End("x"), CLOSED))


SCENARIOS = (
    silent("drop-r1-ingress", "The first router drops before it looks at the TTL.",
           Filter("r1", "prerouting", (f"{A443} drop",), -150)),
    silent("drop-r1", "The first router drops after it has looked at the TTL.",
           Filter("r1", "forward", (f"{A443} drop",))),
    silent("drop-r2", "The second router drops.", Filter("r2", "forward", (f"{A443} drop",))),
    silent("drop-r2-address", "The second router drops all that goes to an address.",
           Filter("r2", "forward", ("ip daddr $a drop",)), truth=SILENT),
    silent("drop-cable", "Something without a hop of its own drops, as a virtual switch does.",
           Cable(rules=(tap("syn", "drop"),))),
    silent("drop-server", "The server's own packet filter drops.",
           Filter("srv", "input", (f"{A443} drop",))),
    silent("drop-hidden-icmp", "The second router drops, and no router says that a TTL ran out.",
           Filter("r2", "forward", (f"{A443} drop",)),
           Filter("r1", "output", ("icmp type time-exceeded drop",)),
           Filter("r2", "output", ("icmp type time-exceeded drop",))),
    Scenario("all-dropped", "The first router lets nothing through.",
             (Filter("r1", "forward", ('iifname "r1-cli" drop',)),),
             (End("a", SILENT), End("b", SILENT, "http", 80), End("c", SILENT))),
    refused("reset-r1", "The first router resets: its TTL is another than the server's.",
            Filter("r1", "forward", (f"{A443} reject with tcp reset",)), truth=FORGED),
    refused("reset-r2", "The second router resets.",
            Filter("r2", "forward", (f"{A443} reject with tcp reset",)), truth=FORGED),
    refused("reset-equal-ttl", "A device as far away as the server resets: a perfect imitation.",
            Cable(rules=(tap("syn", "reset", ttl=64),)),
            truth=broken("rst_injected_inline", POSSIBLE, also=REFUSED)),
    refused("reset-too-early", "The same on a path of 20 ms, of which the reset takes none.",
            Cable((("delay_ms", 10),), (("delay_ms", 10),), (tap("syn", "reset", ttl=64),)),
            truth=broken("rst_injected_inline", CERTAIN, LIKELY,
                         also=(("rst_injected_onpath", (CERTAIN, LIKELY)),))),
    refused("injector-syn", "A device beside the path resets, and the server answers late.",
            Cable((("delay_ms", 10),), (("delay_ms", 10),), (tap("syn", "tap", ttl=64),)),
            truth=broken("rst_injected_onpath", CERTAIN, LIKELY,
                         also=(("rst_injected_inline", (LIKELY,)),))),
    Scenario("stale-connection", "Somebody still holds an older connection of the ports that the "
             "first attempt has; beside it somebody answers all SYNs so.",
             (Cable(rules=(rule(dst="$a", dport=443, phase="syn", do="challenge", flows=1),
                           rule(dst="$b", dport=443, phase="syn", do="challenge"))), DEAD_HOST),
             (End("a", STALE), End("b", SILENT_PORT), End("c"), DEAD)),
    icmp("r1"), icmp("r2"),
    Scenario("ecmp-leg-dead", "One of two legs of a path is dead; the ports decide.",
             (Filter("r1", "prerouting", ECMP, -150),
              Filter("r1", "forward", ("meta mark 1 drop",)), DEAD_HOST),
             (*(End(key, ONE_LEG) for key in "abcd"), End("x"), DEAD)),
    Scenario("loss-40", "40 % of the packets of one server are lost.",
             (both_ways(only="$a", loss=0.4), DEAD_HOST), (End("a", LOST), End("x"), DEAD)),
    Scenario("snat-exhausted", "Address translation runs out of ports for one server and port.",
             (Translation(6), Hold("$a", 443, 4), DEAD_HOST),
             (*(End("a", NO_PORT, path="/slow") for _ in range(5)),
              End("a", scheme="http", port=80), End("b"), DEAD),
             options=HELD_OPEN, patient=True),
    Scenario("snat-exhausted-before", "The same, but others had all the ports from the start.",
             (Translation(4), Hold("$a", 443, 4), DEAD_HOST),
             (End("a", SILENT_PORT), End("a", scheme="http", port=80), End("b"), DEAD)),
    Scenario("session-limit-reached", "A firewall runs out of sessions.",
             (Filter("r1", "forward", ("ct state established,related accept",
                                       "ct state new ct count over 5 drop")),),
             tuple(End(key, NO_SESSION, path="/slow") for key in "abcdefg"),
             options=HELD_OPEN, patient=True),
    Scenario("session-limit", "A firewall has all the sessions it can hold.",
             (Filter("r1", "forward", ("ct state established,related accept",
                                       "ct state new ct count over 3 drop")), Hold("$h", 443, 3)),
             (End("a", SILENT), End("b", SILENT), End("h", SILENT))),
    Scenario("syn-proxy-dead", "Something answers SYNs in the stead of a dead host.",
             (DEAD_HOST, *SYN_PROXY),
             (End("z", broken("silent_drop", CANNOT_TELL, LIKELY,
                              also=(("data_not_acknowledged", (CANNOT_TELL,)),
                                    ("no_reply", (CANNOT_TELL, LIKELY)),
                                    ("connection_reset", (CANNOT_TELL,))))),
              End("b")), may=MAY_PROXY),
)
