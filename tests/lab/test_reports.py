# SPDX-License-Identifier: MIT
"""Every form of the report of one real run with a real fault says the same."""

import json
import xml.etree.ElementTree as ElementTree

from . import azure, probe
from .faults import FAULTS

FORMS = ("text", "json", "junit", "html", "markdown", "prometheus")


def test_all_forms_of_one_run_tell_the_same_fault(lab, prober, tmp_path):
    outputs = [word for form in FORMS for word in ("-o", f"{form}={tmp_path}/r.{form}")]
    with FAULTS["nsg-storage"].injected(lab):
        run = prober.run("check", *outputs, "-o", "nagios", *azure.OPTIONS, *probe.FAST,
                         "storage.blob", "keyvault", root=True)
    assert run.code == 1, run.err
    texts = {form: (tmp_path / f"r.{form}").read_text(encoding="utf-8") for form in FORMS}
    report = json.loads(texts["json"])
    assert report["causes"][0]["cause"] == "silent_drop"
    assert (report["summary"]["fail"], report["summary"]["pass"]) == (1, 1)
    suite = ElementTree.fromstring(texts["junit"]).find("testsuite")
    assert suite.find("testcase/failure").get("type") == "silent_drop"
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("2", "1", "0")
    assert 'probe_success{check="storage.blob"} 0\n' in texts["prometheus"]
    assert 'probe_success{check="keyvault"} 1\n' in texts["prometheus"]
    assert 'probe_tls_version_info{check="keyvault",version="TLS 1.3"} 1\n' in texts["prometheus"]
    assert run.out.startswith(
        "VNETPROBE CRITICAL - 1 of 2 checks failed: silent_drop (storage.blob) | ")
    assert report["causes"][0]["remediation"][0] in run.out
    scanned = any(o["kind"] == "ttl_scan" and o["ttl_scan"]["steps"]
                  for o in report["observations"])
    assert ('<ol class="hops"><li>this machine</li>' in texts["html"]) == scanned
    for form, text in texts.items():
        assert "silent_drop" in text, form
        assert form == "prometheus" or "Allow TCP 443 to Storage.westeurope" in text, form
