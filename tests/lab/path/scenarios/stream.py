# SPDX-License-Identifier: MIT
"""Faults after the handshake: filters by name, proxies, servers that end it."""

from ... import rawpeers
from .. import peers
from ..lab import INSPECTED
from ..scenario import (ANY, CANNOT_TELL, CERTAIN, LIKELY, POSSIBLE, SILENT, SILENT_PORT, End,
                        Scenario, broken)
from ..steps import Cable, Filter, Proxy, redirect, rule
from .healthy import MAY_PROXY, SYN_PROXY

FAR = (("delay_ms", 10),)
# A server that treats every name alike, beside a filter that treats one name badly.
ABORTS = End("s", broken("connection_reset", CANNOT_TELL, LIKELY, POSSIBLE))
# A proxy passes an abort on as an orderly end.
RELAYED_ABORT = End("s", broken("connection_reset", CANNOT_TELL, LIKELY, POSSIBLE,
                                also=(("connection_closed", (CANNOT_TELL, LIKELY, POSSIBLE)),)))
SILENT_SERVER = End("s", broken("no_reply", CANNOT_TELL, LIKELY, POSSIBLE))
CLOSES = End("s", broken("connection_closed", CANNOT_TELL, LIKELY, POSSIBLE))
RESET_SOMEHOW = (("sni_reset_onpath", (LIKELY,)), ("sni_reset_inline", (LIKELY,)),
                 ("connection_reset", (CANNOT_TELL,)))


def by_name(do, key="a", **more):
    return rule(dst=f"${key}", dport=443, name=f"${key}_host", phase="data", do=do, **more)


def named(name, description, *steps, truth, alike=ABORTS, port=rawpeers.RESET):
    """A filter of one name, another name on that address, and a server that is to blame itself."""
    return Scenario(name, description, (*steps, redirect("s", port)),
                    (End("a", truth), End("a"), End("b"), alike))


def far(*rules):
    return Cable(FAR, FAR, rules)


def proxied(name, description, port, truth):
    """A transparent proxy denies one name by TLS and another by plain HTTP."""
    return Scenario(name, description, (Proxy(port, ("a", "p")), redirect("s", rawpeers.RESET)),
                    (End("a", truth), End("a"), End("b"), RELAYED_ABORT,
                     End("p", broken("azure_firewall_http_deny", CERTAIN), "http", 80),
                     End("p", scheme="http", port=80)), may=("transparent_tcp_proxy",))


def bursts(name, description, burst, *also):
    """Somebody resets whatever an address is sent, in an imitation of its TTL and time."""
    every = rule(dst="$a", dport=443, phase="data", do="reset", ttl=64, burst=burst)
    return Scenario(name, description, (Cable(rules=(every,)), redirect("s", rawpeers.RESET)),
                    (End("a", broken("connection_reset", CANNOT_TELL, also=also)), End("b"),
                     ABORTS))


# Each reset: how far its sequence number lies ahead, and whether it has the ACK flag.
GUESSES = ((0, True), (1460, True), (4380, True))
LONG = "/" + "long/" * 400  # a request of more than one segment
# Every kind of failure that takes time, and some that do not, side by side in one run.
MANY = (
    Cable((("max_ip", 1400), ("only", "$m")), (),
          (by_name("drop", "n"), by_name("reset", "t", ttl=64))),
    Filter("srv", "prerouting", ("ip daddr { $y, $z } drop",), -200),
    Filter("r2", "forward", ("ip daddr $k tcp dport 443 drop",)),
    redirect("s", rawpeers.SILENT),
)
INTERCEPTED = broken("tls_intercepted", CERTAIN, LIKELY)

SCENARIOS = (
    named("sni-drop", "A firewall drops what names a host.", far(by_name("drop")),
          truth=broken("sni_drop", CERTAIN, LIKELY), alike=SILENT_SERVER, port=rawpeers.SILENT),
    named("sni-reset", "A firewall in the path resets what names a host, sooner than a server can.",
          far(by_name("reset", ttl=64)),
          truth=broken("sni_reset_inline", CERTAIN, LIKELY,
                       also=(("sni_reset_onpath", (LIKELY,)),))),
    named("sni-reset-other-ttl", "The same with a TTL of its own.",
          far(by_name("reset", ttl=255)),
          truth=broken("sni_reset_inline", CERTAIN, LIKELY,
                       also=(("sni_reset_onpath", (LIKELY,)),))),
    named("sni-reset-equal", "The same beside the server: neither TTL nor time differ.",
          Cable(rules=(by_name("reset", ttl=64),)),
          truth=broken("sni_reset_inline", LIKELY, POSSIBLE, also=RESET_SOMEHOW)),
    named("injector-hello", "A device beside the path resets what names a host, by a TTL below "
          "the server's: the server can be heard beside it.", far(by_name("tap", ttl=40)),
          truth=broken("sni_reset_onpath", CERTAIN)),
    named("injector-equal-ttl", "The same with the server's TTL: only the time is wrong.",
          far(by_name("tap", ttl=64)),
          truth=broken("sni_reset_onpath", CERTAIN, LIKELY,
                       also=(("sni_reset_inline", (LIKELY,)),))),
    named("sni-reset-burst", "The same, with further resets whose sequence numbers are guessed.",
          Cable(rules=(by_name("reset", ttl=64, burst=GUESSES),)),
          truth=broken("sni_reset_inline", LIKELY, POSSIBLE, also=RESET_SOMEHOW)),
    bursts("reset-burst", "Resets with ACK, whose sequence numbers run ahead.", GUESSES,
           ("rst_injected_inline", (LIKELY, POSSIBLE))),
    bursts("reset-mixed", "A reset without ACK, and then one with it.", ((0, False), (0, True))),
    bursts("reset-acks", "A reset that acknowledges what nobody did before, as a load balancer "
           "may send it.", ((0, True),)),
    Scenario("abort-in-flight", "A server aborts while more is on its way there, and resets each "
             "further segment.",
             (redirect("s", rawpeers.RESET, 80), Cable((("gap_ms", 2),)),
              Filter("r2", "forward", ("ip saddr $s tcp flags & (syn | rst) == syn "
                                       "tcp option maxseg size set 200",))),
             (End("s", ABORTS.truth, "http", 80, LONG), End("b"),
              End("c", scheme="http", port=80, path=LONG)), may=("mss_clamped",)),
    proxied("proxy-close", "A transparent proxy closes what names a host, and answers 470.",
            peers.PROXY_CLOSE, broken("sni_close", CERTAIN, LIKELY,
                                      attributes=("transparent_tcp_proxy",))),
    proxied("proxy-alert", "A transparent proxy refuses by alert.", peers.PROXY_ALERT,
            broken("sni_close", CERTAIN, LIKELY, attributes=("transparent_tcp_proxy",),
                   also=(("tls_alert", ANY),))),
    proxied("proxy-reset", "A transparent proxy resets.", peers.PROXY_RESET,
            broken("sni_reset_inline", CERTAIN, LIKELY, attributes=("transparent_tcp_proxy",),
                   also=(("sni_close", (CERTAIN, LIKELY)),))),
    proxied("proxy-silent", "A transparent proxy says nothing.", peers.PROXY_SILENT,
            broken("sni_drop", CERTAIN, LIKELY, attributes=("transparent_tcp_proxy",),
                   also=(("no_reply", (CANNOT_TELL, LIKELY)),))),
    Scenario("server-abort", "A server resets at the first byte.",
             (redirect("s", rawpeers.RESET),), (ABORTS, End("b"), End("c"))),
    Scenario("syn-proxy-abort", "The same behind a device that answers SYNs: the SYN-ACK is the "
             "device's, and the resets are the server's, with a higher TTL.",
             (*SYN_PROXY, Filter("srv", "output", ("ip ttl set 128",)),
              redirect("s", rawpeers.RESET)),
             (ABORTS, End("b"), End("c")), may=MAY_PROXY),
    Scenario("server-close", "A server closes at the first byte.",
             (redirect("s", rawpeers.CLOSE),), (CLOSES, End("b"), End("c"))),
    Scenario("server-silent", "A server accepts and never answers; another needs 3 s.",
             (redirect("s", rawpeers.SILENT),),
             (SILENT_SERVER, End("b"), End("c", path="/slow")), patient=True),
    Scenario("server-alert", "A server refuses by alert.", (redirect("s", peers.ALERT),),
             (End("s", broken("tls_alert", CERTAIN, LIKELY, POSSIBLE, CANNOT_TELL)), End("b"))),
    Scenario("many-faults", "Attempts, handshakes and requests stall at the same time.", MANY,
             (End("k", SILENT_PORT), End("k", scheme="http", port=80),
              End("y", SILENT), End("z", SILENT), SILENT_SERVER,
              End("n", broken("sni_drop", CERTAIN, LIKELY)), End("n"),
              End("m", broken("pmtu_blackhole_up", CERTAIN, LIKELY), path=LONG), End("m"),
              End("t", broken("sni_reset_inline", LIKELY, also=RESET_SOMEHOW)), End("t"),
              End("x", broken("remote_refused", LIKELY, CANNOT_TELL), port=444), End("x"))),
    Scenario("interception", "TLS is inspected, and the inspector's root is not installed.",
             (redirect("a", INSPECTED), redirect("b", INSPECTED)),
             (End("a", INTERCEPTED, host="login.microsoft.com"),
              End("b", INTERCEPTED, host="www.example.net"), End("c"))),
)
