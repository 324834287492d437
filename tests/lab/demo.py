# SPDX-License-Identifier: MIT
"""ci/demo: the profile against a healthy network, then with a fault in it.

Exit codes: 0 both runs showed what they should, 1 one did not, 2 the lab could not run.
"""

import argparse
import os
import subprocess
import sys
import textwrap
import time

from . import azure, probe
from .faults import FAULTS
from .namespaces import LabError, why_not_permitted
from .vnet import Lab, end_on_signals

DEFAULT = "nsg-storage"

PICTURE = f"""\
   compute {azure.COMPUTE} ── router (NSG) ──┬── platform {azure.PLATFORM_DNS}, {azure.IMDS}
                                       ├── Azure: {len(azure.SERVICES)} services on public addresses
                                       └── private endpoints {azure.ENDPOINT_SUBNET}
"""


def say(text):
    print(textwrap.fill(text, 96), flush=True)


def headline(text):
    print(f"\n── {text} " + "─" * max(0, 92 - len(text)) + "\n", flush=True)


def list_faults():
    for fault in FAULTS.values():
        needs = f" (needs {fault.needs}: ci/install-deps lab)" if fault.needs else ""
        print(f"{fault.name:22} {fault.description}{needs}")


def show_run(prober, fault):
    """Runs the profile on the terminal; returns the run with its JSON report to be judged."""
    options = (*azure.OPTIONS, *fault.options)
    report = prober.lab.run_dir / "report.json"
    words = ["vnetprobe", "check", *options]
    print(textwrap.fill("$ " + " ".join(words), 96, subsequent_indent="    ",
                        break_long_words=False, break_on_hyphens=False) + "\n", flush=True)
    begin = time.monotonic()
    code = subprocess.call(
        prober.argv("check", *options, "-o", "text", "-o", f"json={report}", root=True),
        env=prober.environment())
    seconds = time.monotonic() - begin
    print(f"\nexit code {code}, {seconds:.1f} s", flush=True)
    text = report.read_text(encoding="utf-8") if report.exists() else ""
    return probe.Run(code, text, "", seconds)


def judge(what, verdict):
    """Whether the report says what it should; the reason goes to stderr."""
    try:
        verdict()
    except AssertionError as err:
        print(f"demo: {what} did not show what was expected: {err}", file=sys.stderr)
        return False
    return True


def healthy(run):
    probe.assert_passes(run)
    assert run.code == 0, f"exit code {run.code}"


def two_runs(lab, prober, fault):
    lab.dns.apply(fault.world)
    headline("1. The network is healthy")
    first = show_run(prober, fault)
    headline(f"2. {fault.name}: {fault.description}")
    with fault.injected(lab):
        second = show_run(prober, fault)
    good = judge("the healthy run", lambda: healthy(first))
    good &= judge("the run with the fault", lambda: probe.assert_expected(second, fault.expect))
    headline("As expected" if good else "Not as expected")
    say("The machine you have just seen is gone: namespaces, servers and certificates. "
        "ci/demo --list names other faults, ci/demo --shell lets you look around.")
    return 0 if good else 1


def shell(lab, prober, fault):
    """A shell on the compute, with the fault in the network if one was named."""
    program = os.path.dirname(prober.program)
    environment = prober.environment({
        "PATH": f"{program}:{os.environ['PATH']}", "PS1": "compute# ",
        "VNETPROBE_REGION": azure.REGION, "VNETPROBE_WORKSPACE_ID": azure.WORKSPACE_ID,
        "VNETPROBE_WORKSPACE_NAME": azure.WORKSPACE, "VNETPROBE_STORAGE": azure.STORAGE,
        "VNETPROBE_CONTAINER_REGISTRY": azure.REGISTRY, "VNETPROBE_KEY_VAULT": azure.VAULT,
        "VNETPROBE_COMPUTE_INSTANCE": azure.INSTANCE})
    say("You are root on the compute. The workspace's parameters are in the environment: try "
        "`vnetprobe check`, `vnetprobe list`, `curl -i https://amlreg.azurecr.io/v2/`. "
        "Leave with exit; then everything is taken down.")
    argv = lab.topology.compute.command("bash", "--norc", "--noprofile")
    if fault is None:
        subprocess.call(argv, env=environment)
        return 0
    say(f"In this network: {fault.description}")
    with fault.injected(lab):
        subprocess.call(argv, env=environment)
    return 0


def parse(argv):
    parser = argparse.ArgumentParser(prog="ci/demo", description=__doc__.splitlines()[0])
    parser.add_argument("fault", nargs="?", metavar="FAULT", help=f"default: {DEFAULT}")
    parser.add_argument("--list", action="store_true", help="name the faults")
    parser.add_argument("--shell", action="store_true", help="open a shell on the compute")
    options = parser.parse_args(argv)
    if options.fault is not None and options.fault not in FAULTS:
        parser.error(f"no fault is called {options.fault!r}; ci/demo --list names them")
    return options


def main(argv):
    options = parse(argv)
    if options.list:
        list_faults()
        return 0
    reason = why_not_permitted()
    if reason:
        raise LabError(reason)
    program = probe.binary()
    if program is None or not program.exists():
        raise LabError("vnetprobe is not built; run ci/demo")
    fault = FAULTS.get(options.fault) or (None if options.shell else FAULTS[DEFAULT])
    say("A VNet is set up from network namespaces, with its own certificate authority, name "
        "servers, web servers and packet filter. Nothing of it can be reached from outside.")
    print("\n" + PICTURE, flush=True)
    with Lab(light=True, wanted=(fault.needs,) if fault and fault.needs else ()) as lab:
        say(f"It is up after {lab.started_in:.1f} s.")
        prober = probe.Prober(lab, program)
        return shell(lab, prober, fault) if options.shell else two_runs(lab, prober, fault)


if __name__ == "__main__":
    end_on_signals()
    try:
        sys.exit(main(sys.argv[1:]))
    except LabError as err:
        print(f"demo: {err}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("\ndemo: interrupted; everything was taken down", file=sys.stderr)
        sys.exit(130)
