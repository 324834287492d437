# SPDX-License-Identifier: MIT
"""Servers that are slow, endless or excessive: bounded, and still judged."""

import contextlib

from . import azure, probe, rawpeers, webfront
from .faults import FAULTS, redirect

VAULT = (*azure.OPTIONS, "keyvault", "mcr.registry")


@contextlib.contextmanager
def vault_at(lab, port):
    step = redirect(("vault",), port)
    step.do(lab)
    try:
        yield
    finally:
        step.undo(lab)


def test_service_that_needs_three_seconds_passes(lab, prober):
    with vault_at(lab, webfront.SLOW):
        run = prober.check(*VAULT)
    probe.assert_passes(run)
    assert run.report["run"]["duration_ms"] >= 3000
    assert run.code == 0


def test_older_tls_version_passes(lab, prober):
    with vault_at(lab, webfront.TLS12_ONLY):
        run = prober.check(*VAULT)
    probe.assert_passes(run)
    assert [facts["version"] for facts in probe.observed(run, "tls", "keyvault")] == ["TLSv1.2"]


def test_body_without_end_is_cut_and_judged(lab, prober):
    with vault_at(lab, webfront.ENDLESS):
        run = prober.check(*VAULT)
    probe.assert_passes(run)
    (facts,) = probe.observed(run, "http", "keyvault")
    assert facts["body_truncated"]
    assert len(facts["body"]) <= 4 * 4096  # 4 KiB kept, escaped when printed
    assert run.seconds < 8


def test_flood_of_header_fields_is_bounded(lab, prober):
    """Whatever the verdict: it comes in time, it is small, and it is the vault's alone."""
    with vault_at(lab, webfront.FLOOD):
        run = prober.check(*probe.FAST, *VAULT)
    probe.assert_passes(run, but=["keyvault"])
    for facts in probe.observed(run, "http", "keyvault"):
        assert len(facts["headers"]) <= 64
    assert run.checks["keyvault"]["status"] in ("pass", "fail", "inconclusive")
    assert len(run.out) < 500_000
    assert run.seconds < 8


def test_reply_of_the_wrong_protocol_is_kept_and_escaped(lab, prober):
    with vault_at(lab, rawpeers.BANNER):
        run = prober.check(*probe.FAST, *VAULT)
    assert run.checks["keyvault"]["cause"] == "not_tls"
    (facts,) = probe.observed(run, "tls", "keyvault")
    assert bytes.fromhex(facts["first_bytes"]).startswith(b"SSH-2.0")
    probe.assert_passes(run, but=["keyvault"])


def test_silence_about_one_family_is_not_the_absence_of_addresses(prober):
    """An empty answer for AAAA says nothing about A: only the missing answer explains the check."""
    run = prober.check(*probe.FAST, "--resolver", azure.ONE_EARED_DNS, "--azure-dns", "none",
                       "https://www.example.net/")
    (check,) = run.report["checks"]
    outcomes = {facts["type"]: facts["outcome"] for facts in probe.observed(run, "dns")}
    assert outcomes == {"A": "timeout", "AAAA": "answered"}
    assert check["status"] in ("fail", "inconclusive")
    assert check["cause"] == "dns_no_answer"
    assert run.code != 0


def test_all_blocked_costs_one_connect_timeout(lab, prober):
    with FAULTS["all-blocked"].injected(lab):
        run = prober.profile("--connect-timeout", "1s")
    assert run.code == 1
    assert run.report["run"]["duration_ms"] <= 1500 + 1000  # half a second, and a busy machine
