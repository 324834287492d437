# SPDX-License-Identifier: MIT
"""The cases. Each yields figures; contenders take turns within a round (A B A B ...)."""

import dataclasses
import json
import os
import statistics
import subprocess
import sys
import tempfile

from .contenders import Blackbox, Curl, Floor, Vnetprobe
from .figures import Figure, Series, bounded, compared, shown
from .sample import Job, last_error, measure
from .testbed import DEAD_RESOLVER, FAR_RESOLVER, RESOLVER, name

DISTINCT_REPORTS = 200  # of those that are merged; the page cache holds them
PROFILE_SIZE = 30  # about as many endpoints as the built-in profile has


@dataclasses.dataclass
class Context:
    testbed: object
    tools: dict
    quick: bool
    stand_in: bool  # the floor plays the prober: shows the method's own noise
    profile_hook: str | None

    def __post_init__(self):
        bundle = self.testbed.bundle
        self.floor = Floor(self.tools, bundle)
        self.curl = Curl(self.tools)
        self.blackbox = Blackbox(self.testbed)
        if self.stand_in:
            self.prober = Floor(self.tools, bundle, "stand-in")
        else:
            self.prober = Vnetprobe(self.tools, bundle)

    def size(self, full, quick):
        return quick if self.quick else full


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def hosts(letter, count, first=0):
    return tuple(name(letter, i) for i in range(first, first + count))


def take_turns(plan, alive):
    """plan: (contender, job, rounds) each; in every round all whose rounds are not used
    up run once, one after the other. Returns one Series each."""
    series = [Series(contender.label, [], alive) for contender, _, _ in plan]
    for i in range(max(rounds for _, _, rounds in plan)):
        for (contender, job, rounds), one in zip(plan, series):
            if i >= rounds:
                continue
            sample = contender.run(job)
            one.samples.append(sample)
            say(f"round {i + 1}: {contender.label}: {sample.wall_s:.2f} s wall, "
                f"{sample.cpu_s:.2f} s CPU, {sample.rss_mib:.0f} MiB, "
                f"pass {sample.passed} of {len(job.names)} {sample.detail}")
    return series


def _load(parallel):
    if parallel is None:
        return "its own pace"
    return f"{parallel:,} at once" if parallel else "all at once"


def _false_verdict(where, contender, job, target=True):
    (series,) = take_turns([(contender, job, 1)], len(job.names))
    sample = series.samples[0]
    count = len(job.names)
    wrong = count - (sample.passed or 0)
    return Figure(
        f"{where}, {_load(job.parallel)}",
        f"{series.label}: {wrong:,} of {count:,} wrong, {sample.wall_s:.1f} s",
        target="0" if target else "", value=wrong, limit=0 if target else None,
        ok=wrong == 0 if target else None,
        note=series.wrong() if target else sample.detail)


def false_verdicts(ctx):
    """Live endpoints called anything but alive, at several loads; timeout 3 s."""
    count = ctx.size(10_000, 1_000)
    paths = (
        ("direct", "h", RESOLVER, (1, 64, 512, 4096, 0)),
        ("20 ms", "d", FAR_RESOLVER, (64, 512, 4096, 0)),
    )
    for where, letter, resolver, loads in paths:
        job = Job(hosts(letter, count), resolver, check_timeout_s=3, limit_s=300)
        if not ctx.prober.parallel_options:
            loads = (None,)
        for load in loads:
            before = ctx.testbed.wire_drops()
            yield _false_verdict(where, ctx.prober, dataclasses.replace(job, parallel=load))
            say(f"the wire dropped {ctx.testbed.wire_drops() - before} packets")
        yield _false_verdict(where, ctx.floor, job, target=False)
    near = Job(hosts("h", count), RESOLVER, parallel=3_000)
    yield _false_verdict("direct", ctx.blackbox, near, target=False)
    near = Job(hosts("h", ctx.size(1_000, 300)), RESOLVER, parallel=300)
    yield _false_verdict("direct", ctx.curl, near, target=False)


def healthy_1k(ctx):
    """CPU and memory for 1,000 healthy endpoints."""
    count, rounds = ctx.size(1_000, 200), ctx.size(5, 3)
    job = Job(hosts("h", count), RESOLVER)
    prober, floor, blackbox, curl = take_turns(
        [(ctx.prober, job, rounds), (ctx.floor, job, rounds),
         (ctx.blackbox, job, rounds), (ctx.curl, job, 1)], count)
    what = f"{count:,} healthy"
    yield compared(what, prober, floor, "cpu_s", 1.4, count)
    yield compared(what, prober, curl, "cpu_s", 1 / 15, count)
    yield compared(what, prober, blackbox, "cpu_s", 1, count)
    yield compared(what, prober, floor, "wall_s", None)
    yield bounded(what, prober, "rss_mib", 40)
    yield shown(what, floor, "rss_mib")
    yield shown(what, blackbox, "rss_mib")
    yield shown(what, curl, "rss_mib")


def healthy_10k(ctx):
    """The same for 10,000: cost per endpoint must not grow."""
    count, rounds = ctx.size(10_000, 1_000), ctx.size(3, 2)
    job = Job(hosts("h", count), RESOLVER, limit_s=180)
    prober, floor = take_turns(
        [(ctx.prober, job, rounds), (ctx.floor, job, rounds)], count)
    what = f"{count:,} healthy"
    yield compared(what, prober, floor, "cpu_s", 1.7, count)
    yield bounded(what, prober, "rss_mib", 80)
    yield shown(what, floor, "rss_mib")


def dead(ctx):
    """1,000 endpoints, 100 of them blackholed, connect timeout 3 s."""
    count = ctx.size(1_000, 200)
    silent = count // 10
    rounds = ctx.size(3, 1)
    # Every tenth is dead: where they stand must not matter, and spread is usual.
    names = tuple(name("b" if i % 10 == 9 else "h", i) for i in range(count))
    job = Job(names, RESOLVER)
    plan = [(ctx.prober, job, rounds), (ctx.floor, job, rounds),
            (ctx.blackbox, dataclasses.replace(job, parallel=1_000), 1),
            (ctx.curl, job, 1)]
    prober, floor, blackbox, curl = take_turns(plan, count - silent)
    what = f"{count:,}, {silent} dropped"
    yield bounded(what, prober, "wall_s", 3.2)
    for peer in (floor, blackbox, curl):
        yield compared(what, prober, peer, "wall_s", None)


def _alone(contender, names, rounds):
    """The slowest endpoint's own chain: each alone, `rounds` times; the largest of the
    medians, so that one disturbed run does not make the limit generous."""
    slowest = None
    for host in names:
        samples = [contender.run(Job((host,), FAR_RESOLVER)) for _ in range(rounds)]
        one = Series(f"{host} alone", samples, 1)
        wall = statistics.median(s.wall_s for s in samples)
        if one.wrong():
            return one
        if not slowest or wall > slowest[0]:
            slowest = (wall, one)
    return slowest[1]


def _own_chain(what, series):
    """The same limit seen from inside: the slowest check of the same run, by its own
    clocks, which leave out start-up and waiting for a slot."""
    if any(s.slowest_check_s is None for s in series.samples):
        return
    ratio = statistics.median(s.wall_s / s.slowest_check_s for s in series.samples)
    slowest = statistics.median(s.slowest_check_s for s in series.samples) * 1e3
    yield Figure(what, "the same", f"slowest check in the run {slowest:.1f} ms", ratio)


def profile(ctx):
    """As many endpoints as the profile has, 20 ms away: all together against the
    slowest alone; then with everything blocked."""
    if ctx.profile_hook:
        yield from _hooked_profile(ctx)
    rounds = ctx.size(5, 3)
    names = hosts("d", PROFILE_SIZE)
    say(f"round trip over the wire: {ctx.testbed.round_trip_ms():.1f} ms")
    what = f"{len(names)} over 20 ms"
    for contender, limit in ((ctx.prober, 1.3), (ctx.floor, None)):
        slowest = _alone(contender, names, rounds)
        (together,) = take_turns([(contender, Job(names, FAR_RESOLVER), rounds)], len(names))
        figure = compared(what, together, slowest, "wall_s", limit)
        figure.measured = f"{contender.label} {figure.measured}"
        yield figure
        yield from _own_chain(what, together)

    names = hosts("b", PROFILE_SIZE)
    for what, resolver in (("dropped", RESOLVER), ("and resolver dropped", DEAD_RESOLVER)):
        (blocked,) = take_turns([(ctx.prober, Job(names, resolver), 1)], 0)
        yield bounded(f"{len(names)} {what}", blocked, "wall_s", 3 + 0.5)


def _hooked_profile(ctx):
    """The real profile in a lab of its own; README.md says what the hook prints."""
    answer = subprocess.run(
        ["sh", "-c", ctx.profile_hook], check=True, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=600).stdout
    rounds = [json.loads(line) for line in answer.splitlines()]
    ratio = statistics.median(r["wall_ms"] / r["slowest_alone_ms"] for r in rounds)
    wall = statistics.median(r["wall_ms"] for r in rounds)
    alone = statistics.median(r["slowest_alone_ms"] for r in rounds)
    yield Figure("full profile", f"{wall:.1f} ms wall", f"slowest alone {alone:.1f} ms wall",
                 ratio, "≤ 1.3 x", value=wall, limit=1.3, ok=ratio <= 1.3)
    blocked = statistics.median(r["blocked_wall_ms"] for r in rounds)
    limit = rounds[0]["connect_timeout_ms"] + 500
    yield Figure("full profile blocked", f"{blocked:,.0f} ms wall",
                 target=f"≤ {limit:,} ms wall", value=blocked, limit=limit, ok=blocked <= limit)


def single(ctx):
    """One endpoint, exec to exit, with the system's trust store."""
    rounds = ctx.size(15, 7)
    host = name("h", 0)
    system_floor = Floor(ctx.tools, None)
    curl = Series("curl", [], 1)
    floor = Series("floor", [], 1)
    prober = Series(ctx.prober.label, [], 1)
    tcp = Series(ctx.prober.label, [], 1)
    listing = Series(ctx.prober.label, [])
    for _ in range(rounds):
        curl.samples.append(ctx.curl.run_one(host, 20))
        floor.samples.append(system_floor.run(Job((host,), RESOLVER)))
        if ctx.stand_in:
            prober.samples.append(system_floor.run(Job((host,), RESOLVER)))
            continue
        prober.samples.append(ctx.prober.check([f"https://{host}/"], 20))
        tcp.samples.append(ctx.prober.check([f"tcp://{host}:443"], 20))
        listing.samples.append(ctx.prober.list_profile(20))
    yield compared("1 endpoint", prober, curl, "wall_s", 0.3)
    yield compared("1 endpoint", prober, floor, "wall_s", None)
    yield shown("1 endpoint", prober, "rss_mib")
    if ctx.stand_in:
        return
    yield bounded("1 TCP endpoint", tcp, "wall_s", 0.006)
    figure = bounded("list", listing, "wall_s", 0.015)
    failed = [s for s in listing.samples if s.exit != 0 or s.passed < 20]
    if failed:
        figure.ok = False
        figure.note = f"list printed {failed[0].passed} lines: {failed[0].detail}"
    yield figure


def _saved_reports(folder, count):
    """A list of `count` names of real reports, of which every twentieth passes."""
    golden = os.path.join(os.path.dirname(__file__), "..", "..", "golden")
    reports = []
    for case in ("nsg-storage", "healthy-public"):
        with open(os.path.join(golden, case, "report.json"), encoding="utf-8") as f:
            reports.append(json.load(f))
    files = []
    for i in range(min(count, DISTINCT_REPORTS)):
        report = reports[i % 20 == 19]
        report["run"]["host"] = f"node{i:03}"
        files.append(os.path.join(folder, f"{i:03}.json"))
        with open(files[-1], "w", encoding="utf-8") as f:
            json.dump(report, f)
    names = os.path.join(folder, "names")
    with open(names, "w", encoding="utf-8") as f:
        f.writelines(f"{files[i % len(files)]}\n" for i in range(count))
    return names


def merge(ctx):
    """Reports of many machines in one matrix; nothing is contacted."""
    if ctx.stand_in:
        return
    count = ctx.size(10_000, 500)
    with tempfile.TemporaryDirectory(prefix="vnetprobe-bench-") as folder:
        matrix = os.path.join(folder, "matrix.json")
        sample = measure(
            ctx.tools, [ctx.tools["vnetprobe"], "merge", "-o", f"json={matrix}",
                        "@" + _saved_reports(folder, count)], 300)
        with open(matrix, encoding="utf-8") as f:
            summary = json.load(f)["summary"]
    sample.passed = summary["nodes"] if summary["fail"] == count - count // 20 else 0
    sample.detail = last_error()
    series = Series("merge", [sample], count)
    yield bounded(f"{count:,} reports", series, "rss_mib", 32)
    yield shown(f"{count:,} reports", series, "cpu_s")
    yield shown(f"{count:,} reports", series, "wall_s")
    yield _large_report(ctx)


def _large_report(ctx):
    """Memory is for verdicts: one report with very many observations takes hardly any."""
    size = ctx.size(200, 20) << 20
    with tempfile.TemporaryDirectory(prefix="vnetprobe-bench-") as folder:
        with open(os.path.join(folder, _saved_reports(folder, 1)), encoding="utf-8") as names:
            path = names.read().strip()
        with open(path, encoding="utf-8") as f:
            report = json.load(f)
        seen = json.dumps(report.pop("observations"))[1:-1]
        with open(path, "w", encoding="utf-8") as f:
            f.write(json.dumps(report)[:-1] + ', "observations": [' + seen)
            for _ in range(size // len(seen)):
                f.write("," + seen)
            f.write("]}")
        matrix = os.path.join(folder, "matrix.json")
        sample = measure(ctx.tools, [ctx.tools["vnetprobe"], "merge", "-o", f"json={matrix}", path],
                         300)
        with open(matrix, encoding="utf-8") as f:
            sample.passed = json.load(f)["summary"]["fail"]
    sample.detail = last_error()
    return bounded(f"1 report of {size >> 20} MiB", Series("merge", [sample], 1), "rss_mib", 12)


CASES = {
    "false-verdicts": false_verdicts,
    "healthy-1k": healthy_1k,
    "healthy-10k": healthy_10k,
    "dead": dead,
    "profile": profile,
    "single": single,
    "merge": merge,
}
