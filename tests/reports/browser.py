# SPDX-License-Identifier: MIT
"""A page in a real browser: picture, document after its script ran, and what the console said."""

import pathlib
import re
import subprocess
import tempfile

import documents

OPTIONS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
           "--disable-background-networking", "--disable-component-update", "--disable-sync",
           "--disable-dev-shm-usage", "--hide-scrollbars", "--enable-logging=stderr",
           "--virtual-time-budget=5000"]
DARK = "--blink-settings=preferredColorScheme=0"
CONSOLE = re.compile(r":CONSOLE[:(].*|Uncaught .*|Refused to .*|Content Security Policy.*")


def run(page, *options):
    """Standard output of the browser; fails when the console said anything."""
    program = documents.program("chromium", "chromium")
    with tempfile.TemporaryDirectory(prefix="vp-browser-") as profile:
        done = subprocess.run(
            [program, *OPTIONS, f"--user-data-dir={profile}", *options, page], timeout=180,
            capture_output=True, text=True, encoding="utf-8", errors="replace", check=False)
    assert CONSOLE.findall(done.stderr) == [], done.stderr
    return done.stdout


def console_of(page):
    """What a page makes the console say."""
    try:
        run(page, "--dump-dom")
    except AssertionError as error:
        return str(error)
    return ""


def picture(page, to, size, *options):
    to.unlink(missing_ok=True)
    run(page, f"--screenshot={to}", f"--window-size={size}", *options)
    data = to.read_bytes()
    assert data.startswith(b"\x89PNG") and len(data) > 5000
    return data


def framed(page, to, width, height, script=""):
    """A page that shows another one as wide as a phone is; a window has a least width."""
    to = pathlib.Path(to)
    to.write_text(
        f'<!doctype html><body style="margin:0"><iframe id="f" src="{page}" '
        f'style="width:{width}px;height:{height}px;border:0"></iframe>{script}</body>',
        encoding="utf-8")
    return to.as_uri()
