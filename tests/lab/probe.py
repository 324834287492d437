# SPDX-License-Identifier: MIT
"""Runs vnetprobe inside the compute namespace and checks that its report is sound."""

import dataclasses
import fnmatch
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

from . import azure

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCHEMA = ROOT / "report" / "report.schema.json"
# An ordinary user without any capability, as jobs run on a compute.
ORDINARY = ("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups",
            "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs")
# The same with the one capability that captures, as `setcap cap_net_raw+ep` gives it.
CAPTURING = ("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups",
             "--bounding-set=-all,+net_raw", "--inh-caps=-all,+net_raw",
             "--ambient-caps=-all,+net_raw", "--no-new-privs")
CONFINED = str(pathlib.Path(__file__).with_name("confined.py"))
# Short waits for a network without distance; healthy runs use the program's defaults.
FAST = ("--connect-timeout", "1s", "--timeout", "4s")
LIMIT = 90  # seconds after which a run is a hang


def binary():
    """The program under test, or None when it is not built."""
    named = os.environ.get("VNETPROBE")
    if named:
        return pathlib.Path(named).resolve()
    for preset in ("gcc", "release"):
        path = ROOT / "build" / preset / "cli" / "vnetprobe"
        if path.exists():
            return path
    return None


@dataclasses.dataclass
class Run:
    """One run: exit code, both streams, duration, and the JSON report if there is one."""

    code: int
    out: str
    err: str
    seconds: float

    @property
    def report(self):
        assert self.out.strip(), f"no report on stdout; stderr: {self.err}"
        return json.loads(self.out)

    @property
    def checks(self):
        return {check["id"]: check for check in self.report["checks"]}

    def select(self, globs):
        """Checks whose id one of the globs names (an id may hold '?' and '[': exact first)."""
        return [check for name, check in self.checks.items()
                if name in globs or any(fnmatch.fnmatchcase(name, glob) for glob in globs)]


class Prober:
    """vnetprobe as it is started on a compute: own resolver, own trust store, own user."""

    def __init__(self, lab, program):
        self.lab = lab
        self.program = str(program)

    def argv(self, *arguments, root=False, confined=(), capturing=False):
        """confined: what the program has to do without, see confined.py."""
        user = () if root else CAPTURING if capturing else ORDINARY
        jail = (sys.executable, CONFINED, *confined, "--") if confined else ()
        return self.lab.topology.compute.command(*jail, *user, self.program, *arguments)

    @staticmethod
    def environment(extra=None):
        """The caller's environment without what would change the run."""
        kept = {name: value for name, value in os.environ.items()
                if not name.lower().endswith("_proxy") and not name.startswith("VNETPROBE")}
        return {**kept, "LC_ALL": "C", **(extra or {})}

    def run(self, *arguments, root=False, env=None, interrupt_after=None):
        """Runs the program to its end; interrupt_after sends SIGINT after so many seconds."""
        return self.start(self.argv(*arguments, root=root), env, interrupt_after)

    def start(self, argv, env=None, interrupt_after=None):
        """The same for a whole argument vector."""
        begin = time.monotonic()
        process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, encoding="utf-8", env=self.environment(env))
        try:
            if interrupt_after is not None:
                time.sleep(interrupt_after)
                process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=LIMIT)
        except BaseException:
            process.kill()
            process.communicate()
            raise
        return Run(process.returncode, out, err, time.monotonic() - begin)

    def check(self, *arguments, root=False, env=None, interrupt_after=None):
        """`vnetprobe check -o json`, its report verified."""
        run = self.run("check", "-o", "json", *arguments, root=root, env=env,
                       interrupt_after=interrupt_after)
        assert_sound(run)
        return run

    def profile(self, *arguments, **how):
        """The whole profile of the lab's workspace."""
        return self.check(*azure.OPTIONS, *arguments, **how)


def assert_sound(run):
    """What holds for every report, whatever the network did."""
    report = run.report
    if SCHEMA.exists():
        _assert_valid(report)
    known = {observation["id"] for observation in report["observations"]}
    for check in report["checks"]:
        _assert_sound_check(check, known)
    counts = {status: sum(check["status"] == status for check in report["checks"])
              for status in ("pass", "warn", "fail", "inconclusive", "skipped")}
    assert {name: report["summary"][name] for name in counts} == counts
    grouped = [name for group in report["causes"] for name in group["checks"]]
    caused = [check["id"] for check in report["checks"] if check["cause"] is not None]
    assert sorted(grouped) == sorted(caused), "each caused check stands in one group of causes"


def _assert_valid(report):
    """The report fits its JSON Schema."""
    import jsonschema  # pylint: disable=import-outside-toplevel  # the demo does without it
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    validator = jsonschema.validators.validator_for(schema)
    errors = [f"{list(error.absolute_path)}: {error.message}"
              for error in validator(schema).iter_errors(report)]
    assert not errors, errors[:5]


def _assert_sound_check(check, known):
    name = check["id"]
    for entry in check["evidence"]:
        assert entry["observations"], f"{name}: evidence without observation: {entry['text']}"
        assert set(entry["observations"]) <= known, f"{name}: cites what was not observed"
    if check["status"] == "pass":
        assert check["cause"] is None and check["stage"] is None, name
        return
    if check["status"] in ("fail", "warn"):
        assert check["cause"] and check["stage"], name
        assert check["evidence"], f"{name}: a verdict without evidence"
        assert check["remediation"], f"{name}: a verdict without advice"
    if check["confidence"] == "cannot_tell":
        assert check["alternatives"], f"{name}: cannot tell, but between what?"
        assert check["would_decide"], f"{name}: cannot tell, and what would decide?"


def observed(run, kind, check=None):
    """The facts of all observations of one kind, or of those one check made."""
    return [observation[kind] for observation in run.report["observations"]
            if observation["kind"] == kind and check in (None, observation["check"])]


def families(run, check=None):
    """IP versions of the connection attempts."""
    return {6 if facts["peer"].startswith("[") else 4 for facts in observed(run, "tcp", check)}


def words_in(text, words):
    """Those of the words that stand in the text, not as parts of others."""
    return [word for word in words
            if re.search(rf"(?<![0-9A-Za-z]){re.escape(word)}(?![0-9A-Za-z])", text)]


def evidence_text(check):
    return "\n".join(entry["text"] for entry in check["evidence"])


def assert_passes(run, but=()):
    """All checks pass, those aside that a glob of `but` names; else says what was seen."""
    spared = {check["id"] for check in run.select(but)}
    for check in run.report["checks"]:
        if check["id"] not in spared and check["status"] != "pass":
            seen = [observation for observation in run.report["observations"]
                    if observation["check"] == check["id"]]
            raise AssertionError(f"{check['id']}: {check['status']} {check['cause']}\n"
                                 f"{evidence_text(check)}\n{json.dumps(seen)[:4000]}")


def assert_expected(run, expect):
    """The checks a fault hits say what they have to, and all the others pass."""
    hit = [check for check in run.select(expect.checks) if check["id"] not in expect.spared]
    assert hit, f"no check is named {expect.checks}"
    for check in hit:
        seen = f"{check['id']}: {check['status']} {check['stage']} {check['cause']} " \
               f"{check['confidence']}\n{evidence_text(check)}"
        assert check["status"] == expect.status, seen
        assert check["cause"] in expect.cause, seen
        assert check["stage"] == expect.stage, seen
        assert not expect.confidence or check["confidence"] in expect.confidence, seen
        for text in expect.mentions:
            assert text in evidence_text(check), f"{text!r} is not in the evidence of {seen}"
    # The wire server drops ordinary users, here as on every Azure machine.
    assert_passes(run, but=[check["id"] for check in hit] + ["wireserver"])
    if expect.sole:
        causes = [group["cause"] for group in run.report["causes"]
                  if group["checks"] != ["wireserver"]]
        assert len(causes) == 1 and causes[0] in expect.cause, causes
    assert run.code == expect.exit_code, f"exit code {run.code}\n{run.err}"
