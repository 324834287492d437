# SPDX-License-Identifier: MIT
"""`explain` and `diagnose` from outside: what they print, refuse and read."""

import copy
import json
import os
import pathlib
import re
import subprocess

import pytest

from test_cli import CLEAN, PROGRAM, closed_port, refusal, run

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "golden"
REPORT = GOLDEN / "refused" / "report.json"


@pytest.fixture(name="report")
def fixture_report():
    return json.loads(REPORT.read_text(encoding="utf-8"))


def write(report, path):
    path.write_text(json.dumps(report), encoding="utf-8")
    return str(path)


def without_remark(result):
    """Standard error, but for the remark that another catalogue was recorded."""
    return [line for line in result.stderr.splitlines() if ": recorded with catalogue " not in line]


# --- explain ---------------------------------------------------------------------------


def causes():
    return json.loads(run("explain", "-o", "json").stdout)["causes"]


def test_explain_lists_every_cause_on_one_line():
    result = run("explain")
    assert (result.returncode, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert [line.split()[0] for line in lines] == [cause["cause"] for cause in causes()]
    for line, cause in zip(lines, causes()):
        assert line.split()[1] == cause["stage"]
        assert line.endswith(cause["sentence"])


def test_explain_tells_all_of_every_cause_within_100_columns():
    for cause in causes():
        result = run("explain", cause["cause"])
        assert (result.returncode, result.stderr) == (0, "")
        lines = result.stdout.splitlines()
        assert lines[-1] == f"  {cause['link']}"
        assert max(len(line) for line in lines[:-1]) <= 100
        flat = " ".join(result.stdout.replace("- ", " ").split())
        wanted = [cause["sentence"], cause["decided_by"], *cause["would_decide"],
                  *cause["alternatives"], *cause["remediation"]]
        for text in wanted:
            assert " ".join(text.replace("- ", " ").split()) in flat, (cause["cause"], text)


def test_placeholders_stand_as_words():
    for text in (run("explain", "silent_drop").stdout, run("explain", "-o", "json").stdout):
        assert "<service tag>" in text
        for name in ("host", "port", "service_tag", "zone", "resolver", "address"):
            assert f"{{{name}}}" not in text


def test_explain_json_is_as_the_schema_says():
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((ROOT / "report" / "report.schema.json").read_text(encoding="utf-8"))
    form = {**schema["$defs"]["explanation"], "$defs": schema["$defs"]}
    for args in ([], ["dns_nxdomain"]):
        document = json.loads(run("explain", "-o", "json", *args).stdout)
        jsonschema.Draft202012Validator(form).validate(document)
    assert [cause["cause"] for cause in document["causes"]] == ["dns_nxdomain"]


EXPLAIN_FAULTS = {
    "misspelt": (["silent_dorp"], 'explain: unknown cause "silent_dorp"; did you mean "silent_drop"?'),
    "beginning": (["private_zone"],
                  'explain: unknown cause "private_zone"; did you mean "private_zone_unlinked"?'),
    "nothing like it": (["frobnicate"],
                        'explain: unknown cause "frobnicate"; without a name explain lists all causes'),
    "attribute": (["tls_inspected"], 'explain: "tls_inspected" is a fact of a path and no cause'),
    "capture": (["a.pcap"], "explain: a.pcap: No such file or directory"),
    "capture of the newer format": (["x/A.PCAPNG"], "explain: x/A.PCAPNG: No such file or directory"),
    "two": (["silent_drop", "no_reply"], "explain: give one FILE or CAUSE, or none for all causes"),
    "terminal escapes": (["\x1b[31m"],
                         'explain: unknown cause "\\x1b[31m"; without a name explain lists all causes'),
    "option of a run": (["--region", "westeurope"],
                        "--region: is no option of explain, which contacts nothing; "
                        "explain --help lists them"),
    "bad file": (["-o", "json=/nonexistent/x", "no_reply"],
                 '--output: cannot write "/nonexistent/x": No such file or directory'),
}


@pytest.mark.parametrize("name", EXPLAIN_FAULTS)
def test_explain_refuses_in_one_line(name):
    args, message = EXPLAIN_FAULTS[name]
    assert refusal(run("explain", *args)) == message


def test_help_of_both_tells_their_own_options_only():
    for command, operand in (("explain", "[FILE|CAUSE]"), ("diagnose", "FILE")):
        text = run(command, "--help").stdout
        assert text.startswith(f"Usage: vnetprobe {command} [OPTION...] {operand}\n")
        assert "--output" in text
        assert "--region" not in text and "TARGET" not in text
        assert max(len(line) for line in text.splitlines()) <= 80
        assert "--catalogue" in text


# --- diagnose --------------------------------------------------------------------------


def test_standard_input_is_read_like_a_file():
    named = run("diagnose", "-o", "json", str(REPORT))
    with open(REPORT, "rb") as stream:
        piped = subprocess.run([PROGRAM, "diagnose", "-o", "json", "-"], stdin=stream, env=CLEAN,
                               capture_output=True, text=True, timeout=120, check=False)
    assert (piped.returncode, piped.stdout) == (named.returncode, named.stdout)
    assert named.returncode == 1


def test_options_of_showing_apply():
    assert run("diagnose", "-q", str(REPORT)).stdout.startswith("1. fail")
    assert run("diagnose", "--exit-style", "nagios", str(REPORT)).returncode == 2
    redacted = run("diagnose", "--redact", "-o", "json", str(REPORT)).stdout
    assert "amlvault" not in redacted
    assert json.loads(redacted)["run"]["settings"] is None


@pytest.mark.parametrize("args, code", [
    ([], 1), (["--strict"], 1), (["--exit-style", "nagios"], 2), (["--exit-style", "plain"], 1),
])
def test_strictness_of_the_run_counts_unless_given_anew(args, code):
    """ipv6-dropped has warnings only, and was recorded with --strict."""
    saved = GOLDEN / "ipv6-dropped" / "report.json"
    assert run("diagnose", *args, str(saved)).returncode == code


def test_an_interrupted_run_stays_one(report, tmp_path):
    report["run"]["interrupted"] = True
    result = run("diagnose", write(report, tmp_path / "r.json"))
    assert result.returncode == 2
    assert "interrupted" in result.stdout


def test_verdicts_in_the_file_are_not_believed(report, tmp_path):
    honest = run("diagnose", "-o", "json", str(REPORT)).stdout
    report["summary"]["status"] = "pass"
    report["causes"] = []
    for check in report["checks"]:
        check.update(status="pass", cause=None, stage=None, evidence=[])
    assert run("diagnose", "-o", "json", write(report, tmp_path / "r.json")).stdout == honest


def test_another_catalogue_is_told_and_judged_anyway(report, tmp_path):
    report["tool"]["catalogue"].update(version="1999.1", sha256="ab" * 32)
    result = run("diagnose", "-o", "json", write(report, tmp_path / "r.json"))
    assert result.returncode == 1
    assert result.stdout == run("diagnose", "-o", "json", str(REPORT)).stdout
    assert len(result.stderr.splitlines()) == 1
    assert ("r.json: recorded with catalogue 1999.1 (sha256 abababababab), judged with "
            in result.stderr)


def test_checks_that_nobody_looked_at_are_not_judged(report, tmp_path):
    """A newer catalogue or default may ask for more than the report has."""
    report["run"]["settings"].pop("targets")
    result = run("diagnose", "-o", "json", write(report, tmp_path / "r.json"))
    ids = [check["id"] for check in report["checks"]]
    assert [check["id"] for check in json.loads(result.stdout)["checks"]] == ids
    assert result.returncode == 1


def test_a_redacted_report_is_refused_with_the_reason(tmp_path):
    target = f"tcp://127.0.0.1:{closed_port()}"
    done = run("check", "--redact", "-o", "json=r.json", target, cwd=tmp_path)
    assert done.returncode == 1
    message = refusal(run("diagnose", "r.json", cwd=tmp_path))
    assert message.startswith("r.json: run.settings: is null: a redacted report cannot")


def test_no_credential_of_a_proxy_reaches_the_report(tmp_path):
    env = {"https_proxy": "http://me:s3cret@127.0.0.1:1", "http_proxy": "not a proxy",
           "VNETPROBE_PROXY": "http://you:s3cret@127.0.0.1:1"}
    done = run("check", "-o", "json", "https://127.0.0.1:1/", env=env)
    assert "s3cret" not in done.stdout + done.stderr
    run_member = json.loads(done.stdout)["run"]
    assert run_member["settings"]["proxy"] == "http://127.0.0.1:1"
    assert run_member["environment"]["https_proxy"] == "http://127.0.0.1:1"
    (tmp_path / "r.json").write_text(done.stdout, encoding="utf-8")
    again = run("diagnose", "-o", "json", "r.json", cwd=tmp_path)
    assert again.returncode == done.returncode
    assert json.loads(again.stdout)["checks"] == json.loads(done.stdout)["checks"]


def put(path, value):
    def change(report):
        *parents, last = path
        for key in parents:
            report = report[key]
        report[last] = value

    return change


def drop(*path):
    def change(report):
        *parents, last = path
        for key in parents:
            report = report[key]
        del report[last]

    return change


SETTINGS = ["run", "settings"]
BROKEN = {
    "another major version": (
        put(["schema_version"], "2.0"),
        'schema_version: must be "1." and a number: this version reads no other reports'),
    "another tool": (
        put(["tool", "name"], "curl"),
        'tool.name: must be "vnetprobe": this is no report of ours'),
    "no tool": (drop("tool"), 'tool.name: must be "vnetprobe": this is no report of ours'),
    "catalogue without version": (
        drop("tool", "catalogue", "version"), "tool.catalogue.version: is missing"),
    "no run": (drop("run"), "run: must be an object, as check -o json writes"),
    "start at no time": (
        put(["run", "started"], "2026-13-22T10:00:00.000Z"),
        "run.started: must be a time such as 2026-11-22T10:00:00.123Z"),
    "start on a day that was not": (
        put(["run", "started"], "2026-02-30T10:00:00.000Z"),
        "run.started: must be a time such as 2026-11-22T10:00:00.123Z"),
    "start without milliseconds": (
        put(["run", "started"], "2026-11-22T10:00:00Z"),
        "run.started: must be a time such as 2026-11-22T10:00:00.123Z"),
    "start before time": (
        put(["run", "started"], "0001-01-01T00:00:00.000Z"),
        "run.started: must be a time such as 2026-11-22T10:00:00.123Z"),
    "endless run": (
        put(["run", "duration_ms"], 10**18),
        "run.duration_ms: must be a whole number of milliseconds"),
    "interrupted perhaps": (
        put(["run", "interrupted"], "maybe"), "run.interrupted: must be true or false"),
    "report of an earlier version": (
        drop("run", "settings"),
        "run.settings: is missing: this report was written by a version that did not save "
        "what judging needs"),
    "settings are a list": (
        put(SETTINGS, []), "run.settings: must be an object of options"),
    "unknown setting": (
        put([*SETTINGS, "regoin"], "x"),
        'run.settings.regoin: is no option of this version; did you mean "region"?'),
    "setting that is no key": (
        put([*SETTINGS, "config"], "/etc/passwd"),
        "run.settings.config: is no option of this version"),
    "file among the settings": (
        put([*SETTINGS, "cacert"], "/etc/passwd"),
        "run.settings.cacert: is no option of this version"),
    "terminal escapes in a key": (
        put([*SETTINGS, "\x1b]0;x\x07"], "x"),
        "run.settings.\\x1b]0;x\\x07: is no option of this version"),
    "region with a blank": (
        put([*SETTINGS, "region"], "west europe"),
        'run.settings.region: "west europe" is not valid; it must be a region\'s short name '
        "such as westeurope, lower-case letters and digits"),
    "region is a list": (
        put([*SETTINGS, "region"], ["westeurope"]), "run.settings.region: must be a string"),
    "region is a number": (
        put([*SETTINGS, "region"], 3),
        "run.settings.region: must be a string, a list of strings, true or false"),
    "storage is a string": (
        put([*SETTINGS, "storage"], "amlstore"),
        "run.settings.storage: must be a list of strings"),
    "storage is empty": (
        put([*SETTINGS, "storage"], []), "run.settings.storage: must have 1 to 200000 items"),
    "storage holds a number": (
        put([*SETTINGS, "storage"], ["amlstore", 1]), "run.settings.storage[1]: must be a string"),
    "switch is a string": (
        put([*SETTINGS, "strict"], "true"), "run.settings.strict: must be true or false"),
    "no environment": (drop("run", "environment"), "run.environment: must be an object"),
    "proxy is a number": (
        put(["run", "environment", "http_proxy"], 1),
        "run.environment.http_proxy: must be a string"),
    "long value": (
        put([*SETTINGS, "noproxy"], "x" * 70000), "run.settings.noproxy: is too long"),
    "no checks": (drop("checks"), "checks: must be a list of checks"),
    "empty checks": (put(["checks"], []), "checks: must be a list of checks"),
    "check without id": (drop("checks", 0, "id"), "checks[0].id: is missing"),
    "check twice": (
        lambda r: r["checks"].append(r["checks"][0]),
        'checks[4].id: "aad.login" is given twice, or is no check of these settings with this '
        "catalogue"),
    "check of another catalogue": (
        put(["checks", 1, "id"], "storage.tape"),
        'checks[1].id: "storage.tape" is given twice, or is no check of these settings with '
        "this catalogue"),
    "observation of no check": (
        put(["observations", 5, "check"], "storage.tape"),
        "observations[5].check: is none of the checks of this report"),
    "observation of another kind": (
        put(["observations", 0, "kind"], "quic"),
        "observations[0].kind: is no known kind of observation"),
    "no observations": (
        drop("observations"), "observations: must be a list, of a million items at most"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_report_is_refused_with_the_path_of_the_fault(name, report, tmp_path):
    change, message = BROKEN[name]
    broken = copy.deepcopy(report)
    change(broken)
    write(broken, tmp_path / "r.json")
    told = refusal(run("diagnose", "r.json", cwd=tmp_path))
    assert told.startswith(f"r.json: {message}"), told


# Columns behind the fault are the parser's, which counts them differently by version.
TEXTS = {
    "empty": (b"", r"r\.json:1:1: no JSON: "),
    "no JSON": (b"report\n", r"r\.json:1:\d+: no JSON: "),
    "cut": (b'{"run": {', r"r\.json:1:\d+: no JSON: "),
    "rubbish behind": (b"{} x", r"r\.json:1:\d+: no JSON: "),
    "a member twice": (b'{"run": 1,\n"run": 2}', r"r\.json:2:\d+: no JSON: duplicate object key"),
    "no UTF-8": (b'{"run": "\xff"}', r"r\.json:1:\d+: no JSON: unable to decode byte"),
    "NUL": (b'{"run": "\\u0000"}', r"r\.json:1:\d+: no JSON: "),
    "deep": (b"[" * 100_000, r"r\.json:1:\d+: no JSON: maximum parsing depth reached"),
    "a list": (b"[]", r"r\.json: must be a JSON object, as check -o json writes$"),
    "binary": (bytes(range(256)) * 100, r"r\.json:1:\d+: no JSON: "),
    "too many values": (b"[" + b"0," * (1 << 24) + b"0]",
                        r"r\.json: too large, at most 16,777,216 values are read$"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_what_is_no_report_is_refused(name, tmp_path):
    content, message = TEXTS[name]
    (tmp_path / "r.json").write_bytes(content)
    told = refusal(run("diagnose", "r.json", cwd=tmp_path))
    assert re.match(message, told), told
    assert len(told) < 512


def test_a_file_beyond_the_bound_is_refused(tmp_path):
    with open(tmp_path / "r.json", "wb") as stream:
        stream.write(b'{"run": "')
        stream.flush()
        block = b"x" * (1 << 20)
        for _ in range(257):
            stream.write(block)
    told = refusal(run("diagnose", "r.json", cwd=tmp_path, timeout=120))
    assert told == "r.json: too large, at most 256 MiB are read"


@pytest.mark.parametrize("kind, reason", [
    ("missing", "No such file or directory"),
    ("directory", "is a directory"),
    ("fifo", "is not a regular file; - reads standard input"),
])
def test_what_is_no_file_is_refused(kind, reason, tmp_path):
    path = tmp_path / "r.json"
    if kind == "directory":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    assert refusal(run("diagnose", "r.json", cwd=tmp_path)) == f"r.json: {reason}"


DIAGNOSE_FAULTS = {
    "no file": ([], "diagnose: give one FILE, a report that check -o json wrote; - is standard input"),
    "two files": (["a", "b"],
                  "diagnose: give one FILE, a report that check -o json wrote; - is standard input"),
    "option of a run": (["--timeout", "3s", "r.json"],
                        "--timeout: is no option of diagnose, which contacts nothing; "
                        "diagnose --help lists them"),
    "catalogue that is not there": (
        ["--catalogue", "/nonexistent.yaml", str(REPORT)],
        "/nonexistent.yaml: No such file or directory"),
}


@pytest.mark.parametrize("name", DIAGNOSE_FAULTS)
def test_diagnose_refuses_in_one_line(name):
    args, message = DIAGNOSE_FAULTS[name]
    assert refusal(run("diagnose", *args)) == message


def test_variables_about_runs_mean_nothing_here():
    env = {"VNETPROBE_REGION": "eastus", "VNETPROBE_CONFIG": "/nonexistent.yaml",
           "VNETPROBE_TIMEOUT": "rubbish"}
    assert run("explain", "no_reply", env=env).returncode == 0
    result = run("diagnose", str(REPORT), env=env)
    assert result.returncode == 1
    assert without_remark(result) == []
    told = run("diagnose", str(REPORT), env={"VNETPROBE_EXIT_STYLE": "nagios"})
    assert told.returncode == 2


def test_a_file_name_may_hold_blanks(tmp_path):
    path = tmp_path / "my report.json"
    path.write_bytes(REPORT.read_bytes())
    assert run("diagnose", str(path)).returncode == 1


# --- forms of the report ----------------------------------------------------------------


FORMS = ("text", "json", "junit", "html", "markdown", "prometheus", "nagios")


def diagnose(*args, report=REPORT, cwd=None):
    return run("diagnose", *args, str(report), cwd=cwd)


def test_one_run_writes_every_form_and_none_changes_the_exit_code(tmp_path):
    outputs = [arg for form in FORMS for arg in ("-o", f"{form}=r.{form}")]
    result = diagnose(*outputs, cwd=tmp_path)
    assert (result.returncode, result.stdout) == (1, "")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(f"r.{f}" for f in FORMS)
    for form in FORMS:
        text = (tmp_path / f"r.{form}").read_text(encoding="utf-8")
        assert text == diagnose("-o", form).stdout


def test_all_forms_count_the_same(tmp_path):
    summary = json.loads(diagnose("-o", "json").stdout)["summary"]
    fail, passed = summary["fail"], summary["pass"]
    assert fail > 0
    assert f"{passed} passed, 0 warned, {fail} failed" in diagnose().stdout
    assert f"{passed} passed, 0 warned, {fail} failed" in diagnose("-o", "markdown").stdout
    assert f' failures="{fail}"' in diagnose("-o", "junit").stdout
    assert f"vnetprobe_checks{{state=\"fail\"}} {fail}\n" in diagnose("-o", "prometheus").stdout
    assert f" fail={fail};;;0;" in diagnose("-o", "nagios").stdout
    page = diagnose("-o", "html").stdout
    assert f'<li class="fail"><b>{fail}</b>' in page and f'<li class="pass"><b>{passed}</b>' in page


@pytest.mark.parametrize("case, plain, nagios, word", [
    ("healthy-public", 0, 0, "OK"), ("refused", 1, 2, "CRITICAL"),
    ("deadline", 2, 3, "UNKNOWN")])
def test_nagios_alone_sets_the_exit_code_of_a_plugin(case, plain, nagios, word, tmp_path):
    report = GOLDEN / case / "report.json"
    alone = diagnose("-o", "nagios", report=report)
    assert alone.returncode == nagios
    assert alone.stdout.startswith(f"VNETPROBE {word} - ")
    for args, code in ((["-o", "nagios", "-o", "json=r"], plain),
                       (["-o", "nagios", "--exit-style", "plain"], plain),
                       (["-o", "html=r", "--exit-style", "nagios"], nagios)):
        assert diagnose(*args, report=report, cwd=tmp_path).returncode == code, args


def test_the_word_is_that_of_the_exit_code_when_warnings_count():
    report = GOLDEN / "registry-firewall" / "report.json"
    for args in ([], ["--strict"]):
        result = diagnose("-o", "nagios", *args, report=report)
        words = ("OK", "WARNING", "CRITICAL", "UNKNOWN")
        assert result.stdout.startswith(f"VNETPROBE {words[result.returncode]} - ")


@pytest.mark.parametrize("form", FORMS)
def test_a_report_that_cannot_be_written_leaves_the_old_one(form, tmp_path):
    old = tmp_path / "r"
    old.write_text("old", encoding="utf-8")
    args = ["diagnose", "-o", f"{form}=r", str(REPORT)]
    done = subprocess.run(["bash", "-c", 'ulimit -f 0; trap "" XFSZ; exec "$@"', "x", PROGRAM, *args],
                          env=CLEAN, capture_output=True, text=True, timeout=120, check=False,
                          cwd=tmp_path)
    assert done.returncode == (3 if form == "nagios" else 2)
    assert without_remark(done) == ['vnetprobe: --output: cannot write "r": File too large']
    assert old.read_text(encoding="utf-8") == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["r"]


def test_a_redacted_run_has_one_pseudonym_for_a_thing_in_all_forms(tmp_path):
    report = GOLDEN / "nsg-storage" / "report.json"
    forms = [form for form in FORMS if form != "prometheus"]
    outputs = [arg for form in forms for arg in ("-o", f"{form}=r.{form}")]
    diagnose("--redact", *outputs, report=report, cwd=tmp_path)
    texts = {form: (tmp_path / f"r.{form}").read_text(encoding="utf-8") for form in forms}
    address = re.search(r"answered (198\.18\.\d+\.\d+)", texts["nagios"]).group(1)
    for form, text in texts.items():
        assert address in text, form
        assert "20.60.0.10" not in text and "amlstore" not in text, form
