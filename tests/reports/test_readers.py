# SPDX-License-Identifier: MIT
"""The programs that reports are made for read them, and read the same in each form."""

import re
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest

import documents
from documents import FORMS, ROOT, RUNS, sample

XSD = ROOT / "tests" / "reports" / "junit.xsd"
SECRETS = ("amlstore", "amlreg", "amlvault", "ml-node-7", "contoso", "10.20.", "20.61.",
           "20.8.1.9", "52.178")


def xmllint(text):
    return subprocess.run(
        [documents.program("xmllint", "libxml2-utils"), "--noout", "--nonet", "--schema", str(XSD), "-"],
        input=text.encode(), capture_output=True, timeout=60, check=False)


def promtool(text):
    return subprocess.run([documents.program("promtool", "prometheus"), "check", "metrics"],
                          input=text.encode(), capture_output=True, timeout=60, check=False)


def test_junit_fits_the_schema():
    for name, text in documents.everything("junit").items():
        done = xmllint(text)
        assert done.returncode == 0, (name, done.stderr.decode())


@pytest.mark.parametrize("old, new", [
    (' failures="4"', ' failures="many"'), ("</failure>", "</failure><failure/>"),
    ("10:00:00", "10:00:00Z"), ("<properties>", "<property/><properties>")])
def test_the_schema_refuses_what_it_should(old, new):
    text = sample("junit", "failing")
    assert old in text
    assert xmllint(text.replace(old, new, 1)).returncode != 0


@pytest.mark.parametrize("run", RUNS)
def test_junit_counts_as_the_summary_does(run):
    suite = ElementTree.fromstring(sample("junit", run)).find("testsuite")
    summary = documents.report(run)["summary"]
    wanted = {"failures": summary["fail"], "errors": summary["inconclusive"],
              "skipped": summary["skipped"]}
    elements = {"failures": "failure", "errors": "error", "skipped": "skipped"}
    for name, number in wanted.items():
        assert int(suite.get(name)) == number
        assert len(suite.findall(f"testcase/{elements[name]}")) == number
    assert int(suite.get("tests")) == len(documents.report(run)["checks"])


def test_a_failure_holds_evidence_and_remedy():
    root = ElementTree.fromstring(sample("junit", "failing"))
    case = next(c for c in root.iter("testcase") if c.get("name").startswith("storage.blob"))
    failure = case.find("failure")
    assert failure.get("type") == "silent_drop"
    assert failure.get("message") == "No answer to 4 connection attempts in 3.0 s."
    assert "4 SYN to the address, no segment came back" in failure.text
    assert "Allow outbound TCP 443 to the service tag" in failure.text


def test_promtool_accepts_the_metrics():
    for name, text in documents.everything("prometheus").items():
        done = promtool(text)
        assert done.returncode == 0 and done.stdout + done.stderr == b"", (name, done.stderr)


@pytest.mark.parametrize("old, new", [
    ("# HELP probe_success", "# HELP other"), ('check="dns.azure"', 'check="dns"azure"')])
def test_promtool_refuses_what_it_should(old, new):
    text = sample("prometheus", "failing")
    assert old in text
    assert promtool(text.replace(old, new, 1)).returncode != 0


def series(text):
    """Values by series, each of which is there once."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    values = dict(re.fullmatch(r"(.*) (\S+)", line).groups() for line in lines)
    assert len(values) == len(lines)
    return values


@pytest.mark.parametrize("run", RUNS)
def test_metrics_say_what_the_report_says(run):
    values = series(sample("prometheus", run))
    for state, number in documents.report(run)["summary"].items():
        if state != "status":
            assert values[f'vnetprobe_checks{{state="{state}"}}'] == str(number)
    success = [v for k, v in values.items() if k.startswith("probe_success{")]
    statuses = [c["status"] for c in documents.report(run)["checks"]]
    assert success.count("0") == statuses.count("fail")
    assert success.count("1") == statuses.count("pass") + statuses.count("warn")


def test_a_check_has_a_bounded_number_of_series():
    names = [k for run in RUNS for k in series(sample("prometheus", run))
             if 'check="storage.blob"' in k]
    assert 0 < len(names) <= len(RUNS) * 50


@pytest.mark.parametrize("case", documents.SAVED)
def test_nagios_is_one_line_with_data(case):
    first, *more = documents.saved("nagios", case).splitlines()
    text, data = first.split(" | ")
    assert re.match(r"VNETPROBE (OK|WARNING|CRITICAL|UNKNOWN) - ", text)
    fields = re.findall(r"('(?:[^']|'')+'|[a-z]+)=(U|[0-9.]+s?)((?:;[0-9]*)*)(?: |$)", data)
    assert len(fields) > 6 and " ".join(f"{a}={b}{c}" for a, b, c in fields) == data
    assert all("|" not in line for line in more)
    assert len("\n".join([first, *more])) <= 8192


@pytest.mark.parametrize("form", FORMS)
def test_no_name_is_in_a_redacted_document(form):
    text = sample(f"redacted-{form}", "failing")
    assert [name for name in SECRETS if name in text.lower()] == []


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("case", ["nsg-storage", "interception", "registry-firewall"])
def test_no_name_of_the_lab_is_in_a_redacted_document(form, case):
    text = documents.saved(form, case, "--redact").lower()
    for name in ("amlstore", "amlreg", "amlvault", "20.60.0.1", "10.20."):
        assert name not in text
    if form != "prometheus":
        assert documents.saved(form, case) != text
