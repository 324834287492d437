# SPDX-License-Identifier: MIT
"""A whole path: wires, cable, servers, up and down again."""

import json
import pathlib
import secrets
import shutil
import socket
import string
import sys
import tempfile

from .. import rawpeers
from ..namespaces import run
from ..pki import Pki
from ..servers import Server, ServerGroup, accepts, unconfined
from ..vnet import uninterrupted
from . import names, peers
from .topology import PathTopology

HERE = pathlib.Path(__file__).resolve().parent
DOMAIN = "vnet.example"
# Enough names for a certificate that does not fit into one segment.
FILLER = tuple(f"a-front-end-with-many-names-{number:02}.{DOMAIN}" for number in range(60))
NAMES = (f"*.{DOMAIN}", "*.microsoft.com", "*.example.net", *FILLER)
INSPECTED = 4471  # nginx with certificates of the inspecting authority
EXPIRED, IN_2024 = 4472, 4473  # nginx with a certificate of January 2024; and a clock of then

NGINX = """
user root;
worker_processes 1;
daemon off;
pid {run}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  ssl_protocols TLSv1.2 TLSv1.3;
  client_body_temp_path {run}/nginx/body;
  proxy_temp_path {run}/nginx/proxy;
  fastcgi_temp_path {run}/nginx/fastcgi;
  uwsgi_temp_path {run}/nginx/uwsgi;
  scgi_temp_path {run}/nginx/scgi;
  large_client_header_buffers 4 16k;
  server {{
    listen 80; listen 8080; listen [::]:80;
    {body}
  }}
  server {{
    listen 443 ssl; listen 8443 ssl; listen [::]:443 ssl;
    ssl_certificate {pki}/front.pem; ssl_certificate_key {pki}/front.key;
    {body}
  }}
  server {{
    listen {expired} ssl;
    ssl_certificate {pki}/expired.pem; ssl_certificate_key {pki}/expired.key;
    {body}
  }}
  server {{
    listen {in_2024} ssl;
    ssl_certificate {pki}/expired.pem; ssl_certificate_key {pki}/expired.key;
    location / {{ proxy_pass http://127.0.0.1:{backend_2024}; proxy_pass_header Date; }}
  }}
  server {{
    listen {inspected} ssl;
    ssl_certificate {pki}/inspected.pem; ssl_certificate_key {pki}/inspected.key;
    {body}
  }}
}}
"""
BODY = """
    location /slow { proxy_pass http://127.0.0.1:%d; }
    location / { return 200 "ok\\n"; }
""" % peers.SLOW_BACKEND


class PathPki(Pki):
    """One front, and the same names signed by an inspecting authority."""

    def create(self):
        self._root("root", "/O=VNet lab/CN=VNet lab root")
        self._root("proxy", "/O=Contoso Corp/CN=Contoso TLS inspection")
        self._ca("issuing", "/C=US/O=Microsoft Corporation/CN=Lab Azure TLS Issuing CA 01")
        self._leaf("front", NAMES)
        self._leaf("inspected", NAMES, ca="proxy")
        self._expired("expired", NAMES)
        both = [self._crt(name).read_text(encoding="ascii") for name in ("root", "proxy")]
        (self.dir / "with-inspection.crt").write_text("".join(both), encoding="ascii")


class PathLab:
    """Use as a context manager; whatever happens inside, nothing is left behind."""

    def __init__(self, pki=None):
        """pki: a directory that PathPki has filled, to be shared; None makes one."""
        self.shared_pki = pki
        self.id = secrets.token_hex(2)
        self.topology = PathTopology(self.id)
        self.group = ServerGroup()
        self.run_dir = None
        self.places = {}  # words that fill() replaces, those of the scenario that is on
        self.held = []  # sockets that a fault needs to stay open
        self.injectors = {}  # programs that forge answers, by the end they lie about

    def __enter__(self):
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def _start(self):
        self.run_dir = pathlib.Path(tempfile.mkdtemp(prefix=f"vnetprobe-vp-{self.id}-"))
        self.run_dir.chmod(0o755)
        if self.shared_pki is None:
            PathPki(self.pki).create()
        else:
            self.pki.symlink_to(self.shared_pki)
        self.topology.create()
        self._serve()
        self.group.wait_ready()
        self.cable({})

    def stop(self):
        with uninterrupted():
            self.group.stop()
            self.topology.delete()
            if self.run_dir is not None:
                shutil.rmtree(self.run_dir, ignore_errors=True)

    @property
    def pki(self):
        return self.run_dir / "pki"

    @property
    def denied_names(self):
        """The file with the names that the transparent proxy denies."""
        return self.run_dir / "denied"

    @property
    def answers(self):
        """The file with what the name servers say."""
        return self.run_dir / "answers"

    def trust(self, name="root"):
        return self.pki / f"{name}.crt"

    def fill(self, text):
        """The text with $KEY replaced by the address of that endpoint, $KEY_host by its name."""
        return string.Template(text).substitute(self.places)

    def cable(self, config):
        """Replaces the configuration of the cable; {} is a perfect one."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            answer = self.run_dir / f"answer-{secrets.token_hex(4)}"
            sock.bind(str(answer))
            sock.settimeout(10)
            sock.sendto(json.dumps(config).encode(), str(self.run_dir / "cable.ctl"))
            assert sock.recv(16) == b"ok"
        answer.unlink()

    def forget(self):
        """Path MTUs that were learned live for minutes, and are no part of the next scenario."""
        for role in ("cli", "srv", "onp"):
            self.topology[role].ip("route flush cache")

    def sent_by_client(self):
        """IP packets that have left the client's device so far."""
        listing = run(self.topology.compute.command("ip", "-s", "-j", "link", "show", "eth0"))
        return json.loads(listing)[0]["stats64"]["tx"]["packets"]

    def _serve(self):
        space, python = self.topology, sys.executable
        self.denied_names.write_text("", encoding="ascii")
        control = self.run_dir / "cable.ctl"
        self._add("cable", space["cable"], [python, HERE / "cable.py", "west", "east", control],
                  control.exists)
        self._add("peers", space["srv"], [python, HERE / "peers.py", "servers"],
                  lambda: accepts(space["srv"], "127.0.0.1", peers.ALERT))
        self._add("rawpeers", space["srv"], [python, HERE.parent / "rawpeers.py", "azure", ""],
                  lambda: accepts(space["srv"], "127.0.0.1", rawpeers.SILENT))
        self._add("proxy", space["r1"], [python, HERE / "peers.py", "proxy", self.denied_names],
                  lambda: accepts(space["r1"], "127.0.0.1", peers.PROXY_SILENT))
        self.answers.write_text("{}", encoding="ascii")
        program = [python, HERE / "nameserver.py", self.answers]
        self._add("names", space["srv"],
                  [*program, f"main={names.MAIN}:53", f"other={names.OTHER}:53"],
                  lambda: accepts(space["srv"], names.OTHER, 53))
        self._add("liar", space["r1"], [*program, f"liar=0.0.0.0:{names.LIAR_PORT}"],
                  lambda: accepts(space["r1"], "127.0.0.1", names.LIAR_PORT))
        (self.run_dir / "nginx").mkdir()
        conf = self.run_dir / "nginx.conf"
        (self.run_dir / "large").write_bytes(b"large" * 2000)
        large = f"location /large {{ alias {self.run_dir}/large; }}\n"
        conf.write_text(NGINX.format(run=self.run_dir, pki=self.pki, body=BODY + large,
                                     inspected=INSPECTED, expired=EXPIRED, in_2024=IN_2024,
                                     backend_2024=peers.IN_2024), encoding="ascii")
        self._add("nginx", space["srv"],
                  [unconfined("nginx", self.run_dir), "-e", "stderr", "-c", conf],
                  lambda: accepts(space.compute, "203.0.113.10", 443)
                  and accepts(space.compute, "fd00:203::10", 443))

    def _add(self, name, namespace, argv, ready):
        self.group.add(Server(name, namespace, argv, self.run_dir, ready))
