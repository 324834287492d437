# SPDX-License-Identifier: MIT
"""Runs whose reports are kept as golden cases (tests/golden), recorded in the lab.

    PYTHONPATH=tests /usr/bin/python3 -m lab.record DIRECTORY [CASE...]

writes DIRECTORY/CASE/report.json as the program printed it, on a machine called `compute`.
"""

import contextlib
import dataclasses
import pathlib
import sys

from . import azure, probe
from .dns import DUAL, PRIVATE, PUBLIC, DnsState
from .faults import FAULTS
from .namespaces import LabError, why_not_permitted
from .vnet import Lab, end_on_signals

HOSTNAME = "compute"
WWW = "https://www.example.net/"
EXFIL = "https://exfil.example.com/"
PROXY_WITH_PASSWORD = f"http://lab:lab-secret@{azure.PROXY}:{azure.PROXY_AUTH_PORT}"


@dataclasses.dataclass(frozen=True)
class Case:
    """One run: the network it meets, and what the program is asked."""

    fault: str = None
    world: DnsState = PUBLIC  # without a fault
    options: tuple = azure.OPTIONS
    more: tuple = ()
    root: bool = False
    env: tuple = ()  # (name, value)...
    needs: str = None  # program of the full lab, beside those of the fault

    @property
    def programs(self):
        """What the lab must have."""
        return {need for need in (self.needs, self.fault and FAULTS[self.fault].needs) if need}

    @contextlib.contextmanager
    def network(self, lab):
        """The lab as the case wants it."""
        if self.fault:
            with FAULTS[self.fault].injected(lab):
                yield
            return
        lab.dns.apply(self.world)
        yield
        lab.dns.apply(PUBLIC)

    @property
    def arguments(self):
        fault = FAULTS[self.fault].options if self.fault else ()
        return (*self.options, *fault, *probe.FAST, *self.more)


# A few healthy checks beside what one service's fault hits; the rest would only repeat them.
BESIDE = ("aad.login", "mcr.registry", "storage.blob")


def of_fault(name, *checks, **how):
    """The whole profile, or these checks and a few healthy ones, in a broken network."""
    return Case(fault=name, more=(*how.pop("more", ()), *checks, *(BESIDE if checks else ())), **how)


CASES = {
    "healthy-public": Case(root=True),
    "healthy-private": Case(world=PRIVATE, more=azure.PRIVATE_OPTIONS, root=True),
    "healthy-dual-stack": Case(world=DUAL, more=("keyvault", *BESIDE)),
    "nsg-storage": of_fault("nsg-storage"),
    "all-blocked": of_fault("all-blocked"),
    "dead-resolver": of_fault("dead-resolver"),
    "unlinked-zone": of_fault("unlinked-zone"),
    "missing-record": of_fault("missing-record"),
    "deadline": of_fault("nsg-storage", more=(
        "--connect-timeout", "10s", "--timeout", "20s", "--deadline", "2s")),
    "dns-edns-dropped": of_fault("dns-edns-dropped", "keyvault"),
    "dnssec-bogus": of_fault("dnssec-bogus", "keyvault"),
    "refused": of_fault("refused", "keyvault"),
    "icmp-prohibited": of_fault("icmp-prohibited", "monitor.ingestion"),
    "name-not-found": of_fault("name-not-found", "keyvault"),
    "outside-vnet": of_fault("outside-vnet", "storage.queue"),
    "hosts-override": of_fault("hosts-override", "keyvault"),
    "expired-certificate": of_fault("expired-certificate", "keyvault"),
    "interception": of_fault("interception", "keyvault"),
    "impostor": of_fault("impostor", "keyvault"),
    "storage-firewall": of_fault("storage-firewall", "storage.file"),
    "registry-firewall": of_fault("registry-firewall", "acr.login"),
    "silent-server": of_fault("silent-server", "keyvault"),
    "ipv6-dropped": of_fault("ipv6-dropped", "keyvault", more=("--strict",)),
    "must-not-reach": Case(options=("--must-not-reach", EXFIL, WWW)),
    "proxy-password": Case(options=(WWW,), env=(("VNETPROBE_PROXY", PROXY_WITH_PASSWORD),),
                           needs="squid"),
}


def run(lab, prober, case):
    """`vnetprobe check -o json` of one case, and the words it was started with."""
    compute = prober.lab.topology.compute
    words = prober.argv("check", "-o", "json", *case.arguments, root=case.root)
    inside = compute.command()
    named = ("unshare", "--uts", "sh", "-c", 'hostname "$0" && exec "$@"', HOSTNAME)
    assert words[:len(inside)] == inside, words
    with case.network(lab):
        return prober.start([*inside, *named, *words[len(inside):]], dict(case.env))


def main(argv):
    if len(argv) < 2 or set(argv[2:]) - set(CASES):
        print(f"usage: record DIRECTORY [CASE...]; cases are {' '.join(CASES)}", file=sys.stderr)
        return 2
    reason = why_not_permitted()
    program = probe.binary()
    if reason or program is None:
        raise LabError(reason or "vnetprobe is not built")
    end_on_signals()
    with Lab() as lab:
        for name in argv[2:] or CASES:
            case = CASES[name]
            missing = case.programs - set(lab.have)
            if missing:
                print(f"{name}: not recorded, without {', '.join(missing)}", file=sys.stderr)
                continue
            done = run(lab, probe.Prober(lab, program), case)
            folder = pathlib.Path(argv[1]) / name
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "report.json").write_text(done.out, encoding="utf-8")
            print(f"{name}: exit code {done.code}", flush=True)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv))
    except LabError as err:
        print(f"record: {err}", file=sys.stderr)
        sys.exit(2)
