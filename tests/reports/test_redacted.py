# SPDX-License-Identifier: MIT
"""Redacted documents of saved runs are searched for everything that their reports named."""

import base64
import ipaddress
import json
import os
import re
import subprocess

import pytest

import documents
from documents import FORMS, ROOT, SAVED

ALL_FORMS = (*FORMS, "text", "json")
COMMON = ("168.63.129.16/32", "169.254.169.254/32", "127.0.0.0/8", "0.0.0.0/32", "192.0.2.1/32",
          "::/128", "::1/128")
OPTIONS_WITH_NAMES = ("storage", "container_registry", "key_vault", "workspace_id",
                      "workspace_name", "compute_instance", "cosmos_account")


def strings(value):
    """Every string in a document, member names left out."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from strings(item)
    elif isinstance(value, str):
        yield value


def is_common(address):
    return any(address in ipaddress.ip_network(net) for net in COMMON)


def addresses(text):
    for word in re.findall(r"[0-9a-fA-F:.]{3,}", text):
        for literal in (word, word.rsplit(":", 1)[0]):
            try:
                address = ipaddress.ip_address(literal)
            except ValueError:
                continue
            if not is_common(address) and ("." in literal or literal.count(":") > 2):
                yield literal


def certificates(report):
    for observation in report["observations"]:
        yield from (observation.get("tls") or {}).get("chain", [])


def secrets(report):
    """What a report names: what its options say, what it is called, whom it met."""
    found = {report["run"]["host"]}
    for option in OPTIONS_WITH_NAMES:
        value = report["run"]["settings"].get(option, [])
        found.update(value if isinstance(value, list) else [value])
    for check in report["checks"]:
        found.update(re.findall(r"^\w+:(?://)?([\w.-]+\.[a-z]+)", check["id"]))
    for text in strings([report["observations"], report["checks"]]):
        found.update(addresses(text))
        found.update(re.findall(r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b", text))
    for certificate in certificates(report):
        found.add(certificate["sha256"])
        for name in re.findall(r"(?:CN|O)=([^,]+)", certificate["issuer"]):
            if "Microsoft Corporation" not in certificate["issuer"]:
                found.add(name)
    for observation in report["observations"]:
        for part in ("tls", "exchange"):
            found.add((observation.get(part) or {}).get("first_bytes") or None)
        found.add((observation.get("http") or {}).get("body") or None)
    return {secret for secret in found if secret and len(secret) > 2}


def encodings(secret):
    """As it is, in hexadecimal digits, and in base64 wherever in a longer text it stands."""
    raw = secret.encode()
    yield secret.lower()
    yield raw.hex()
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + raw).decode()
        inner = whole[(0, 2, 3)[before]:len(whole) // 4 * 4 - 4]
        if len(inner) > 7:
            yield inner.lower()


def left_in(document, names):
    flat = " ".join(document.lower().split())
    return [name for name in names for form in encodings(name) if form in flat]


@pytest.mark.parametrize("case", SAVED)
def test_nothing_that_a_report_named_is_in_a_redacted_one(case):
    report = json.loads((ROOT / "tests" / "golden" / case / "report.json").read_text("utf-8"))
    names = secrets(report)
    assert len(names) > 5
    # The search finds them where they are.
    assert len(left_in(documents.saved("json", case), names)) > 5
    for form in ALL_FORMS:
        assert left_in(documents.saved(form, case, "--redact", "-v"), names) == [], form


def changed(case, change):
    report = json.loads((ROOT / "tests" / "golden" / case / "report.json").read_text("utf-8"))
    change(report)
    return report


def foreign_names(report):
    """Names that only strangers told: in fields, a body, an alias, a certificate."""
    http = next(o["http"] for o in report["observations"] if (o.get("http") or {}).get("headers"))
    http["headers"] += [["via", "1.1 gate7 (squid), 1.1 web.initech.example:3128"],
                        ["x-served-by", "cache-initech-7"]]
    http["body"] = "<title>Initech blocks this, user jdoe@initech.example</title>"
    chain = next(o["tls"]["chain"] for o in report["observations"] if (o.get("tls") or {}).get("chain"))
    chain[0]["sans"].append("portal.initech.example")
    chain[-1]["issuer"] = "CN=Initech, Incorporated Root of everything that is signed here,O=Initech"
    dns = next(o["dns"] for o in report["observations"] if (o.get("dns") or {}).get("records"))
    dns["records"].insert(0, {"name": dns["name"], "type": "CNAME", "ttl": 5, "address": None,
                              "target": "alias.initech.example"})


def test_names_that_only_strangers_told_go_as_well(tmp_path):
    path = tmp_path / "report.json"
    path.write_text(json.dumps(changed("interception", foreign_names)), encoding="utf-8")
    assert "initech" in documents.judged("json", path)
    for form in ALL_FORMS:
        text = " ".join(documents.judged(form, path, "--redact", "-v").lower().split())
        assert [word for word in ("initech", "jdoe", "gate7") if word in text] == [], form


def test_the_same_certificate_has_the_same_pseudonym():
    report = json.loads(documents.saved("json", "interception"))
    redacted = json.loads(documents.saved("json", "interception", "--redact"))
    before = [c["sha256"] for c in certificates(report)]
    after = [c["sha256"] for c in certificates(redacted)]
    assert len(set(before)) == len(set(after)) == len(set(zip(before, after)))
    assert redacted["tool"]["catalogue"] == report["tool"]["catalogue"]


@pytest.mark.parametrize("form", ["text", "json", "html"])
def test_a_redacted_past_names_nobody(form):
    plain = documents.sample(f"history-{form}", "history")
    text = documents.sample(f"redacted-history-{form}", "history")
    assert "initech" in plain and "10.20.5.4" in plain
    for name in ("initech", "10.20.5.4", "20.60.0.10", "/var/lib"):
        assert name not in text
    assert "endpoint-1" in text and "storage.file:account-1" in text
    assert "storage.blob" in text and "(redacted)" in text


def compared(command, form, *reports):
    env = {"PATH": os.environ["PATH"], "LC_ALL": "C"}
    env.update({k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")})
    done = subprocess.run(
        [os.environ["VNETPROBE"], command, "-v", "--redact", "-o", form, *map(str, reports)],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, env=env, check=False)
    assert done.returncode in (0, 1, 2), done.stderr
    return done.stdout


def golden(case):
    return ROOT / "tests" / "golden" / case / "report.json"


@pytest.mark.parametrize("form", ["text", "json", "markdown"])
@pytest.mark.parametrize("old, new", [
    ("healthy-private", "healthy-public"), ("healthy-public", "nsg-storage"),
    ("registry-firewall", "interception")])
def test_a_redacted_comparison_names_nobody(form, old, new):
    names = secrets(json.loads(golden(old).read_text("utf-8"))) | \
        secrets(json.loads(golden(new).read_text("utf-8")))
    text = compared("diff", form, golden(old), golden(new))
    assert left_in(text, names) == []
    assert "/" + old not in text and len(text) > 300


@pytest.mark.parametrize("form", ["text", "json", "markdown"])
def test_a_redacted_matrix_names_nobody(form, tmp_path):
    reports = [golden(case) for case in SAVED]
    evil = json.loads(golden("nsg-storage").read_text("utf-8"))
    evil["run"]["host"] = "node7.initech.example"
    evil["checks"][0]["id"] = "https://gate.initech.example/"
    evil["checks"][1]["id"] = "storage.blob:initechstore"
    (tmp_path / "initech.json").write_text(json.dumps(evil), encoding="utf-8")
    (tmp_path / "initech-broken.json").write_text("{", encoding="utf-8")
    text = compared("merge", form, *reports, tmp_path / "initech.json",
                    tmp_path / "initech-broken.json")
    names = set().union(*(secrets(json.loads(path.read_text("utf-8"))) for path in reports))
    names |= {report["run"]["host"] for report in [evil]} | {"initech", str(ROOT)}
    assert left_in(text, names) == []
    assert "machine-" in text and "silent_drop" in text.replace("\\", "")
