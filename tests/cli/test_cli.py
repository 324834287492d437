# SPDX-License-Identifier: MIT
"""The program from outside: messages, exit codes, streams and signals.

Needs no network: what is sent stays on the loopback interface. VNETPROBE names the
program under test.
"""

import json
import os
import pty
import re
import resource
import select
import signal
import socket
import subprocess
import time
from contextlib import contextmanager

import pytest

PROGRAM = os.environ["VNETPROBE"]

# Nothing of the caller's environment may leak into a run.
CLEAN = {"PATH": os.environ["PATH"], "LC_ALL": "C", "TERM": "xterm"}
CLEAN.update({k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")})


def run(*args, env=None, timeout=120, **kwargs):
    return subprocess.run(
        [PROGRAM, *args], env={**CLEAN, **(env or {})}, timeout=timeout, check=False,
        stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
        **kwargs)


def refusal(result, code=2):
    """The one line of a refused run; nothing went to standard output."""
    assert result.returncode == code, result.stderr
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("vnetprobe: ")
    assert lines[0].isprintable()
    return lines[0].removeprefix("vnetprobe: ")


@contextmanager
def listener(backlog=8):
    """A port of the loopback interface that accepts and never answers."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen(backlog)
        yield s.getsockname()[1]


def closed_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


ARGUMENT_FAULTS = {
    "no command": (
        [],
        "no command given; usage: vnetprobe check|list|explain|diagnose|diff|"
        "merge|watch|history [OPTION...] [TARGET...], vnetprobe --help"),
    "misspelt command": (
        ["chekc"], 'unknown command "chekc"; did you mean "check"?'),
    "unknown command": (
        ["frobnicate"],
        'unknown command "frobnicate"; commands are check, list, explain, diagnose, '
        "diff, merge, watch, history and help"),
    "option before the command": (
        ["-v"], "-v: options follow a command: vnetprobe check -v"),
    "an option of watch": (
        ["check", "--interval", "5m"],
        "--interval: is an option of watch, not of check"),
    "too short an interval": (
        ["watch", "--interval", "20ms"],
        '--interval: "20ms" is not valid; it must be a duration from 1s to 24h, such as 5m'),
    "a port without an address": (
        ["watch", "--listen", "9810"],
        '--listen: "9810" is not valid; it must be an address and port such as '
        '127.0.0.1:9810 or [::1]:9810, or "none"'),
    "an address to check": (
        ["check", "--listen", "127.0.0.1:9810"],
        '--listen: "127.0.0.1:9810" is not valid; it must be a duration from 1s to 24h, such as '
        "60s; an address is for watch"),
    "a duration to watch": (
        ["watch", "--listen", "60s", "tcp://127.0.0.1:1"],
        '--listen: "60s" is not valid; it must be an address and port such as 127.0.0.1:9810 or '
        '[::1]:9810, or "none"; a duration is for check'),
    "too short a time to listen": (
        ["check", "--listen", "500ms"],
        '--listen: "500ms" is not valid; it must be a duration from 1s to 24h, such as 60s'),
    "no time to listen": (
        ["check", "--listen"], "--listen needs a value: DUR or ADDR:PORT"),
    "a deadline before the end of the watch": (
        ["check", "--listen", "60s", "--deadline", "30s"],
        "--deadline: 30000 ms is too short for --listen; it must be at least 61000 ms, or be left "
        "out"),
    "service tags for watch": (
        ["watch", "--service-tags", "x", "tcp://127.0.0.1:1"],
        "--service-tags: is an option of check, not of watch"),
    "service tags that are not there": (
        ["check", "--listen", "1s", "--service-tags", "/nowhere.json"],
        "--service-tags: /nowhere.json: No such file or directory"),
    "service tags that are a directory": (
        ["check", "--listen", "1s", "--service-tags", "/tmp"],
        "--service-tags: /tmp: is a directory"),
    "silence that would be a block": (
        ["check", "--listen", "1s", "--must-not-reach", "inbound.ssh"],
        "--must-not-reach: inbound.ssh: silence proves no block of what comes in"),
    "no days to keep": (
        ["watch", "--keep-days", "0"],
        '--keep-days: "0" is not valid; it must be a number of days from 1 to 3650'),
    "watch without files": (
        ["watch", "-o", "text", "tcp://127.0.0.1:1"],
        "--output: watch writes reports to files; give FORMAT=FILE"),
    "watch that approves": (
        ["watch", "--save-baseline", "x", "tcp://127.0.0.1:1"],
        "--save-baseline: is an option of check"),
    "history of nothing": (
        ["history"],
        "history: give --state DIR, the directory in which watch keeps it"),
    "history that was never kept": (
        ["history", "--state", "/nowhere"],
        '--state: history in "/nowhere": unable to open database file'),
    "history in another form": (
        ["history", "--state", "/tmp", "-o", "junit"],
        "--output: history prints text, json or html"),
    "misspelt option": (
        ["check", "--conainer-registry", "x"],
        "unknown option --conainer-registry; did you mean --container-registry?"),
    "unknown option": (
        ["list", "--frobnicate"], "unknown option --frobnicate; --help lists them"),
    "unknown letter": (["check", "-Z"], "unknown option -Z; --help lists them"),
    "missing value": (["check", "--region"], "--region needs a value: NAME"),
    "value for a switch": (["check", "--strict=1"], "--strict takes no value"),
    "malformed GUID": (
        ["check", "--workspace-id", "1234"],
        '--workspace-id: "1234" is not valid; it must be a GUID such as '
        "01234567-89ab-cdef-0123-456789abcdef"),
    "malformed prefix": (
        ["check", "--expect-cidr", "10.0.0.1/8"],
        '--expect-cidr: "10.0.0.1/8" is not valid; it must be a prefix without host '
        "bits, such as 10.1.0.0/16"),
    "malformed duration": (
        ["check", "--timeout", "3 s"],
        '--timeout: "3 s" is not valid; it must be a duration such as 500ms, 3s or 2m '
        "(at most 24h)"),
    "shell characters in an account name": (
        ["check", "--storage", "a;reboot"],
        '--storage: "a;reboot" is not valid; it must be 3 to 24 lower-case letters and '
        "digits"),
    "URL characters in an account name": (
        ["check", "--container-registry", "evil.example/#"],
        '--container-registry: "evil.example/#" is not valid; it must be 5 to 50 '
        "letters and digits, without .azurecr.io"),
    "terminal escapes in a value": (
        ["check", "--region", "\x1b]0;owned\x07"],
        '--region: "\\x1b]0;owned\\x07" is not valid; it must be a region\'s short name '
        "such as westeurope, lower-case letters and digits"),
    "both families": (
        ["check", "-6", "-4"], "--ipv4: excludes --ipv6, give one of them"),
    "report of a list": (
        ["list", "-o", "html=/tmp/x.html", "dns:localhost"],
        "--output: html is a report of check or diagnose; list prints text or json"),
    "report of an explanation": (
        ["explain", "-o", "nagios", "--exit-style", "plain", "silent_drop"],
        "--output: nagios is a report of check or diagnose; explain prints text or json"),
    "unknown format": (
        ["check", "-o", "xml"],
        '--output: "xml" is not valid; it must be FORMAT or FORMAT=FILE; formats: '
        "text, json, junit, html, markdown, prometheus, nagios"),
    "two reports on one stream": (
        ["check", "-o", "json", "-o", "text"],
        "--output: two reports for standard output; give all but one a file: "
        "FORMAT=FILE"),
    "unwritable directory": (
        ["check", "-o", "json=/nonexistent/r.json", "tcp://127.0.0.1:1"],
        '--output: cannot write "/nonexistent/r.json": No such file or directory'),
    "capture": (
        ["check", "--capture", "always"],
        '--capture: "always" is not valid; it must be one of auto, on, off'),
    "snaplen": (
        ["check", "--snaplen", "96"],
        '--snaplen: "96" is not valid; it must be a number of bytes from 128 to 65535'),
    "pcap without a capture": (
        ["check", "--pcap", "f", "--capture", "off"],
        "--pcap: nothing is captured with --capture off"),
    "pcap redacted": (
        ["check", "--pcap", "f", "--redact"],
        "--pcap: packets cannot be redacted; leave out --redact"),
    "pcap and report in one file": (
        ["check", "--pcap", "f", "-o", "json=f"], '--pcap: "f" is the file of a report, too'),
    "pcap-all alone": (["check", "--pcap-all"], "--pcap-all: needs --pcap FILE"),
    "pcap that cannot be written": (
        ["check", "--pcap", "/nonexistent/f", "tcp://127.0.0.1:1"],
        '--pcap: cannot write "/nonexistent/f": No such file or directory'),
    "interface that does not exist": (
        ["check", "--interface", "vp-none0", "tcp://127.0.0.1:1"],
        '--interface: this machine has no interface "vp-none0"'),
}


@pytest.mark.parametrize("name", ARGUMENT_FAULTS)
def test_wrong_arguments_are_told_in_one_line(name):
    args, message = ARGUMENT_FAULTS[name]
    assert refusal(run(*args)) == message


@pytest.mark.parametrize("args", [
    ["--exit-style", "nagios", "--bogus"],
    ["--bogus", "--exit-style=nagios"],
    ["--exit-style", "nagios", "-c", "/nonexistent.yaml"],
    ["-o", "nagios"],
    ["-o", "nagios=-", "--bogus"],
    ["-o", "html=/nonexistent/x", "-o", "nagios", "--exit-style", "nagios", "dns:x"],
])
def test_a_usage_error_is_unknown_for_nagios(args):
    refusal(run("check", *args), code=3)


def test_the_style_of_the_environment_counts_for_usage_errors_too():
    env = {"VNETPROBE_EXIT_STYLE": "nagios"}
    refusal(run("check", "--bogus", env=env), code=3)


ENVIRONMENT_FAULTS = {
    "duration": (
        {"VNETPROBE_DEADLINE": "soon"},
        'VNETPROBE_DEADLINE: "soon" is not valid; it must be a duration such as 500ms, '
        "3s or 2m (at most 24h)"),
    "switch": (
        {"VNETPROBE_REDACT": "yes"},
        'VNETPROBE_REDACT: "yes" is not valid; it must be true or false'),
    "configuration file": (
        {"VNETPROBE_CONFIG": "/nonexistent.yaml"},
        "/nonexistent.yaml: No such file or directory"),
}


@pytest.mark.parametrize("name", ENVIRONMENT_FAULTS)
def test_wrong_variables_are_told_by_name(name):
    env, message = ENVIRONMENT_FAULTS[name]
    assert refusal(run("check", env=env)) == message


CONFIG_FAULTS = {
    "unknown key": (
        "region: westeurope\nconainer_registry: x\n",
        '2:1: unknown key "conainer_registry"; did you mean "container_registry"?'),
    "hyphens in a key": (
        "key-vault: x\n", '1:1: unknown key "key-vault"; did you mean "key_vault"?'),
    "list for a value": (
        "region: [a, b]\n",
        "1:9: region: a list is given where a single value is expected"),
    "mapping for a list": (
        "storage:\n  name: a\n",
        "2:3: storage: a mapping is given where a single value or a list is expected"),
    "no value": (
        "region:\n", "1:8: region: has no value; give NAME or leave the key out"),
    "bad item of a list": (
        "storage:\n  - contosoml\n  - Contoso\n",
        '3:5: storage: "Contoso" is not valid; it must be 3 to 24 lower-case letters '
        "and digits"),
    "switch": (
        "strict: on\n", '1:9: strict: "on" is not valid; it must be true or false'),
    "both families": (
        "ipv4: true\nipv6: true\n", "2:7: ipv6: excludes --ipv4, give one of them"),
    "not a mapping": (
        "- region\n", "1:1: a list is given where a mapping of options is expected"),
}


@pytest.mark.parametrize("name", CONFIG_FAULTS)
def test_wrong_configuration_is_told_with_line_and_column(name, tmp_path):
    text, message = CONFIG_FAULTS[name]
    path = tmp_path / "c.yaml"
    path.write_text(text, encoding="utf-8")
    assert refusal(run("check", "-c", "c.yaml", cwd=tmp_path)) == f"c.yaml:{message}"


HOSTILE_CONFIGS = {
    "10 MB": b"region: " + b"a" * 10_000_000,
    "10 MB of keys": b"".join(b"k%d: v\n" % i for i in range(900_000)),
    "100,000 levels of lists": b"[" * 100_000,
    "100,000 levels of mappings": b"{a: " * 100_000,
    "aliases that explode": b"a0: &a0 [x, x]\n" + b"".join(
        b"a%d: &a%d [%s]\n" % (i, i, b", ".join([b"*a%d" % (i - 1)] * 9))
        for i in range(1, 12)),
    "a second document": b"region: westeurope\n---\nregion: other\n",
    "a tag": b"region: !!python/object:os.system x\n",
    "the same key twice": b"region: westeurope\nregion: other\n",
    "broken syntax": b"region: [westeurope\n",
    "NUL": b"region: west\0europe\n",
    "no UTF-8": b"region: \xff\xfe\n",
    "terminal escapes": b"\"\\e[31mred\": x\n",
    "binary": bytes(range(256)) * 16,
}


@pytest.mark.parametrize("name", HOSTILE_CONFIGS)
def test_a_hostile_configuration_is_refused_at_once(name, tmp_path):
    path = tmp_path / "c.yaml"
    path.write_bytes(HOSTILE_CONFIGS[name])
    before = time.monotonic()
    message = refusal(run("list", "-c", "c.yaml", cwd=tmp_path, timeout=10))
    assert time.monotonic() - before < 5
    assert message.startswith("c.yaml:")
    assert len(message) < 512


@pytest.mark.parametrize("kind", ["directory", "fifo", "missing"])
def test_a_configuration_that_is_no_file_is_refused(kind, tmp_path):
    path = tmp_path / "c.yaml"
    if kind == "directory":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    assert refusal(run("list", "-c", "c.yaml", cwd=tmp_path)).startswith("c.yaml: ")


@pytest.mark.parametrize("content", [
    None, b"", b"no certificate\n", b"\0" * 4096,
    b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
], ids=["missing", "empty", "text", "binary", "broken certificate"])
def test_an_unusable_ca_file_is_refused(content, tmp_path):
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_bytes(content)
    result = run("check", "--cacert", "ca.pem", "https://127.0.0.1:1/", cwd=tmp_path)
    reason = ("cannot be read as a regular file of at most 8 MiB" if content is None
              else "holds no usable certificate in PEM form")
    assert refusal(result) == f'--cacert: "ca.pem": {reason}'


KERNELS = "ws://127.0.0.1:1/api/kernels/"
TOKEN_FAULTS = {
    "missing": (None, 0o600, "No such file or directory"),
    "empty": (b"\n", 0o600, "is empty"),
    "two lines": (b"first\nsecond\n", 0o600, "has further lines, only one is expected"),
    "control characters": (b"to\x1bken", 0o600, "holds control characters"),
    "a blank": (b"to ken", 0o600, "a token is printable ASCII without blanks"),
    "no ASCII": ("t\u00f6ken".encode(), 0o600, "a token is printable ASCII without blanks"),
    "too large": (b"x" * 4097, 0o600, "too long, at most 4096 bytes are read"),
    "readable by everybody": (
        b"secret-1f\n", 0o604, "others may use it (mode 0604); it holds a secret: chmod 600"),
    "readable by the group": (
        b"secret-1f\n", 0o640, "others may use it (mode 0640); it holds a secret: chmod 600"),
}


@pytest.mark.parametrize("fault", TOKEN_FAULTS)
def test_token_file_is_refused_before_anything_is_sent(tmp_path, fault):
    content, mode, reason = TOKEN_FAULTS[fault]
    path = tmp_path / "token"
    if content is not None:
        path.write_bytes(content)
        path.chmod(mode)
    result = run("check", "--jupyter-token-file", "token", KERNELS, cwd=tmp_path)
    assert refusal(result) == f"--jupyter-token-file: token: {reason}"
    assert "secret-1f" not in result.stderr


def test_token_is_no_pipe_and_no_directory(tmp_path):
    os.mkfifo(tmp_path / "pipe", 0o600)
    for name, reason in (("pipe", "is not a regular file"), (".", "is a directory")):
        result = run("check", "--jupyter-token-file", name, KERNELS, cwd=tmp_path)
        assert refusal(result) == f"--jupyter-token-file: {name}: {reason}"


@pytest.mark.parametrize("target", ["https://127.0.0.1:1/api/kernels/", "ws://127.0.0.1:1/",
                                    "ws://127.0.0.1:1/api/kernelspecs",
                                    "ws://127.0.0.1:1/?x=/api/kernels/"])
def test_token_is_for_jupyter_alone(tmp_path, target):
    path = tmp_path / "token"
    path.write_bytes(b"secret-1f")
    path.chmod(0o600)
    result = run("check", "--jupyter-token-file", "token", target, cwd=tmp_path)
    assert refusal(result) == (
        "--jupyter-token-file: no target takes a token; jupyter.websocket does, and "
        "wss://HOST/api/kernels/")


def seconds_to_deadline(tmp_path, flag=None, variable=None, key=None):
    """How long a run lasts whose only peer never answers."""
    args, env = [], {}
    if key:
        (tmp_path / "c.yaml").write_text(f"deadline: {key}\n", encoding="utf-8")
        args += ["-c", "c.yaml"]
    if flag:
        args += ["--deadline", flag]
    if variable:
        env["VNETPROBE_DEADLINE"] = variable
    with listener() as port:
        before = time.monotonic()
        run("check", *args, f"https://127.0.0.1:{port}/", env=env, cwd=tmp_path)
        return time.monotonic() - before


@pytest.mark.parametrize("sources", [
    {"flag": "200ms", "variable": "9s", "key": "9s"},
    {"variable": "200ms", "key": "9s"},
    {"key": "200ms"},
], ids=["flag beats all", "environment beats file", "file beats default"])
def test_the_stronger_source_decides(sources, tmp_path):
    assert seconds_to_deadline(tmp_path, **sources) < 4


def test_help_fits_80_columns_and_names_every_option():
    for args in (["--help"], ["help"], ["help", "check"], ["list", "-h"]):
        result = run(*args)
        assert result.returncode == 0
        assert result.stderr == ""
        assert max(len(line) for line in result.stdout.splitlines()) <= 80
        assert not re.search(r"[ \t]$", result.stdout, re.MULTILINE)
    text = run("check", "--help").stdout
    for name in ("config", "region", "workspace-id", "storage", "expect-private",
                 "must-not-reach", "resolver", "azure-dns", "cacert", "deadline",
                 "output", "exit-style", "redact"):
        assert f"--{name}" in text
    assert "--pcap" in text and "--capture" in text


def test_version_goes_to_standard_output():
    for args in (["--version"], ["check", "--version"]):
        result = run(*args)
        assert result.returncode == 0
        assert re.fullmatch(r"vnetprobe \d+\.\d+\.\d+\n", result.stdout)


def test_a_reachable_port_passes_and_standard_output_is_the_report_alone():
    with listener() as port:
        result = run("check", "-o", "json", "--progress", "on",
                     f"tcp://127.0.0.1:{port}")
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["summary"]["status"] == "pass"
    assert re.fullmatch(r"(\d+/1 done, \d running, 0 failed\n)+", result.stderr)


def test_a_refused_port_fails():
    target = f"tcp://127.0.0.1:{closed_port()}"
    assert run("check", target).returncode == 1
    assert run("check", "--exit-style", "nagios", target).returncode == 2


def test_no_progress_where_nobody_watches():
    with listener() as port:
        assert run("check", f"tcp://127.0.0.1:{port}").stderr == ""


def test_progress_for_programs_is_one_object_a_line():
    with listener() as port:
        result = run("check", "--progress", "json", f"tcp://127.0.0.1:{port}")
    events = [json.loads(line) for line in result.stderr.splitlines()]
    assert [e["event"] for e in events] == ["begin", "check", "end"]
    assert events[1]["check"] == f"tcp://127.0.0.1:{port}"
    assert events[-1]["done"] == events[-1]["total"] == 1


def on_terminal(*args, env=None):
    """Standard output and error of a run on a terminal, as one text."""
    master, slave = pty.openpty()
    with subprocess.Popen([PROGRAM, *args], env={**CLEAN, **(env or {})},
                          stdin=slave, stdout=slave, stderr=slave) as process:
        os.close(slave)
        text = b""
        while select.select([master], [], [], 20)[0]:
            try:
                chunk = os.read(master, 65536)
            except OSError:  # the other side is gone
                break
            if not chunk:
                break
            text += chunk
        process.wait(timeout=20)
    os.close(master)
    return text.decode()


@pytest.mark.parametrize("env, args, has_line, has_colour", [
    ({}, [], True, True),
    ({"TERM": "dumb"}, [], False, False),
    ({"NO_COLOR": "1"}, [], True, False),
    ({}, ["--no-color"], True, False),
    ({}, ["--progress", "off"], False, True),
], ids=["plain", "dumb", "NO_COLOR", "--no-color", "--progress off"])
def test_a_terminal_gets_a_progress_line_and_colour(env, args, has_line, has_colour):
    text = on_terminal("check", *args, f"tcp://127.0.0.1:{closed_port()}", env=env)
    assert ("0/1 done, 1 running" in text) == has_line
    assert ("\x1b[K" in text) == has_line
    assert bool(re.search("\x1b\\[[0-9;]*m", text)) == has_colour


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("style, code", [("plain", 2), ("nagios", 3)])
def test_an_interrupted_run_reports_what_is_known(number, style, code):
    with listener() as good, listener() as mute:
        args = [PROGRAM, "check", "-o", "json", "--exit-style", style, "--progress",
                "json", f"tcp://127.0.0.1:{good}", f"https://127.0.0.1:{mute}/"]
        # Whoever runs the tests in the background has SIGINT ignored.
        with subprocess.Popen(args, env=CLEAN, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True,
                              preexec_fn=lambda: signal.signal(number, signal.SIG_DFL)) as process:
            while json.loads(process.stderr.readline())["event"] != "check":
                pass
            process.send_signal(number)
            out, _ = process.communicate(timeout=60)
    assert process.returncode == code
    statuses = [c["status"] for c in json.loads(out)["checks"]]
    assert statuses == ["pass", "inconclusive"]


def test_the_deadline_ends_a_run_with_a_report():
    with listener() as mute:
        result = run("check", "-o", "json", "--deadline", "300ms",
                     f"https://127.0.0.1:{mute}/", timeout=5)
    assert result.returncode == 2
    assert json.loads(result.stdout)["checks"][0]["status"] == "inconclusive"


def test_a_report_in_a_file_is_complete_and_alone(tmp_path):
    with listener() as port:
        result = run("check", "-o", "json=r.json", f"tcp://127.0.0.1:{port}",
                     cwd=tmp_path)
    assert result.returncode == 0
    assert result.stdout == ""
    assert json.loads((tmp_path / "r.json").read_text())["summary"]["pass"] == 1
    assert os.listdir(tmp_path) == ["r.json"]


def test_a_full_disk_is_told_and_leaves_the_old_report(tmp_path):
    report = tmp_path / "r.json"
    report.write_text("old", encoding="utf-8")

    def no_room():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (16, 16))

    with listener() as port:
        result = run("check", "-o", "json=r.json", f"tcp://127.0.0.1:{port}",
                     cwd=tmp_path, preexec_fn=no_room)
    assert refusal(result) == '--output: cannot write "r.json": File too large'
    assert report.read_text(encoding="utf-8") == "old"
    assert os.listdir(tmp_path) == ["r.json"]


@pytest.mark.parametrize("args", [["--help"], ["check", "tcp://127.0.0.1:1"]])
def test_standard_output_that_is_full_is_told(args):
    with open("/dev/full", "wb") as full:
        result = subprocess.run([PROGRAM, *args], stdout=full, stderr=subprocess.PIPE,
                                env=CLEAN, text=True, timeout=120, check=False)
    assert result.returncode == 2
    assert result.stderr == (
        "vnetprobe: cannot write to standard output: No space left on device\n")


def test_a_reader_that_went_away_is_not_news():
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as pipe:
        result = subprocess.run([PROGRAM, "--help"], stdout=pipe, env=CLEAN,
                                stderr=subprocess.PIPE, timeout=120, check=False)
    assert result.returncode == 2
    assert result.stderr == b""


def test_a_closed_standard_output_is_told_and_goes_to_no_peer():
    with listener() as port:
        result = subprocess.run(
            ["/bin/sh", "-c", f'exec "$0" check tcp://127.0.0.1:{port} >&-', PROGRAM],
            env=CLEAN, stderr=subprocess.PIPE, text=True, timeout=120, check=False)
    assert result.returncode == 2
    assert result.stderr == (
        "vnetprobe: cannot write to standard output: Bad file descriptor\n")
