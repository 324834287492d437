# SPDX-License-Identifier: MIT
"""A watch that runs, servers it can watch, clocks as a test wants them, and what was kept."""

import contextlib
import datetime
import http.client
import json
import mmap
import os
import pathlib
import re
import signal
import socket
import sqlite3
import struct
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import jsonschema

from test_cli import CLEAN, PROGRAM, closed_port, run

SCHEMA = json.loads((pathlib.Path(__file__).resolve().parents[2] / "report" /
                     "report.schema.json").read_text(encoding="utf-8"))
LIMIT = 60  # seconds after which something does not happen any more
QUIET = ("--canary", "none", "--azure-dns", "none")


class Server:
    """A port that accepts and closes, or refuses."""

    def __init__(self):
        self.port = closed_port()
        self.socket = None

    def up(self):
        self.socket = socket.create_server(("127.0.0.1", self.port), backlog=64)
        threading.Thread(target=self._serve, args=(self.socket,), daemon=True).start()

    @staticmethod
    def _serve(listening):
        with contextlib.suppress(OSError):
            while True:
                listening.accept()[0].close()

    def down(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


class Watch:
    """A running watch, its log, and what it serves."""

    def __init__(self, tmp_path, *arguments, env=None):
        self.port = closed_port()
        self.log = tmp_path / "log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "watch", "--interval", "1s", "--jitter", "none",
                 "--listen", f"127.0.0.1:{self.port}", *QUIET, *arguments],
                env={**CLEAN, **(env or {})}, stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=log, cwd=tmp_path)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=LIMIT) as page:
            return page.read().decode("utf-8")

    def answer(self, path):
        """The text of a page, be its status what it may."""
        try:
            return self.get(path)
        except urllib.error.HTTPError as refused:
            return refused.read().decode("utf-8")
        except (urllib.error.URLError, http.client.HTTPException, ConnectionError):
            return ""

    def metric(self, name):
        try:
            found = re.search(rf"^{re.escape(name)} (\S+)$", self.get("/metrics"), re.M)
        except (urllib.error.URLError, http.client.HTTPException, ConnectionError):
            return None
        return float(found.group(1)) if found else None

    def text(self):
        return self.log.read_text(encoding="utf-8")

    def until(self, condition):
        end = time.monotonic() + LIMIT
        while not condition():
            assert self.process.poll() is None, self.text()
            assert time.monotonic() < end, self.text()
            time.sleep(0.05)

    def until_runs(self, n):
        self.until(lambda: (self.metric("vnetprobe_watch_runs_total") or 0) >= n)

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        assert self.process.wait(LIMIT) == 0, self.text()


def documents(text):
    """The JSON documents of a text, one after the other."""
    found, decoder = [], json.JSONDecoder()
    while text.strip():
        document, end = decoder.raw_decode(text.lstrip())
        found.append(document)
        text = text.lstrip()[end:]
    return found


def validator(name):
    return jsonschema.Draft202012Validator(
        {**SCHEMA["$defs"][name], "$defs": SCHEMA["$defs"]})


def past(state, *arguments):
    result = run("history", "--state", str(state), "-o", "json", *arguments)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def seconds(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def runs_are_there(state):
    return run("history", "--state", str(state)).returncode == 0


def rows(state, statement):
    """What a statement gets from the history's file."""
    uri = f"file:{urllib.parse.quote(str(state))}/history.db?mode=rw"
    with contextlib.closing(sqlite3.connect(uri, uri=True)) as db:
        return db.execute(statement).fetchall()


class Clocks:
    """Both clocks of a program (clocks.c), shared with it by a file."""

    def __init__(self, folder):
        self.path = folder / "clocks"
        self.path.write_bytes(bytes(24))
        with open(self.path, "r+b") as file:
            self.memory = mmap.mmap(file.fileno(), 24)

    @property
    def environment(self):
        options = CLEAN.get("ASAN_OPTIONS", "")
        return {"LD_PRELOAD": os.environ["TEST_CLOCKS_LIBRARY"], "TEST_CLOCKS": str(self.path),
                "ASAN_OPTIONS": f"{options}:verify_asan_link_order=0".lstrip(":")}

    def set_wall(self, seconds_later):
        """Sets the wall clock against the machine's."""
        struct.pack_into("q", self.memory, 0, int(seconds_later * 10**9))

    def skip(self, yes=True):
        """From now on waiting for the next run takes no time; or it does again."""
        struct.pack_into("q", self.memory, 8, int(yes))

    def add(self, seconds):
        """Lets time go by."""
        struct.pack_into("q", self.memory, 16, int((self.gone() + seconds) * 10**9))

    def gone(self):
        """Seconds that were skipped."""
        return struct.unpack_from("q", self.memory, 16)[0] / 1e9
