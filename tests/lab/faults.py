# SPDX-License-Identifier: MIT
"""Named faults: what breaks, how, and what an honest prober has to say about it.

Used by the scenario tests and by ci/demo. A fault is made of steps, each of which can be taken
back; it works on a healthy lab whose zones say `world`. To add one, add an entry to FAULTS.
"""

import contextlib
import dataclasses

from . import azure, rawpeers, services, webfront
from .dns import DUAL, PRIVATE, PUBLIC, DnsState
from .namespaces import LabError

TABLE = "fault"


@dataclasses.dataclass(frozen=True)
class Filter:
    """nft rules in one hook of the router's or the Azure side's packet filter."""

    rules: tuple
    where: str = "router"
    hook: str = "forward"

    def do(self, lab):
        namespace = getattr(lab.topology, self.where)
        kind = "nat" if self.hook == "prerouting" else "filter"
        namespace.nft("\n".join((
            f"table inet {TABLE} {{", "chain it {",
            f"type {kind} hook {self.hook} priority -101; policy accept;", *self.rules,
            "}", "}", "")))

    def undo(self, lab):
        getattr(lab.topology, self.where).nft(f"delete table inet {TABLE}\n")


def redirect(names, port, dport=443):
    """Leads what arrives for these services to another port of the Azure side."""
    rules = []
    for name in names:
        service = azure.BY_NAME[name]
        to = f"tcp dport {dport} redirect to :{port}"
        rules.append(f"ip daddr {service.ipv4} {to}")
        if service.ipv6:
            rules.append(f"ip6 daddr {service.ipv6} {to}")
    return Filter(tuple(rules), where="azure", hook="prerouting")


def to_tag(tag, action):
    """A rule of the router for everything that a service tag covers."""
    ipv4, ipv6 = azure.TAGS[tag]
    rules = (f"ip daddr {ipv4} {action}",)
    return Filter(rules + ((f"ip6 daddr {ipv6} {action}",) if ipv6 else ()))


@dataclasses.dataclass(frozen=True)
class Names:
    """Another resolver or hosts file on the compute."""

    nameserver: str = azure.PLATFORM_DNS
    hosts: str = ""

    def do(self, lab):
        lab.set_names(self.nameserver, self.hosts)

    def undo(self, lab):
        lab.set_names()


@dataclasses.dataclass(frozen=True)
class Zones:
    """Zones that say something else than the world's."""

    state: DnsState
    world: DnsState

    def do(self, lab):
        lab.dns.apply(self.state)

    def undo(self, lab):
        lab.dns.apply(self.world)


@dataclasses.dataclass(frozen=True)
class Expect:
    """What the report has to say of the checks the fault hits; all others have to pass."""

    checks: tuple  # globs over check ids
    cause: tuple  # any one of these names
    stage: str
    confidence: tuple = ()  # any one of these words; () = not fixed
    status: str = "fail"
    exit_code: int = 1
    spared: tuple = ()  # ids that a glob of checks names and the fault does not hit
    mentions: tuple = ()  # text the evidence has to hold
    sole: bool = False  # the report has this one group of causes


@dataclasses.dataclass(frozen=True)
class Fault:
    name: str
    description: str
    steps: tuple
    expect: Expect
    world: DnsState = PUBLIC
    options: tuple = ()  # of vnetprobe, beside those of the workspace
    needs: str = None  # program of the full lab

    @contextlib.contextmanager
    def injected(self, lab):
        """The lab with this fault in it; healthy again afterwards."""
        if self.needs and self.needs not in lab.have:
            raise LabError(f"fault {self.name} needs {self.needs}, which this lab does not have")
        lab.dns.apply(self.world)
        with contextlib.ExitStack() as stack:
            for step in self.steps:
                step.do(lab)
                stack.callback(step.undo, lab)
            yield


# Checks that need no name from the system's resolver.
NAMELESS = ("dns.azure", "imds", "wireserver")
TO_PLATFORM = f"{{ {azure.PLATFORM_DNS}, {azure.IMDS} }}"
UNTRUSTED = Expect(("monitor.ingestion",), ("tls_untrusted",), "tls", ("likely", "certain"))
STORAGE_HTTP = tuple(f"storage.{sub}" for sub in azure.STORAGE_SERVICES)
PLAIN_TARGETS = ("--profile", "azureml", "http://archive.example.org/", "https://www.example.net/")
MANY_TARGET = f"tcp://{azure.MANY_HOST}:443"
BOGUS_TARGET = "http://archive.example.org/"
# The number of additional records in a question's header: EDNS is one.
WITH_EDNS = "@th,144,16 1"
MISSING_BLOB = dataclasses.replace(PRIVATE, missing=("blob",))
FOREIGN_BLOB = dataclasses.replace(PRIVATE, addresses=(("blob", "10.99.0.5"),))
UNLINKED = dataclasses.replace(PRIVATE, linked=False)
NO_VAULT = dataclasses.replace(PUBLIC, removed=(f"{azure.VAULT}.vault.azure.net",))

_FAULTS = (
    Fault("nsg-storage", "A network security group denies the Storage tag, in silence.",
          (to_tag("Storage", "drop"),),
          Expect(("storage.*",), ("silent_drop",), "tcp", ("cannot_tell",))),
    Fault("all-blocked", "Nothing but the platform's own addresses can be reached.",
          (Filter((f'iifname "r-cmp" ip daddr != {TO_PLATFORM} drop',
                   'iifname "r-cmp" meta nfproto ipv6 drop')),),
          Expect(("*",), ("silent_drop",), "tcp", ("cannot_tell",),
                 spared=NAMELESS + ("aml.tundra",))),
    Fault("smb-blocked", "TCP 445 is denied while 443 of the same file service is open.",
          (Filter(("tcp dport 445 drop",)),),
          Expect(("storage.smb",), ("silent_drop",), "tcp")),
    Fault("refused", "Nothing listens where the key vault should be.",
          (Filter((f"ip daddr {azure.BY_NAME['vault'].ipv4} tcp dport 443 reject with tcp reset",),
                  where="azure", hook="input"),),
          Expect(("keyvault",), ("remote_refused",), "tcp", ("likely",))),
    Fault("icmp-prohibited", "A router answers that telemetry is administratively prohibited.",
          (to_tag("AzureMonitor", "meta l4proto tcp reject with icmpx type admin-prohibited"),),
          Expect(("monitor.ingestion",), ("icmp_rejected",), "tcp", ("certain",),
                 mentions=(azure.GATEWAY,))),
    Fault("udp-refused", "The host behind UDP 5831 says that the port is closed.",
          (Filter((f"udp dport {rawpeers.TUNDRA} reject",), where="azure", hook="input"),),
          Expect(("aml.tundra",), ("remote_refused", "icmp_rejected"), "udp")),

    Fault("name-not-found", "The key vault's name does not exist.",
          (Zones(NO_VAULT, PUBLIC),),
          Expect(("keyvault",), ("dns_nxdomain",), "dns")),
    Fault("dead-resolver", "The configured DNS server does not answer.",
          (Names(azure.DEAD_DNS), Filter((f"ip daddr {azure.DEAD_DNS} drop",))),
          Expect(("*",), ("dns_server_unreachable",), "dns", spared=NAMELESS, sole=True,
                 mentions=(azure.DEAD_DNS,))),
    Fault("dns-udp-blocked", "UDP to the custom DNS server is dropped, TCP is not.",
          (Names(azure.CUSTOM_DNS), Filter((f"ip daddr {azure.CUSTOM_DNS} udp dport 53 drop",))),
          Expect(("*",), ("dns_udp_blocked",), "dns", ("certain",), spared=NAMELESS, sole=True,
                 mentions=(azure.CUSTOM_DNS,)), needs="unbound"),
    Fault("dns-tcp-blocked", "TCP to the custom DNS server is dropped, and one answer is long.",
          (Names(azure.CUSTOM_DNS), Filter((f"ip daddr {azure.CUSTOM_DNS} tcp dport 53 drop",))),
          Expect((MANY_TARGET,), ("dns_tcp_blocked",), "dns", ("certain",)),
          options=("--profile", "azureml", MANY_TARGET), needs="unbound"),
    Fault("dns-edns-dropped", "A firewall drops questions with EDNS to the custom DNS server.",
          (Names(azure.CUSTOM_DNS),
           Filter((f"ip daddr {azure.CUSTOM_DNS} udp dport 53 {WITH_EDNS} drop",))),
          Expect(("*",), ("dns_edns_dropped",), "dns", ("certain", "likely"), spared=NAMELESS,
                 sole=True), needs="unbound"),
    Fault("dnssec-bogus", "A validating DNS server does not believe the answers about one zone.",
          (Names(azure.CUSTOM_DNS),),
          Expect((BOGUS_TARGET,), ("dns_servfail",), "dns", ("likely",), mentions=("DNSSEC",)),
          options=("--profile", "azureml", BOGUS_TARGET), needs="unbound"),
    Fault("garbage-resolver", "The configured DNS server answers bytes that are no DNS.",
          (Names(azure.GARBAGE_DNS),),
          Expect(("*",), ("dns_malformed",), "dns", status="inconclusive", exit_code=2,
                 spared=NAMELESS, mentions=(azure.GARBAGE_DNS,))),
    Fault("hosts-override", "A forgotten line in /etc/hosts points the vault somewhere else.",
          (Names(hosts=f"{azure.PROXY} {azure.VAULT}.vault.azure.net\n"),),
          Expect(("keyvault",), ("hosts_override",), "dns", mentions=(azure.PROXY,))),

    Fault("expired-certificate", "The key vault's certificate has expired.",
          (redirect(("vault",), webfront.EXPIRED),),
          Expect(("keyvault",), ("tls_expired",), "tls", ("certain",))),
    Fault("wrong-name", "The registry shows a certificate for another name.",
          (redirect(("acr",), webfront.WRONG_NAME),),
          Expect(("acr.login",), ("tls_name_mismatch",), "tls", ("certain",))),
    Fault("untrusted-certificate", "One service shows a certificate of an unknown authority.",
          (redirect(("monitor",), webfront.UNTRUSTED),), UNTRUSTED),
    Fault("self-signed", "One service shows a certificate that it signed itself.",
          (redirect(("monitor",), webfront.SELF_SIGNED),), UNTRUSTED),
    Fault("incomplete-chain", "One service does not send its intermediate certificate.",
          (redirect(("monitor",), webfront.INCOMPLETE),), UNTRUSTED),
    Fault("interception", "A proxy signs the certificates of unrelated names anew.",
          (redirect(("vault", "login", "mcr"), webfront.UNTRUSTED),),
          Expect(("keyvault", "aad.login", "mcr.registry"), ("tls_intercepted",), "tls",
                 ("certain",), mentions=("Contoso",))),
    Fault("plain-text-443", "Something speaks plain HTTP on port 443.",
          (redirect(("vault",), webfront.PLAIN_HTTP),),
          # The reset behind the answer may take all but its beginning away.
          Expect(("keyvault",), ("not_tls",), "tls", mentions=("HTTP/",))),
    Fault("name-filter", "A filter closes connections that name the registry.",
          (redirect(("acr", "acr-data"), services.SNI_FILTER),),
          Expect(("acr.login",), ("sni_close", "connection_closed", "connection_reset"), "tls"),
          needs="haproxy"),
    Fault("hello-reset", "A firewall resets connections at their first data.",
          (Filter((f"ip daddr {azure.BY_NAME['acr'].ipv4} tcp flags & psh == psh "
                   "reject with tcp reset",)),),
          Expect(("acr.login",), ("rst_injected_inline", "connection_reset", "sni_reset_inline"),
                 "tls")),
    Fault("server-abort", "The server accepts and aborts at the first byte.",
          (redirect(("acr",), rawpeers.RESET),),
          Expect(("acr.login",), ("connection_reset",), "tls")),
    Fault("silent-server", "The server accepts connections and never answers.",
          (redirect(("vault",), rawpeers.SILENT),),
          Expect(("keyvault",), ("no_reply",), "tls")),
    Fault("silent-service", "The front end speaks TLS, the service behind it never answers.",
          (redirect(("vault",), webfront.HTTP_SILENT),),
          Expect(("keyvault",), ("no_reply",), "http")),

    Fault("impostor", "Something else answers behind the vault's valid certificate.",
          (redirect(("vault",), webfront.IMPOSTOR),),
          Expect(("keyvault",), ("not_the_service",), "http", ("likely", "certain"))),
    Fault("storage-firewall", "The storage account's own firewall refuses this network.",
          (redirect(azure.STORAGE_SERVICES, webfront.DENIED),),
          Expect(STORAGE_HTTP, ("service_denied",), "http")),
    Fault("registry-firewall", "The registry's own firewall refuses this network.",
          (redirect(("acr",), webfront.DENIED),),
          Expect(("acr.login",), ("service_denied",), "http", ("certain",),
                 mentions=(azure.COMPUTE,))),
    Fault("firewall-470", "Azure Firewall has no rule for a plain HTTP name.",
          (redirect(("internet",), rawpeers.FIREWALL_470, dport=80),),
          Expect(("http://archive.example.org/",), ("azure_firewall_http_deny",), "http",
                 ("certain",)), options=PLAIN_TARGETS),
    Fault("smb-impostor", "An SSH server answers on port 445.",
          (redirect(("file",), rawpeers.BANNER, dport=445),),
          Expect(("storage.smb",), ("not_the_service",), "tcp", mentions=("SSH-2.0",))),

    Fault("unlinked-zone", "The private DNS zones are not linked to this VNet.",
          (Zones(UNLINKED, PRIVATE),),
          Expect(azure.PRIVATE_CHECKS, ("private_zone_unlinked",), "dns"),
          world=PRIVATE, options=azure.PRIVATE_OPTIONS),
    Fault("missing-record", "The private zone lacks the record of the blob endpoint.",
          (Zones(MISSING_BLOB, PRIVATE),),
          Expect(("storage.blob",), ("private_record_missing",), "dns", ("certain",)),
          world=PRIVATE, options=azure.PRIVATE_OPTIONS),
    Fault("outside-vnet", "The blob endpoint resolves to a private address outside the VNet.",
          (Zones(FOREIGN_BLOB, PRIVATE),),
          Expect(("storage.blob",), ("dns_outside_cidr",), "dns", mentions=("10.99.0.5",)),
          world=PRIVATE, options=azure.PRIVATE_OPTIONS),
    Fault("custom-dns", "A custom DNS server does not forward private names to Azure.",
          (Names(azure.CUSTOM_DNS),),
          Expect(azure.PRIVATE_CHECKS, ("custom_dns_no_forward",), "dns", ("certain",),
                 mentions=(azure.CUSTOM_DNS,)),
          world=PRIVATE, options=azure.PRIVATE_OPTIONS, needs="unbound"),

    Fault("ipv6-dropped", "Names have IPv6 addresses, and nothing answers there.",
          (Filter(('iifname "r-cmp" meta nfproto ipv6 drop',)),),
          Expect(("aad.login", "storage.*", "mcr.registry", "keyvault"), ("ipv6_broken",), "tcp",
                 status="warn", exit_code=0),
          world=DUAL),
)

FAULTS = {fault.name: fault for fault in _FAULTS}
