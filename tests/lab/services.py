# SPDX-License-Identifier: MIT
"""The servers of a lab: which exist, how they are started, when they are ready.

The light variant needs nginx, BIND and Python. The full one adds real software where it is
installed; what is missing is reported once and its part is played by the responder.
"""

import base64
import os
import pathlib
import shutil
import sys

from . import azure, rawpeers, webfront
from .namespaces import run
from .servers import Server, accepts, unconfined

HERE = pathlib.Path(__file__).resolve().parent
PYTHON = sys.executable
SNI_FILTER = 4460  # haproxy
PROXY_USER, PROXY_PASSWORD = "lab", "lab-secret"
JUPYTER_TOKEN = "jt-5f1c7e90a4d2"

# Program -> what it plays.
OPTIONAL = {
    "docker-registry": "container registry",
    "jupyter-server": "Jupyter on the compute instance",
    "azurite": "storage with credentials",
    "smbd": "file share on 445",
    "squid": "explicit proxy",
    "haproxy": "filter by server name",
    "unbound": "custom resolver",
}

SQUID = """
http_port {address}:{port}
http_port {address}:{auth_port} name=authport
auth_param basic program {helper} {run}/squid.passwd
auth_param basic children 1
auth_param basic realm onprem-proxy
acl authport myportname authport
acl authed proxy_auth REQUIRED
acl blocked dstdomain .example.com
http_access deny blocked
http_access allow authport authed
http_access deny authport
http_access allow all
dns_nameservers {dns}
dns_timeout 3 seconds
connect_timeout 3 seconds
hosts_file none
cache deny all
cache_mem 8 MB
access_log none
cache_log {run}/squid-cache.log
cache_effective_user proxy
pid_filename none
shutdown_lifetime 0 seconds
visible_hostname proxy.corp.example
pinger_enable off
netdb_filename none
coredump_dir none
"""

HAPROXY = """
defaults
  mode tcp
  timeout connect 3s
  timeout client 60s
  timeout server 60s
frontend names
  bind :{port}
  tcp-request inspect-delay 2s
  tcp-request content reject if {{ req.ssl_sni -i {blocked} }}
  tcp-request content accept if {{ req.ssl_hello_type 1 }}
  default_backend front
backend front
  server nginx 127.0.0.1:443
"""

SMB = """
[global]
  server role = standalone server
  server min protocol = SMB3
  server smb encrypt = required
  smb ports = 445
  disable netbios = yes
  state directory = {dir}
  cache directory = {dir}
  lock directory = {dir}
  pid directory = {dir}
  private dir = {dir}
  ncalrpc dir = {dir}/rpc
  log file = {dir}/log
"""

REGISTRY = """
version: 0.1
log: {{level: error, accesslog: {{disabled: true}}}}
storage: {{filesystem: {{rootdirectory: {dir}}}, maintenance: {{uploadpurging: {{enabled: false}}}}}}
http: {{addr: "127.0.0.1:5000", secret: lab}}
auth:
  token: {{realm: "https://{name}.azurecr.io/oauth2/token", service: {name}.azurecr.io,
          issuer: Lab ACR, rootcertbundle: {bundle}}}
"""


def azurite_script():
    """Where ci/install-deps puts Azurite, or None."""
    root = pathlib.Path(os.environ.get("VP_AZURITE", HERE.parents[1] / "build" / "azurite"))
    script = root / "node_modules" / "azurite" / "dist" / "src" / "azurite.js"
    return script if script.exists() and shutil.which("node") else None


def available():
    """Names of OPTIONAL programs that can be used here."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    have = {name for name in OPTIONAL if shutil.which(name, path=path)}
    return have | ({"azurite"} if azurite_script() else set())


class Services:
    """Starts everything but the name servers in the namespaces of a topology."""

    def __init__(self, topology, run_dir, pki, group, have):
        self.topology = topology
        self.run_dir = run_dir
        self.pki = pki
        self.group = group
        self.have = have

    def start(self):
        # The slow starters first: everything else comes up beside them.
        for name, start in (("azurite", self._azurite), ("jupyter-server", self._jupyter),
                            ("docker-registry", self._registry), ("squid", self._squid),
                            ("haproxy", self._haproxy), ("smbd", self._smbd)):
            if name in self.have:
                start()
        self._responders()
        self._raw()
        self._nginx()

    def _add(self, name, namespace, argv, port, address="127.0.0.1", env=None):
        self.group.add(Server(name, namespace, argv, self.run_dir,
                              lambda: accepts(namespace, address, port), env))

    def _directory(self, name, mode=0o755):
        path = self.run_dir / name
        path.mkdir(exist_ok=True)
        path.chmod(mode)
        return path

    def _file(self, name, text):
        path = self.run_dir / name
        path.write_text(text, encoding="utf-8")
        return path

    def _responders(self):
        script = HERE / "responder.py"
        self._add("responder", self.topology.azure, [PYTHON, script, "azure", "127.0.0.1", "8000"],
                  8000)
        self._add("platform", self.topology.platform, [PYTHON, script, "platform"], 32526,
                  azure.PLATFORM_DNS)

    def _raw(self):
        script = HERE / "rawpeers.py"
        left = [str(rawpeers.SMB)] if "smbd" in self.have else []
        self._add("rawpeers", self.topology.azure, [PYTHON, script, "azure", "", *left],
                  rawpeers.SILENT)
        for role, address in (("garbage", azure.GARBAGE_DNS), ("one-eared", azure.ONE_EARED_DNS)):
            self._add(f"dns-{role}", self.topology.onprem, [PYTHON, script, role, address],
                      rawpeers.DNS, address)

    def _nginx(self):
        self._directory("nginx")
        conf = self._file("nginx.conf", webfront.config(self.run_dir, self.pki, self.have))
        argv = [unconfined("nginx", self.run_dir), "-e", "stderr", "-c", conf]
        compute, service = self.topology.compute, azure.BY_NAME["login"]
        # Asked from the compute subnet by both families: a fresh link is deaf to IPv6 for a second.
        self.group.add(Server(
            "nginx", self.topology.azure, argv, self.run_dir,
            lambda: accepts(compute, service.ipv4, 443) and accepts(compute, service.ipv6, 443)))

    def _azurite(self):
        account = f"{azure.STORAGE}:{base64.b64encode(b'any bytes will do as a key').decode()}"
        argv = ["node", azurite_script(), "--skipApiVersionCheck", "--inMemoryPersistence", "--silent",
                "--blobHost", "127.0.0.1", "--queueHost", "127.0.0.1", "--tableHost", "127.0.0.1"]
        self._add("azurite", self.topology.azure, argv, 10002, env={"AZURITE_ACCOUNTS": account})

    def _jupyter(self):
        home = self._directory("jupyter")
        env = {"HOME": str(home), "JUPYTER_RUNTIME_DIR": str(home / "runtime")}
        argv = ["jupyter-server", "--allow-root", "--no-browser", "--ServerApp.ip=127.0.0.1",
                "--port=8888", f"--ServerApp.token={JUPYTER_TOKEN}", f"--ServerApp.root_dir={home}",
                "--ServerApp.allow_remote_access=True"]
        self._add("jupyter-server", self.topology.azure, argv, 8888, env=env)

    def _registry(self):
        conf = self._file("registry.yml", REGISTRY.format(
            dir=self._directory("registry"), name=azure.REGISTRY, bundle=self.pki.pem("acr")))
        self._add("docker-registry", self.topology.azure, ["docker-registry", "serve", conf], 5000)

    def _squid(self):
        password = run(["openssl", "passwd", "-apr1", PROXY_PASSWORD]).strip()
        self._file("squid.passwd", f"{PROXY_USER}:{password}\n")
        log = self._file("squid-cache.log", "")
        shutil.chown(log, "proxy")
        conf = self._file("squid.conf", SQUID.format(
            address=azure.PROXY, port=azure.PROXY_PORT, auth_port=azure.PROXY_AUTH_PORT,
            helper="/usr/lib/squid/basic_ncsa_auth", run=self.run_dir, dns=azure.PUBLIC_DNS))
        self._add("squid", self.topology.onprem,
                  [unconfined("squid", self.run_dir), "-N", "-f", conf], azure.PROXY_PORT,
                  azure.PROXY)

    def _haproxy(self):
        conf = self._file("haproxy.cfg", HAPROXY.format(
            port=SNI_FILTER, blocked=azure.BY_NAME["acr"].hosts[0]))
        self._add("haproxy", self.topology.azure,
                  [unconfined("haproxy", self.run_dir), "-db", "-f", conf], SNI_FILTER)

    def _smbd(self):
        directory = self._directory("smb", 0o700)
        self._directory("smb/rpc")
        conf = self._file("smb.conf", SMB.format(dir=directory))
        self._add("smbd", self.topology.azure,
                  [unconfined("smbd", self.run_dir), "--foreground", "--no-process-group", "-s",
                   conf], rawpeers.SMB)
