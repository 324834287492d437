# SPDX-License-Identifier: MIT
"""Options that change a run: resolvers, addresses, proxies, limits, what must not be reached."""

import json
import socket

import pytest

from . import azure, probe
from .dns import PRIVATE
from .faults import FAULTS, Filter

WWW = "https://www.example.net/"
EXFIL = "https://exfil.example.com/"
DROP_EXFIL = (f"ip daddr {azure.INTERNET} tcp dport 443 drop",)
REFUSE_EXFIL = (f"ip daddr {azure.INTERNET} tcp dport 443 reject with icmpx type admin-prohibited",)

COUNT = """
table inet count {
  chain sent {
    type filter hook output priority -300; policy accept;
    oifname != "lo" meta l4proto { tcp, udp, icmp } counter comment "sent"
  }
}
"""


class rules:
    """Packet filter rules of the router for the length of a block."""

    def __init__(self, lab, lines):
        self.lab = lab
        self.step = Filter(lines)

    def __enter__(self):
        self.step.do(self.lab)

    def __exit__(self, *_):
        self.step.undo(self.lab)


def test_list_sends_nothing(lab, prober):
    compute = lab.topology.compute
    compute.nft(COUNT)
    try:
        run = prober.run("list", "-v", *azure.OPTIONS)
        counted = compute.nft_counters("count")["sent"]
        prober.check(WWW)
        assert compute.nft_counters("count")["sent"] > counted, "the counter counts"
    finally:
        compute.nft("delete table inet count\n")
    assert run.code == 0, run.err
    assert "amlstore.blob.core.windows.net" in run.out
    assert counted == 0


def test_deadline_shorter_than_the_fault_is_inconclusive(lab, prober):
    with FAULTS["nsg-storage"].injected(lab):
        run = prober.profile("--connect-timeout", "10s", "--timeout", "20s", "--deadline", "2s")
    assert run.code == 2, run.err
    for check in run.select(("storage.*",)):
        assert check["status"] == "inconclusive", check["id"]
    # Silence on UDP is waited for; the deadline may fall into that wait.
    probe.assert_passes(run, but=["storage.*", "wireserver", "aml.tundra"])
    assert run.seconds < 2 + 2


def test_interrupt_reports_what_is_known(lab, prober):
    with FAULTS["nsg-storage"].injected(lab):
        run = prober.profile("--connect-timeout", "20s", "--timeout", "30s", interrupt_after=2)
    assert run.code == 2, run.err
    assert run.seconds < 5
    assert all(check["status"] == "inconclusive" for check in run.select(("storage.*",)))
    probe.assert_passes(run, but=["storage.*", "wireserver"])


def test_reachable_target_that_must_not_be_is_a_failure(prober):
    run = prober.check("--must-not-reach", EXFIL, WWW)
    check = run.checks[EXFIL]
    assert (check["status"], check["cause"]) == ("fail", "reachable_but_forbidden")
    probe.assert_passes(run, but=[EXFIL])
    assert run.code == 1


def test_proven_block_of_a_forbidden_target_passes(lab, prober):
    with rules(lab, REFUSE_EXFIL):
        run = prober.check(*probe.FAST, "--must-not-reach", EXFIL, "tcp://mcr.microsoft.com:443")
    probe.assert_passes(run)
    assert run.code == 0


def test_silence_of_a_forbidden_target_passes_beside_a_working_control(lab, prober):
    with rules(lab, DROP_EXFIL):
        run = prober.check(*probe.FAST, "--must-not-reach", EXFIL, "tcp://mcr.microsoft.com:443")
    probe.assert_passes(run)
    assert run.code == 0


def test_silence_of_a_forbidden_target_alone_proves_nothing(lab, prober):
    with FAULTS["all-blocked"].injected(lab):
        run = prober.check(*probe.FAST, "--must-not-reach", EXFIL)
    assert run.checks[EXFIL]["status"] == "inconclusive"
    assert run.code == 2


@pytest.mark.needs("squid")
@pytest.mark.parametrize("proxy, target, cause", [
    pytest.param(azure.PROXY_URL, EXFIL, "proxy_denied", id="refused-by-rule"),
    pytest.param(f"http://{azure.PROXY}:{azure.PROXY_AUTH_PORT}", WWW, "proxy_auth_required",
                 id="credentials-wanted"),
])
def test_proxy_that_refuses_is_named(prober, proxy, target, cause):
    run = prober.check("--proxy", proxy, target)
    check = run.checks[target]
    assert (check["status"], check["cause"], check["confidence"]) == ("fail", cause, "certain")
    assert run.code == 1


@pytest.mark.needs("squid")
def test_proxy_from_the_environment_and_its_exceptions(prober):
    env = {"https_proxy": azure.PROXY_URL, "no_proxy": ".core.windows.net"}
    run = prober.check(*azure.OPTIONS, "keyvault", "storage.blob", env=env)
    probe.assert_passes(run)
    assert "explicit_proxy" in run.checks["keyvault"]["attributes"]
    assert "explicit_proxy" not in run.checks["storage.blob"]["attributes"]


@pytest.mark.needs("squid")
def test_credentials_of_a_proxy_stay_out_of_the_report(prober):
    proxy = f"http://lab:lab-secret@{azure.PROXY}:{azure.PROXY_AUTH_PORT}"
    run = prober.check(WWW, env={"VNETPROBE_PROXY": proxy})
    probe.assert_passes(run)
    assert "lab-secret" not in run.out + run.err


@pytest.mark.needs("unbound")
def test_truncated_answer_is_asked_again_over_tcp(prober):
    run = prober.check("--resolver", azure.CUSTOM_DNS, f"dns:{azure.MANY_HOST}")
    probe.assert_passes(run)
    answers = [facts for facts in probe.observed(run, "dns")
               if facts["server"] == f"{azure.CUSTOM_DNS}:53" and facts["type"] == "A"]
    assert [(facts["transport"], facts["tc"]) for facts in answers] == [("udp", True), ("tcp", False)]
    assert len(answers[1]["records"]) == len(azure.MANY_ADDRESSES)


def test_given_resolver_is_asked_instead_of_the_systems(lab, prober):
    lab.set_names(azure.DEAD_DNS)
    try:
        run = prober.check("--resolver", azure.PUBLIC_DNS, "--azure-dns", "none", WWW)
    finally:
        lab.set_names()
    probe.assert_passes(run)
    assert {facts["server"] for facts in probe.observed(run, "dns")} == {f"{azure.PUBLIC_DNS}:53"}


def test_both_resolvers_are_asked_side_by_side(lab, prober):
    lab.dns.apply(PRIVATE)
    run = prober.check(*azure.OPTIONS, "--resolver", azure.PUBLIC_DNS, "keyvault")
    servers = {facts["server"] for facts in probe.observed(run, "dns", "keyvault")}
    assert servers == {f"{azure.PUBLIC_DNS}:53", f"{azure.PLATFORM_DNS}:53"}


@pytest.mark.parametrize("option", [
    pytest.param(("--resolve", f"www.example.net:443:{azure.BY_NAME['vault'].ipv4}"), id="resolve"),
    pytest.param(("--connect-to", f"www.example.net:443:{azure.BY_NAME['vault'].ipv4}:443"),
                 id="connect-to"),
])
def test_pinned_address_is_contacted(prober, option):
    run = prober.check(*option, WWW)
    probe.assert_passes(run)
    peers = {facts["peer"] for facts in probe.observed(run, "tcp")}
    assert peers == {f"{azure.BY_NAME['vault'].ipv4}:443"}


def test_endpoints_of_every_protocol(prober):
    targets = (WWW, "http://www.example.net/", "tcp://mcr.microsoft.com:443", "dns:www.example.net",
               "udp://westeurope.tundra.azureml.ms:5831")
    run = prober.check(*targets)
    probe.assert_passes(run)
    assert tuple(run.checks) == targets
    assert run.checks[targets[-1]]["confidence"] == "possible"


@pytest.mark.parametrize("form", ["json", "text"])
def test_redacted_report_names_nothing(lab, prober, form):
    secret = (azure.STORAGE, azure.REGISTRY, azure.VAULT, azure.WORKSPACE, azure.WORKSPACE_ID,
              azure.INSTANCE, azure.COMPUTE, azure.GATEWAY, azure.BY_NAME["blob"].ipv4,
              azure.BY_NAME["vault"].ipv4, azure.CUSTOM_DNS, socket.gethostname())
    with FAULTS["registry-firewall"].injected(lab):
        run = prober.run("check", "--redact", "-o", form, *probe.FAST, *azure.OPTIONS,
                         "--resolver", azure.PUBLIC_DNS)
    assert run.code == 1, run.err
    assert not probe.words_in(run.out, secret)
    assert azure.PLATFORM_DNS in run.out
    if form == "json":
        assert json.loads(run.out)["summary"]["fail"] >= 1


def test_nothing_is_written_but_the_report(prober):
    run = prober.check(WWW)
    assert run.err == ""


def test_parallel_limit_gives_the_same_report(prober):
    one = prober.profile("--parallel", "1", "--skip", "aml.tundra", "--timeout", "5s")
    many = prober.profile("--skip", "aml.tundra")
    assert list(one.checks) == list(many.checks)
    assert ([check["status"] for check in one.report["checks"]]
            == [check["status"] for check in many.report["checks"]])
