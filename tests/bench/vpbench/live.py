# SPDX-License-Identifier: MIT
"""What a live capture costs a healthy run, and whether other traffic makes it lose packets."""

import contextlib
import json
import os
import re
import subprocess
import sys
import typing

from .cases import hosts
from .contenders import Vnetprobe
from .figures import Figure, Series, compared
from .sample import Job
from .testbed import FAR_RESOLVER, RESOLVER, RUN, SERVER

OTHER_ADDRESS = "10.99.0.200"  # of nobody whom the prober talks to
OTHER_PORT = 9000
OTHER_RATE = 2e9  # bits per second that are tried
ENOUGH = 1e9  # that the target asks for


def cost(ctx):
    """CPU of a run with a capture over the same run without, in pairs."""
    if ctx.stand_in:
        return
    off = Vnetprobe(ctx.tools, ctx.testbed.bundle)
    on = Vnetprobe(ctx.tools, ctx.testbed.bundle, "with capture", ("--capture", "on"))
    for what, names, resolver, rounds in (
            ("1 endpoint", hosts("h", 1), RESOLVER, ctx.size(41, 5)),
            ("30 endpoints", hosts("h", 30), RESOLVER, ctx.size(41, 5)),
            ("30 over 20 ms", hosts("d", 30), FAR_RESOLVER, ctx.size(41, 5)),
            ("1,000 endpoints", hosts("h", 1_000), RESOLVER, ctx.size(9, 2))):
        job = Job(names, resolver)
        without = Series("without", [], len(names))
        with_it = Series(on.label, [], len(names))
        pair = [(off, without), (on, with_it)]
        for _ in range(rounds):
            for contender, series in pair:
                series.samples.append(contender.run(job))
            pair.reverse()  # neither side always runs on what the other has warmed up
        yield compared(what, with_it, without, "cpu_s", 1.05, len(names))


# --- Beside other traffic ----------------------------------------------------------

# Only the run and the other traffic are in this network namespace.
RULES = f"""\
table inet own {{
    counter passed {{ }}
    chain sent {{
        type filter hook output priority 300;
        meta l4proto {{ tcp, udp }} ip daddr != {OTHER_ADDRESS} counter name passed
    }}
    chain received {{
        type filter hook prerouting priority -300;
        meta l4proto {{ tcp, udp }} ip saddr != {OTHER_ADDRESS} counter name passed
    }}
}}
"""


@contextlib.contextmanager
def _counted():
    """Yields a function that returns how many own packets passed since it was called last."""
    subprocess.run(["nft", "-f", "-"], input=RULES, text=True, check=True)
    try:
        def count():
            text = subprocess.run(["nft", "reset", "counter", "inet", "own", "passed"],
                                  check=True, capture_output=True, text=True).stdout
            return int(re.search(r"packets (\d+) bytes", text).group(1))
        yield count
    finally:
        subprocess.run(["nft", "delete", "table", "inet", "own"], check=True)


@contextlib.contextmanager
def _other_traffic(testbed, device):
    """A stream of full frames from the servers' side, on the servers' CPU."""
    here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "other_traffic.py")
    command = [sys.executable, here]
    prefix = testbed.server_prefix()
    # Frames as an interface hands them on that puts eight together.
    inside = ["ip", "netns", "exec", SERVER]
    subprocess.run([*inside, "ip", "link", "set", "dev", device, "gso_max_segs", "8"],
                   check=True)
    subprocess.run([*inside, "ip", "addr", "add", f"{OTHER_ADDRESS}/24", "dev", device],
                   check=True)
    receiver = subprocess.Popen([*prefix, *command, "receive", str(OTHER_PORT)],
                                stdout=subprocess.PIPE)
    receiver.stdout.readline()
    sender = subprocess.Popen(
        [*prefix, *inside, *command, "send", OTHER_ADDRESS, "10.99.0.1", str(OTHER_PORT),
         str(int(OTHER_RATE / 8))], stdout=subprocess.PIPE)
    sender.stdout.readline()
    try:
        yield
    finally:
        for process in (sender, receiver):
            process.kill()
            process.wait()
        subprocess.run([*inside, "ip", "addr", "del", f"{OTHER_ADDRESS}/24", "dev", device],
                       check=True)
        subprocess.run([*inside, "ip", "link", "set", "dev", device, "gso_max_segs", "65535"],
                       check=True)


def _received(device, what):
    with open(f"/sys/class/net/{device}/statistics/rx_{what}", encoding="ascii") as f:
        return int(f.read())


def _is_whole(flow):
    """Nothing of it is missing: no hole in either direction, from the SYN to the client's FIN.
    The server's FIN may come when the run, and so the capture, has ended."""
    sides = flow["of_client"], flow["of_server"]
    return (all(side.get("syns") and not side.get("gap") for side in sides)
            and flow["of_client"].get("fin", False))


class Seen(typing.NamedTuple):
    """One run beside what passed meanwhile."""

    sample: object
    whole: int  # endpoints of which no packet is missing
    late: int  # of them, those whose server had not closed when the run ended
    passed: int  # own packets, those after the run with them
    capture: dict
    rate: float  # bits per second of everything received
    packets: float  # per second


def _run(prober, job, count):
    count()
    before = _received("vp-veth0", "bytes"), _received("vp-veth0", "packets")
    sample = prober.run(job)
    rate = (_received("vp-veth0", "bytes") - before[0]) * 8 / sample.wall_s
    packets = (_received("vp-veth0", "packets") - before[1]) / sample.wall_s
    with open(f"{RUN}/report.json", encoding="utf-8") as f:
        observations = json.load(f)["observations"]
    capture = next(o["capture"] for o in observations if o["kind"] == "capture")
    whole = {o["check"]: o["flow"]["of_server"].get("fin", False) for o in observations
             if o["kind"] == "flow" and o["stage"] == "tcp" and _is_whole(o["flow"])}
    late = sum(not closed for closed in whole.values())
    return Seen(sample, len(whole), late, count(), capture, rate, packets)


def drops(ctx):
    """Own flows of which packets are missing, alone and beside 1 Gbit/s and more."""
    if ctx.stand_in:
        return
    prober = Vnetprobe(ctx.tools, ctx.testbed.bundle, "vnetprobe", ("--capture", "on"))
    names = hosts("h", ctx.size(1_000, 200))
    job = Job(names, RESOLVER)
    with _counted() as count:
        for beside in (None, "vp-veth1"):
            with _other_traffic(ctx.testbed, beside) if beside else contextlib.nullcontext():
                for _ in range(ctx.size(5, 2)):
                    yield _drop_figure(beside, len(names), _run(prober, job, count))


def _drop_figure(beside, alive, seen):
    what = (f"beside {seen.rate / 1e9:.2f} Gbit/s, {seen.packets / 1e3:,.0f} kpkt/s" if beside
            else "alone")
    dropped = seen.capture["dropped"]
    note = ""
    if seen.sample.passed != alive:
        note = f"{seen.sample.passed} of {alive} pass; {seen.sample.detail}"
    elif beside and seen.rate < ENOUGH:
        note = "the other traffic was less than it has to be"
    return Figure(
        f"{alive:,} {what}",
        f"{alive - seen.whole} flows with a hole, {dropped} packets dropped",
        # A FIN of the server and its ACK pass when the capture has ended.
        f"{seen.capture['packets'] + 2 * seen.late:,} with {seen.late} late closes"
        f" of {seen.passed:,}", target="0 and 0",
        value=alive - seen.whole, limit=0,
        ok=not note and seen.whole == alive and dropped == 0, note=note)


CASES = {"capture-cost": cost, "capture-drops": drops}
