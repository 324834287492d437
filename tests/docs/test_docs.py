# SPDX-License-Identifier: MIT
"""Commands in docs/ run as they are written, and what they are said to print is what they print.

No network is used: `vnetprobe check` runs as `vnetprobe list`, which reads the same options and
sends nothing. Files that commands name are those of the same page (a YAML block whose first line
is its name); report.json and today.json are a golden case with failures, yesterday.json a healthy
one, capture.pcap a small capture with failures. VNETPROBE names the program under test.
"""

import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ["VNETPROBE"]
CAPTURE = ROOT / "tests" / "fuzz" / "corpus" / "capture" / "plain.pcap"
REPORT = ROOT / "tests" / "golden" / "nsg-storage" / "report.json"
BEFORE = ROOT / "tests" / "golden" / "healthy-public" / "report.json"
PAGES = sorted((ROOT / "docs").glob("*.md"))
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

SHIM = """#!/bin/sh
[ "$1" = check ] && shift && set -- list "$@"
exec "$REAL_VNETPROBE" "$@"
"""


def blocks(page, language):
    return [text for name, text in FENCE.findall(page.read_text(encoding="utf-8"))
            if name == language]


def commands(page):
    """The vnetprobe commands of a page's shell blocks, continued lines joined."""
    for block in blocks(page, "sh"):
        for line in block.replace("\\\n", " ").splitlines():
            if re.match(r"(\w+=\S* |ls \S+ \| )*vnetprobe ", line):
                yield line


SHELL = [pytest.param(page, line, id=f"{page.stem}: {line}")
         for page in PAGES for line in commands(page)]
SHOWN = [pytest.param(block, id=f"{page.stem}: {block.splitlines()[0]}")
         for page in PAGES for block in blocks(page, "console")]


@pytest.fixture(name="shell")
def fixture_shell(tmp_path):
    """Runs a line in a folder that has the files of all pages."""
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    shim = bin_folder / "vnetprobe"
    shim.write_text(SHIM, encoding="utf-8")
    shim.chmod(0o755)
    folder = tmp_path / "here"
    folder.mkdir()
    for name, source in (("report", REPORT), ("today", REPORT), ("yesterday", BEFORE)):
        (folder / f"{name}.json").write_bytes(source.read_bytes())
    (folder / "nodes.txt").write_text("yesterday.json\ntoday.json\n", encoding="utf-8")
    (folder / "capture.pcap").write_bytes(CAPTURE.read_bytes())
    for page in PAGES:
        for text in blocks(page, "yaml"):
            name = re.match(r"# (\S+\.yaml)\n", text)
            if name:
                (folder / name.group(1)).write_text(text, encoding="utf-8")
    env = {"PATH": f"{bin_folder}:{os.environ['PATH']}", "LC_ALL": "C", "REAL_VNETPROBE": PROGRAM}
    env.update({k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")})

    def run(line):
        return subprocess.run(["bash", "-c", line], cwd=folder, env=env, capture_output=True,
                              text=True, timeout=30, check=False)

    return run


def test_pages_have_commands():
    assert len(SHELL) >= 15 and SHOWN


@pytest.mark.parametrize("page, line", SHELL)
def test_commands_run_as_written(page, line, shell):
    del page
    done = shell(line)
    remarks = [text for text in done.stderr.splitlines() if ": recorded with catalogue " not in text]
    assert remarks == []
    # The saved run has failures, and whoever reads it says so; so has the capture.
    reads = any(f"vnetprobe {command} " in line for command in ("diagnose", "diff", "merge"))
    assert done.returncode == (1 if reads or "capture.pcap" in line else 0)


@pytest.mark.parametrize("block", SHOWN)
def test_shown_output_is_what_is_printed(block, shell):
    first, _, wanted = block.partition("\n")
    done = shell(first.removeprefix("$ "))
    assert done.stdout == wanted


def test_the_configuration_page_names_every_option_and_no_other():
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    tables = "\n".join(line for line in text.splitlines() if line.startswith("| `"))
    told = set(re.findall(r"`(--[a-z0-9-]+)`", tables)) - {"--container-registry NAME"}
    printed = "".join(subprocess.run([PROGRAM, command, "--help"], capture_output=True, text=True,
                                     timeout=30, check=True).stdout
                      for command in ("check", "watch"))
    exist = set(re.findall(r"^ +(?:-\w, )?(--[a-z0-9-]+)", printed, re.MULTILINE))
    assert told == exist - {"--help", "--version"}


def test_the_shown_message_is_the_real_one(shell, tmp_path):
    page = ROOT / "docs" / "configuration.md"
    shown = blocks(page, "text")[0].strip()
    (tmp_path / "here" / "workspace.yaml").write_text(
        "region: westeurope\n\nconainer_registry: x\n", encoding="utf-8")
    assert shell("vnetprobe list -c workspace.yaml").stderr.strip() == f"vnetprobe: {shown}"


def test_links_between_pages_lead_somewhere():
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#]+\.md)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
