# SPDX-License-Identifier: MIT
"""Runs scenarios on several labs at once and keeps what vnetprobe said of every endpoint."""

import concurrent.futures
import contextlib
import dataclasses
import queue
import types

from .. import client, probe
from . import names
from .lab import PathLab


@dataclasses.dataclass(frozen=True)
class Answer:
    """What one run said about one end."""

    scenario: str
    end: int  # index into the scenario's ends
    status: str
    cause: str
    confidence: str
    attributes: tuple
    alternatives: tuple
    right: bool
    evidence: str


@dataclasses.dataclass(frozen=True)
class Outcome:
    """One run of one scenario."""

    scenario: str
    user: str
    seed: int
    answers: tuple
    seconds: float  # from start to exit
    packets: int  # that left the client's device meanwhile
    unsound: str = ""  # why the report is not a sound one
    symptoms: tuple = ()  # what an independent client met at each https end
    probed: tuple = ()  # (check, whether follow-up probes began before its last phase ended)

    @property
    def right(self):
        return not self.unsound and all(answer.right for answer in self.answers)


# What packets on this machine prove, where without them an honest word is a weaker one.
PROVEN_BY_PACKETS = ("local_output_filter", "local_output_rst", "local_input_filter", "local_rp_filter",
                     "rst_injected_onpath", "rst_injected_inline", "sni_reset_onpath", "sni_reset_inline",
                     "dns_injected", "half_open_forward_drop", "pmtu_blackhole_up", "pmtu_blackhole_down")


def answer_of(scenario, index, check, captured=False):
    truth = scenario.ends[index].truth
    right = truth.accepts(check["cause"], check["confidence"]) or (
        captured and check["cause"] == truth.cause and truth.cause in PROVEN_BY_PACKETS)
    right = right and set(truth.attributes) <= set(check["attributes"])
    wanted = truth.status or (("pass",) if check["cause"] is None else ("fail", "inconclusive"))
    return Answer(scenario.name, index, check["status"], check["cause"], check["confidence"],
                  tuple(check["attributes"]), tuple(check["alternatives"]),
                  right and check["status"] in wanted, probe.evidence_text(check))


PHASES = ("tcp", "tls", "http")
FOLLOW_UPS = ("ttl_scan", "control_connect", "source_ports", "reply_ttl", "reset_test",
              "tls_variant", "local_udp")
LONG_MS = 900  # a phase that lasts so long has run into its limit


def probed(report):
    """Of every check that failed after a long phase, and has follow-up probes of its own."""
    found = []
    for check in report["checks"]:
        mine = [seen for seen in report["observations"] if seen["check"] == check["id"]]
        probes = [seen["at_ms"] for seen in mine if seen["kind"] in FOLLOW_UPS]
        ends = [seen["at_ms"] + seen["duration_ms"] for seen in mine
                if seen["kind"] in PHASES and seen["duration_ms"] > LONG_MS]
        if check["status"] == "fail" and probes and ends:
            found.append((check["id"], min(probes) < max(ends)))
    return tuple(found)


def symptoms(lab, scenario):
    """What plain sockets and Python's TLS meet: proof of the fault that needs no vnetprobe."""
    return tuple(
        names.symptom(lab, scenario.server, lab.places[f"n{number}"], lab.places[end.key])
        if not end.pinned else
        client.symptom(lab, types.SimpleNamespace(ipv4=lab.places[end.key]),
                       lab.places[f"n{number}"], end.path)
        if (end.scheme, end.port) == ("https", 443) and "4" in end.families else None
        for number, end in enumerate(scenario.ends))


def run_once(lab, program, scenario, user, seed, proven=False):
    """The scenario is put on the lab, vnetprobe runs once, the lab is perfect again."""
    prober = probe.Prober(lab, program)
    with scenario.injected(lab, seed):
        arguments, targets = scenario.arguments(lab)
        sent = lab.sent_by_client()
        captured = ("--capture", "on") if user == "captured" else ()
        argv = prober.argv("check", "-o", "json", *captured, *arguments, root=user == "root",
                           confined=scenario.confined, capturing=bool(captured))
        run = prober.start(argv)
        packets = lab.sent_by_client() - sent
        seen = symptoms(lab, scenario) if proven else ()
    unsound = ""
    try:
        probe.assert_sound(run)
    except AssertionError as err:
        unsound = str(err)
    checks = run.checks
    ends = list(targets)
    answers = [answer_of(scenario, ends.index(name), check, bool(captured)) for name, check in checks.items()
               if name in targets]
    if len(answers) != len(ends):
        unsound = unsound or f"{len(answers)} of {len(ends)} targets are in the report"
    return Outcome(scenario.name, user, seed, tuple(answers), run.seconds, packets, unsound,
                   seen, probed(run.report))


class Pool:
    """Several labs; most of a run is waiting, so they share the machine well."""

    def __init__(self, program, labs, work=run_once):
        """work: what is done with a lab, the program and a job."""
        self.program = program
        self.work = work
        self.number = labs
        self.free = queue.SimpleQueue()
        self.stack = None

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            first = stack.enter_context(PathLab())
            more = [PathLab(first.pki) for _ in range(1, self.number)]
            with concurrent.futures.ThreadPoolExecutor(self.number) as workers:
                starts = [workers.submit(stack.enter_context, lab) for lab in more]
            for start in starts:
                start.result()
            for lab in (first, *more):
                self.free.put(lab)
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self.stack.close()

    def _job(self, job):
        lab = self.free.get()
        try:
            return self.work(lab, self.program, *job)
        finally:
            self.free.put(lab)

    def run(self, jobs, on_done=None):
        """Runs jobs, each the arguments of the work after the program.

        Returns their outcomes in the same order.
        """
        with concurrent.futures.ThreadPoolExecutor(self.number) as workers:
            futures = [workers.submit(self._job, job) for job in jobs]
            for future in concurrent.futures.as_completed(futures):
                if on_done:
                    on_done(future.result())
            return [future.result() for future in futures]
