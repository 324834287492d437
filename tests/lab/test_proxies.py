# SPDX-License-Identifier: MIT
"""Explicit proxies: which rule chose, logins, SOCKS, bad proxies, and what they do to requests."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import pytest

from . import azure, probe, proxypeers
from .dns import PRIVATE
from .faults import Filter
from .namespaces import run as run_tool
from .servers import Server, ServerGroup, accepts, unconfined

WWW = "https://www.example.net/"
EXFIL = "https://exfil.example.com/"
VAULT = f"http://{azure.VAULT}.vault.azure.net/secrets"  # plain: 401 with the service's marks
SECRET = proxypeers.PASSWORD
LOGIN = f"{proxypeers.USER}:{SECRET}"
# Further ports of a second squid; each misbehaves in one way.
BUMP, NO_WRITING, NO_PROBERS, STRIPS, OVER_TLS = 3130, 3131, 3132, 3133, 3134
PROXY_NAME = "proxy.corp.example"
ROW = pytest.mark.parametrize

SQUID = """
http_port {a}:{bump} name=bumpport ssl-bump generate-host-certificates=on dynamic_cert_mem_cache_size=4MB tls-cert={run}/bump.pem
http_port {a}:{no_writing} name=nowriting
http_port {a}:{no_probers} name=noprobers
http_port {a}:{strips} name=strips
https_port {a}:{over_tls} name=overtls tls-cert={run}/front.pem
sslcrtd_program /usr/lib/squid/security_file_certgen -s {run}/ssl_db -M 4MB
sslcrtd_children 2 startup=1 idle=1
acl bump myportname bumpport
acl nowriting myportname nowriting
acl noprobers myportname noprobers
acl strips myportname strips
acl writing method POST PUT
acl probers browser ^vnetprobe
acl step1 at_step SslBump1
ssl_bump splice !bump
ssl_bump peek step1
ssl_bump bump all
tls_outgoing_options cafile={root}
http_access deny nowriting writing
http_access deny noprobers probers
http_access allow all
reply_header_access x-ms-request-id deny strips
reply_header_access x-ms-keyvault-region deny strips
dns_nameservers {dns}
dns_timeout 3 seconds
connect_timeout 3 seconds
hosts_file none
cache deny all
cache_mem 8 MB
access_log none
cache_log {run}/cache.log
cache_effective_user proxy
pid_filename none
shutdown_lifetime 0 seconds
visible_hostname proxy.corp.example
pinger_enable off
netdb_filename none
coredump_dir none
"""


def url(port, scheme="http", login=""):
    return f"{scheme}://{login}{'@' if login else ''}{azure.PROXY}:{port}"


@pytest.fixture(scope="module")
def peers(session_lab):
    """The proxies of proxypeers.py, beside the lab's own servers; yields their log."""
    group = ServerGroup()
    onprem = session_lab.topology.onprem
    script = pathlib.Path(proxypeers.__file__)
    server = group.add(Server(
        "proxypeers", onprem, [sys.executable, "-u", script, azure.PROXY], session_lab.run_dir,
        lambda: accepts(onprem, azure.PROXY, proxypeers.AS_HTTP_1_0)))
    try:
        group.wait_ready()
        yield server
    finally:
        group.stop()


def squid_files(lab, directory):
    """Certificates and configuration of the second squid."""
    pki = lab.run_dir / "pki"
    bump = [(pki / f"proxy.{part}").read_text(encoding="ascii") for part in ("key", "crt")]
    (directory / "bump.pem").write_text("".join(bump), encoding="ascii")
    run_tool(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
              "-nodes", "-days", "5", "-keyout", str(directory / "front.key"),
              "-out", str(directory / "front.crt"), "-subj", f"/CN={PROXY_NAME}",
              "-CA", str(pki / "root.crt"), "-CAkey", str(pki / "root.key"),
              "-addext", f"subjectAltName=DNS:{PROXY_NAME}",
              "-addext", "basicConstraints=critical,CA:FALSE"])
    front = [(directory / f"front.{part}").read_text(encoding="ascii") for part in ("key", "crt")]
    (directory / "front.pem").write_text("".join(front), encoding="ascii")
    (directory / "cache.log").touch()
    run_tool(["/usr/lib/squid/security_file_certgen", "-c", "-s", str(directory / "ssl_db"),
              "-M", "4MB"])
    subprocess.run(["chown", "-R", "proxy", str(directory)], check=True)
    conf = directory / "squid.conf"
    conf.write_text(SQUID.format(
        a=azure.PROXY, bump=BUMP, no_writing=NO_WRITING, no_probers=NO_PROBERS, strips=STRIPS,
        over_tls=OVER_TLS, run=directory, root=pki / "root.crt", dns=azure.PUBLIC_DNS),
        encoding="ascii")
    return conf


@pytest.fixture(scope="module")
def squid(session_lab):
    """A squid with one filter on each port."""
    if "squid" not in session_lab.have:
        from .conftest import skip  # pylint: disable=import-outside-toplevel
        skip("squid is not installed")
    directory = session_lab.run_dir / "filters"
    directory.mkdir()
    conf = squid_files(session_lab, directory)
    group = ServerGroup()
    onprem = session_lab.topology.onprem
    group.add(Server("squid-filters", onprem,
                     [unconfined("squid", session_lab.run_dir), "-N", "-f", conf],
                     session_lab.run_dir, lambda: accepts(onprem, azure.PROXY, OVER_TLS)))
    try:
        group.wait_ready()
        yield
    finally:
        group.stop()
        shutil.rmtree(directory)


def credentials(directory, text=LOGIN, mode=0o600):
    """A file that the ordinary user of the lab owns."""
    path = directory / "login"
    path.write_text(text + "\n", encoding="utf-8")
    path.chmod(mode)
    os.chown(path, 65534, 65534)
    for parent in (directory, *directory.parents):
        if pathlib.Path(tempfile.gettempdir()) in parent.parents:
            parent.chmod(0o755)
    return str(path)


def verdict(run, name):
    check = run.checks[name]
    return check["status"], check["cause"]


def texts(check):
    return "\n".join(entry["text"] for entry in check["evidence"])


def variants(run, what=None):
    return [facts for facts in probe.observed(run, "request_variant") if what in (None, facts["what"])]


# Which rule decided.

def test_the_rule_that_sent_each_check_is_told(prober, tmp_path):
    config = tmp_path / "c.yaml"
    config.write_text(f"noproxy: .blob.core.windows.net\nproxy: {azure.PROXY_URL}\n", encoding="utf-8")
    names = ("keyvault", "storage.blob")
    rows = (
        (("-c", str(config)), {}, "c.yaml:2:8: proxy",
         "c.yaml:1:10: noproxy entry .blob.core.windows.net"),
        ((), {"HTTPS_PROXY": azure.PROXY_URL, "NO_PROXY": "localhost,windows.net"},
         "HTTPS_PROXY (environment)", "NO_PROXY entry windows.net (environment)"),
        (("--proxy", azure.PROXY_URL), {"no_proxy": "amlstore.blob.core.windows.net"}, "--proxy",
         "no_proxy entry amlstore.blob.core.windows.net (environment)"),
    )
    for options, env, sent, exempt in rows:
        listed = prober.run("list", "-o", "json", *azure.OPTIONS, *options, *names, root=True, env=env)
        checks = {check["id"]: check["proxy"] for check in json.loads(listed.out)["checks"]}
        assert checks["keyvault"] == {"url": azure.PROXY_URL, "reason": sent}
        assert checks["storage.blob"] == {"url": None, "reason": exempt}
    run = prober.check(*azure.OPTIONS, *options, *names, env=env)
    assert {name: run.checks[name]["proxy"] for name in names} == checks
    text = prober.run("check", "-v", *azure.OPTIONS, *options, *names, env=env)
    assert f"{azure.PROXY_URL} (--proxy)" in text.out


@ROW("options, env, message", [
    (("--proxy", "http://p:0"), {}, "--proxy: the port must be 1 to 65535"),
    (("--proxy", "http://a b"), {}, "--proxy: character 9: blanks, control"),
    (("--proxy", f"http://{LOGIN}@p:1"), {}, "--proxy: a user name or password is refused here"),
    ((), {"https_proxy": "gopher://p"}, "https_proxy (environment): the scheme must be"),
    ((), {"VNETPROBE_PROXY": f"http://{LOGIN}%zz@p"}, "VNETPROBE_PROXY (environment): \"%\" in user"),
    (("--proxy-credentials-file", "/nonexistent"), {}, "--proxy-credentials-file: /nonexistent: No such"),
    (("--proxy-auth", "kerberos"), {}, "--proxy-auth: \"kerberos\" is not valid"),
])
def test_a_bad_proxy_setting_is_one_line_and_nothing_is_sent(prober, options, env, message):
    run = prober.run("check", "-o", "json", *options, WWW, env=env)
    assert run.code == 2
    assert run.out == ""
    assert run.err.startswith(f"vnetprobe: {message}"), run.err
    assert run.err.count("\n") == 1
    assert SECRET not in run.err


# Logins.

@pytest.mark.needs("squid")
@ROW("root", [False, True])
def test_a_login_is_taken_from_file_and_environment(prober, tmp_path, root):
    port = azure.PROXY_AUTH_PORT
    path = credentials(tmp_path)
    if root:
        os.chown(path, 0, 0)
    run = prober.check("--proxy", url(port), "--proxy-credentials-file", path, WWW, root=root)
    probe.assert_passes(run)
    run = prober.check(WWW, env={"HTTPS_PROXY": url(port, login="lab:lab%2Dsecret")}, root=root)
    probe.assert_passes(run)
    run = prober.check(WWW, env={"VNETPROBE_PROXY": url(port, login="lab:wrong")}, root=root)
    assert verdict(run, WWW) == ("fail", "proxy_auth_required")
    assert "a login was given" in texts(run.checks[WWW])


def test_a_login_arrives_although_the_proxy_closes_after_its_407(prober, peers):
    del peers
    env = {"VNETPROBE_PROXY": url(proxypeers.BASIC_ONLY, login=LOGIN)}
    probe.assert_passes(prober.check(WWW, env=env))


@ROW("auth, sent", [
    ("basic", "Basic "), ("ntlm", "NTLM "), ("any", "NTLM "),
])
def test_a_login_goes_to_the_scheme_that_was_asked_for_alone(prober, peers, auth, sent):
    before = peers.log.read_text(encoding="utf-8")
    run = prober.check("--proxy-auth", auth, WWW,
                       env={"VNETPROBE_PROXY": url(proxypeers.MANY_SCHEMES, login=LOGIN)})
    assert verdict(run, WWW) == ("fail", "proxy_auth_required")
    assert "Negotiate, NTLM, Basic" in texts(run.checks[WWW])
    logged = peers.log.read_text(encoding="utf-8")[len(before):].splitlines()
    given = [line.removeprefix("login ") for line in logged if line != "login None"]
    assert given and all(line.startswith(sent) for line in given), logged


def test_a_scheme_that_the_proxy_does_not_offer_gets_no_other_login(prober, peers):
    before = peers.log.read_text(encoding="utf-8")
    run = prober.check("--proxy-auth", "ntlm", WWW,
                       env={"VNETPROBE_PROXY": url(proxypeers.BASIC_ONLY, login=LOGIN)})
    assert verdict(run, WWW) == ("fail", "proxy_auth_required")
    assert "Basic" not in peers.log.read_text(encoding="utf-8")[len(before):]


def test_no_output_holds_a_login(prober, peers, tmp_path):
    del peers
    env = {"https_proxy": url(proxypeers.BASIC_ONLY, login=f"lab:{SECRET}%21"),
           "http_proxy": url(proxypeers.GARBAGE, login=LOGIN)}
    saved = tmp_path / "r.json"
    outputs = []
    for command in (("check", "-v"), ("check", "-o", "json"), ("check", "--redact", "-o", "json"),
                    ("check", "--progress", "json"), ("list", "-v"), ("list", "-o", "json")):
        outputs.append(prober.run(*command, WWW, VAULT, env=env))
    saved.write_text(outputs[1].out, encoding="utf-8")
    for command in (("diagnose", "-v"), ("diagnose", "-o", "json")):
        outputs.append(prober.start([prober.program, *command, str(saved)]))
    for run in outputs:
        assert run.out, run.err
        for hidden in (SECRET, "bGFiOmxhYi1zZWNyZX"):
            assert hidden not in run.out + run.err
    again = json.loads(outputs[-1].out)
    assert again["checks"] == outputs[1].report["checks"]


def test_a_redacted_report_names_neither_proxy_nor_exempt_domain(prober):
    env = {"https_proxy": "http://proxy.contoso.example:9", "no_proxy": ".example.net"}
    for command in (("check", "-v"), ("check", "-o", "json"), ("list", "-v")):
        run = prober.run(*command, *probe.FAST, "--redact", WWW, "https://archive.example.org/",
                         env=env)
        assert "entry" in run.out, run.err
        assert "contoso" not in run.out and "example.net" not in run.out


# Kinds of proxies.

@ROW("scheme, asked", [("socks5h", "name"), ("socks5", "address")])
def test_socks_carries_requests(prober, peers, scheme, asked):
    before = peers.log.read_text(encoding="utf-8")
    run = prober.check("--proxy", url(proxypeers.SOCKS, scheme), WWW, VAULT)
    probe.assert_passes(run)
    assert "explicit_proxy" in run.checks[WWW]["attributes"]
    assert f"socks {asked} " in peers.log.read_text(encoding="utf-8")[len(before):]


@ROW("port, login, target, cause", [
    (proxypeers.SOCKS_LOGIN, "", WWW, "proxy_auth_required"),
    (proxypeers.SOCKS_LOGIN, "lab:wrong", WWW, "proxy_auth_required"),
    (proxypeers.SOCKS_LOGIN, LOGIN, WWW, None),
    (proxypeers.SOCKS, "", "https://www.example.net:9/", "proxy_upstream_failed"),
    (proxypeers.GARBAGE, "", WWW, "proxy_malformed"),
    (proxypeers.CLOSE, "", WWW, "proxy_closed"),
    (proxypeers.SILENT, "", WWW, "proxy_silent"),
])
def test_socks_that_refuses_is_named(prober, peers, port, login, target, cause):
    del peers
    env = {"VNETPROBE_PROXY": url(port, "socks5h", login)}
    run = prober.check(*probe.FAST, target, env=env)
    assert run.checks[target]["cause"] == cause, texts(run.checks[target])


@ROW("port, target, cause, root", [
    (9, WWW, "proxy_unreachable", True),
    (9, VAULT, "proxy_unreachable", False),
    (proxypeers.GARBAGE, WWW, "proxy_malformed", True),
    (proxypeers.GARBAGE, VAULT, "proxy_malformed", False),
    (proxypeers.SILENT, WWW, "proxy_silent", False),
    (proxypeers.CLOSE, WWW, "proxy_closed", False),
    (proxypeers.CLOSE, VAULT, "proxy_closed", True),
    (proxypeers.RESET, WWW, "proxy_closed", False),
    (proxypeers.RESET, VAULT, "proxy_closed", False),
    (proxypeers.HUGE, WWW, "proxy_malformed", False),
    (proxypeers.HUGE, VAULT, "proxy_malformed", False),
])
def test_a_proxy_that_is_none_is_named(prober, peers, port, target, cause, root):
    del peers
    run = prober.check(*probe.FAST, "--proxy", url(port), target, root=root)
    assert verdict(run, target) == ("fail", cause), texts(run.checks[target])
    assert run.code == 1
    # The direct way works, and that is what somebody who looks for the fault wants to know.
    assert "directly, past the proxy: answered" in texts(run.checks[target])


def test_a_destination_that_the_proxy_cannot_reach_is_not_denied(prober, peers):
    del peers
    run = prober.check("--proxy", url(proxypeers.BAD_GATEWAY), WWW)
    assert verdict(run, WWW) == ("fail", "proxy_upstream_failed")


@pytest.mark.needs("squid")
def test_a_proxy_over_tls_must_prove_who_it_is(lab, prober, squid):
    del squid
    lab.set_names(hosts=f"{azure.PROXY} {PROXY_NAME}\n")
    try:
        good = prober.check("--proxy", f"https://{PROXY_NAME}:{OVER_TLS}", WWW)
        # The certificate is for the name alone.
        bad = prober.check("--proxy", url(OVER_TLS, "https"), WWW)
    finally:
        lab.set_names()
    # The line of the hosts file is told; the proxy itself is fine.
    assert verdict(good, WWW) == ("warn", "hosts_override")
    assert verdict(bad, WWW) == ("fail", "proxy_tls_failed")


# The other way.

@pytest.mark.needs("squid")
def test_an_exempt_endpoint_that_only_the_proxy_reaches_needs_it(lab, prober):
    step = Filter((f'iifname "r-cmp" ip daddr {azure.INTERNET} reject with tcp reset',))
    step.do(lab)
    try:
        run = prober.check(*probe.FAST, WWW, env={"https_proxy": azure.PROXY_URL,
                                                  "no_proxy": "www.example.net"})
    finally:
        step.undo(lab)
    assert verdict(run, WWW) == ("fail", "explicit_proxy_required")
    assert variants(run, "other_way")[0]["http"][0]["status"] == 200


@pytest.mark.needs("squid")
def test_a_healthy_run_compares_the_ways_once(prober):
    run = prober.check(*azure.OPTIONS, "--proxy", azure.PROXY_URL, "keyvault", "storage.*",
                       "mcr.registry", "aad.login", root=True)
    probe.assert_passes(run)
    assert len(variants(run, "other_way")) == 1
    # Nobody reads what is inside verified TLS.
    assert len(variants(run)) == 1


def test_a_direct_run_makes_no_further_request(prober):
    run = prober.profile(root=True)
    probe.assert_passes(run)
    assert variants(run) == []


# What does not belong to a proxy.

@pytest.mark.needs("squid")
def test_platform_addresses_that_others_send_to_a_proxy_are_warned_of(prober):
    env = {"http_proxy": azure.PROXY_URL}
    run = prober.check(*azure.OPTIONS, "imds", env=env)
    assert verdict(run, "imds") == ("warn", "proxy_bypass_missing")
    assert "http_proxy (environment)" in run.checks["imds"]["summary"]
    assert azure.IMDS in " ".join(run.checks["imds"]["remediation"])
    run = prober.check(*azure.OPTIONS, "imds", env={**env, "no_proxy": azure.IMDS})
    probe.assert_passes(run)


@pytest.mark.needs("squid")
def test_private_endpoints_through_a_proxy_are_warned_of(lab, prober):
    run = prober.check(*azure.OPTIONS, "--expect-private", "keyvault", "--proxy", azure.PROXY_URL,
                       "keyvault", "mcr.registry")
    assert verdict(run, "keyvault") == ("warn", "proxy_bypass_missing")
    probe.assert_passes(run, but=["keyvault"])
    lab.dns.apply(PRIVATE)
    run = prober.check(*azure.OPTIONS, "--proxy", azure.PROXY_URL, "keyvault")
    assert verdict(run, "keyvault") == ("warn", "proxy_bypass_missing")


# What a proxy does to requests.

@pytest.mark.needs("squid")
@ROW("port, cause, says", [
    (NO_WRITING, "http_method_filtered", "POST"),
    (STRIPS, "http_header_stripped", "x-ms-request-id"),
])
def test_changes_of_requests_are_warned_of(prober, squid, port, cause, says):
    del squid
    run = prober.check("--proxy", url(port), VAULT, VAULT + "/again")
    warned = [check for check in run.report["checks"] if check["status"] == "warn"]
    assert [check["cause"] for check in warned] == [cause]
    assert says in texts(warned[0])
    # Once for the path, not for each endpoint on it.
    assert sorted(facts["method"] for facts in variants(run, "method")) == ["HEAD", "POST", "PUT"]


def test_http_1_0_of_a_proxy_is_warned_of(prober, peers):
    del peers
    run = prober.check("--proxy", url(proxypeers.AS_HTTP_1_0), VAULT)
    assert verdict(run, VAULT) == ("warn", "http_downgraded")


@pytest.mark.needs("squid")
def test_a_filter_of_user_agents_is_named(prober, squid):
    del squid
    run = prober.check("--proxy", url(NO_PROBERS), VAULT)
    assert verdict(run, VAULT) == ("fail", "user_agent_filtered")


@pytest.mark.needs("squid")
def test_an_honest_proxy_changes_nothing(prober):
    run = prober.check("--proxy", azure.PROXY_URL, VAULT)
    probe.assert_passes(run)
    assert len(variants(run)) == 5


@pytest.mark.needs("squid")
@ROW("root", [False, True])
def test_interception_by_the_proxy_is_seen_and_its_requests_are_compared(
        lab, prober, squid, root):
    del squid
    names = ("keyvault", "mcr.registry")
    run = prober.check(*azure.OPTIONS, "--proxy", url(BUMP), *names, root=root)
    assert {run.checks[name]["cause"] for name in names} <= {"tls_intercepted", "tls_untrusted"}
    trusted = prober.check(*azure.OPTIONS, "--proxy", url(BUMP), "--cacert",
                           str(lab.run_dir / "pki" / "proxy.crt"), *names, root=root)
    assert all(trusted.checks[name]["status"] in ("pass", "warn") for name in names)
    assert sorted(facts["method"] for facts in variants(trusted, "method")) in (
        ["HEAD"], ["HEAD", "POST", "PUT"])
