# SPDX-License-Identifier: MIT
"""A whole lab: wires, certificates, name servers and services, up and down again."""

import contextlib
import pathlib
import secrets
import shutil
import signal
import sys
import tempfile
import time

from . import azure, services
from .dns import Dns
from .pki import Pki
from .servers import ServerGroup
from .topology import Topology


ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def end_on_signals():
    """Makes SIGTERM and SIGHUP unwind the stack as SIGINT does, so that labs are taken down."""
    def unwind(_number, _frame):
        raise KeyboardInterrupt

    for number in ENDING:
        signal.signal(number, unwind)


@contextlib.contextmanager
def uninterrupted():
    """Holds signals off until the block is done: impatience must not leave half a lab."""
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)


class Lab:
    """Use as a context manager; whatever happens inside, nothing is left behind.

    light: only nginx, BIND and Python, and those of the optional programs that are wanted.
    """

    def __init__(self, light=False, wanted=()):
        self.id = secrets.token_hex(2)
        self.topology = Topology(self.id)
        self.group = ServerGroup()
        used = set(wanted) if light else set(services.OPTIONAL)
        self.have = used & services.available()
        self.missing = {name: services.OPTIONAL[name] for name in sorted(used - self.have)}
        self.run_dir = None
        self.dns = None
        self.started_in = None  # seconds

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        begin = time.monotonic()
        self.run_dir = pathlib.Path(tempfile.mkdtemp(prefix=f"vnetprobe-vp-{self.id}-"))
        self.run_dir.chmod(0o755)
        for name, part in self.missing.items():
            print(f"lab: {name} is not installed; without it: {part}", file=sys.stderr)
        pki = Pki(self.run_dir / "pki")
        pki.create()
        self.topology.create()
        for namespace in (self.topology.compute, self.topology.onprem):
            self.topology.trust(namespace, pki.root_pem(), pki.root_hash())
        self.dns = Dns(self.topology, self.run_dir, self.group)
        services.Services(self.topology, self.run_dir, pki, self.group, self.have).start()
        self.dns.start(with_custom="unbound" in self.have)
        self.group.wait_ready()
        self.dns.warm()
        self.started_in = time.monotonic() - begin

    def stop(self):
        with uninterrupted():
            self.group.stop()
            self.topology.delete()
            if self.run_dir is not None:
                shutil.rmtree(self.run_dir, ignore_errors=True)

    def set_names(self, nameserver=azure.PLATFORM_DNS, hosts=""):
        """Another resolver or hosts file for what is started in the compute subnet from now on."""
        self.topology.write_names(self.topology.compute, nameserver, hosts)
