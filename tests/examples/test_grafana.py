# SPDX-License-Identifier: MIT
"""The dashboard asks Prometheus only for what is exported, in words that promtool accepts."""

import json
import re
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request

import pytest
import yaml

from test_examples import EXAMPLES, GOLDEN, PROGRAM, Desk, server

FILE = EXAMPLES / "grafana" / "dashboard.json"
LIMIT = 60  # seconds after which something does not happen any more
OF_A_SCRAPE = {"job", "instance"}


def no_duplicates(pairs):
    assert len(pairs) == len({name for name, _ in pairs}), pairs
    return dict(pairs)


def dashboard():
    return json.loads(FILE.read_text(encoding="utf-8"), object_pairs_hook=no_duplicates)


def expressions():
    """By title of the panel; what Grafana fills in is filled in as it does for "All"."""
    return {f"{panel['title']} {target['refId']}": re.sub(r"\$\w+", ".*", target["expr"])
            for panel in dashboard()["panels"] for target in panel["targets"]}


def samples(text):
    """Labels by metric."""
    found = {}
    for line in text.splitlines():
        name = re.match(r"(\w+)(?:\{(.*)\})? \S+$", line)
        if name:
            found.setdefault(name.group(1), set()).update(re.findall(r'(\w+)="', name.group(2) or ""))
    return found


def metrics_of_watch(desk):
    """What a watch with one run behind it serves."""
    with server() as url:
        desk.contact(url)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{probe.getsockname()[1]}"
        watch = subprocess.Popen(
            [str(PROGRAM), "watch", "-c", "workspace.yaml", "--interval", "1h", "--listen",
             address], cwd=desk.folder, env=desk.env, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            end = time.monotonic() + LIMIT
            while True:
                try:
                    with urllib.request.urlopen(f"http://{address}/metrics", timeout=LIMIT) as page:
                        text = page.read().decode("utf-8")
                    if "vnetprobe_check_flapping{" in text:
                        return text
                except (urllib.error.URLError, ConnectionError):
                    pass
                assert watch.poll() is None and time.monotonic() < end
                time.sleep(0.05)
        finally:
            watch.kill()
            watch.wait()


@pytest.fixture(name="exported", scope="module")
def fixture_exported(tmp_path_factory):
    """Metrics and their labels, as the program writes them of saved runs and serves them."""
    desk = Desk(tmp_path_factory.mktemp("desk"))
    texts = [desk.run("vnetprobe", "diagnose", "-o", "prometheus", str(path)).stdout
             for path in sorted(GOLDEN.glob("*/report.json"))]
    found = {}
    for text in [*texts, metrics_of_watch(desk)]:
        for name, labels in samples(text).items():
            found.setdefault(name, set()).update(labels)
    return found


def test_panels_have_ids_of_their_own_and_do_not_overlap():
    panels = dashboard()["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels) > 10
    taken = set()
    for panel in panels:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"])
                 for y in range(at["y"], at["y"] + at["h"])}
        assert at["x"] + at["w"] <= 24 and not cells & taken, panel["title"]
        taken |= cells
        assert panel["title"] and panel["description"]
        assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])


def test_what_is_asked_for_is_exported(exported):
    asked = {**expressions(), **{
        variable["name"]: variable["definition"]
        for variable in dashboard()["templating"]["list"] if variable["type"] == "query"}}
    for title, text in asked.items():
        names = set(re.findall(r"\b(?:probe|vnetprobe)_\w+", text))
        assert names and names <= set(exported), (title, names - set(exported))
        known = set().union(*(exported[name] for name in names)) | OF_A_SCRAPE
        for name, matchers in re.findall(r"(\w+)\{(.*?)\}", text):
            used = set(re.findall(r"(\w+)\s*=~?", matchers))
            assert used <= exported[name] | OF_A_SCRAPE, (title, name)
        for group in re.findall(r"\b(?:by|on) \((.*?)\)", text):
            assert set(group.split(", ")) <= known, (title, group)


def test_values_of_the_variables_are_used():
    text = FILE.read_text(encoding="utf-8")
    for variable in dashboard()["templating"]["list"]:
        assert text.count(f"${variable['name']}") + text.count(f"${{{variable['name']}}}") > 0
    for used in set(re.findall(r"\$\{?(\w+)", text)) - {"__all"}:
        assert used in {variable["name"] for variable in dashboard()["templating"]["list"]}


def test_the_alert_rules_ask_for_what_is_exported(exported):
    (group,) = yaml.safe_load(
        (EXAMPLES / "prometheus" / "rules.yml").read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]:
        # Prometheus itself says whether a target answers.
        names = set(re.findall(r"\b(?:(?:probe|vnetprobe)_\w+|up\b)", rule["expr"]))
        assert names and names <= set(exported) | {"up"}, rule["alert"]


def promtool(folder, *argv):
    return subprocess.run([shutil.which("promtool") or pytest.skip("promtool is not installed"), *argv],
                          cwd=folder, capture_output=True, text=True, timeout=60, check=False)


def rule_names():
    return {title: f"panel:{n}" for n, title in enumerate(expressions())}


@pytest.fixture(name="rules")
def fixture_rules(tmp_path):
    """The expressions as recording rules, which promtool can read."""
    rules = [{"record": rule_names()[title], "expr": text} for title, text in expressions().items()]
    (tmp_path / "rules.yml").write_text(
        yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}), encoding="utf-8")
    return tmp_path


def test_promtool_accepts_every_expression(rules):
    done = promtool(rules, "check", "rules", "rules.yml")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(expressions())} rules found" in done.stdout
    text = (rules / "rules.yml").read_text(encoding="utf-8")
    (rules / "rules.yml").write_text(text.replace("sum by (state)", "sum by state"), encoding="utf-8")
    assert promtool(rules, "check", "rules", "rules.yml").returncode != 0


STATES = ("pass", "warn", "inconclusive", "fail", "skipped")


def test_expressions_say_what_their_panels_promise(rules):
    """One check of each status, and a machine that was quiet for two hours."""
    labels = 'job="node", instance="n1", check='
    series = [{"series": f'vnetprobe_check_state{{{labels}"{check}", state="{state}"}}',
               "values": f"{int(check == state)}x9"} for check in STATES for state in STATES]
    series += [
        {"series": f'probe_duration_seconds{{{labels}"pass"}}', "values": "0.5x9"},
        {"series": f'probe_success{{{labels}"pass"}}', "values": "1x9"},
        {"series": f'probe_duration_seconds{{{labels}"fail"}}', "values": "3x9"},
        {"series": f'probe_success{{{labels}"fail"}}', "values": "0x9"},
        {"series": 'vnetprobe_run_timestamp_seconds{job="node", instance="n1"}', "values": "240x9"},
        {"series": 'vnetprobe_run_timestamp_seconds{job="node", instance="n2"}', "values": "60x9"},
        {"series": f'probe_ssl_earliest_cert_expiry{{{labels}"pass"}}', "values": "864300x9"},
    ]
    names = {title.rsplit(" ", 1)[0]: name for title, name in rule_names().items()}
    wanted = {
        "Status": [{"labels": f'{names["Status"]}{{instance="n1", check="{state}"}}', "value": value}
                   for state, value in zip(STATES, (0, 1, 2, 3, 4))],
        "Time of a check": [{"labels": f'{names["Time of a check"]}{{{labels}"pass"}}', "value": 0.5}],
        "Machines": [{"labels": names["Machines"], "value": 2}],
        "Oldest run": [{"labels": names["Oldest run"], "value": 240}],
        "Certificates, days left": [
            {"labels": f'{names["Certificates, days left"]}{{check="pass"}}', "value": 10}],
        "Flapping": [{"labels": names["Flapping"], "value": 0}],
    }
    test = {"rule_files": ["rules.yml"], "evaluation_interval": "1m", "tests": [{
        "interval": "1m", "input_series": series, "promql_expr_test": [
            {"expr": names[title], "eval_time": "5m", "exp_samples": found}
            for title, found in wanted.items()]}]}
    (rules / "test.yml").write_text(yaml.safe_dump(test), encoding="utf-8")
    done = promtool(rules, "test", "rules", "test.yml")
    assert done.returncode == 0, done.stdout + done.stderr
