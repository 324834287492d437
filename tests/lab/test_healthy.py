# SPDX-License-Identifier: MIT
"""Networks without a fault: everything passes, and the report says how."""

import pytest

from . import azure, probe
from .dns import DUAL, PRIVATE

# Every check id of the profile, in the order of the report.
IDS = (
    "dns.azure", "imds", "wireserver", "aad.login", "graph.microsoft", "arm.management",
    "aml.studio", "aml.api", "aml.workspace", "aml.workspace-cert", "aml.notebooks",
    "aml.instance", "aml.tundra", "jupyter.websocket", "batch.node", "storage.blob",
    "storage.queue", "storage.table", "storage.file", "storage.dfs", "storage.smb", "acr.login",
    "acr.data", "mcr.registry", "mcr.data", "keyvault", "monitor.ingestion",
)


def test_public_network_passes_as_root(prober):
    run = prober.profile(root=True)
    probe.assert_passes(run)
    assert run.code == 0, run.err
    assert run.report["causes"] == []
    assert tuple(run.checks) == IDS
    assert {facts["version"] for facts in probe.observed(run, "tls")} == {"TLSv1.3"}


def test_public_network_passes_as_ordinary_user(prober):
    """But for the wire server, which the guest agent keeps from ordinary users."""
    run = prober.profile(*probe.FAST)
    wireserver = run.checks["wireserver"]
    probe.assert_passes(run, but=["wireserver"])
    assert wireserver["status"] == "inconclusive"
    assert not wireserver["required"]
    assert run.code == 0, run.err
    assert run.report["summary"]["fail"] == 0


def test_private_endpoints_are_recognised(lab, prober):
    lab.dns.apply(PRIVATE)
    run = prober.profile(*azure.PRIVATE_OPTIONS, root=True)
    probe.assert_passes(run)
    assert run.code == 0, run.err
    for check in run.select(azure.PRIVATE_CHECKS):
        assert "private_endpoint" in check["attributes"], check["id"]
    for name in ("aad.login", "mcr.registry", "arm.management"):
        assert "private_endpoint" not in run.checks[name]["attributes"], name


def test_dual_stack_tries_both_families(lab, prober):
    lab.dns.apply(DUAL)
    run = prober.profile(root=True)
    probe.assert_passes(run)
    assert run.code == 0, run.err
    assert probe.families(run, "keyvault") == {4, 6}
    assert probe.families(run, "arm.management") == {4}


@pytest.mark.parametrize("option, family", [("-4", 4), ("-6", 6)])
def test_one_family_contacts_that_family_only(lab, prober, option, family):
    lab.dns.apply(DUAL)
    run = prober.check(option, "https://amlvault.vault.azure.net/healthstatus")
    probe.assert_passes(run)
    assert probe.families(run) == {family}


def test_text_report_is_the_default(prober):
    run = prober.run("check", *azure.OPTIONS, root=True)
    assert run.code == 0, run.err
    for name in IDS:
        assert name in run.out
    assert max(len(line) for line in run.out.splitlines()) <= 100
    assert "\x1b" not in run.out


@pytest.mark.needs("squid")
def test_profile_goes_through_an_explicit_proxy(prober):
    run = prober.profile("--proxy", azure.PROXY_URL, root=True)
    probe.assert_passes(run)
    assert run.code == 0, run.err
    for name in ("aad.login", "keyvault", "acr.login", "jupyter.websocket"):
        assert "explicit_proxy" in run.checks[name]["attributes"], name
    for name in ("imds", "wireserver", "storage.smb"):
        assert "explicit_proxy" not in run.checks[name]["attributes"], name
