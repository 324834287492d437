# SPDX-License-Identifier: MIT
"""The accuracy report as Markdown."""

from lab.path.known import KNOWN
from lab.path.scenarios import SCENARIOS

from .figures import (NONE, Case, calibration, confusion, false_alarms, middle_and_tail, per_cause,
                      wilson)

WORDS = ("certain", "likely", "possible", "cannot_tell")

HEAD = """\
# Accuracy: how often the cause is right

Written by `ci/accuracy`; do not edit. {runs} runs of {scenarios} scenarios, {seeds} seeds,
as {users}. Program: {version}. Kernel {kernel}.

Every scenario is a path of two routers made of network namespaces, with a fault (or an unusual but
healthy property) that an independent client meets, too: `tests/lab/path/`. A seed draws addresses
and names, and what the cable loses and delays. Faults run with `--connect-timeout 1s --timeout 3s`,
healthy networks with the defaults.

A verdict is *right* when its cause and its word of confidence are among those that an honest client
can give: where two causes give the same packets, `cannot_tell` is right and a bold guess is not. It
is *named* when it is the very cause that was injected. An endpoint that a fault by chance (loss, a
dead leg) did not meet counts as healthy.

To add a scenario, add an entry to a module of `tests/lab/path/scenarios/`; `test_path.py` and
`ci/accuracy` pick it up. What is not judged well yet stands in `known.py` with its reason, and a
test fails when such a scenario begins to pass.

Not covered here: private zones and DNS of Azure, services, proxies that the client knows about and
connections left idle (`tests/lab/` has them, one run each); a full connection table, which is one
for the whole machine. Without `--capture` nothing is captured.
"""


def cases_of(outcomes):
    result = []
    for outcome in outcomes:
        scenario = SCENARIOS[outcome.scenario]
        for answer in outcome.answers:
            truth = scenario.ends[answer.end].truth
            met = answer.cause or not truth.by_chance
            result.append(Case(outcome.scenario, scenario.healthy,
                               truth.cause if met and truth.cause else NONE,
                               answer.cause or NONE, answer.confidence, answer.right))
    return result


def percent(share):
    return "–" if share is None else f"{100 * share:.1f} %"


def table(header, rows, left=1):
    """A Markdown table whose first columns are words and whose others are figures."""
    marks = ["---"] * left + ["---:"] * (len(header) - left)
    lines = [header, marks, *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines) + "\n"


def interval(hits, total):
    low, high = wilson(hits, total)
    return f"{hits} of {total} ({percent(low)} to {percent(high)})"


def summary(outcomes, cases):
    broken = [case for case in cases if case.truth != NONE]
    bold = [case for case in cases if case.said != NONE and case.confidence == "certain"]
    (alarms, healthy), (neighbours, beside) = false_alarms(cases)
    networks = [outcome for outcome in outcomes if SCENARIOS[outcome.scenario].healthy]
    cried = sum(any(answer.cause for answer in outcome.answers) for outcome in networks)
    rows = (
        ("runs in which every endpoint is right",
         interval(sum(outcome.right for outcome in outcomes), len(outcomes))),
        ("broken endpoints judged right",
         interval(sum(case.right for case in broken), len(broken))),
        ("wrong among `certain` verdicts",
         interval(sum(not case.right for case in bold), len(bold))),
        ("runs on healthy networks with a false alarm", interval(cried, len(networks))),
        ("false alarms, endpoints of healthy networks", interval(alarms, healthy)),
        ("false alarms, healthy endpoints beside a fault", interval(neighbours, beside)),
        ("reports that are not sound", interval(sum(bool(outcome.unsound) for outcome in outcomes),
                                                len(outcomes))),
    )
    return "## Summary\n\n" + table(("what", "how many (95 % interval)"), rows)


def causes(cases):
    rows = [(f"`{row.cause}`", row.ends, row.right, row.named, percent(row.recall), row.said,
             percent(row.precision)) for row in per_cause(cases)]
    return ("## Per cause\n\nRecall: how many of the endpoints with this cause are judged right. "
            "Precision: how many of the verdicts of this name are right.\n\n"
            + table(("cause", "endpoints", "right", "named", "recall", "verdicts", "precision"),
                    rows))


def matrix(cases):
    rows = []
    for truth, verdicts in confusion(cases).items():
        said = ", ".join(f"{cause} {count}" for cause, count in
                         sorted(verdicts.items(), key=lambda item: (-item[1], item[0])))
        rows.append((f"`{truth}`", sum(verdicts.values()), said))
    return ("## Confusion\n\nOne row a truth, with the verdicts it got: the cells of the matrix "
            "that are not empty.\n\n"
            + table(("truth", "endpoints", "verdicts"), rows).replace("---: |\n", "--- |\n", 1))


def words(cases):
    counts = calibration(cases)
    rows = [(word, *counts[word], percent(counts[word][0] / counts[word][1]),
             " to ".join(percent(end) for end in wilson(*counts[word])))
            for word in WORDS if word in counts]
    return ("## How sure, how right\n\nVerdicts that name a cause, by their word of confidence.\n\n"
            + table(("word", "right", "verdicts", "share", "95 % interval"), rows))


def costs(outcomes):
    rows = []
    for label, healthy in (("healthy networks", True), ("faults", False)):
        chosen = [outcome for outcome in outcomes
                  if SCENARIOS[outcome.scenario].healthy == healthy]
        if chosen:
            seconds = middle_and_tail([outcome.seconds for outcome in chosen])
            packets = middle_and_tail([outcome.packets for outcome in chosen])
            rows.append((label, len(chosen), *(f"{value:.2f}" for value in seconds),
                         *(f"{value:.0f}" for value in packets)))
    return ("## What a verdict costs\n\nOf a whole run with its two to nine endpoints, from start "
            "to exit; packets are those that leave the client, acknowledgements included.\n\n"
            + table(("runs on", "runs", "s, median", "s, 95 %", "packets, median",
                     "packets, 95 %"), rows))


def captures(outcomes):
    """What a capture adds: the broken endpoints of the same runs with and without one."""
    rows = []
    for user, label in (("user", "without"), ("captured", "with `--capture on`")):
        runs = [outcome for outcome in outcomes if outcome.user == user]
        broken = [case for case in cases_of(runs) if case.truth != NONE]
        said = [case for case in broken if case.said != NONE]
        sure = [case for case in said if case.confidence == "certain"]
        rows.append((label, len(broken), sum(case.right for case in broken),
                     sum(case.said == case.truth for case in broken), len(sure),
                     sum(not case.right for case in sure)))
    if not rows[1][1]:
        return ""
    return ("## With a capture\n\nAs an ordinary user. *Sure* verdicts are `certain`.\n\n"
            + table(("runs", "broken endpoints", "right", "named", "sure", "sure and not right"),
                    rows))


def scenarios(outcomes):
    rows = []
    for name in dict.fromkeys(outcome.scenario for outcome in outcomes):
        runs = [outcome for outcome in outcomes if outcome.scenario == name]
        scenario = SCENARIOS[name]
        told = sorted({f"{answer.cause or 'pass'} ({answer.confidence})" for outcome in runs
                       for answer in outcome.answers
                       if scenario.ends[answer.end].truth.cause or not answer.right})
        rows.append((name, scenario.description, ", ".join(told) or "all pass",
                     f"{sum(outcome.right for outcome in runs)}/{len(runs)}",
                     f"{middle_and_tail([outcome.seconds for outcome in runs])[0]:.1f}"))
    return ("## Per scenario\n\nVerdicts are those of the broken endpoints, and wrong ones of the "
            "others.\n\n"
            + table(("scenario", "what is done", "verdicts", "right", "s"), rows, left=3))


def failures(outcomes):
    wrong = sorted({outcome.scenario for outcome in outcomes if not outcome.right})
    rows = []
    for name in wrong:
        runs = [outcome for outcome in outcomes if outcome.scenario == name]
        reason = KNOWN[name].reason if name in KNOWN else "not explained yet"
        rows.append((name, f"{sum(not outcome.right for outcome in runs)} of {len(runs)}", reason))
    text = "## What fails\n\n"
    return text + (table(("scenario", "runs", "why"), rows, left=3) if rows else "Nothing.\n")


def write(outcomes, facts):
    """The whole report; facts fill its head."""
    cases = cases_of(outcomes)
    return "\n".join((HEAD.format(**facts), summary(outcomes, cases), failures(outcomes),
                      causes(cases), matrix(cases), words(cases), captures(outcomes),
                      costs(outcomes),
                      scenarios(outcomes)))
