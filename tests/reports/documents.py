# SPDX-License-Identifier: MIT
"""Documents for the tests of this folder, and the programs that read them.

REPORT_SAMPLE prints runs built by hand, VNETPROBE is the program under test; ctest sets both.
"""

import functools
import json
import os
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FORMS = ("junit", "html", "markdown", "prometheus", "nagios")
RUNS = ("healthy", "failing", "hostile", "capture", "interrupted", "empty")
SAVED = sorted(path.parent.name for path in (ROOT / "tests" / "golden").glob("*/report.json"))


@functools.lru_cache(maxsize=None)
def sample(form, run):
    """The text that report_sample prints."""
    done = subprocess.run([os.environ["REPORT_SAMPLE"], form, run], check=True, timeout=120,
                          stdout=subprocess.PIPE)
    return done.stdout.decode("utf-8")


@functools.lru_cache(maxsize=None)
def saved(form, case, *options):
    """What diagnose makes of a run of the lab."""
    return judged(form, ROOT / "tests" / "golden" / case / "report.json", *options)


def judged(form, path, *options):
    """What diagnose makes of a report."""
    env = {"PATH": os.environ["PATH"], "LC_ALL": "C"}
    env.update({k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")})
    done = subprocess.run(
        [os.environ["VNETPROBE"], "diagnose", "-o", form, *options, str(path)],
        check=False, timeout=120, stdin=subprocess.DEVNULL, capture_output=True, env=env)
    assert done.returncode in (0, 1, 2, 3), done.stderr
    return done.stdout.decode("utf-8")


def everything(form):
    """Every document there is in a form, by name."""
    return {**{run: sample(form, run) for run in RUNS},
            **{f"redacted {run}": sample(f"redacted-{form}", run) for run in RUNS},
            **{case: saved(form, case) for case in SAVED}}


def report(run):
    return json.loads(sample("json", run))


def program(name, package):
    """A reader of documents. Without it the test is skipped, but not in CI on a release that has
    its package."""
    path = shutil.which(name)
    if path:
        return path
    there = subprocess.run(["apt-cache", "show", package], capture_output=True, check=False)
    if os.environ.get("CI") == "true" and there.returncode == 0:
        pytest.fail(f"{name} is missing; ci/install-deps test installs it")
    return pytest.skip(f"{name} is missing")
