# SPDX-License-Identifier: MIT
"""`diagnose` of a report that was just written says what the run itself has said."""

import json

import pytest

from reportparts import members

from . import azure, probe, record

ROWS = [pytest.param(case, id=name, marks=[pytest.mark.needs(need) for need in case.programs])
        for name, case in record.CASES.items()]
JUDGED = ("run", "summary", "causes", "checks", "observations", "left_out")


@pytest.mark.parametrize("case", ROWS)
def test_judging_again_gives_the_same_bytes(lab, prober, case, tmp_path):
    del lab
    first = record.run(prober.lab, prober, case)
    assert first.out, first.err
    saved = tmp_path / "report.json"
    saved.write_text(first.out, encoding="utf-8")
    again = prober.start([prober.program, "diagnose", "-o", "json", str(saved)])
    assert again.err == ""
    assert again.code == first.code
    old, new = members(first.out), members(again.out)
    for name in JUDGED:
        assert new[name] == old[name], name
    probe.assert_sound(again)
    assert "lab-secret" not in first.out + again.out


def test_variables_of_a_run_change_nothing(prober, tmp_path):
    first = prober.profile("keyvault")
    saved = tmp_path / "report.json"
    saved.write_text(first.out, encoding="utf-8")
    again = prober.start(
        [prober.program, "diagnose", "-o", "json", str(saved)],
        env={"VNETPROBE_REGION": "eastus", "VNETPROBE_EXPECT_PRIVATE": "*",
             "VNETPROBE_CONFIG": "/nonexistent.yaml", "https_proxy": azure.PROXY_URL})
    assert again.err == ""
    assert json.loads(again.out)["checks"] == first.report["checks"]


def test_proxy_of_the_environment_is_remembered(prober, tmp_path):
    """A dead proxy is enough: what counts is that both judge the same way."""
    env = {"https_proxy": f"http://user:lab-secret@{azure.PROXY}:9", "no_proxy": "mcr.microsoft.com"}
    first = prober.check(*azure.OPTIONS, *probe.FAST, "keyvault", "mcr.registry", env=env)
    assert "lab-secret" not in first.out
    assert first.checks["keyvault"]["status"] != "pass"
    saved = tmp_path / "report.json"
    saved.write_text(first.out, encoding="utf-8")
    again = prober.start([prober.program, "diagnose", "-o", "json", str(saved)])
    assert json.loads(again.out)["checks"] == first.report["checks"]
    assert again.code == first.code
