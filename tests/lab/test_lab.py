# SPDX-License-Identifier: MIT
"""The lab proves itself, without vnetprobe: services answer as documented, faults are real."""

import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

from . import azure, client, webfront
from .dns import DUAL, PRIVATE
from .faults import FAULTS
from .namespaces import ETC, run

VERSION = {"x-ms-version": "2020-10-02"}

# service, path, header fields to send, status, then a field and words that its value or the
# body has to hold
ANSWERS = (
    ("login", "/common/v2.0/.well-known/openid-configuration", {}, 200, "x-ms-ests-server",
     "token_endpoint"),
    ("arm", "/subscriptions?api-version=2016-06-01", {}, 401, "x-ms-correlation-request-id",
     "AuthenticationFailed"),
    ("aml-region", "/discovery", {}, 200, "x-aml-cluster", f"https://{azure.REGION}.api.azureml.ms"),
    ("instance", "/", {}, 302, "location", ""),
    ("instance", "/api/kernels", {}, 403, "server", "Forbidden"),
    ("blob", "/?comp=list", VERSION, 401, "www-authenticate", "NoAuthenticationInformation"),
    ("blob", "/?comp=list", {}, 409, "x-ms-request-id", "PublicAccessNotPermitted"),
    ("queue", "/?comp=list", VERSION, 401, "x-ms-request-id", "NoAuthenticationInformation"),
    ("dfs", "/?resource=account", VERSION, 401, "x-ms-request-id", "NoAuthenticationInformation"),
    ("acr", "/v2/", {}, 401, "docker-distribution-api-version", "UNAUTHORIZED"),
    ("acr", "/v2/a/blobs/sha256:00", {}, 307, "location", ""),
    ("mcr", "/v2/", {}, 200, "x-ms-correlation-request-id", "{}"),
    ("vault", "/healthstatus", {}, 200, "x-ms-keyvault-network-info", "OK"),
    ("vault", "/secrets?api-version=7.4", {}, 401, "www-authenticate", "Unauthorized"),
)


@pytest.mark.parametrize("name, path, headers, status, field, words", ANSWERS,
                         ids=[f"{row[0]}{row[1]}-{row[3]}" for row in ANSWERS])
def test_service_answers_as_documented(lab, name, path, headers, status, field, words):
    service = azure.BY_NAME[name]
    seen, fields, text = client.get(lab, service, service.hosts[0], path, headers)
    assert seen == status
    assert field in fields
    assert words in text
    assert "nginx" not in fields.get("server", "")


@pytest.mark.needs("azurite")
def test_requests_with_credentials_reach_azurite(lab):
    service = azure.BY_NAME["blob"]
    status, fields, _ = client.get(lab, service, service.hosts[0], "/?comp=list",
                                   {"Authorization": "Bearer x"})
    assert status == 403
    assert "x-ms-request-id" in fields


@pytest.mark.needs("docker-registry")
def test_registry_is_a_real_one(lab):
    service = azure.BY_NAME["acr"]
    status, fields, _ = client.get(lab, service, service.hosts[0], "/v2/hello/manifests/latest")
    assert status == 401
    assert 'scope="repository:hello:pull"' in fields["www-authenticate"]




def fault_rows(rows):
    """Named rows whose first member is a fault, each with what the fault needs of the lab."""
    return [pytest.param(*row, id=f"{row[0]}-{row[1].split('.')[0]}",
                         marks=[pytest.mark.needs(FAULTS[row[0]].needs)]
                         if row[0] and FAULTS[row[0]].needs else [])
            for row in rows]


# fault, service, path, what an independent client sees
SYMPTOMS = (
    ("nsg-storage", "blob", "/", "connect-timeout"),
    ("all-blocked", "login", "/", "connect-timeout"),
    ("refused", "vault", "/", "refused"),
    ("icmp-prohibited", "monitor", "/", "unreachable"),
    ("expired-certificate", "vault", "/", "certificate-10"),
    ("wrong-name", "acr", "/", "certificate-62"),
    ("untrusted-certificate", "monitor", "/", "certificate-19"),
    ("self-signed", "monitor", "/", "certificate-18"),
    ("incomplete-chain", "monitor", "/", "certificate-20"),
    ("interception", "mcr", "/", "certificate-19"),
    ("plain-text-443", "vault", "/", "not-tls"),
    ("name-filter", "acr", "/v2/", "tls-closed"),
    ("name-filter", "acr-data", "/", "http-404"),
    ("hello-reset", "acr", "/v2/", "tls-reset"),
    ("server-abort", "acr", "/v2/", "tls-reset"),
    ("silent-server", "vault", "/", "tls-timeout"),
    ("silent-service", "vault", "/", "http-timeout"),
    ("impostor", "vault", "/healthstatus", "http-200"),
    ("storage-firewall", "blob", "/?comp=list", "http-403"),
    ("registry-firewall", "acr", "/v2/", "http-403"),
)


@pytest.mark.parametrize("fault, name, path, expected", fault_rows(SYMPTOMS))
def test_fault_shows_and_goes_away(lab, fault, name, path, expected):
    service = azure.BY_NAME[name]
    host = service.hosts[0]
    healthy = client.symptom(lab, service, host, path)
    assert healthy.startswith("http-")
    with FAULTS[fault].injected(lab):
        assert client.symptom(lab, service, host, path) == expected
    assert client.symptom(lab, service, host, path) == healthy


def test_smb_faults_show(lab):
    address = azure.BY_NAME["file"].ipv4
    with FAULTS["smb-blocked"].injected(lab), pytest.raises(client.Symptom) as seen:
        client.connect(lab, address, 445)
    assert str(seen.value) == "connect-timeout"
    with FAULTS["smb-impostor"].injected(lab):
        assert client.first_bytes(lab, address, 445).startswith(b"SSH-2.0")


def test_plain_http_is_denied_by_the_firewall(lab):
    request = b"GET / HTTP/1.1\r\nHost: archive.example.org\r\n\r\n"
    assert client.first_bytes(lab, azure.INTERNET, 80, request).startswith(b"HTTP/1.1 200")
    with FAULTS["firewall-470"].injected(lab):
        assert client.first_bytes(lab, azure.INTERNET, 80, request).startswith(b"HTTP/1.1 470")


BLOB = f"{azure.STORAGE}.blob.core.windows.net"
VAULT = f"{azure.VAULT}.vault.azure.net"
# fault (None: the healthy private world), name, status, addresses
NAMES = (
    (None, BLOB, "NOERROR", ["10.20.9.10"]),
    ("unlinked-zone", BLOB, "NOERROR", ["20.60.0.10"]),
    ("missing-record", BLOB, "NXDOMAIN", []),
    ("missing-record", VAULT, "NOERROR", ["10.20.9.30"]),
    ("outside-vnet", BLOB, "NOERROR", ["10.99.0.5"]),
    ("custom-dns", BLOB, "NOERROR", ["20.60.0.10"]),
    ("name-not-found", VAULT, "NXDOMAIN", []),
    ("dead-resolver", VAULT, "silent", []),
    ("dns-udp-blocked", VAULT, "silent", []),
    ("dns-edns-dropped", VAULT, "silent", []),
    ("dnssec-bogus", "archive.example.org", "SERVFAIL", []),
)


@pytest.mark.parametrize("fault, name, status, addresses", fault_rows(NAMES))
def test_names_resolve_as_the_scenario_says(lab, fault, name, status, addresses):
    if fault is None:
        lab.dns.apply(PRIVATE)
        assert client.dig(lab, name) == (status, addresses)
        return
    with FAULTS[fault].injected(lab):
        assert client.dig(lab, name) == (status, addresses)


def test_dual_stack_names_have_both_families(lab):
    lab.dns.apply(DUAL)
    assert client.dig(lab, VAULT, "-t", "AAAA") == ("NOERROR", [azure.BY_NAME["vault"].ipv6])
    assert client.dig(lab, "management.azure.com", "-t", "AAAA") == ("NOERROR", [])


def test_security_group_counts_by_service_tag(lab):
    before = lab.topology.router.nft_counters("nsg")
    service = azure.BY_NAME["vault"]
    client.get(lab, service, service.hosts[0])
    after = lab.topology.router.nft_counters("nsg")
    changed = {comment for comment in after if after[comment] != before[comment]}
    assert [comment.split()[1] for comment in changed] == ["AllowAzureKeyVault"]


def test_every_port_of_a_fault_is_served(lab):
    for port in (*webfront.CERTIFICATES, *webfront.MODES, webfront.DENIED, webfront.IMPOSTOR,
                 webfront.PLAIN_HTTP, webfront.TLS12_ONLY):
        client.connect(lab, azure.BY_NAME["vault"].private, port).close()


def left_behind(run_id):
    """Namespaces, /etc entries and living processes of a lab that should be gone."""
    found = [line for line in run(["ip", "netns", "list"]).splitlines() if f"vp-{run_id}-" in line]
    found += [str(path) for path in ETC.glob(f"vp-{run_id}-*")]
    for path in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            command = (path / "cmdline").read_bytes().decode("utf-8", "replace")
            state = (path / "stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0]
        except OSError:
            continue
        if f"vp-{run_id}-" in command and state != "Z":
            found.append(command.replace("\0", " "))
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_interrupted_lab_leaves_nothing_behind(session_lab, number):
    """A second lab beside this one, ended from outside while it is up."""
    code = ("import time; from lab.vnet import Lab, end_on_signals\n"
            "end_on_signals()\n"
            "with Lab(light=True) as lab:\n"
            "    print(lab.id, flush=True)\n"
            "    time.sleep(60)\n")
    tests = pathlib.Path(__file__).resolve().parents[1]
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": str(tests)}) as process:
        run_id = process.stdout.readline().strip()
        assert left_behind(run_id), "the second lab was up"
        process.send_signal(number)
        time.sleep(0.2)
        process.send_signal(number)  # impatience changes nothing
        assert process.wait(20) != 0
    end = time.monotonic() + 3
    while left_behind(run_id) and time.monotonic() < end:
        time.sleep(0.05)
    assert left_behind(run_id) == []
    assert left_behind(session_lab.id), "the first lab is still up"


def test_full_lab_starts_in_time(session_lab):
    """Eight seconds on an idle machine; the bound leaves room for a busy one."""
    assert session_lab.started_in < 16
