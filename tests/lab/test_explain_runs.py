# SPDX-License-Identifier: MIT
"""`explain` of the packets that runs saved, held against what the runs said themselves."""

import json
import shutil
import subprocess

import pytest

from . import azure, probe, weaker
from .conftest import asked_of, require_lab, require_program, skip
from .dns import PRIVATE, PUBLIC
from .faults import FAULTS
from .path.explained import explain, run_and_explain, saved_run
from .path.runner import Pool
from .path.scenarios import SCENARIOS

LABS = 4
# Chance decides what a run meets there, and its packets show.
BY_CHANCE = ("loss-40", "names-loss-40")
NAMES = [name for name in SCENARIOS if name not in BY_CHANCE]


@pytest.fixture(scope="module", name="runs")
def fixture_runs(request):
    """The scenarios that a selected test asks about, each run once."""
    require_lab()
    program = require_program()
    wanted = {params["name"] for params in asked_of(request)}
    jobs = [(SCENARIOS[name],) for name in NAMES if name in wanted]
    with Pool(program, min(LABS, len(jobs)), run_and_explain) as pool:
        return {run.scenario: run for run in pool.run(jobs)}


def complaints(run):
    """See weaker.complaints()."""
    return weaker.complaints(
        run.live, run.told, {target: end.truth for target, end in run.targets.items()},
        [target for target, end in run.targets.items() if end.forbidden]) if run.told else []


@pytest.mark.parametrize("name", NAMES)
def test_saved_packets_tell_what_the_run_told(runs, name):
    assert not complaints(runs[name]), "\n".join(complaints(runs[name]))


@pytest.mark.parametrize("name", NAMES)
def test_saved_packets_tell_something_unless_there_are_none(runs, name):
    run = runs[name]
    if weaker.flows(run.live):
        assert run.told, run.err
    else:
        assert (run.code, run.told) == (2, {})
        assert "0 packets" in run.err or "no TCP connection or DNS query" in run.err


@pytest.mark.parametrize("name", [name for name in NAMES if SCENARIOS[name].healthy])
def test_healthy_network_gets_no_failure(runs, name):
    summary = runs[name].told["summary"]
    assert (summary["fail"], summary["inconclusive"], runs[name].code) == (0, 0, 0), \
        [(check["id"], check["cause"]) for check in runs[name].told["checks"]]


@pytest.mark.parametrize("name", ("drop-r2", "sni-drop", "injector-hello", "pmtu-down"))
def test_follow_up_probes_are_no_checks_of_their_own(runs, name):
    run = runs[name]
    probes = [flow for _, flow in weaker.flows(run.live, own=False) if flow.get("follow_up")]
    assert probes
    known = {flow["server"] for _, flow in weaker.flows(run.live)}
    assert {flow["server"] for _, flow in weaker.flows(run.told)} <= known
    assert any(flow.get("follow_up") for _, flow in weaker.flows(run.told, own=False))


FORGED = ("rst_injected_inline", "rst_injected_onpath", "sni_reset_inline", "sni_reset_onpath")


def check_of(report, key, run):
    """The check of an end, in the run's report or in what explain said, by where its flows went:
    a name may be in data that never left."""
    asked = {target for target, end in run.targets.items() if end.key == key}
    servers = {flow["server"] for check, flow in weaker.flows(run.live) if check in asked}
    found = {check for check, flow in weaker.flows(report) if flow["server"] in servers}
    return next(check for check in report["checks"] if check["id"] in found)


@pytest.mark.parametrize("name, cause, live, told, fact", (
    ("reset-burst", "rst_injected_inline", "likely", "possible", "run ahead of all that"),
    ("reset-mixed", "connection_reset", "cannot_tell", "cannot_tell", "without ACK came before"),
    ("reset-acks", "connection_reset", "cannot_tell", "cannot_tell", "itself acknowledges")))
def test_resets_give_their_sender_away(runs, name, cause, live, told, fact):
    for report, word in ((runs[name].live, live), (runs[name].told, told)):
        check = check_of(report, "a", runs[name])
        assert (check["cause"], check["confidence"]) == (cause, word), probe.evidence_text(check)
        assert fact in probe.evidence_text(check), probe.evidence_text(check)
        assert "rst_injected_inline" in (cause, *check["alternatives"])


@pytest.mark.parametrize("name", ("reset-acks",))
def test_load_balancer_is_named_beside_a_device(runs, name):
    for report in (runs[name].live, runs[name].told):
        alternatives = check_of(report, "a", runs[name])["alternatives"]
        assert "a load balancer in front of the server" in alternatives


@pytest.mark.parametrize("name", ("server-abort", "abort-in-flight"))
def test_resets_of_the_server_itself_are_never_called_forged(runs, name):
    for report in (runs[name].live, runs[name].told):
        check = check_of(report, "s", runs[name])
        assert check["status"] == "fail" and check["cause"] not in FORGED
        assert not set(FORGED[:2]) & set(check["alternatives"])


@pytest.mark.parametrize("name", ("abort-in-flight",))
def test_segments_in_flight_are_reset_each(runs, name):
    """Else the test of the server that does so tests nothing."""
    resets = [flow["reset"] for _, flow in weaker.flows(runs[name].live)
              if "reset" in flow]
    assert any(reset.get("count", 0) > 2 and reset.get("mixed") and reset.get("ack")
               for reset in resets), resets


@pytest.mark.parametrize("name", ("reset-behind",))
def test_reset_that_changed_nothing_is_an_attribute(runs, name):
    run = runs[name]
    for report in (run.live, run.told):
        check = check_of(report, "a", run)
        assert (check["status"], check["attributes"]) == ("pass", ["tampering_seen"])
        assert "somebody else has sent it" in probe.evidence_text(check)
        others = [c for c in report["checks"] if c["id"] != check["id"]]
        assert others and not any(c["attributes"] for c in others)


@pytest.mark.parametrize("name", ("sni-drop", "many-faults", "icmp-r1"))
def test_report_is_judged_to_the_same_again(runs, tmp_path, name):
    report = tmp_path / "report.json"
    report.write_text(json.dumps(runs[name].told), encoding="utf-8")
    done = subprocess.run([probe.binary(), "diagnose", "-o", "json", report],
                          capture_output=True, text=True, check=False, timeout=60)
    assert json.loads(done.stdout)["checks"] == runs[name].told["checks"]


@pytest.mark.parametrize("name", ("sni-drop", "drop-r2", "many-faults"))
def test_file_passed_through_another_program_tells_the_same(runs, tmp_path, name):
    """Wireshark's tools keep the interface that sets follow-up probes apart."""
    if not shutil.which("editcap"):
        skip("tshark is not installed (ci/install-deps lab)")
    ours, theirs = tmp_path / "ours.pcapng", tmp_path / "theirs.pcapng"
    ours.write_bytes(runs[name].packets)
    subprocess.run(["editcap", ours, theirs], check=True)
    told = json.loads(explain(probe.binary(), theirs).stdout)
    said = [[(c["id"], c["cause"], c["confidence"]) for c in report["checks"]]
            for report in (told, runs[name].told)]
    assert said[0] == said[1]


def test_table_in_the_documentation_names_every_cause():
    page = (probe.ROOT / "docs" / "captures.md").read_text(encoding="utf-8")
    table = page.split("## What a run tells better")[1].split("\n## ")[0]
    private = {"dns_not_private", "dns_outside_cidr", "private_zone_unlinked",
               "private_record_missing", "custom_dns_no_forward"}  # "what is wrong with private names"
    named = {cause for cause in weaker.WEAKER if f"`{cause}`" in table} | private
    assert named >= set(weaker.WEAKER), set(weaker.WEAKER) - named


# --- The whole profile ------------------------------------------------------------------------

ROWS = [pytest.param(fault, id=name, marks=[pytest.mark.needs(fault.needs)] if fault.needs else [])
        for name, fault in FAULTS.items()]


@pytest.mark.parametrize("fault", ROWS)
def test_profile_on_a_broken_network_is_explained_as_the_run_told(lab, prober, fault):
    with fault.injected(lab):
        run, _, done = saved_run(prober, *azure.OPTIONS, *probe.FAST, *fault.options)
    assert done.stdout, done.stderr
    told = json.loads(done.stdout)
    wrong = weaker.complaints(run.report, told)
    assert not wrong, "\n".join(wrong)


# Questions are checks by their name, one name and port is one endpoint, and of UDP only DNS is read.
OTHERWISE = ("dns.azure", "jupyter.websocket", "aml.tundra")


def ids_of(report):
    """Catalogue ids, without the names behind further ones."""
    return {check["id"].split(":")[0] for check in report["checks"]}


@pytest.mark.parametrize("world, options", (
    (PUBLIC, ()), (PRIVATE, azure.PRIVATE_OPTIONS)), ids=("public", "private"))
def test_services_of_the_profile_are_named_by_the_catalogue(lab, world, options):
    lab.dns.apply(world)
    prober = probe.Prober(lab, probe.binary())
    run, _, done = saved_run(prober, *azure.OPTIONS, *options)
    told = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    asked = {check["id"] for check in run.report["checks"] if check["status"] == "pass"}
    missing = asked - ids_of(told) - set(OTHERWISE)
    assert not missing, (missing, sorted(check["id"] for check in told["checks"]))
    questions = [check for check in told["checks"] if check["id"].startswith("dns:")]
    assert questions and all(f"{azure.PLATFORM_DNS}:53 (Azure DNS)" in probe.evidence_text(check)
                             for check in questions)


def test_silence_is_named_by_dns_answers_and_platform_addresses(lab, prober):
    """Nobody got as far as to say a name."""
    with FAULTS["all-blocked"].injected(lab):
        _, _, done = saved_run(prober, *azure.OPTIONS, *probe.FAST)
    causes = {check["id"]: check["cause"] for check in json.loads(done.stdout)["checks"]}
    for name in ("storage.blob", "acr.login", "acr.data", "keyvault", "aad.login"):
        assert causes.get(name) == "silent_drop", causes
