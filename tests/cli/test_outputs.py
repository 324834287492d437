# SPDX-License-Identifier: MIT
"""Every form of every command where its file cannot be written: told, and nothing lost."""

import os
import pathlib
import resource
import signal

import pytest

from test_cli import listener, refusal, run
from test_compare import BLOCKED, ONE, PUBLIC, remarks

FORMS = {
    "diagnose": (["diagnose", str(ONE)], ("text", "json", "junit", "html", "markdown", "prometheus",
                                          "nagios")),
    "diff": (["diff", str(PUBLIC), str(BLOCKED)], ("text", "json", "markdown")),
    "merge": (["merge", str(PUBLIC), str(BLOCKED)], ("text", "json", "markdown")),
    "explain": (["explain"], ("text", "json")),
}
ROWS = [(command, form, redact) for command, (_, forms) in FORMS.items() for form in forms
        for redact in ([], ["--redact"]) if not redact or command != "explain"]


def no_room():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))


def one_line(form, result, reason, path):
    # Alone, the form of a plugin has a plugin's exit codes.
    assert (result.returncode, result.stdout) == (3 if form == "nagios" else 2, "")
    assert remarks(result) == [f'vnetprobe: --output: cannot write "{path}": {reason}']


@pytest.mark.parametrize("command, form, redact", ROWS)
def test_a_full_device_is_told(command, form, redact):
    arguments = FORMS[command][0]
    one_line(form, run(*arguments, *redact, "-o", f"{form}=/dev/full"), "No space left on device",
             "/dev/full")


@pytest.mark.parametrize("command, form, redact", ROWS)
def test_a_file_without_room_stays_as_it_was(command, form, redact, tmp_path):
    old = tmp_path / "old"
    old.write_text("what was there", encoding="utf-8")
    one_line(form, run(*FORMS[command][0], *redact, "-o", f"{form}=old", cwd=tmp_path,
                 preexec_fn=no_room), "File too large", "old")
    assert old.read_text(encoding="utf-8") == "what was there"
    assert os.listdir(tmp_path) == ["old"]


def test_what_can_be_written_is_written_beside_what_cannot(tmp_path):
    (tmp_path / "full.xml").symlink_to("/dev/full")
    result = run("diagnose", "-o", "json=/dev/full", "-o", "html=r.html", "-o", "junit=full.xml",
                 "-o", "markdown", "-o", "prometheus=r.prom", str(ONE), cwd=tmp_path)
    assert result.returncode == 2
    assert remarks(result) == [f'vnetprobe: --output: cannot write "{path}": No space left on device'
                               for path in ("/dev/full", "full.xml")]
    assert result.stdout.startswith("## ")
    assert (tmp_path / "r.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert "probe_success" in (tmp_path / "r.prom").read_text(encoding="utf-8")
    assert sorted(os.listdir(tmp_path)) == ["full.xml", "r.html", "r.prom"]


def test_a_run_keeps_the_other_reports(tmp_path):
    with listener() as port:
        result = run("check", "-o", "html=/dev/full", "-o", "json=r.json", f"tcp://127.0.0.1:{port}",
                     cwd=tmp_path)
    assert refusal(result) == '--output: cannot write "/dev/full": No space left on device'
    assert run("diagnose", "r.json", cwd=tmp_path).returncode == 0


@pytest.mark.parametrize("path, reason", [
    ("absent/r.html", "No such file or directory"), (".", "Is a directory")])
def test_a_place_that_is_none_is_told_before_the_run(path, reason, tmp_path):
    result = run("check", "-o", "json=r.json", "-o", f"html={path}", "tcp://127.0.0.1:1",
                 cwd=tmp_path)
    assert refusal(result) == f'--output: cannot write "{path}": {reason}'
    assert list(pathlib.Path(tmp_path).iterdir()) == []
