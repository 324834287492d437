# SPDX-License-Identifier: MIT
"""Every follow-up probe against a path whose devices are known, as an ordinary user.

    client 10.61.0.2 ── near 10.61.0.1 / 10.62.0.1 ── far 10.62.0.2 / 203.0.113.1 ── server .10, .11
"""

import json
import secrets
import subprocess
import sys
import textwrap
import time

import pytest

from . import probe
from .conftest import skip
from .namespaces import Namespace, run, why_not_permitted

SERVER, SERVER6 = "203.0.113.10", "fd61:3::10"
NAME = "blocked.example"
# What the server does on its ports; 4431 is TLS behind a certificate of several segments.
TLS, SLOW, ABORT, CLOSED = 4431, 4432, 4433, 4439
HOPS = 2  # routers on the way
SYN_ACK_TTL = 64 - HOPS
WIRES = (("cli", "eth0", "10.61.0.2/24", "fd61:1::2/64"), ("near", "n0", "10.61.0.1/24", "fd61:1::1/64")), \
        (("near", "n1", "10.62.0.1/24", "fd61:2::1/64"), ("far", "f0", "10.62.0.2/24", "fd61:2::2/64")), \
        (("far", "f1", "203.0.113.1/24", "fd61:3::1/64"), ("srv", "eth0", f"{SERVER}/24", f"{SERVER6}/64"))

PEERS = textwrap.dedent(f"""
    import socket, ssl, struct, sys, threading, time

    def listen(port):
        sock = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True,
                                    backlog=128)
        while True:
            yield sock.accept()[0]

    def tls(conn):
        conn.settimeout(5)
        with context.wrap_socket(conn, server_side=True) as session:
            session.recv(1)

    def slow(conn):
        # Answers late, so that whoever stands on the path has the first word.
        conn.settimeout(5)
        if conn.recv(4096):
            time.sleep(0.3)
            conn.sendall(b"\\x15\\x03\\x03\\x00\\x02\\x02\\x28")

    def abort(conn):
        conn.settimeout(5)
        if conn.recv(4096):
            conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def serve(port, handle):
        def one(conn):
            try:
                with conn:
                    handle(conn)
            except OSError:
                pass
        for conn in listen(port):
            threading.Thread(target=one, args=(conn,), daemon=True).start()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1])
    for port, handle in (({TLS}, tls), ({SLOW}, slow), ({ABORT}, abort)):
        threading.Thread(target=serve, args=(port, handle), daemon=True).start()
    print("ready", flush=True)
    threading.Event().wait()
""")

# Resets connections that carry a text, by copies of what passes an interface.
INJECTOR = textwrap.dedent("""
    import socket, struct, sys

    def checksum(data):
        total = sum(struct.unpack(f"!{(len(data) + 1) // 2}H", data + b"\\0" * (len(data) % 2)))
        total = (total >> 16) + (total & 0xffff)
        return ~(total + (total >> 16)) & 0xffff

    device, ttl, text = sys.argv[1], int(sys.argv[2]), sys.argv[3].encode()
    tap = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
    tap.bind((device, 0x0800))
    out = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    print("ready", flush=True)
    while True:
        packet, where = tap.recvfrom(65535)
        if where[2] == 4 or packet[9] != 6 or text not in packet:  # 4: our own host sent it
            continue
        src, dst = packet[12:16], packet[16:20]
        start = (packet[0] & 15) * 4
        sport, dport, _, ack = struct.unpack("!HHII", packet[start:start + 12])
        tcp = struct.pack("!HHIIBBHHH", dport, sport, ack, 0, 5 << 4, 4, 0, 0, 0)
        pseudo = dst + src + struct.pack("!BBH", 0, 6, len(tcp))
        tcp = tcp[:16] + struct.pack("!H", checksum(pseudo + tcp)) + tcp[18:]
        ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40, 0, 0, ttl, 6, 0, dst, src)
        out.sendto(ip + tcp, (socket.inet_ntoa(src), 0))
""")


class Path:
    """The wires and the server; rules of a test are undone after it."""

    def __init__(self, folder):
        run_id = secrets.token_hex(2)
        self.folder = folder
        self.at = {role: Namespace(run_id, role) for role in ("cli", "near", "far", "srv")}
        self.processes = []

    def create(self):
        for namespace in self.at.values():
            namespace.create()
            # Without duplicates to look for, addresses work at once.
            namespace.sysctl(ipv6__conf__default__accept_dad=0)
        for (one, device, v4, v6), (two, device2, v4_2, v6_2) in WIRES:
            self.at[one].ip(f"link add {device} type veth peer name {device2} "
                            f"netns {self.at[two].name}")
            for role, name, ipv4, ipv6 in ((one, device, v4, v6), (two, device2, v4_2, v6_2)):
                self.at[role].ip(f"addr add {ipv4} dev {name}", f"addr add {ipv6} dev {name} nodad",
                                 f"link set {name} up")
        self.at["cli"].ip("route add default via 10.61.0.1", "route add ::/0 via fd61:1::1")
        self.at["srv"].ip("route add default via 203.0.113.1", "route add ::/0 via fd61:3::1")
        self.at["near"].ip("route add 203.0.113.0/24 via 10.62.0.2",
                           "route add fd61:3::/64 via fd61:2::2")
        self.at["far"].ip("route add 10.61.0.0/24 via 10.62.0.1",
                          "route add fd61:1::/64 via fd61:2::1")
        for role in ("near", "far"):
            self.at[role].sysctl(ipv4__ip_forward=1, ipv6__conf__all__forwarding=1,
                                 ipv4__icmp_ratelimit=0, ipv4__icmp_msgs_per_sec=100000,
                                 ipv6__icmp__ratelimit=0)
        self.start("srv", PEERS, self._certificate())
        for address in (SERVER, SERVER6):  # neighbours take a while to find each other
            run(self.at["cli"].command(sys.executable, "-c", "import socket, sys\n"
                                       "socket.create_connection((sys.argv[1], int(sys.argv[2])), 9)",
                                       address, str(SLOW)))

    def _certificate(self):
        """Key and certificate with so many names that they need several segments."""
        path = self.folder / "server.pem"
        names = ",".join(f"DNS:name-number-{i}-of-many.example" for i in range(100))
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                        "/CN=server.example", "-addext", f"subjectAltName={names}", "-keyout", path,
                        "-out", self.folder / "cert.pem"], check=True, capture_output=True)
        path.write_text(path.read_text() + (self.folder / "cert.pem").read_text())
        return str(path)

    def start(self, role, program, *arguments):
        process = subprocess.Popen(
            self.at[role].command(sys.executable, "-c", program, *arguments),
            stdout=subprocess.PIPE, text=True)
        self.processes.append(process)
        assert process.stdout.readline() == "ready\n"
        return process

    def end(self, process):
        process.kill()
        process.communicate()
        self.processes.remove(process)

    def delete(self):
        for process in list(self.processes):
            self.end(process)
        for namespace in self.at.values():
            namespace.delete()

    def give(self, *orders):
        """The observations of orders, in the order of their ends; the counters last."""
        argv = self.at["cli"].command(*probe.ORDINARY, str(order_program()), *orders)
        done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def one(self, order, *more):
        """The facts of a single order."""
        seen = self.give(*more, order)[0]
        return seen[seen["kind"]]


def order_program():
    built = probe.binary()
    return built and built.parents[1] / "tests" / "unit" / "give_orders"


@pytest.fixture(scope="module", name="wires")
def _wires(tmp_path_factory):
    if why_not_permitted():
        skip(f"the lab cannot run: {why_not_permitted()}")
    if not order_program() or not order_program().exists():
        skip("give_orders is not built")
    path = Path(tmp_path_factory.mktemp("forensics"))
    try:
        path.create()
        yield path
    finally:
        path.delete()


@pytest.fixture(name="path")
def _path(wires):
    rules = []

    def rule(role, hook, *lines):
        """Loads filter rules that live as long as the test."""
        table = f"t{len(rules)}"
        rules.append((role, table))
        wires.at[role].nft("\n".join((f"table inet {table} {{", "chain it {",
                                      f"type filter hook {hook} priority 0; policy accept;",
                                      *lines, "}", "}", "")))

    wires.rule = rule
    yield wires
    for role, table in rules:
        wires.at[role].nft(f"delete table inet {table}\n")
    for role in ("cli", "srv"):
        wires.at[role].ip("route flush cache")


def peer(port, address=SERVER):
    return f"peer=[{address}]:{port}" if ":" in address else f"peer={address}:{port}"


def steps(facts):
    return {step["ttl"]: step for step in facts["steps"]}


# TTL scan

@pytest.mark.parametrize("address, hops", [
    (SERVER, ("10.61.0.1", "10.62.0.2")),
    (SERVER6, ("fd61:1::1", "fd61:2::2")),
])
def test_a_scan_names_every_router_and_reaches_the_server(path, address, hops):
    facts = path.one(f"ttl_scan,{peer(TLS, address)}")
    seen = steps(facts)
    assert facts["ended"] == "done"
    assert [seen[ttl]["answer"] for ttl in (1, 2)] == ["exceeded", "exceeded"]
    assert tuple(seen[ttl]["icmp"]["from"] for ttl in (1, 2)) == hops
    assert {seen[ttl]["answer"] for ttl in range(3, 17)} == {"connected"}
    assert all(0 < seen[ttl]["rtt_ms"] < 700 for ttl in range(1, 17))
    assert facts["packets"] == 16


def test_a_scan_of_a_closed_port_sees_refusals_behind_the_routers(path):
    seen = steps(path.one(f"ttl_scan,{peer(CLOSED)}"))
    assert [seen[ttl]["answer"] for ttl in (1, 2, 3, 16)] == \
        ["exceeded", "exceeded", "refused", "refused"]


def test_a_scan_falls_silent_behind_the_router_that_drops(path):
    path.rule("far", "forward", f"tcp dport {TLS} drop")
    facts = path.one(f"ttl_scan,{peer(TLS)}")
    seen = steps(facts)
    assert [seen[ttl]["answer"] for ttl in (1, 2, 3, 16)] == \
        ["exceeded", "exceeded", "silent", "silent"]
    assert seen[3]["retried"] and not seen[2]["retried"]
    assert facts["packets"] == 16 + 14


def test_a_scan_tells_icmp_errors_from_expiry(path):
    path.rule("near", "forward", f"tcp dport {TLS} reject with icmpx type admin-prohibited")
    seen = steps(path.one(f"ttl_scan,{peer(TLS)}"))
    assert seen[1]["answer"] == "exceeded"
    assert seen[3]["answer"] == "icmp"
    assert (seen[3]["icmp"]["type"], seen[3]["icmp"]["code"]) == (3, 13)
    assert seen[3]["icmp"]["from"] == "10.61.0.1"


def test_a_redirecting_device_answers_a_syn_that_cannot_reach_the_server(path):
    device = path.start("near", "import socket\ns = socket.create_server(('0.0.0.0', 15001))\n"
                        "print('ready', flush=True)\nheld = []\n"
                        "while True: held.append(s.accept())")
    path.at["near"].nft("table ip steered {\nchain it {\ntype nat hook prerouting priority -100;\n"
                        f"tcp dport {TLS} redirect to :15001\n}}\n}}\n")
    try:
        seen = steps(path.one(f"ttl_scan,{peer(TLS)}"))
    finally:
        path.at["near"].nft("delete table ip steered\n")
        path.end(device)
    assert seen[1]["answer"] == "connected"


def test_without_icmp_for_syns_a_scan_says_that_silence_means_nothing(path):
    facts = path.one(f"ttl_scan,{peer(TLS)}", "lacking=syn_icmp")
    assert facts["ended"] == "unsupported"
    assert steps(facts)[16]["answer"] == "connected"


# TTL of replies

@pytest.mark.parametrize("address", [SERVER, SERVER6])
@pytest.mark.parametrize("port, reply", [(TLS, "syn_ack"), (CLOSED, "reset")])
def test_the_ttl_of_a_reply_is_exact(path, address, port, reply):
    facts = path.one(f"reply_ttl,{peer(port, address)}")
    assert (facts["ended"], facts["reply"]) == ("done", reply)
    assert (facts["ttl_low"], facts["ttl_high"]) == (SYN_ACK_TTL, SYN_ACK_TTL)
    assert facts["confirmed"] and not facts["mixed"]
    assert facts["packets"] <= 36


@pytest.mark.parametrize("role, ttl", [("near", 64), ("far", 63)])
def test_a_reset_by_a_router_has_the_routers_ttl(path, role, ttl):
    path.rule(role, "forward", f"tcp dport {CLOSED} reject with tcp reset")
    facts = path.one(f"reply_ttl,{peer(CLOSED)}")
    assert (facts["reply"], facts["ttl_low"], facts["ttl_high"]) == ("reset", ttl, ttl)


def test_silence_has_no_ttl(path):
    path.rule("near", "forward", f"tcp dport {TLS} drop")
    facts = path.one(f"reply_ttl,{peer(TLS)}")
    assert (facts["ended"], facts["reply"]) == ("done", "none")
    assert (facts["ttl_low"], facts["ttl_high"]) == (0, 0)
    assert facts["packets"] == 13


@pytest.mark.parametrize("order", ["reply_ttl", f"reset_test,name={NAME}"])
def test_without_min_ttl_nothing_is_sent(path, order):
    facts = path.one(f"{order},{peer(TLS)}", "lacking=min_ttl")
    assert (facts["ended"], facts["packets"]) == ("unsupported", 0)


# Who resets

def flows(facts):
    return [(flow["min_ttl"], flow["outcome"]) for flow in facts["flows"]]


def test_a_reset_of_the_server_stops_at_its_own_ttl(path):
    facts = path.one(f"reset_test,{peer(ABORT)},name={NAME}")
    assert (facts["ended"], facts["syn_ack_ttl"]) == ("done", SYN_ACK_TTL)
    assert flows(facts) == [(0, "reset"), (62, "reset"), (63, "silent")]


def test_a_reset_from_nearer_passes_the_servers_ttl(path):
    path.rule("near", "forward",
              f"tcp dport {SLOW} tcp flags & psh == psh reject with tcp reset")
    facts = path.one(f"reset_test,{peer(SLOW)},name={NAME}")
    assert flows(facts) == [(0, "reset"), (62, "reset"), (63, "reset")]
    assert facts["flows"][0]["after_ms"] < 200  # the server would have taken 300


def test_behind_a_forged_reset_of_low_ttl_the_server_answers(path):
    injector = path.start("near", INJECTOR, "n0", "40", NAME)
    try:
        facts = path.one(f"reset_test,{peer(SLOW)},name={NAME}")
    finally:
        path.end(injector)
    assert flows(facts) == [(0, "reset"), (62, "answered"), (63, "silent")]


def test_a_server_that_answers_is_not_reset(path):
    facts = path.one(f"reset_test,{peer(TLS)},name={NAME}")
    # An answer to the plain one leaves nothing to be compared, and the others are not waited for.
    assert flows(facts)[0] == (0, "answered")
    assert "reset" not in [outcome for _, outcome in flows(facts)]


# Handshakes that differ in one property

def test_a_handshake_tells_certificate_and_times(path):
    facts = path.one(f"tls_variant,{peer(TLS)},name={NAME}")
    assert (facts["ended"], facts["connected"], facts["outcome"]) == ("done", "connected", "done")
    assert (facts["sni"], facts["version"]) == (NAME, "TLSv1.3")
    assert facts["issuer"] == facts["subject"] == "CN=server.example"
    assert 0 < facts["first_byte_ms"] <= facts["handshake_ms"] < 2500



@pytest.mark.parametrize("variant, outcome", [
    (f",name={NAME}", "reset"),
    (",name=another.example", "done"),
    ("", "done"),
    (f",name={NAME},split_name", "done"),
])
def test_only_the_whole_name_in_one_segment_triggers_a_filter(path, variant, outcome):
    # An on-path matcher without reassembly; its reset has to win the race.
    injector = path.start("near", INJECTOR, "n0", "64", NAME)
    try:
        facts = path.one(f"tls_variant,{peer(SLOW if outcome == 'reset' else TLS)}{variant}")
    finally:
        path.end(injector)
    assert facts["outcome"] == outcome, facts
    assert facts["split_name"] == ("split_name" in variant)


@pytest.mark.parametrize("role, padded", [("far", ""), ("near", ",padded")],
                         ids=["certificates", "hello"])
def test_behind_a_silent_small_mtu_only_small_segments_work(path, role, padded):
    path.at["near"].ip("link set n1 mtu 1400")
    path.at["far"].ip("link set f0 mtu 1400")
    try:
        path.rule(role, "output", "icmp type destination-unreachable drop")
        usual = path.one(f"tls_variant,{peer(TLS)},name={NAME}{padded}")
        path.at["cli"].ip("route flush cache")
        small = path.one(f"tls_variant,{peer(TLS)},name={NAME}{padded},max_seg=1200")
    finally:
        path.at["near"].ip("link set n1 mtu 1500")
        path.at["far"].ip("link set f0 mtu 1500")
    assert (usual["connected"], usual["outcome"]) == ("connected", "timeout")
    assert (small["outcome"], small["max_seg"]) == ("done", 1200)
    assert small["tcp_info"]["snd_mss"] <= 1200
    if padded:
        assert usual["hello_size"] > 1460
        assert usual["tcp_info"]["unacked"] > 0


def test_without_max_seg_no_variant_of_it_is_tried(path):
    facts = path.one(f"tls_variant,{peer(TLS)},max_seg=1200", "lacking=max_seg")
    assert (facts["ended"], facts["hello_size"]) == ("unsupported", 0)


def test_plain_text_is_no_tls(path):
    server = path.start("srv", "import socket\ns = socket.create_server(('0.0.0.0', 4440))\n"
                        "print('ready', flush=True)\n"
                        "while True:\n c = s.accept()[0]\n c.recv(1)\n c.sendall(b'HTTP/1.1 400')\n")
    try:
        facts = path.one(f"tls_variant,{peer(4440)}")
    finally:
        path.end(server)
    assert facts["outcome"] == "not_tls"


# Ports, controls, this host

def test_ports_of_a_dead_path_fail_in_every_round(path):
    path.rule("near", "forward", f"tcp dport {TLS} tcp sport & 2 == 2 drop")
    facts = path.one(f"source_ports,{peer(TLS)}")
    assert facts["ended"] == "done"
    assert len(facts["tries"]) == facts["packets"] == 48
    outcomes = {}
    for entry in facts["tries"]:
        outcomes.setdefault(entry["port"], []).append(entry["outcome"])
    assert len(outcomes) == 16
    for port, seen in outcomes.items():
        assert seen == (["timeout"] if port & 2 else ["connected"]) * 3, port


def test_a_connect_for_comparison_sends_one_syn(path):
    path.rule("near", "forward", f"tcp dport {TLS} drop")
    seen = path.give(f"control_connect,{peer(TLS)}", f"control_connect,{peer(SLOW)}",
                     f"control_connect,{peer(CLOSED)}")
    facts = {o["control_connect"]["peer"]: (o["control_connect"], o["duration_ms"])
             for o in seen if o["kind"] == "control_connect"}
    silent, waited = facts[f"{SERVER}:{TLS}"]
    assert (silent["outcome"], silent["tcp_info"]["total_retrans"]) == ("timeout", 0)
    assert 800 < waited < 1000
    assert facts[f"{SERVER}:{SLOW}"][0]["outcome"] == "connected"
    assert facts[f"{SERVER}:{CLOSED}"][0]["errno"] == "ECONNREFUSED"


def test_udp_tells_a_filter_of_this_host_from_one_behind_it(path):
    path.rule("cli", "output", f"meta l4proto {{ tcp, udp }} th dport {TLS} drop")
    path.rule("near", "forward", f"meta l4proto {{ tcp, udp }} th dport {SLOW} drop")
    own = path.one(f"local_udp,{peer(TLS)}")
    other = path.one(f"local_udp,{peer(SLOW)}")
    assert (own["ended"], own["errno"], own["sent"]) == ("done", "EPERM", 0)
    assert (other["ended"], other["errno"], other["sent"]) == ("done", None, 2)


def counted(seen):
    return {item["name"]: item["delta"] for item in seen[-1]["counters"]["items"]}


def test_counters_show_what_left_and_what_did_not_arrive(path):
    quiet = counted(path.give(f"control_connect,{peer(TLS)}"))
    assert quiet["Tcp.ActiveOpens"] == 1
    path.rule("cli", "input", f"tcp sport {TLS} drop")
    blocked = counted(path.give(f"control_connect,{peer(TLS)}"))
    assert blocked["Ip.InReceives"] - blocked["Ip.InDelivers"] >= 1
    assert quiet["Ip.InReceives"] == quiet["Ip.InDelivers"]


def test_counters_show_the_reverse_path_filter(path):
    stray = "10.77.0.1"  # comes in by eth0, and the way back to it is another one
    path.at["srv"].ip(f"addr add {stray}/32 dev lo")
    path.at["cli"].ip("link add d0 type veth peer name d1", "link set d0 up", "link set d1 up",
                      f"route add {stray}/32 dev d0")
    path.at["cli"].sysctl(ipv4__conf__all__rp_filter=1)
    path.rule("near", "forward", f"tcp dport {TLS} drop")
    sender = path.start(
        "srv", f"import socket, time\ns = socket.socket(type=socket.SOCK_DGRAM)\n"
        f"s.bind(('{stray}', 0))\nprint('ready', flush=True)\n"
        "while True:\n s.sendto(b'', ('10.61.0.2', 9))\n time.sleep(0.05)\n")
    try:
        seen = counted(path.give(f"control_connect,{peer(TLS)}"))
    finally:
        path.end(sender)
        path.at["cli"].ip("link del d0")
        path.at["cli"].sysctl(ipv4__conf__all__rp_filter=0)
        path.at["srv"].ip(f"addr del {stray}/32 dev lo")
    assert seen["TcpExt.IPReversePathFilter"] >= 5


@pytest.mark.parametrize("kind, errno", [("unreachable", "EHOSTUNREACH"), ("prohibit", "EACCES"),
                                         ("blackhole", "EINVAL"), ("throw", "ENETUNREACH")])
@pytest.mark.parametrize("address, bits", [("198.51.100.7", 32), ("fd61:9::7", 128)])
def test_a_route_lookup_tells_what_kind_of_route_refuses(path, kind, errno, address, bits):
    path.at["cli"].ip(f"route add {kind} {address}/{bits}")
    # "throw" goes on to the next table; here none has an answer then.
    default = "::/0 via fd61:1::1" if ":" in address else "default via 10.61.0.1"
    if kind == "throw":
        path.at["cli"].ip(f"route del {default}")
    try:
        facts = path.one(f"route,{peer(443, address)}")
    finally:
        path.at["cli"].ip(f"route del {kind} {address}/{bits}")
        if kind == "throw":
            path.at["cli"].ip(f"route add {default}")
    assert (facts["ended"], facts["errno"]) == ("done", errno)


def test_a_route_lookup_names_the_way(path):
    facts = path.one(f"route,{peer(443)}")
    assert facts == {**facts, "ended": "done", "err": 0, "gateway": "10.61.0.1",
                     "source": "10.61.0.2", "interface": "eth0", "table": 254}


def test_policy_routing_by_port_is_seen(path):
    path.at["cli"].ip("rule add ipproto tcp dport 4431 lookup 63 pref 10",
                      "route add prohibit default table 63")
    try:
        assert path.one(f"route,{peer(4431)}")["errno"] == "EACCES"
        assert path.one(f"route,{peer(4432)}")["errno"] is None
    finally:
        path.at["cli"].ip("rule del pref 10", "route flush table 63")


def test_orders_end_in_bounded_time(path):
    path.rule("near", "forward", f"ip daddr {SERVER} drop")
    begin = time.monotonic()
    seen = path.give(f"ttl_scan,{peer(TLS)}", f"reply_ttl,{peer(TLS)}", f"source_ports,{peer(TLS)}",
                     f"reset_test,{peer(TLS)}", f"tls_variant,{peer(TLS)}", f"local_udp,{peer(TLS)}")
    assert time.monotonic() - begin < 4.5
    assert len(seen) == 7
