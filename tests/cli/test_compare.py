# SPDX-License-Identifier: MIT
"""`diff`, `merge` and baselines from outside: what they print, refuse, write and read."""

import copy
import json
import os
import pathlib
import shutil
import subprocess

import jsonschema
import pytest

from test_cli import CLEAN, PROGRAM, closed_port, refusal, run

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "golden"
PRIVATE = GOLDEN / "healthy-private" / "report.json"
PUBLIC = GOLDEN / "healthy-public" / "report.json"
BLOCKED = GOLDEN / "nsg-storage" / "report.json"
ONE = GOLDEN / "refused" / "report.json"
SCHEMA = json.loads((ROOT / "report" / "report.schema.json").read_text(encoding="utf-8"))


def assert_valid(document, form):
    jsonschema.Draft202012Validator(
        {**SCHEMA["$defs"][form], "$defs": SCHEMA["$defs"]}).validate(document)


def diff(old, new, *options):
    result = run("diff", "-o", "json", *options, str(old), str(new))
    document = json.loads(result.stdout)
    assert_valid(document, "diff")
    return result, document


def remarks(result):
    return [line for line in result.stderr.splitlines() if ": recorded with catalogue " not in line]


# --- diff ------------------------------------------------------------------------------


def test_a_run_does_not_differ_from_itself():
    for saved in sorted(GOLDEN.glob("*/report.json")):
        result, document = diff(saved, saved)
        assert (result.returncode, document["changes"]) == (0, []), saved


def test_a_regression_exits_1_and_its_reverse_is_a_recovery():
    result, document = diff(PUBLIC, BLOCKED)
    assert result.returncode == 1
    worse = {c["check"] for c in document["changes"] if c["kind"] == "regression"}
    assert worse == {"storage.blob", "storage.queue", "storage.table", "storage.file",
                     "storage.dfs", "storage.smb"}
    result, document = diff(BLOCKED, PUBLIC)
    assert result.returncode == 0
    assert worse == {c["check"] for c in document["changes"] if c["kind"] == "recovery"}


def test_a_state_is_told_with_what_else_changed():
    _, document = diff(PUBLIC, BLOCKED)
    blob = next(c for c in document["changes"] if c["check"] == "storage.blob")
    assert (blob["what"], blob["old"], blob["new"]) == ("status", "pass", "fail (silent_drop)")
    assert blob["changed_with_it"] == []
    assert {"addresses", "proxy"} <= set(blob["unchanged"])
    text = run("diff", str(PUBLIC), str(BLOCKED)).stdout
    assert "nothing else changed (compared: addresses," in text


def test_a_name_that_becomes_public_is_drift_even_where_it_works():
    result, document = diff(PRIVATE, PUBLIC)
    assert result.returncode == 0
    found = [c for c in document["changes"] if (c["check"], c["what"]) == ("keyvault", "addresses")]
    assert [c["kind"] for c in found] == ["drift"]
    assert found[0]["note"] == "a public address instead of a private one"
    assert diff(PRIVATE, PUBLIC, "--strict")[0].returncode == 1
    assert diff(PRIVATE, PUBLIC, "--exit-style", "nagios")[0].returncode == 1


def test_all_forms_count_alike():
    counted = diff(PUBLIC, BLOCKED)[1]["summary"]
    words = f"{counted['regression']} regressions, {counted['recovery']} recoveries, "
    assert run("diff", str(PUBLIC), str(BLOCKED)).stdout.splitlines()[-1].startswith(words)
    markdown = run("diff", "-o", "markdown", str(PUBLIC), str(BLOCKED)).stdout
    assert words in markdown
    rows = [line for line in markdown.splitlines() if line.startswith("| regression |")]
    assert len(rows) == counted["regression"]
    assert all(row.count(" | ") == 5 for row in rows)


def test_what_is_only_worth_knowing_is_shown_on_request():
    moved = diff(PUBLIC, BLOCKED)[1]["summary"]["info"]
    plain, verbose = (run("diff", *v, str(PUBLIC), str(BLOCKED)).stdout for v in ([], ["-v"]))
    assert moved > 0
    assert "\ninfo\n" not in plain and "\ninfo\n" in verbose


def test_marks_of_a_stranger_are_no_markup(tmp_path):
    report = json.loads(ONE.read_text(encoding="utf-8"))
    evil = "<img src=x> | [x](http://x) `\u202e"
    for observation in report["observations"]:
        if observation["kind"] == "system":
            observation["system"]["hostname"] = evil
    path = tmp_path / "a|b<i>.json"
    path.write_text(json.dumps(report), encoding="utf-8")
    markdown = run("diff", "-o", "markdown", str(path), str(ONE)).stdout
    assert "<i>" not in markdown and "\u202e" not in markdown
    assert "\u202e" not in run("diff", str(path), str(ONE)).stdout


def broken(tmp_path):
    path = tmp_path / "broken.json"
    path.write_text('{\n  "schema_version": nonsense}', encoding="utf-8")
    return path


REFUSED = {
    "one file": (["x.json"], "diff: give two files, OLD and NEW, that check -o json wrote; - is "
                             "standard input"),
    "no such file": (["/nonexistent/x.json", str(ONE)],
                     "/nonexistent/x.json: No such file or directory"),
    "option of a run": (["--region", "westeurope", str(ONE), str(ONE)],
                        "--region: is no option of diff, which contacts nothing; "
                        "diff --help lists them"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_diff_refuses_in_one_line(name):
    args, message = REFUSED[name]
    assert refusal(run("diff", *args)) == message


def test_a_broken_report_is_refused_with_its_place(tmp_path):
    path = broken(tmp_path)
    for pair in ([str(path), str(ONE)], [str(ONE), str(path)]):
        result = run("diff", *pair)
        assert (result.returncode, result.stdout) == (2, "")
        assert f"{path}:2:" in remarks(result)[0] and "no JSON" in remarks(result)[0]


def test_a_command_that_compares_nothing_prints_no_markdown():
    for command in ("explain", "list"):
        assert run(command, "-o", "markdown", *(["dns:a.example"] if command == "list" else [])
                   ).returncode == 2


def test_a_redacted_report_is_refused_with_what_to_give_instead(tmp_path):
    run("diagnose", "--redact", "-o", f"json={tmp_path / 'r.json'}", str(ONE))
    result = run("diff", str(ONE), "r.json", cwd=tmp_path)
    assert (result.returncode, result.stdout) == (2, "")
    assert remarks(result) == [
        "vnetprobe: r.json: run.settings: is null: a redacted report cannot be judged again, because "
        "names and addresses in it are not the real ones; give the one that was not redacted, and "
        "--redact for an answer without names"]


def test_pseudonyms_are_those_of_both_reports():
    for form in ("json", "text", "markdown"):
        text = run("diff", "--redact", "-v", "-o", form, str(PRIVATE), str(PUBLIC)).stdout
        assert "a public address instead of a private one" in text
    _, document = diff(PRIVATE, PUBLIC, "--redact")
    moved = {(c["old"], c["new"]) for c in document["changes"]
             if c["what"] == "addresses" and c["check"] in ("storage.blob", "storage.dfs")}
    assert all(old.startswith("10.255.") and new.startswith("198.18.") for old, new in moved)
    plain = diff(PRIVATE, PUBLIC)[1]
    assert plain["summary"] == document["summary"]
    assert (document["old"]["file"], document["new"]["file"]) == ("OLD", "NEW")


# --- merge -----------------------------------------------------------------------------


@pytest.fixture(name="nodes")
def fixture_nodes(tmp_path):
    """40 nodes, of which the last 3 are in another subnet and do not fail."""
    bad, good = (json.loads(path.read_text(encoding="utf-8")) for path in (BLOCKED, PUBLIC))
    for i in range(40):
        report = bad if i < 37 else good
        report["run"]["host"] = f"node{i:02}"
        first = next(o["tcp"] for o in report["observations"] if o["kind"] == "tcp")
        first["local"] = f"10.20.{1 if i < 37 else 2}.{i + 4}:40000"
        (tmp_path / f"{i:02}.json").write_text(json.dumps(report), encoding="utf-8")
    return sorted(str(path) for path in tmp_path.glob("*.json"))


def merge(*args, **how):
    result = run("merge", "-o", "json", *args, **how)
    document = json.loads(result.stdout)
    assert_valid(document, "merge")
    return result, document


def test_causes_are_grouped_across_nodes(nodes):
    result, document = merge(*nodes)
    assert result.returncode == 1
    assert (document["summary"]["nodes"], document["summary"]["fail"]) == (40, 37)
    cause = document["causes"][0]
    assert (cause["cause"], cause["nodes"]) == ("silent_drop", list(range(37)))
    assert (cause["others"], cause["others_pass"]) == (3, 3)
    assert (cause["networks"], cause["other_networks"]) == (["10.20.1.0/24"], ["10.20.2.0/24"])
    text = " ".join(run("merge", *nodes).stdout.split())
    assert "37 of 40 nodes: silent_drop storage.blob," in text
    assert ("the 3 others pass; these are in 10.20.1.0/24, the others in 10.20.2.0/24") in text


def test_the_matrix_says_of_each_node_what_its_report_says(nodes):
    _, document = merge(*nodes)
    ids = [check["id"] for check in document["checks"]]
    for node in document["nodes"][:2] + document["nodes"][-2:]:
        report = json.loads(pathlib.Path(node["report"]).read_text(encoding="utf-8"))
        said = {check["id"]: (check["status"], check["cause"]) for check in report["checks"]}
        row = zip(ids, node["results"], node["causes"])
        assert {name: (status, cause) for name, status, cause in row if status} == said
    for index, check in enumerate(document["checks"]):
        for status in ("pass", "fail"):
            assert check[status] == sum(node["results"][index] == status
                                        for node in document["nodes"])


def test_names_come_from_lists_and_standard_input(nodes, tmp_path):
    names = tmp_path / "names.txt"
    names.write_text("\n".join(nodes) + "\n", encoding="utf-8")
    direct = run("merge", "-o", "json", *nodes).stdout
    assert run("merge", "-o", "json", f"@{names}").stdout == direct
    with open(names, "rb") as stream:
        piped = subprocess.run([PROGRAM, "merge", "-o", "json", "-"], stdin=stream, env=CLEAN,
                               capture_output=True, text=True, timeout=30, check=False)
    assert piped.stdout == direct


def test_an_unreadable_report_is_named_and_the_others_are_merged(nodes, tmp_path):
    path = broken(tmp_path)
    result, document = merge(nodes[0], str(path), nodes[39], "/nonexistent")
    assert result.returncode == 2
    assert document["summary"]["nodes"] == 2 and document["summary"]["unreadable"] == 2
    lines = result.stderr.splitlines()
    assert lines[0].startswith(f"vnetprobe: {path}:2:")
    assert lines[1] == "vnetprobe: /nonexistent: No such file or directory"
    assert lines[2] == "vnetprobe: merge: 2 of 4 reports could not be read and are left out"
    assert document["unreadable"][1] == "/nonexistent: No such file or directory"


def peak(*args):
    """KiB of memory that a run takes, and its output."""
    child = subprocess.Popen([PROGRAM, *args], stdout=subprocess.PIPE, env=CLEAN)
    out = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    child.stdout.close()
    return usage.ru_maxrss, json.loads(out)


def test_memory_is_for_verdicts_and_not_for_what_a_report_observed(tmp_path):
    report = json.loads(ONE.read_text(encoding="utf-8"))
    small, large = tmp_path / "small.json", tmp_path / "large.json"
    small.write_text(json.dumps(report), encoding="utf-8")
    often = report["observations"] * (16_000_000 // len(json.dumps(report["observations"])))
    large.write_text(json.dumps({**report, "observations": often}), encoding="utf-8")
    few, told = peak("merge", "-o", "json", str(small))
    many, told_again = peak("merge", "-o", "json", str(large))
    assert told["causes"] == told_again["causes"] and told["checks"] == told_again["checks"]
    assert many - few < 4096


def test_a_fault_in_a_report_has_its_place_wherever_it_is(tmp_path):
    text = ONE.read_text(encoding="utf-8")
    rows = {
        "cut": (text[:-20], "no JSON: "),
        "brackets": (text.replace('"observations": [', '"observations": {', 1), "no JSON: "),
        "twice": (text.replace('"status":', '"status": "pass", "status":', 1), "duplicate"),
    }
    for name, (wrong, message) in rows.items():
        assert wrong != text
        (tmp_path / "r.json").write_text(wrong, encoding="utf-8")
        result = run("merge", "-o", "json", "r.json", cwd=tmp_path)
        assert result.returncode == 2
        first = result.stderr.splitlines()[0]
        assert first.startswith("vnetprobe: r.json:") and message in first, (name, first)
        assert "line" not in first.split("no JSON")[0]


def test_a_name_that_is_written_with_escapes_is_the_same_name(tmp_path):
    report = ONE.read_text(encoding="utf-8")
    (tmp_path / "r.json").write_text(
        report.replace('"schema_version"', '"schema\\u005fversion"', 1), encoding="utf-8")
    shutil.copy(ONE, tmp_path / "s.json")
    _, document = merge("r.json", "s.json", cwd=tmp_path)
    first, second = document["nodes"]
    assert {**first, "report": ""} == {**second, "report": ""}


def test_the_exit_code_is_that_of_the_worst_node(nodes):
    assert run("merge", *nodes[37:]).returncode == 0
    assert run("merge", *nodes[36:]).returncode == 1
    assert run("merge", "--exit-style", "nagios", *nodes[36:]).returncode == 2
    assert run("merge", str(GOLDEN / "deadline" / "report.json"), nodes[39]).returncode == 2
    warned = str(GOLDEN / "ipv6-dropped" / "report.json")
    assert run("merge", warned).returncode == 0
    assert run("merge", "--strict", warned).returncode == 1


def test_redacted_reports_can_be_merged(tmp_path):
    path = tmp_path / "r.json"
    assert run("diagnose", "--redact", "-o", f"json={path}", str(ONE)).returncode == 1
    _, document = merge(str(path))
    assert document["summary"]["fail"] == 1


def test_nodes_of_one_name_are_told_apart_by_their_report(nodes, tmp_path):
    twin = tmp_path / "twin.json"
    twin.write_bytes(pathlib.Path(nodes[0]).read_bytes())
    assert "twin.json" in run("merge", nodes[0], str(twin)).stdout
    assert nodes[1] not in run("merge", nodes[0], nodes[1]).stdout


MERGE_REFUSED = {
    "nothing": ([], "merge: give reports that check -o json wrote, @LIST for a file of their names, "
                    "or - for such a list on standard input"),
    "no list": (["@/nonexistent"], "@/nonexistent: No such file or directory"),
    "empty list": (["@/dev/null"], "merge: no report is named in the lists"),
}


@pytest.mark.parametrize("name", MERGE_REFUSED)
def test_merge_refuses_in_one_line(name):
    args, message = MERGE_REFUSED[name]
    assert refusal(run("merge", *args)) == message


# --- Baselines -------------------------------------------------------------------------


@pytest.fixture(name="server")
def fixture_server():
    """A real server that answers one path."""
    process = subprocess.Popen(
        ["/usr/bin/python3", "-u", "-m", "http.server", "0", "--bind", "127.0.0.1"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=os.path.dirname(__file__))
    port = process.stdout.readline().split()[5]
    yield f"http://localhost:{port}/"
    process.kill()
    process.wait()
    process.stdout.close()


QUIET = ("--azure-dns", "none", "--canary", "none", "--resolver", "127.0.0.1:9")


def test_two_runs_write_the_same_baseline_and_pass_it(server, tmp_path):
    for name in ("a.json", "b.json"):
        done = run("check", *QUIET, "--save-baseline", name, server, cwd=tmp_path)
        assert done.returncode == 0, done.stdout
    text = (tmp_path / "a.json").read_text(encoding="utf-8")
    assert text == (tmp_path / "b.json").read_text(encoding="utf-8")
    document = json.loads(text)
    assert_valid(document, "baseline")
    assert "127.0.0.1" in document["checks"][server]["addresses"]
    assert document["checks"][server]["proxy"] == ["none"]
    again = run("check", *QUIET, "--baseline", "a.json", server, cwd=tmp_path)
    assert again.returncode == 0, again.stdout


def test_drift_fails_and_is_judged_again_to_the_same_answer(server, tmp_path):
    approved = {"baseline_version": "1.0",
                "checks": {server: {"addresses": ["10.0.0.9"], "proxy": ["http://secret-proxy:1"]}}}
    (tmp_path / "b.json").write_text(json.dumps(approved), encoding="utf-8")
    done = run("check", *QUIET, "--baseline", "b.json", "-o", "json", server, cwd=tmp_path)
    assert done.returncode == 1
    report = json.loads(done.stdout)
    jsonschema.Draft202012Validator(SCHEMA).validate(report)
    check = report["checks"][0]
    assert (check["cause"], check["confidence"], check["stage"]) == ("baseline_drift", "certain",
                                                                     "dns")
    known = {o["id"] for o in report["observations"]}
    told = [e for e in check["evidence"] if "approved 10.0.0.9, seen 127.0.0.1" in e["text"]]
    assert told and set(told[0]["observations"]) <= known and told[0]["observations"]
    (tmp_path / "r.json").write_text(done.stdout, encoding="utf-8")
    again = run("diagnose", "-o", "json", "r.json", cwd=tmp_path)
    assert again.returncode == 1
    assert json.loads(again.stdout) == report
    redacted = run("diagnose", "--redact", "-o", "json", "r.json", cwd=tmp_path).stdout
    assert "secret-proxy" not in redacted and "10.0.0.9" not in redacted
    assert json.loads(redacted)["run"]["baseline"] is None


def test_only_what_passed_is_approved(server, tmp_path):
    closed = f"tcp://127.0.0.1:{closed_port()}"
    done = run("check", *QUIET, "--save-baseline", "b.json", server, closed, cwd=tmp_path)
    assert done.returncode == 1
    assert ("vnetprobe: --save-baseline: b.json: 1 check did not pass and has nothing approved"
            in done.stderr.splitlines())
    saved = json.loads((tmp_path / "b.json").read_text(encoding="utf-8"))
    assert list(saved["checks"]) == [server]
    alone = run("check", *QUIET, "--save-baseline", "c.json", closed, cwd=tmp_path)
    assert alone.returncode == 2
    assert not (tmp_path / "c.json").exists()


def test_faults_of_a_baseline_are_told_before_anything_is_sent(tmp_path):
    valid = {"baseline_version": "1.0", "checks": {"a": {"proxy": ["none"]}}}
    wrong = copy.deepcopy(valid)
    wrong["checks"]["a"]["hops"] = ["3"]
    (tmp_path / "wrong.json").write_text(json.dumps(wrong), encoding="utf-8")
    (tmp_path / "no.json").write_text("{", encoding="utf-8")
    rows = {
        "wrong.json": "wrong.json: checks.a.hops: is no fact of a baseline: ",
        "no.json": "no.json:1:1: no JSON",
        "absent.json": "absent.json: No such file or directory",
    }
    for name, message in rows.items():
        result = run("check", "--baseline", name, "tcp://127.0.0.1:1", cwd=tmp_path)
        assert refusal(result).startswith(message), name
    both = run("check", "--baseline", "x", "--save-baseline", "y", "tcp://127.0.0.1:1", cwd=tmp_path)
    assert refusal(both).startswith("--save-baseline: approves what --baseline would refuse")
    lost = run("check", "--save-baseline", "/nonexistent/b.json", "tcp://127.0.0.1:1")
    assert refusal(lost) == ('--save-baseline: cannot write "/nonexistent/b.json": '
                             "No such file or directory")
    twice = run("check", "-o", "json=x", "--save-baseline", "x", "tcp://127.0.0.1:1", cwd=tmp_path)
    assert refusal(twice) == '--save-baseline: "x" is the file of a report, too'
