# SPDX-License-Identifier: MIT
"""Faults of name servers, of the way to them, and of what they say."""

from ..lab import INSPECTED
from ..names import DEAD, LIAR_PORT, MAIN, OTHER, Answers, Inject, ResolvConf, name
from ..scenario import (ANY, CERTAIN, LIKELY, POSSIBLE, SILENT, End, Scenario, broken, fine)
from ..steps import Cable, Filter, Ip, both_ways
from .connect import DEAD_HOST
from .healthy import healthy

BY_MAIN = ("--resolver", MAIN)
BY_BOTH = ("--resolver", f"{MAIN},{OTHER}")
# An address of the servers' side that is private.
PRIVATE_PEER = "10.3.0.2"
TO_MAIN = f"ip daddr {MAIN}"
# The number of additional records in the header of a question: EDNS is one.
WITH_EDNS = "@th,144,16 1"
# The third octet of a fragment's flags and offset field is not zero.
FRAGMENTS = "ip frag-off & 0x3fff != 0"
PINNED = End("p")
# Long enough for a forger in Python to be first on a busy machine.
SLOW_PATH = Cable((("delay_ms", 60),), (("delay_ms", 60),))
LIAR = Filter("r1", "prerouting", (f'iifname "r1-cli" udp dport 53 redirect to :{LIAR_PORT}',),
              -100, "nat", "ip")
# What a client sees of a lie that nothing contradicts.
NO_PROOF = (("dns_nxdomain", (LIKELY, CERTAIN)),)


def asked(key, truth=fine(), **more):
    """An end whose name the scenario's servers resolve."""
    return End(key, truth, pinned=False, **more)


def named(title, description, *steps, ends, options=BY_MAIN, **more):
    return Scenario(f"names-{title}", description, steps, ends, options,
                    server=more.pop("server", MAIN), **more)


def well(title, description, *steps, ends, options=BY_MAIN):
    found = healthy(f"names-{title}", description, *steps)
    return Scenario(found.name, description, steps, ends, options, patient=True, server=MAIN)


def way(title, description, rule, truth, where="r2"):
    """A filter between the client and its server, and an end that needs no name."""
    return named(title, description, Filter(where, "forward", (rule,)),
                 Answers(main=(name("a"), name("c"))),
                 ends=(asked("a", truth), asked("c", truth), PINNED))


TAMPERED = broken("dns_injected", CERTAIN, also=((None, ANY),), status=("warn", "pass"))
UDP_BLOCKED = broken("dns_udp_blocked", CERTAIN, LIKELY)
UNREACHABLE = broken("dns_server_unreachable", CERTAIN, LIKELY)

SCENARIOS = (
    well("clean", "Names of a server that answers at once, late, twice, and at length.",
         Answers(main=(name("a"), name("b", delay_ms=600), name("c", twice=True),
                       name("d", copies=100))),
         ends=tuple(asked(key) for key in "abcd")),
    well("split", "Two servers give different addresses on purpose, and both serve the name.",
         Answers(main=(name("a"), name("b", PRIVATE_PEER)), other=(name("a", "$c"), name("b"))),
         ends=(asked("a"), asked("b", port=8443), End("c")), options=BY_BOTH),
    named("proxied", "A device answers all questions in the server's place, and truly.",
          LIAR, DEAD_HOST, Answers(main=(name("a"), name("z")), liar=(name("a"), name("z"))),
          ends=(asked("a"), asked("z", SILENT))),
    named("dead", "The server is gone.",
          Filter("srv", "prerouting", (f"ip daddr {DEAD} drop",), -200),
          ends=(asked("a", UNREACHABLE), asked("c", UNREACHABLE), PINNED),
          options=("--resolver", DEAD), server=DEAD),
    named("loss-40", "40 % of the packets of the server are lost.",
          both_ways(only=MAIN, loss=0.4), Answers(main=(name("a"), name("c"))),
          ends=(*(asked(key, broken("dns_no_answer", LIKELY, POSSIBLE, by_chance=True,
                                    also=(("dns_server_unreachable", (LIKELY,)),)))
                  for key in "ac"), PINNED)),
    named("mute", "The server says nothing about one name.",
          Answers(main=(name("a", mute=True), name("c"))),
          ends=(asked("a", broken("dns_no_answer", LIKELY, POSSIBLE)), asked("c"))),
    way("udp-dropped", "A router drops UDP to the server.", f"{TO_MAIN} udp dport 53 drop",
        UDP_BLOCKED),
    way("udp-rejected", "A router rejects UDP to the server.",
        f"{TO_MAIN} udp dport 53 reject with icmp type admin-prohibited", UDP_BLOCKED, where="r1"),
    named("tcp-dropped", "A router drops TCP to the server, and one answer is long.",
          Filter("r2", "forward", (f"{TO_MAIN} tcp dport 53 drop",)),
          Answers(main=(name("a", copies=100), name("c"))),
          ends=(asked("a", broken("dns_tcp_blocked", CERTAIN, LIKELY)), asked("c"))),
    way("edns-dropped", "A router drops questions with EDNS.",
        f"{TO_MAIN} udp dport 53 {WITH_EDNS} drop", broken("dns_edns_dropped", CERTAIN, LIKELY)),
    named("fragments-dropped", "Large answers become fragments, which the first router drops.",
          # Below 1280 bytes a device loses its IPv6 addresses (RFC 8200 section 5).
          Ip("r2", ("link set r2-r1 mtu 900",),
             ("link set r2-r1 mtu 1500", "addr add fd00:2::2/64 dev r2-r1 nodad",
              "route add fd00:1::/64 via fd00:2::1")),
          Filter("r1", "prerouting", (f"{FRAGMENTS} drop",), -450, family="ip"),
          Answers(main=(name("a", copies=60), name("c"))),
          ends=(asked("a", broken("dns_fragment_drop", LIKELY)), asked("c"))),
    named("injected", "Somebody beside the path is faster than the server.",
          SLOW_PATH, DEAD_HOST, Inject("a", "$z"),
          Answers(main=(name("a"), name("c"), name("z", twice=True))),
          # A dead host whose true answer comes twice is the look-alike.
          ends=(asked("a", broken("dns_injected", CERTAIN)), asked("c"), asked("z", SILENT))),
    named("injected-nxdomain", "Somebody beside the path says that a name does not exist.",
          SLOW_PATH, Inject("a", "nxdomain"), Answers(main=(name("a"), name("c"))),
          ends=(asked("a", broken("dns_injected", CERTAIN)), asked("c"),
                asked("n", broken("dns_nxdomain", LIKELY, CERTAIN)))),
    named("injected-harmless", "Forged answers lead to addresses that serve the names as well.",
          SLOW_PATH, Inject("a", "$b"), Inject("d", "$b"),
          Answers(main=(name("a"), name("b"), name("c", twice=True), name("d"),
                        name("e", then=("$b",)))),
          # Only the packets show it. A server that says two things itself is the look-alike.
          ends=(asked("a", TAMPERED), asked("b"), asked("c"), asked("d", TAMPERED), asked("e"))),
    named("hijacked", "A device answers all questions, and lies about one name.",
          LIAR, DEAD_HOST, Answers(main=(name("a"), name("c")), liar=(name("a", "$z"), name("c"))),
          ends=(asked("a", broken("dns_hijacked", CERTAIN, LIKELY)), asked("c"), End("z", SILENT))),
    named("hijacked-nxdomain", "A device answers all questions, and denies one name.",
          LIAR, Answers(main=(name("a"), name("c")), liar=(name("c"),)),
          ends=(asked("a", broken("dns_hijacked", CERTAIN, LIKELY)), asked("c"))),
    named("hijacked-no-canary", "The same, and no canary may be asked.",
          LIAR, Answers(main=(name("a"), name("c")), liar=(name("c"),)),
          ends=(asked("a", broken("dns_hijacked", CERTAIN, LIKELY, also=NO_PROOF)), asked("c")),
          options=(*BY_MAIN, "--canary", "none")),
    named("stale", "The first server has an old address; a second one has the new.",
          DEAD_HOST, Answers(main=(name("a", "$z"), name("c", "$z"), name("d")),
                             other=(name("a"), name("c", "$y"), name("d", "$a"))),
          Filter("srv", "prerouting", ("ip daddr $y drop",), -200),
          # Where neither address works, nobody knows that one is old.
          ends=(asked("a", broken("dns_stale_record", LIKELY)), asked("c", SILENT), asked("d"),
                End("z", SILENT), End("y", SILENT)), options=BY_BOTH),
    named("redirected", "The first server leads a public name to a private proxy.",
          Filter("srv", "prerouting", (f"ip daddr {PRIVATE_PEER} tcp dport 443 "
                                       f"redirect to :{INSPECTED}",), -100, "nat"),
          Answers(main=(name("a", PRIVATE_PEER), name("b", PRIVATE_PEER)),
                  other=(name("a"), name("b"))),
          ends=(asked("a", broken("dns_redirect_to_proxy", LIKELY)), asked("b", port=8443)),
          options=BY_BOTH),
    named("suffix", "A name exists only with a suffix of the search list.",
          ResolvConf((f"nameserver {MAIN}", "search wild.example corp.example")),
          Answers(main=(("$a_host.corp.example", (("a", ("$a",)),)),
                        ("*.wild.example", (("a", ("$a",)),)), name("c"))),
          # A suffix under which everything exists proves nothing.
          ends=(asked("a", broken("dns_search_suffix", CERTAIN)), asked("c"),
                asked("n", broken("dns_nxdomain", LIKELY, CERTAIN)))),
    named("nxdomain", "The name does not exist, on either server.",
          Answers(main=(name("c"),), other=(name("c"),)),
          ends=(asked("n", broken("dns_nxdomain", CERTAIN, LIKELY)), asked("c")),
          options=BY_BOTH),
    named("bogus", "The server does not believe one answer, and fails at another.",
          Answers(main=(name("a", bogus=True), name("b", rcode=2), name("c"))),
          ends=(asked("a", broken("dns_servfail", LIKELY)),
                asked("b", broken("dns_servfail", LIKELY)), asked("c"))),
    named("output-filter", "The packet filter of this machine drops questions.",
          Filter("cli", "output", ("udp dport 53 drop",)), Answers(main=(name("a"),)),
          ends=(asked("a", broken("local_output_filter", CERTAIN)), PINNED)),
)
