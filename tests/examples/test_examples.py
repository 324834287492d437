# SPDX-License-Identifier: MIT
"""Examples in docs/examples/: files are what they claim to be, and their commands do their work.

Commands run against a server on the loopback interface, with a workspace.yaml that names it.
VNETPROBE names the program under test.
"""

import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "docs" / "examples"
PROGRAM = pathlib.Path(os.environ["VNETPROBE"]).resolve()
GOLDEN = ROOT / "tests" / "golden"
YAML = sorted((*EXAMPLES.rglob("*.yaml"), *EXAMPLES.rglob("*.yml")))
SCRIPTS = sorted(EXAMPLES.rglob("*.sh"))


def load(name):
    return yaml.safe_load((EXAMPLES / name).read_text(encoding="utf-8"))


def load_all(name):
    return list(yaml.safe_load_all((EXAMPLES / name).read_text(encoding="utf-8")))


@contextlib.contextmanager
def server():
    """A real web server; yields its URL."""
    process = subprocess.Popen(
        ["/usr/bin/python3", "-u", "-m", "http.server", "0", "--bind", "127.0.0.1"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=os.path.dirname(__file__))
    try:
        yield f"http://127.0.0.1:{process.stdout.readline().split()[5]}/"
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


class Desk:
    """A folder with the examples, the program in the path, and a workspace of one endpoint."""

    def __init__(self, folder):
        self.folder = folder
        self.bin = folder / "bin"
        self.bin.mkdir()
        (self.bin / "vnetprobe").symlink_to(PROGRAM)
        shutil.copytree(EXAMPLES, folder / "docs" / "examples")
        self.env = {"PATH": f"{self.bin}:{os.environ['PATH']}", "LC_ALL": "C"}
        self.env.update({k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")})

    def contact(self, url):
        (self.folder / "workspace.yaml").write_text(
            f"targets: ['{url}']\ncanary: none\nconnect_timeout: 2s\n", encoding="utf-8")

    def run(self, *argv, env=None):
        return subprocess.run(argv, cwd=self.folder, env={**self.env, **(env or {})}, check=False,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)

    def sh(self, line):
        """As both pipelines run a step: stop at the first failure."""
        return self.run("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", line)


@pytest.fixture(name="desk")
def fixture_desk(tmp_path):
    return Desk(tmp_path)


# --- Every file ------------------------------------------------------------------------


def test_the_readme_names_every_file_and_no_other():
    text = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([\w/.-]+\.(?:ya?ml|sh|json|service|timer)|crontab)`", text))
    exist = {str(path.relative_to(EXAMPLES)) for path in EXAMPLES.rglob("*") if path.is_file()}
    assert named == exist - {"README.md", "azureml/workspace.yaml"}


@pytest.mark.parametrize("path", YAML, ids=lambda p: str(p.relative_to(EXAMPLES)))
def test_yaml_has_unique_keys_and_no_tabs(path):
    class Strict(yaml.SafeLoader):
        """Refuses what the standard loader lets pass."""

    def unique(loader, node, deep=False):
        keys = [loader.construct_object(key, deep=True) for key, _ in node.value]
        assert len(keys) == len(set(keys)), f"{path}: {keys}"
        return yaml.SafeLoader.construct_mapping(loader, node, deep)

    Strict.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, unique)
    text = path.read_text(encoding="utf-8")
    assert "\t" not in text
    assert all(document for document in yaml.load_all(text, Loader=Strict))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda p: p.name)
def test_scripts_are_plain_sh(path):
    for shell in ("sh", "bash"):
        done = subprocess.run([shell, "-n", str(path)], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
    assert path.read_text(encoding="utf-8").startswith("#!/bin/sh\n")


def test_the_workspace_is_one_and_plans_its_checks(desk):
    assert load("workspace.yaml") == load("azureml/workspace.yaml")
    done = desk.run("vnetprobe", "list", "-o", "json", "-c", "docs/examples/workspace.yaml")
    assert done.returncode == 0, done.stderr
    ids = {check["id"] for check in json.loads(done.stdout)["checks"]}
    assert {"storage.blob", "acr.login", "keyvault", "aml.workspace"} <= ids


# --- Pipelines -------------------------------------------------------------------------


def github_steps():
    (job,) = load("github-actions.yml")["jobs"].values()
    return job["steps"]


def test_the_github_workflow_has_the_form_of_one():
    workflow = load("github-actions.yml")
    triggers = workflow[True]  # YAML 1.1 reads "on" as a truth value
    assert set(triggers) == {"workflow_dispatch", "schedule"}
    assert all(re.fullmatch(r"(\S+ ){4}\S+", entry["cron"]) for entry in triggers["schedule"])
    for job in workflow["jobs"].values():
        assert {"runs-on", "steps", "timeout-minutes"} <= set(job)
    for step in github_steps():
        assert ("run" in step) != ("uses" in step)
        assert "uses" not in step or re.fullmatch(r"[\w-]+/[\w-]+@v\d+", step["uses"])
    (check,) = [step["run"] for step in github_steps() if "vnetprobe check" in step.get("run", "")]
    written = set(re.findall(r"-o \w+=(\S+)", check))
    (kept,) = [step["with"]["path"] for step in github_steps() if "upload" in step.get("uses", "")]
    assert set(kept.split()) <= written
    for step in github_steps():
        assert set(re.findall(r"hashFiles\('(.*?)'\)", step.get("if", ""))) <= written | {"approved.json"}


def test_the_azure_pipeline_has_the_form_of_one():
    pipeline = load("azure-pipelines.yml")
    assert {"trigger", "pool", "steps"} <= set(pipeline)
    kinds = [({"bash", "publish", "task"} & set(step)) for step in pipeline["steps"]]
    assert all(len(kind) == 1 for kind in kinds)
    # Files that a step takes are files that the first one writes.
    written = set(re.findall(r"-o \w+=(\S+)", pipeline["steps"][0]["bash"]))
    for step in pipeline["steps"]:
        if "task" in step:
            assert re.fullmatch(r"\w+@\d+", step["task"])
            assert step["inputs"]["testResultsFiles"] in written
        if "publish" in step:
            assert step["publish"] in written


PIPELINES = {
    "github": ([step["run"] for step in github_steps() if "run" in step], r"::error title=\S"),
    "azure": ([step["bash"] for step in load("azure-pipelines.yml")["steps"] if "bash" in step],
              r"##vso\[task\.logissue type=error;code=remote_refused\]"),
}


@pytest.mark.parametrize("name", PIPELINES)
def test_a_pipeline_passes_stops_and_annotates(desk, name):
    check, annotate, *compare = PIPELINES[name][0]
    summary = desk.folder / "step-summary.md"
    desk.env["GITHUB_STEP_SUMMARY"] = str(summary)
    with server() as url:
        desk.contact(url)
        assert desk.sh(check).returncode == 0
        assert [line for line in desk.sh(annotate).stdout.splitlines()
                if not line.startswith("##vso[task.uploadsummary]/")] == []
        shutil.copy(desk.folder / "report.json", desk.folder / "approved.json")
    stopped = desk.sh(check)
    assert stopped.returncode == 1 and "fail" in stopped.stdout
    told = desk.sh(annotate)
    first, *more = told.stdout.splitlines()
    assert told.returncode == 0 and re.match(PIPELINES[name][1], first)
    if name == "azure":
        (path,) = [line.removeprefix("##vso[task.uploadsummary]") for line in more]
        assert "1 of 1 check failed" in pathlib.Path(path).read_text(encoding="utf-8")
        return
    show, tell = compare
    assert more == [] and desk.sh(show).returncode == 0
    assert "1 of 1 check failed" in summary.read_text(encoding="utf-8")
    assert desk.sh(tell).returncode == 1
    assert "1 regression," in summary.read_text(encoding="utf-8")


@pytest.mark.parametrize("script, ends", [
    ("github-annotations.sh", re.compile(r"[\r\n]|(?<=title=)[^:]*[,]")),
    ("azure-annotations.sh", re.compile(r"[\r\n]|code=[^\]]*;")),
])
def test_no_report_can_add_an_annotation_of_its_own(desk, script, ends):
    report = json.loads((GOLDEN / "refused" / "report.json").read_text(encoding="utf-8"))
    report["causes"][0].update(
        cause="x]::,;\n", summary="a%0A\r\n::error::b\n##vso[task.complete]")
    (desk.folder / "r.json").write_text(json.dumps(report), encoding="utf-8")
    lines = desk.run("sh", f"docs/examples/{script}", "r.json").stdout.splitlines()
    assert len(lines) == 1 and not ends.search(lines[0])


@pytest.mark.parametrize("script", ["github-annotations.sh", "azure-annotations.sh"])
def test_every_cause_becomes_one_annotation(desk, script):
    for saved in sorted(GOLDEN.glob("*/report.json")):
        done = desk.run("sh", f"docs/examples/{script}", str(saved))
        causes = json.loads(saved.read_text(encoding="utf-8"))["causes"]
        assert (done.returncode, len(done.stdout.splitlines())) == (0, len(causes)), saved


# --- Schedules -------------------------------------------------------------------------


def test_cron_is_silent_until_something_gets_worse(desk):
    line = next(text for text in (EXAMPLES / "crontab").read_text(encoding="utf-8").splitlines()
                if not re.match(r"#|\w+=", text))
    assert re.match(r"(\S+ ){5}nobody \S+/cron\.sh \S+ \S+$", line)

    def turn():
        return desk.run("sh", "docs/examples/cron.sh", "workspace.yaml", "state")

    with server() as url:
        desk.contact(url)
        for _ in range(2):
            done = turn()
            assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    worse = turn()
    assert worse.returncode == 1
    assert "regression" in worse.stdout and "pass -> fail (remote_refused)" in worse.stdout
    again = turn()
    assert (again.returncode, again.stdout) == (1, "")


def test_cron_tells_the_failure_of_its_first_run_and_of_no_run(desk):
    desk.contact("http://127.0.0.1:1/")
    first = desk.run("sh", "docs/examples/cron.sh", "workspace.yaml", "state")
    assert first.returncode == 1 and "remote_refused" in first.stdout
    broken = desk.run("sh", "docs/examples/cron.sh", "absent.yaml", "state")
    assert broken.returncode == 2
    assert "could not test" in broken.stdout and "absent.yaml" in broken.stderr


def unit(name):
    return (EXAMPLES / "systemd" / name).read_text(encoding="utf-8")


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
def test_systemd_accepts_the_units_and_finds_them_hardened(desk):
    text = unit("vnetprobe.service").replace("/usr/bin/vnetprobe", str(PROGRAM))
    (desk.folder / "vnetprobe.service").write_text(text, encoding="utf-8")
    shutil.copy(EXAMPLES / "systemd" / "vnetprobe.timer", desk.folder)
    for name in ("vnetprobe.service", "vnetprobe.timer"):
        done = desk.run("systemd-analyze", "verify", "--man=no", f"{desk.folder}/{name}")
        assert not [line for line in done.stderr.splitlines() if "vnetprobe" in line], done.stderr
    done = desk.run("systemd-analyze", "security", "--offline=true", "--threshold=20",
                    f"{desk.folder}/vnetprobe.service")
    # Versions before 250 have no offline mode.
    assert done.returncode == 0 or "unrecognized option" in done.stderr, done.stdout


def test_the_service_runs_its_command(desk):
    command = re.search(r"^ExecStart=(.*)$", unit("vnetprobe.service"), re.MULTILINE).group(1)
    command = command.replace("/usr/bin/vnetprobe", "vnetprobe")
    command = command.replace("/etc/vnetprobe/", "").replace("/var/lib/vnetprobe/", "")
    with server() as url:
        desk.contact(url)
        assert desk.sh(command).returncode == 0
    assert desk.sh(command).returncode == 1
    assert json.loads((desk.folder / "report.json").read_text(encoding="utf-8"))["summary"]["fail"]


# --- Clusters --------------------------------------------------------------------------


def pod_of(name):
    kinds = {document["kind"]: document for document in load_all(f"kubernetes/{name}.yaml")}
    spec = (kinds.get("CronJob") or kinds["DaemonSet"])["spec"]
    return spec["jobTemplate"]["spec"]["template"] if "jobTemplate" in spec else spec["template"]


@pytest.mark.parametrize("name", ["cronjob", "daemonset"])
def test_pods_are_restricted_and_mount_what_exists(name):
    documents = load_all(f"kubernetes/{name}.yaml")
    for document in documents:
        assert {"apiVersion", "kind", "metadata"} <= set(document)
    spec = pod_of(name)["spec"]
    (container,) = spec["containers"]
    volumes = {volume["name"]: volume for volume in spec["volumes"]}
    assert {mount["name"] for mount in container["volumeMounts"]} == set(volumes)
    assert volumes["config"]["configMap"]["name"] == "vnetprobe"
    assert container["securityContext"]["capabilities"]["drop"] == ["ALL"]
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["automountServiceAccountToken"] is False


def test_the_daemonset_selects_its_own_pods():
    (daemonset,) = load_all("kubernetes/daemonset.yaml")
    labels = daemonset["spec"]["template"]["metadata"]["labels"]
    assert daemonset["spec"]["selector"]["matchLabels"].items() <= labels.items()


def test_containers_run_their_commands(desk):
    (config,) = [d for d in load_all("kubernetes/cronjob.yaml") if d["kind"] == "ConfigMap"]
    (desk.folder / "map.yaml").write_text(config["data"]["workspace.yaml"], encoding="utf-8")
    assert desk.run("vnetprobe", "list", "-c", "map.yaml").returncode == 0
    (cron,) = pod_of("cronjob")["spec"]["containers"]
    (daemon,) = pod_of("daemonset")["spec"]["containers"]
    loop = daemon["command"][2].replace("/etc/vnetprobe/", "").replace("/reports/", "")
    once = loop.replace("sleep 600 & wait $!", "exit 7")
    assert once != loop
    with server() as url:
        desk.contact(url)
        args = [arg.replace("/etc/vnetprobe/", "") for arg in cron["command"] + cron["args"]]
        assert desk.run(*args).returncode == 0
        assert desk.run(*daemon["command"][:2], once).returncode == 7
    assert json.loads((desk.folder / "report.json").read_text(encoding="utf-8"))["checks"]


def test_the_daemon_ends_when_its_pod_does(desk):
    (daemon,) = pod_of("daemonset")["spec"]["containers"]
    loop = daemon["command"][2].replace("/etc/vnetprobe/", "").replace("/reports/", "")
    desk.contact("http://127.0.0.1:1/")
    # It says so once it waits; "sleep" is ours as soon as the loop is there.
    (desk.bin / "sleep").write_text("#!/bin/sh\necho waiting\nexec /bin/sleep \"$@\"\n",
                                    encoding="utf-8")
    (desk.bin / "sleep").chmod(0o755)
    pod = subprocess.Popen([*daemon["command"][:2], loop], cwd=desk.folder, env=desk.env, text=True,
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        assert any(line == "waiting\n" for line in pod.stdout)
        pod.terminate()
        assert pod.wait(60) == 0
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pod.pid, signal.SIGKILL)
        pod.wait()
        pod.stdout.close()


def test_nodes_of_a_job_write_reports_that_merge(desk):
    job = load("azureml/every-node.yaml")
    assert job["type"] == "command" and job["resources"]["instance_count"] > 1
    script, folder = re.fullmatch(r"sh (\S+) \$\{\{outputs\.(\w+)\}\}", job["command"]).groups()
    assert folder in job["outputs"] and (EXAMPLES / "azureml" / script).exists()
    run = ("sh", f"docs/examples/azureml/{script}", "out")
    with server() as url:
        desk.contact(url)
        assert desk.run(*run, env={"NODE_RANK": "0"}).returncode == 0
    assert desk.run(*run, env={"NODE_RANK": "1"}).returncode == 0
    merged = desk.sh("vnetprobe merge -o json out/*.json")
    assert merged.returncode == 1
    document = json.loads(merged.stdout)
    assert [node["status"] for node in document["nodes"]] == ["pass", "fail"]
    (desk.folder / "workspace.yaml").unlink()
    assert desk.run(*run).returncode != 0


# --- Prometheus ------------------------------------------------------------------------


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed")
@pytest.mark.parametrize("argv", [
    ("check", "rules", "rules.yml"), ("test", "rules", "rules-test.yml"),
    ("check", "config", "scrape.yml"),
], ids=" ".join)
def test_promtool_accepts(argv):
    done = subprocess.run(["promtool", *argv], cwd=EXAMPLES / "prometheus", capture_output=True,
                          text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
