# SPDX-License-Identifier: MIT
"""Markdown as GitHub's own renderer reads it: nothing of a stranger becomes more than text."""

import html.parser
import json
import os
import re
import subprocess

import pytest

import documents
from documents import ROOT

EVIL = ("<img src=x onerror=alert(1)> [a](https://evil.example) https://evil.example/x www.evil.example "
        "a@evil.example @team org/repo#5 #6 | ~~a~~ **b** `c` &lt; $x$ <!-- x")
EXTENSIONS = ("autolink", "strikethrough", "table")  # tagfilter would hide what we let through
OURS = {"h2", "h3", "p", "ul", "li", "strong", "code", "details", "summary", "table", "thead",
        "tbody", "tr", "th", "td", "a"}


class Page(html.parser.HTMLParser):
    """Elements and links of a page, and its words."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.links, self.words = set(), [], ""
        self.attributes = set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.links += [value for name, value in attrs if name == "href"]
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data):
        self.words += data


def rendered(text):
    options = [part for name in EXTENSIONS for part in ("-e", name)]
    done = subprocess.run([documents.program("cmark-gfm", "cmark-gfm"), "--unsafe", *options],
                          input=text.encode(), capture_output=True, timeout=60, check=True)
    return Page(done.stdout.decode("utf-8"))


def assert_only_ours(text, name):
    page = rendered(text)
    assert page.tags <= OURS, (name, page.tags - OURS)
    assert page.attributes <= {"href", "align"}, (name, page.attributes)
    assert all(link.startswith("https://learn.microsoft.com/") for link in page.links), (name, page.links)
    return page


def run(*argv):
    env = {"PATH": os.environ["PATH"], "LC_ALL": "C"}
    env.update({k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")})
    done = subprocess.run([os.environ["VNETPROBE"], *map(str, argv)], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=120, env=env, check=False)
    assert done.returncode in (0, 1, 2), done.stderr
    return done.stdout


def test_reports_become_elements_and_links_of_ours_only():
    for name, text in documents.everything("markdown").items():
        assert_only_ours(text, name)


def test_what_a_capture_cannot_show_is_a_list_before_the_table():
    text = documents.sample("markdown", "capture")
    limits = documents.report("capture")["run"]["capture"]["limits"]
    head, _, rest = rendered(text).words.partition("What this capture cannot show\n")
    assert "Nothing came back when connecting." in head
    assert [line for line in rest.partition("All 7 checks")[0].split("\n") if line] == limits


@pytest.mark.parametrize("redact", [[], ["--redact"]])
def test_comparisons_do_so_as_well(tmp_path, redact):
    report = json.loads((ROOT / "tests/golden/refused/report.json").read_text("utf-8"))
    good = json.loads(json.dumps(report))
    report["run"]["host"] = EVIL
    for check in report["checks"]:
        check["id"] = f"https://evil.example/{check['id']} {EVIL}"
    evil = tmp_path / "www.evil.example @team #7.json"
    evil.write_text(json.dumps(report), encoding="utf-8")
    for observation in good["observations"]:
        dns = observation.get("dns") or {}
        if dns.get("records"):
            dns["records"].insert(0, {"name": dns["name"], "type": "CNAME", "ttl": 5, "address": None,
                                      "target": "www.evil.example"})
    (tmp_path / "old.json").write_text(json.dumps(good), encoding="utf-8")
    golden = ROOT / "tests/golden/healthy-public/report.json"
    merged = assert_only_ours(run("merge", *redact, "-v", "-o", "markdown", evil, golden), "merge")
    assert_only_ours(run("diff", *redact, "-v", "-o", "markdown", tmp_path / "old.json",
                         ROOT / "tests/golden/refused/report.json"), "diff")
    if not redact:
        assert "**b** `c`" in merged.words and "org/repo#5" in merged.words


def test_the_renderer_would_make_links_of_them():
    page = rendered(EVIL)
    assert "img" in page.tags and len(page.links) >= 4
    assert re.search("<del>|del", " ".join(page.tags))
