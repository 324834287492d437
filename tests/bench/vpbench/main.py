# SPDX-License-Identifier: MIT
"""Arguments, builds, and the order of things."""

import argparse
import dataclasses
import json
import os
import platform
import shutil
import subprocess
import time

from . import cases, explain, figures, live
from .cases import Context, say
from .isolate import run_isolated
from .testbed import Testbed

CASES = {**cases.CASES, **explain.CASES, **live.CASES}
HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ROOT = os.path.dirname(os.path.dirname(HERE))
NEEDED = ("ip", "nft", "sysctl", "taskset", "mount", "openssl", "nginx", "nsd", "curl",
          "prometheus-blackbox-exporter", "cmake")


def _arguments():
    parser = argparse.ArgumentParser(
        prog="tests/bench/run",
        description="Measure vnetprobe against a floor program and against its peers.",
        epilog="Exit code: 0 all targets met, 1 one was missed, 2 could not measure.")
    parser.add_argument("cases", nargs="*", metavar="CASE",
                        help="one of: %s (default: all)" % ", ".join(CASES))
    parser.add_argument("--quick", action="store_true",
                        help="small sizes and few rounds: does it work, not how fast")
    parser.add_argument("--json", metavar="FILE", help="write the figures there as well")
    parser.add_argument("--stand-in", action="store_true",
                        help="let the floor program play the prober (shows the noise)")
    parser.add_argument("--profile-hook", metavar="COMMAND",
                        help="measures the real profile in a lab; see README.md")
    parser.add_argument("--shell", action="store_true",
                        help="set the testbed up and leave you inside")
    parser.add_argument("--no-build", action="store_true",
                        help="use the programs as they are")
    args = parser.parse_args()
    unknown = [case for case in args.cases if case not in CASES]
    if unknown:
        parser.error(f"no case {unknown[0]!r}; one of: {', '.join(CASES)}")
    return args


def _cmake(*args):
    done = subprocess.run(["cmake", *args], cwd=ROOT, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"cmake {' '.join(args)} failed:\n{done.stdout[-2000:]}")


def _tools(args):
    """Paths of what is measured and what measures, built first unless told not to."""
    folder = os.path.join(ROOT, "build", "bench")
    prober = os.environ.get("VNETPROBE")
    if not args.no_build:
        _cmake("-S", HERE, "-B", folder)
        _cmake("--build", folder, "-j2")
        if not prober and not args.stand_in:
            _cmake("--preset", "release")
            _cmake("--build", "--preset", "release", "-j2", "--target", "vnetprobe")
    tools = {name: os.path.join(folder, name) for name in ("floor", "wire", "measure", "flows", "packetfloor")}
    if not args.stand_in:
        tools["vnetprobe"] = os.path.abspath(
            prober or os.path.join(ROOT, "build", "release", "cli", "vnetprobe"))
    for path in tools.values():
        if not os.access(path, os.X_OK):
            raise RuntimeError(f"{path} does not exist")
    return tools


def _check_machine():
    path = os.environ.get("PATH", "")
    os.environ["PATH"] = path + ":/usr/sbin:/sbin"
    missing = [tool for tool in NEEDED if not shutil.which(tool)]
    if missing:
        raise RuntimeError("not installed: " + ", ".join(missing))
    # The user's settings would become part of the result.
    for variable in list(os.environ):
        if variable.lower().endswith("_proxy") or variable.startswith("VNETPROBE_"):
            del os.environ[variable]
    os.environ["CURL_HOME"] = "/nonexistent"


def _run_cases(ctx, names):
    """All figures by case; a case that cannot run is a figure that is not met."""
    result = {}
    for case in names:
        begin = time.monotonic()
        say(f"case {case}: {CASES[case].__doc__.splitlines()[0]}")
        try:
            result[case] = list(CASES[case](ctx))
        except (RuntimeError, OSError, ValueError, KeyError,
                subprocess.SubprocessError) as error:
            result[case] = [figures.Figure(case, "not measured", ok=False, note=str(error))]
        print(f"\n{case} ({time.monotonic() - begin:.0f} s)")
        print("\n".join(figures.table(result[case])), flush=True)
    return result


def _write_json(out, args, result):
    json.dump({
        "machine": {"kernel": platform.release(), "cpus": os.cpu_count(),
                    "load_average": os.getloadavg()},
        "quick": args.quick, "stand_in": args.stand_in,
        "cases": {case: [dataclasses.asdict(f) for f in found]
                  for case, found in result.items()},
    }, out, indent=1)
    out.write("\n")


def _measure(args, tools, cpus, steered, out):
    testbed = Testbed(tools, cpus, steered)
    if args.shell:
        return subprocess.run([os.environ.get("SHELL", "/bin/sh")], check=False).returncode
    ctx = Context(testbed, tools, args.quick, args.stand_in, args.profile_hook)
    result = _run_cases(ctx, args.cases or list(CASES))
    if out:
        _write_json(out, args, result)
        out.flush()
    every = [f for found in result.values() for f in found]
    missed = sum(f.ok is False for f in every)
    held = sum(f.ok is True for f in every)
    print(f"\n{held} targets met, {missed} missed", flush=True)
    return 1 if missed else 0


def _reporting_errors(work):
    try:
        return work()
    except (RuntimeError, OSError, subprocess.SubprocessError) as error:
        stderr = getattr(error, "stderr", None)
        say(f"{error}{': ' + str(stderr) if stderr else ''}")
        return 2


def main():
    args = _arguments()

    def work():
        _check_machine()
        tools = _tools(args)
        cpus = sorted(os.sched_getaffinity(0))
        if len(cpus) < 2:
            say("one CPU only: servers and prober share it, wall times mean little")
        steered = os.getuid() == 0
        if not steered:
            say("not root: the prober may be charged for some of the servers' packets")
        out = open(args.json, "w", encoding="utf-8") if args.json else None
        return run_isolated(
            lambda: _reporting_errors(lambda: _measure(args, tools, cpus, steered, out)))

    return _reporting_errors(work)
