# SPDX-License-Identifier: MIT
"""Server processes: started in the foreground in a session of their own, stopped by pid."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

from .namespaces import LabError

START_LIMIT = 30.0  # seconds; a busy machine is no failure


def unconfined(program, run_dir):
    """The program, or a copy where AppArmor would keep it out of the lab's directory.

    Profiles are attached by path; those of named and unbound allow /etc and /var only.
    """
    path = shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if path is None:
        raise LabError(f"{program} is not installed (see ci/install-deps)")
    enabled = pathlib.Path("/sys/module/apparmor/parameters/enabled")
    if not enabled.exists() or enabled.read_text(encoding="ascii").strip() != "Y":
        return path
    copy = run_dir / "bin" / pathlib.Path(path).name
    copy.parent.mkdir(exist_ok=True)
    if not copy.exists():
        shutil.copy(path, copy)
    return str(copy)


def accepts(namespace, address, port):
    """Whether a TCP connection to address succeeds from inside the namespace."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with namespace.socket(family) as sock:
        sock.settimeout(1.0)
        try:
            sock.connect((address, port))
        except OSError:
            return False
        return True


class Server:
    """One process in one namespace. `ready` is asked until it says yes."""

    def __init__(self, name, namespace, argv, run_dir, ready, env=None):
        self.name = name
        self.namespace = namespace
        self.argv = [str(part) for part in argv]
        self.run_dir = run_dir
        self.log = run_dir / f"{name}.log"
        self.ready = ready
        self.env = {**os.environ, **(env or {})}
        self.process = None

    def start(self):
        with open(self.log, "ab") as log:
            # The pid is the server's own: ip netns exec replaces itself.
            self.process = subprocess.Popen(
                self.namespace.command(*self.argv), stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, cwd=self.run_dir, env=self.env, start_new_session=True)

    def wait_ready(self):
        end = time.monotonic() + START_LIMIT
        while not self.ready():
            if self.process.poll() is not None:
                raise LabError(f"{self.name} ended with status {self.process.returncode}:\n"
                               + self.log_tail())
            if time.monotonic() > end:
                raise LabError(f"{self.name} did not answer in {START_LIMIT:.0f} s:\n"
                               + self.log_tail())
            time.sleep(0.01)

    def terminate(self):
        """Asks the process to end; stop() waits for it."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def stop(self):
        if self.process is None:
            return
        self.terminate()
        try:
            self.process.wait(3)
        except subprocess.TimeoutExpired:
            pass
        # Workers and helpers share the session and must not outlive their master.
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        self.process = None

    def restart(self):
        self.stop()
        self.start()

    def log_tail(self, lines=15):
        if not self.log.exists():
            return "(no log)"
        text = self.log.read_text(encoding="utf-8", errors="replace")
        return "\n".join(text.splitlines()[-lines:])


class ServerGroup:
    """All servers of a lab: started together, waited for together, stopped together."""

    def __init__(self):
        self.servers = []

    def add(self, server):
        self.servers.append(server)
        server.start()
        return server

    def wait_ready(self):
        for server in self.servers:
            server.wait_ready()

    def stop(self):
        for server in self.servers:
            server.terminate()
        for server in self.servers:
            server.stop()
        self.servers.clear()

    def dead(self):
        """Servers that ended by themselves."""
        return [server for server in self.servers
                if server.process is not None and server.process.poll() is not None]
