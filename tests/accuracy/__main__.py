# SPDX-License-Identifier: MIT
"""ci/accuracy: runs the scenarios of tests/lab/path and tells how good the verdicts are.

Exit codes: 0 only known scenarios failed, 1 others did, 2 the lab could not run.
"""

import argparse
import fnmatch
import os
import pathlib
import subprocess
import sys

from lab import probe
from lab.namespaces import LabError, why_not_permitted
from lab.path.known import KNOWN
from lab.path.runner import Pool
from lab.path.scenarios import SCENARIOS
from lab.vnet import end_on_signals

from . import report

DOCUMENT = probe.ROOT / "docs" / "accuracy.md"


def arguments():
    parser = argparse.ArgumentParser(prog="ci/accuracy")
    parser.add_argument("--quick", action="store_true", help="one seed, as an ordinary user only")
    parser.add_argument("--capture", action="store_true",
                        help="also as an ordinary user who captures, beside the others")
    parser.add_argument("--seeds", type=int, default=10, help="runs of every scenario and user")
    parser.add_argument("--labs", type=int, default=3 * os.cpu_count(),
                        help="labs side by side; most of a run is waiting")
    parser.add_argument("--list", action="store_true", help="name the scenarios and end")
    parser.add_argument("globs", nargs="*", metavar="SCENARIO-GLOB", default=["*"])
    return parser.parse_args()


def chosen(globs):
    return [scenario for name, scenario in SCENARIOS.items()
            if any(fnmatch.fnmatchcase(name, glob) for glob in globs)]


def progress(outcome):
    print(f"{'right' if outcome.right else 'WRONG'}  {outcome.scenario:24} {outcome.user:4} "
          f"{outcome.seconds:5.1f} s {outcome.packets:4} packets"
          f"{'  ' + outcome.unsound[:60] if outcome.unsound else ''}", file=sys.stderr, flush=True)


def version(program):
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    return done.stdout.splitlines()[0] if done.stdout else "unknown"


def main():
    args = arguments()
    scenarios = chosen(args.globs)
    if args.list:
        for scenario in scenarios:
            print(f"{scenario.name:24} {scenario.description}")
        return 0
    program, reason = probe.binary(), why_not_permitted()
    if not scenarios or program is None or reason:
        print("accuracy:", "no scenario of that name" if not scenarios else
              reason or "vnetprobe is not built", file=sys.stderr)
        return 2
    seeds, users = (1, ("user",)) if args.quick else (args.seeds, ("user", "root"))
    users += ("captured",) if args.capture else ()
    jobs = [(scenario, user, seed) for seed in range(seeds) for scenario in scenarios
            for user in users]
    end_on_signals()
    try:
        with Pool(program, min(args.labs, len(jobs))) as pool:
            outcomes = pool.run(jobs, progress)
    except LabError as err:
        print(f"accuracy: {err}", file=sys.stderr)
        return 2
    text = report.write(outcomes, {
        "runs": len(outcomes), "scenarios": len(scenarios), "seeds": seeds,
        "users": " and as ".join({"user": "an ordinary user", "root": "root",
                                  "captured": "one who captures"}[user]
                                 for user in users),
        "version": version(program), "kernel": os.uname().release.split("-")[0]})
    print(text)
    if not args.quick and len(scenarios) == len(SCENARIOS):
        pathlib.Path(DOCUMENT).write_text(text, encoding="utf-8")
    return int(any(not outcome.right and outcome.scenario not in KNOWN for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
