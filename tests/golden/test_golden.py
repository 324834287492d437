# SPDX-License-Identifier: MIT
"""Reports of real runs in the lab are judged again and say what they are expected to say.

CASE/report.json   what `vnetprobe check -o json` printed (tests/lab/record.py)
CASE/expect.txt    what `vnetprobe diagnose` prints of it
CASE/expect.json   members of its JSON that judging makes: summary, causes, checks, left_out
CASE/expect.code   its exit code

`ci/golden-update` rewrites the expect files; the diff then shows what a change does to people.
VNETPROBE names the program under test.
"""

import json
import os
import pathlib
import re
import subprocess

import pytest

from reportparts import members

HERE = pathlib.Path(__file__).resolve().parent
CASES = sorted(path.parent.name for path in HERE.glob("*/report.json"))
JUDGED = ("summary", "causes", "checks", "left_out")
# Cases that the suite must not lose.
WANTED = {"healthy-public", "healthy-private", "nsg-storage", "refused", "icmp-prohibited",
          "name-not-found", "dead-resolver", "unlinked-zone", "missing-record",
          "expired-certificate", "impostor", "registry-firewall", "storage-firewall", "deadline"}
OTHER_CATALOGUE = re.compile(
    r"vnetprobe: .*: recorded with catalogue .*, judged with .*\n")


def diagnose(path, *arguments):
    """The program's whole answer; standard error holds nothing but the one known remark."""
    env = {"PATH": os.environ["PATH"], "LC_ALL": "C"}
    env.update({k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")})
    done = subprocess.run(
        [os.environ["VNETPROBE"], "diagnose", *arguments, str(path)], env=env, timeout=60,
        check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True, encoding="utf-8")
    assert OTHER_CATALOGUE.fullmatch(done.stderr) or done.stderr == "", done.stderr
    return done


def judged(text):
    """The members that judging makes, as a document of their own."""
    parts = members(text)
    return "{\n" + ",\n".join(f'  "{name}": {parts[name]}' for name in JUDGED) + "\n}\n"


def answers(name):
    """What the expect files of a case have to hold."""
    report = HERE / name / "report.json"
    text = diagnose(report, "--no-color")
    full = diagnose(report, "-o", "json")
    assert text.returncode == full.returncode
    return {"expect.txt": text.stdout, "expect.json": judged(full.stdout),
            "expect.code": f"{text.returncode}\n"}


def test_the_cases_are_all_there():
    assert WANTED <= set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_a_saved_run_is_told_as_expected(name):
    wanted = {file: (HERE / name / file).read_text(encoding="utf-8")
              for file in ("expect.txt", "expect.json", "expect.code")}
    given = answers(name)
    for file, text in given.items():
        assert text == wanted[file], f"{name}/{file}: ci/golden-update rewrites it"


@pytest.mark.parametrize("name", CASES)
def test_judging_what_was_judged_changes_no_byte(name, tmp_path):
    first = diagnose(HERE / name / "report.json", "-o", "json")
    saved = tmp_path / "again.json"
    saved.write_text(first.stdout, encoding="utf-8")
    again = diagnose(saved, "-o", "json")
    assert again.returncode == first.returncode
    assert again.stdout == first.stdout


@pytest.mark.parametrize("name", CASES)
def test_cited_observations_exist(name):
    report = json.loads(diagnose(HERE / name / "report.json", "-o", "json").stdout)
    known = {observation["id"] for observation in report["observations"]}
    cited = {number for check in report["checks"] for entry in check["evidence"]
             for number in entry["observations"]}
    assert cited and cited <= known


def main():
    """Rewrites the expect files of every case."""
    for name in CASES:
        for file, text in answers(name).items():
            (HERE / name / file).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
