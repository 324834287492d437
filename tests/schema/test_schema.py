# SPDX-License-Identifier: MIT
"""Documents of report_sample against report/report.schema.json.

REPORT_SAMPLE is the path of that program; ctest sets it.
"""

import copy
import json
import os
import pathlib
import subprocess

import jsonschema
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "report" / "report.schema.json").read_text())
RUNS = ["healthy", "failing", "hostile", "capture", "interrupted", "empty"]

report_validator = jsonschema.Draft202012Validator(SCHEMA)
list_validator = jsonschema.Draft202012Validator(
    {**SCHEMA["$defs"]["list"], "$defs": SCHEMA["$defs"]}
)


def sample(form, run):
    """The bytes that report_sample prints."""
    program = os.environ["REPORT_SAMPLE"]
    return subprocess.run([program, form, run], check=True, stdout=subprocess.PIPE).stdout


def document(form, run):
    return json.loads(sample(form, run).decode("utf-8"))


def test_the_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("form", ["json", "redacted-json"])
def test_reports_are_valid(form, run):
    report_validator.validate(document(form, run))


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("form", ["list-json", "redacted-list-json"])
def test_lists_are_valid(form, run):
    list_validator.validate(document(form, run))


def test_every_kind_of_observation_is_valid():
    path = ROOT / "tests" / "unit" / "model" / "expect" / "every_kind.json"
    observations = json.loads(path.read_text())
    report = document("json", "healthy")
    report["observations"] = observations
    report_validator.validate(report)
    kinds = SCHEMA["$defs"]["observation"]["properties"]["kind"]["enum"]
    assert {o["kind"] for o in observations} == set(kinds)


def test_members_stand_in_the_order_of_the_contract():
    report = document("json", "failing")
    top = ["schema_version", "tool", "run", "summary", "causes", "checks", "observations"]
    check = (
        "id title target required status stage cause confidence attributes alternatives would_decide "
        "ruled_out evidence remediation duration_ms timing_ms"
    ).split()
    cause = "cause confidence checks summary evidence alternatives would_decide remediation".split()
    run = "started duration_ms host cloud region capabilities attributes".split()
    assert list(report)[: len(top)] == top
    assert list(report["checks"][0])[: len(check)] == check
    assert list(report["causes"][0])[: len(cause)] == cause
    assert list(report["run"])[: len(run)] == run
    assert list(report["summary"]) == ["status", "pass", "warn", "fail", "inconclusive", "skipped"]
    assert list(report["tool"]) == ["name", "version", "catalogue"]


@pytest.mark.parametrize("run", RUNS)
def test_evidence_names_observations_that_exist(run):
    report = document("json", run)
    ids = {o["id"] for o in report["observations"]}
    for check in report["checks"]:
        for evidence in check["evidence"]:
            assert set(evidence["observations"]) <= ids


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("form", ["text", "verbose", "json", "list-verbose", "list-json", "quiet"])
def test_no_document_carries_control_or_bidi_characters(form, run):
    text = sample(form, run).decode("utf-8")
    for c in text:
        assert c == "\n" or (c >= " " and not "\x7f" <= c <= "\x9f"), repr(c)
        assert c not in "\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e", repr(c)


def without(path):
    def change(report):
        *parents, last = path
        for key in parents:
            report = report[key]
        del report[last]

    return change


def put(path, value):
    def change(report):
        *parents, last = path
        for key in parents:
            report = report[key]
        report[last] = value

    return change


def facts_of(report, kind):
    return next(o for o in report["observations"] if o["kind"] == kind)


BROKEN = {
    "no schema version": without(["schema_version"]),
    "another major version": put(["schema_version"], "2.0"),
    "no run": without(["run"]),
    "unknown cloud": put(["run", "cloud"], "MoonCloud"),
    "unknown attribute": put(["run", "attributes"], ["slow"]),
    "a number among the settings": put(["run", "settings"], {"parallel": 3}),
    "an empty list among the settings": put(["run", "settings"], {"storage": []}),
    "start without a zone": put(["run", "started"], "2026-11-22T10:00:00.123"),
    "unknown status": put(["checks", 0, "status"], "ok"),
    "unknown stage": put(["checks", 3, "stage"], "quic"),
    "unknown confidence": put(["checks", 3, "confidence"], "sure"),
    "a pass with a cause": put(["checks", 0, "cause"], "silent_drop"),
    "a pass with a stage": put(["checks", 0, "stage"], "tcp"),
    "a negative count": put(["summary", "fail"], -1),
    "evidence without a role": without(["checks", 0, "evidence", 0, "role"]),
    "evidence by name": put(["checks", 0, "evidence", 0, "observations"], ["one"]),
    "a cause without checks": put(["causes", 0, "checks"], []),
    "an observation of no kind": put(["observations", 0, "kind"], "quic"),
    "facts of another kind": put(["observations", 0, "kind"], "tcp"),
    "an address that is a name": lambda r: facts_of(r, "tcp")["tcp"].update(peer="example:443"),
    "an unknown outcome": lambda r: facts_of(r, "tcp")["tcp"].update(outcome="fine"),
    "a missing errno": lambda r: facts_of(r, "tcp")["tcp"].pop("errno"),
    "a date that is none": lambda r: facts_of(r, "tls")["tls"]["chain"][0].update(not_after="soon"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_reports_are_refused(name):
    report = copy.deepcopy(document("json", "failing"))
    report_validator.validate(report)
    BROKEN[name](report)
    with pytest.raises(jsonschema.ValidationError):
        report_validator.validate(report)


def test_members_of_later_versions_are_accepted():
    report = document("json", "failing")
    report["mood"] = "calm"
    report["checks"][0]["mood"] = "calm"
    report["observations"][0]["mood"] = "calm"
    report["observations"][0]["system"]["mood"] = "calm"
    report_validator.validate(report)
