# SPDX-License-Identifier: MIT
"""Two network namespaces, a name server, a web server and a long cable.

    vp-bench-cli (we, CPU a)                    vp-bench-srv (CPU b)
    10.99.0.1 ──────────── veth ─────────────── 10.99.0.2   nsd, nginx
    10.98.0.1 ── TUN ── wire, 10 ms ── TUN ──── 10.96.0.53  nsd, nginx

Every address of the networks below is local on the server's side (AnyIP), so 10,000
endpoints are 10,000 addresses of one nginx.
"""

import os
import resource
import socket
import struct
import subprocess
import time

from . import pki

RUN = "/run/vp-bench"
CLIENT, SERVER = "vp-bench-cli", "vp-bench-srv"
RESOLVER = "10.99.0.2"
FAR_RESOLVER = "10.96.0.53"  # 20 ms away
DEAD_RESOLVER = "10.112.0.53"
ONE_WAY_US = 10_000
TX_QUEUE = 500  # packets; the kernel's default for a TUN device
NAMES = 10_000

# Letter of the names' first label -> first address. h is near, d is 20 ms away, and
# what is sent to b disappears.
NETWORKS = {"h": (10, 80, 0, 0), "d": (10, 97, 0, 0), "b": (10, 112, 16, 0)}
LOCAL_ROUTES = ("10.80.0.0/16", "10.96.0.0/15", "10.112.0.0/16")

NGINX_CONF = """\
user root;
daemon off;
worker_processes 1;
worker_rlimit_nofile {files};
pid {run}/nginx.pid;
error_log {run}/nginx.err warn;
events {{ worker_connections {connections}; multi_accept on; }}
http {{
    access_log off;
    client_body_temp_path {run}/body;
    proxy_temp_path {run}/proxy;
    fastcgi_temp_path {run}/fastcgi;
    uwsgi_temp_path {run}/uwsgi;
    scgi_temp_path {run}/scgi;
    # A prober may connect early and speak late.
    client_header_timeout 300s;
    server {{
        listen 443 ssl backlog=65535;
        ssl_certificate {run}/chain.pem;
        ssl_certificate_key {run}/leaf.key;
        ssl_protocols TLSv1.2 TLSv1.3;
        location / {{ return 200 "ok\\n"; }}
    }}
}}
"""

NSD_CONF = """\
server:
    server-count: 1
    ip-address: {near}
    ip-address: {far}
    username: ""
    chroot: ""
    zonesdir: "{run}"
    database: ""
    pidfile: "{run}/nsd.pid"
    logfile: "{run}/nsd.log"
    xfrdfile: "{run}/xfrd.state"
    zonelistfile: "{run}/zone.list"
    rrl-ratelimit: 0
    receive-buffer-size: 4194304
remote-control:
    control-enable: no
zone:
    name: "perf.test"
    zonefile: "perf.test.zone"
"""

NFT_RULES = """\
table inet bench {
    chain input {
        type filter hook input priority 0;
        ip daddr 10.112.0.0/16 drop
    }
}
"""


def name(letter, i):
    return f"{letter}{i}.perf.test"


def _address(letter, i):
    base = struct.unpack(">I", bytes(NETWORKS[letter]))[0]
    return socket.inet_ntoa(struct.pack(">I", base + 256 + i))


def _zone():
    yield "$ORIGIN perf.test."
    yield "$TTL 300"
    yield "@ SOA ns hostmaster 1 3600 900 86400 300"
    yield "@ NS ns"
    yield f"ns A {RESOLVER}"
    for letter in NETWORKS:
        for i in range(NAMES):
            yield f"{letter}{i} A {_address(letter, i)}"


def _sh(*args, **kwargs):
    subprocess.run(args, check=True, **kwargs)


def _in_server(*args, **kwargs):
    _sh("ip", "netns", "exec", SERVER, *args, **kwargs)


def _write(path, text):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def _dns_answers(address):
    """One A query (RFC 1035 section 4.1) for a name of the zone."""
    labels = b"".join(bytes([len(p)]) + p.encode() for p in name("h", 0).split("."))
    query = struct.pack(">6H", 1, 0, 1, 0, 0, 0) + labels + b"\0\0\1\0\1"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(0.2)
        try:
            s.sendto(query, (address, 53))
            answer = s.recv(512)
        except OSError:
            return False
    return len(answer) > 7 and answer[6:8] == b"\0\1"


def _accepts(address):
    try:
        socket.create_connection((address, 443), timeout=0.2).close()
        return True
    except OSError:
        return False


class Testbed:
    """The servers run until the process that made this object ends."""

    def __init__(self, tools, cpus, steered):
        self.tools = tools
        self.steered = steered
        self.prober_cpu, self.server_cpu = cpus[0], cpus[min(1, len(cpus) - 1)]
        os.makedirs(RUN)
        os.sched_setaffinity(0, {self.prober_cpu})
        self._servers = {}
        self._network()
        pki.make(RUN)
        self.bundle = pki.trust(RUN)
        self._system_resolver()
        self._start_servers()
        self._start_wire()
        self._await_all()

    def server_prefix(self):
        """What pins a command, and all it starts, to the servers' CPU."""
        return ["taskset", "-c", str(self.server_cpu)]

    def _network(self):
        _sh("ip", "netns", "attach", CLIENT, str(os.getpid()))
        _sh("ip", "netns", "add", SERVER)
        _sh("ip", "link", "set", "lo", "up")
        _sh("ip", "link", "add", "vp-veth0", "type", "veth",
            "peer", "name", "vp-veth1", "netns", SERVER)
        _sh("ip", "addr", "add", "10.99.0.1/24", "dev", "vp-veth0")
        _sh("ip", "link", "set", "vp-veth0", "up")
        # Like a real host's: what has no better route is sent and gets lost.
        _sh("ip", "route", "add", "default", "via", RESOLVER)
        _in_server("ip", "link", "set", "lo", "up")
        _in_server("ip", "addr", "add", f"{RESOLVER}/24", "dev", "vp-veth1")
        _in_server("ip", "link", "set", "vp-veth1", "up")
        for network in LOCAL_ROUTES:
            _in_server("ip", "route", "add", "local", network, "dev", "lo")
        _in_server("sysctl", "-q", "-w", "net.core.somaxconn=65535",
                   "net.ipv4.tcp_max_syn_backlog=65535", "net.ipv4.ip_forward=0")
        _in_server("nft", "-f", "-", input=NFT_RULES, text=True)
        self._steer("vp-veth0", "vp-veth1")

    def _steer(self, client_device, server_device):
        """Received packets are processed on the receiver's CPU: neither side may pay
        for the other's share of the stack. The kernel lets only root say so."""
        if not self.steered:
            return
        _write(f"/sys/class/net/{client_device}/queues/rx-0/rps_cpus",
               f"{1 << self.prober_cpu:x}")
        _in_server("sh", "-c", f"echo {1 << self.server_cpu:x} > "
                   f"/sys/class/net/{server_device}/queues/rx-0/rps_cpus")

    def _system_resolver(self):
        target = os.path.realpath("/etc/resolv.conf")
        if not os.path.exists(target):  # a link into the /run that is hidden now
            os.makedirs(os.path.dirname(target), exist_ok=True)
            _write(target, "")
        _write(f"{RUN}/resolv.conf", f"nameserver {RESOLVER}\n")
        _sh("mount", "--bind", f"{RUN}/resolv.conf", target)

    def _start(self, label, command, netns=True, **kwargs):
        prefix = ["ip", "netns", "exec", SERVER] if netns else []
        with open(f"{RUN}/{label}.out", "wb") as out:
            kwargs.setdefault("stdout", out)
            self._servers[label] = subprocess.Popen(
                self.server_prefix() + prefix + command,
                stdin=subprocess.DEVNULL, stderr=out, **kwargs)
        return self._servers[label]

    def _start_servers(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        _write(f"{RUN}/nginx.conf", NGINX_CONF.format(
            run=RUN, files=hard, connections=min(hard, 65536) - 64))
        _write(f"{RUN}/nsd.conf", NSD_CONF.format(
            run=RUN, near=RESOLVER, far=FAR_RESOLVER))
        _write(f"{RUN}/perf.test.zone", "\n".join(_zone()) + "\n")
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self._start("nginx", ["nginx", "-e", f"{RUN}/nginx.err", "-c", f"{RUN}/nginx.conf"])
        self._start("nsd", ["nsd", "-d", "-c", f"{RUN}/nsd.conf"])
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    def _start_wire(self):
        wire = self._start(
            "wire",
            [self.tools["wire"], f"/run/netns/{CLIENT}", "vp-wire0",
             f"/run/netns/{SERVER}", "vp-wire1", str(ONE_WAY_US)],
            netns=False, stdout=subprocess.PIPE)
        if wire.stdout.readline() != b"ready\n":
            raise RuntimeError(self._died("wire"))
        try:  # the cable itself must not be late when nginx is busy
            os.setpriority(os.PRIO_PROCESS, wire.pid, -10)
        except PermissionError:
            pass
        for prefix in ([], ["ip", "netns", "exec", SERVER]):
            device = "vp-wire1" if prefix else "vp-wire0"
            _sh(*prefix, "ip", "link", "set", device, "up", "txqueuelen", str(TX_QUEUE))
        _sh("ip", "addr", "add", "10.98.0.1/32", "dev", "vp-wire0")
        _sh("ip", "route", "add", "10.96.0.0/15", "dev", "vp-wire0", "src", "10.98.0.1")
        _in_server("ip", "route", "add", "10.98.0.1/32", "dev", "vp-wire1")
        self._steer("vp-wire0", "vp-wire1")

    def _died(self, label):
        with open(f"{RUN}/{label}.out", encoding="utf-8", errors="replace") as f:
            return f"{label} does not run: {f.read().strip()[-400:]}"

    def _await_all(self):
        ready = {
            "nsd": lambda: _dns_answers(RESOLVER) and _dns_answers(FAR_RESOLVER),
            "nginx": lambda: _accepts(_address("h", 0)) and _accepts(_address("d", 0)),
        }
        for label, answers in ready.items():
            until = time.monotonic() + 10
            while not answers():
                if self._servers[label].poll() is not None or time.monotonic() > until:
                    raise RuntimeError(self._died(label))
                time.sleep(0.02)

    def round_trip_ms(self):
        """TCP connect time over the wire, the best of five."""
        best = 1e9
        for _ in range(5):
            begin = time.monotonic()
            _accepts(_address("d", 0))
            best = min(best, time.monotonic() - begin)
        return best * 1e3

    def wire_drops(self):
        """Packets lost in the wire's transmit queues, both directions."""
        total = 0
        for prefix, device in (([], "vp-wire0"), (["ip", "netns", "exec", SERVER], "vp-wire1")):
            text = subprocess.run(
                [*prefix, "cat", f"/sys/class/net/{device}/statistics/tx_dropped"],
                check=True, capture_output=True, text=True).stdout
            total += int(text)
        return total
