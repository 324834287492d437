# SPDX-License-Identifier: MIT
"""What a platform's network adds: security groups in the switch, clocks, forbidden endpoints."""

from .. import lab, peers
from ..scenario import (ANY, CANNOT_TELL, CERTAIN, LIKELY, SILENT, SILENT_PORT, End, Scenario,
                        Truth, broken)
from ..steps import Filter, SecurityGroup, redirect, route

DEAD_HOST = Filter("srv", "prerouting", ("ip daddr $z drop",), -200)
DEAD = End("z", SILENT)
SKEWED = broken("clock_skew", CERTAIN)
EXPIRED = broken("tls_expired", CERTAIN)
MICROSOFT, EXAMPLE = "login.microsoft.com", "www.example.net"


def unreached(cause):
    """An endpoint that must not be reached, and is not: that is a pass."""
    return Truth(cause, ((None, ANY),), status=("pass",))


ADMINISTRATIVE = broken("icmp_rejected", CERTAIN)
UNREACHABLE = broken("host_or_net_unreachable", CERTAIN, LIKELY)
# nft knows four of the codes of RFC 4443, section 3.1.
ICMP6 = {"no-route": UNREACHABLE, "admin-prohibited": ADMINISTRATIVE,
         "addr-unreachable": UNREACHABLE, "port-unreachable": ADMINISTRATIVE}

SCENARIOS = (
    Scenario("nsg-outbound", "A stateful filter in the switch before the first hop denies a port.",
             (SecurityGroup(("ct state established,related accept",
                             "ip daddr $a tcp dport 443 drop")), DEAD_HOST),
             (End("a", SILENT_PORT), End("a", scheme="http", port=80), End("b"), DEAD)),
    Scenario("nsg-deny-all", "The same denies all but one address.",
             (SecurityGroup(("ct state established,related accept", "ip daddr $b accept",
                             "ip daddr 203.0.113.0/24 drop")),),
             (End("a", SILENT), End("b"), End("c", SILENT, "http", 80))),
    Scenario("icmp6-r1", "The first router rejects by every code of ICMPv6.",
             (Filter("r1", "forward", tuple(
                 f"ip6 daddr $k{number}6 reject with icmpv6 type {code}"
                 for number, code in enumerate(ICMP6))),),
             (*(End(f"k{number}", truth, families="6")
                for number, truth in enumerate(ICMP6.values())), End("b", families="46"))),
    Scenario("clock-skew", "Seen from this machine's clock every certificate has expired.",
             (redirect("a", lab.IN_2024), redirect("b", lab.IN_2024),
              redirect("c", peers.IN_2024, 80)),
             (End("a", SKEWED, host=MICROSOFT), End("b", SKEWED, host=EXAMPLE),
              End("c", scheme="http", port=80), End("d", scheme="tcp"))),
    Scenario("certificate-expired", "One certificate has expired, and the clock is right.",
             (redirect("a", lab.EXPIRED),),
             (End("a", EXPIRED, host=MICROSOFT), End("b", host=EXAMPLE), End("c"))),
    Scenario("certificates-expired", "Two unrelated certificates have, and the clock is right.",
             (redirect("a", lab.EXPIRED), redirect("b", lab.EXPIRED)),
             (End("a", EXPIRED, host=MICROSOFT), End("b", EXPIRED, host=EXAMPLE), End("c"))),
    Scenario("forbidden", "Endpoints that must not be reached: one is, the others in no way.",
             (Filter("r1", "forward", ("ip daddr $s drop",
                                       "ip daddr $i reject with icmp type admin-prohibited")),
              route("cli", "$l/32", "prohibit")),
             (End("x", broken("reachable_but_forbidden", CERTAIN, LIKELY), forbidden=True),
              End("r", unreached("remote_refused"), port=444, forbidden=True),
              End("i", unreached("icmp_rejected"), forbidden=True),
              End("l", unreached("local_no_route"), forbidden=True),
              End("s", unreached("silent_drop"), forbidden=True), End("b"))),
    Scenario("forbidden-alone", "Silence, and nothing else connects: that proves no block.",
             (Filter("r1", "forward", ("ip daddr $s drop",)),),
             (End("s", broken("silent_drop", CANNOT_TELL, status=("inconclusive",)),
                  forbidden=True),)),
    Scenario("forbidden-untested", "An error of our own proves no block.", (),
             (End("s", broken("local_source_address", CERTAIN, LIKELY, status=("inconclusive",)),
                  forbidden=True),), ("--source", "10.9.9.9")),
)
