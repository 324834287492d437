# SPDX-License-Identifier: MIT
"""The HTML report in a real browser. Pictures stay in the build tree: REPORT_ARTEFACTS."""

import html
import html.parser
import json
import os
import pathlib
import re

import pytest

import browser
import documents
from documents import RUNS, sample

ARTEFACTS = pathlib.Path(os.environ["REPORT_ARTEFACTS"])
LONG = "n" * 200


@pytest.fixture(name="page", scope="session")
def fixture_page():
    """Writes a page and gives its address."""
    ARTEFACTS.mkdir(parents=True, exist_ok=True)

    def write(name, text):
        path = ARTEFACTS / f"{name}.html"
        path.write_text(text, encoding="utf-8")
        return path.as_uri()

    return write


class Elements(html.parser.HTMLParser):
    """All start tags with their attributes."""

    def __init__(self, text):
        super().__init__()
        self.all = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.all.append((tag, dict(attrs)))


@pytest.mark.parametrize("run", RUNS)
def test_nothing_is_fetched(run):
    for tag, attributes in Elements(sample("html", run)).all:
        assert "src" not in attributes and "style" not in attributes
        assert not [name for name in attributes if name.startswith("on")]
        if tag == "link":
            assert attributes["href"] == "data:,"
        elif tag == "a":
            assert attributes["href"].startswith(("#", "https://learn.microsoft.com/"))
        elif tag == "use":
            assert attributes["href"].startswith("#i-")
        assert tag not in ("img", "iframe", "object", "embed", "form", "base")
    assert "url(" not in sample("html", run).replace("url(#hatch)", "")


@pytest.mark.parametrize("run", RUNS)
def test_the_report_in_the_page_is_the_json_report(run):
    text = sample("html", run)
    embedded = re.search(r'id="report-json">\n(.*?)</script>', text, re.DOTALL).group(1)
    assert json.loads(embedded) == documents.report(run)


@pytest.mark.parametrize("run", RUNS)
def test_all_can_be_read_without_script(run):
    elements = Elements(sample("html", run)).all
    checks = [a for tag, a in elements if tag == "details" and "check" in a.get("class", "")]
    assert [c["data-status"] for c in checks] == \
        [c["status"] for c in sorted_by_page(checks, run)]
    for tag, attributes in elements:
        assert "hidden" not in attributes or attributes["id"] in ("tools", "save"), tag


def sorted_by_page(checks, run):
    listed = documents.report(run)["checks"]
    return [listed[int(c["id"].removeprefix("check-")) - 1] for c in checks]


def test_links_lead_to_elements_of_the_page():
    for run in RUNS:
        elements = Elements(sample("html", run)).all
        ids = [a["id"] for _, a in elements if "id" in a]
        assert len(ids) == len(set(ids))
        assert {a["href"][1:] for _, a in elements
                if a.get("href", "").startswith("#")} <= set(ids)


@pytest.mark.parametrize("run", RUNS)
def test_a_browser_shows_the_page_without_a_complaint(page, run):
    dom = browser.run(page(run, sample("html", run)), "--dump-dom")
    assert '<div class="tools" id="tools" role="group" aria-label="Filter">' in dom or run == "empty"
    assert dom.count("data-find=") == len(documents.report(run)["checks"])


def test_the_console_is_listened_to(page):
    text = sample("html", "healthy")
    foreign = text.replace("</main>", "<script>console.error('x')</script></main>")
    assert "Content Security Policy" in browser.console_of(page("foreign", foreign))


@pytest.mark.parametrize("name, size, options", [
    ("desktop", "1280,2300", []), ("dark", "1280,2300", [browser.DARK])])
@pytest.mark.parametrize("case", ["nsg-storage"])
def test_pictures(page, case, name, size, options):
    address = page(case, documents.saved("html", case))
    browser.picture(address, ARTEFACTS / f"{case}-{name}.png", size, *options)


def test_picture_of_a_phone(page):
    address = page("nsg-storage", documents.saved("html", "nsg-storage"))
    frame = browser.framed(address, ARTEFACTS / "phone-frame.html", 390, 3900)
    browser.picture(frame, ARTEFACTS / "nsg-storage-phone.png", "500,3900")


@pytest.mark.parametrize("run", ["capture", "hostile"])
def test_what_a_capture_cannot_show_stands_above_what_was_left_out(run):
    limits = documents.report(run)["run"]["capture"]["limits"]
    section = re.search(r'<section aria-labelledby="limits">(.*?)</section>\n<h2>Not in the plan',
                        sample("html", run), re.DOTALL).group(1)
    assert "<h2 id=\"limits\">What this capture cannot show</h2>" in section
    told = [html.unescape(item) for item in re.findall("<li>([^<]*)</li>", section)]
    assert len(told) == section.count("<li") == len(limits)
    assert run == "hostile" or told == limits


def test_a_run_says_nothing_of_captures():
    for form in ("html", "markdown"):
        assert "this capture" not in sample(form, "failing")
        assert "this capture" in sample(form, "capture")


def test_picture_of_a_capture(page):
    browser.picture(page("capture", sample("html", "capture")), ARTEFACTS / "capture.png",
                    "1280,1500")


def test_picture_of_the_path(page):
    text = sample("html", "failing").replace('id="check-4" ', 'id="check-4" open ')
    browser.picture(page("path", text), ARTEFACTS / "failing-path.png", "1280,2300")


def test_dark_and_light_are_two_pictures(page):
    address = page("both", sample("html", "healthy"))
    light = browser.picture(address, ARTEFACTS / "healthy-light.png", "900,700")
    dark = browser.picture(address, ARTEFACTS / "healthy-dark.png", "900,700", browser.DARK)
    assert light != dark


def test_it_can_be_printed(page):
    to = ARTEFACTS / "nsg-storage.pdf"
    to.unlink(missing_ok=True)
    browser.run(page("nsg-storage", documents.saved("html", "nsg-storage")),
                f"--print-to-pdf={to}", "--no-pdf-header-footer")
    assert to.read_bytes().startswith(b"%PDF")


MEASURE = """<script>
addEventListener("load", function () {
  var d = document.getElementById("f").contentDocument;
  d.querySelectorAll("details").forEach(function (e) { e.open = true; });
  var wide = [].filter.call(d.querySelectorAll("body *"), function (e) {
    return e.getBoundingClientRect().right > %d + 1 && !e.closest(".defs,.skip-link");
  }).map(function (e) { return e.className; });
  document.body.dataset.wide = d.documentElement.scrollWidth + " " + wide.join();
});
</script>"""


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_nothing_is_wider_than_the_window(page, width, tmp_path):
    text = sample("html", "failing").replace("storage.blob", LONG).replace("10.20.5.4", LONG)
    frame = browser.framed(page("long-names", text), tmp_path / "frame.html", width, 900,
                           MEASURE % width)
    dom = browser.run(frame, "--dump-dom", "--allow-file-access-from-files")
    assert re.search(r'data-wide="(.*?)"', dom).group(1) == f"{width} "


DRIVE = """<script>
addEventListener("load", function () {
  var w = document.getElementById("f").contentWindow, d = w.document, said = [];
  function shown() { return [].filter.call(d.querySelectorAll(".check"),
    function (c) { return c.offsetParent; }).length; }
  function press(name) { d.querySelector("button[data-show=" + name + "]").click(); said.push(shown()); }
  said.push(shown()); press("fail"); press("pass"); press("all");
  var find = d.getElementById("find");
  find.value = "STORAGE"; find.dispatchEvent(new Event("input")); said.push(shown());
  press("inconclusive");
  w.location.hash = "#check-6";
  setTimeout(function () {
    said.push(shown()); said.push(d.getElementById("check-6").open ? "open" : "closed");
    said.push(d.activeElement.closest("details").id);
    var saved = 0;
    w.HTMLAnchorElement.prototype.click = function () {};
    w.URL.createObjectURL = function (blob) { saved = blob.size; return "#"; };
    d.getElementById("save").click(); said.push(saved > 1000 ? "saved" : "lost");
    document.body.dataset.said = said.join();
  }, 200);
});
</script>"""


def test_filter_search_link_and_download_work(page, tmp_path):
    summary = documents.report("failing")["summary"]
    frame = browser.framed(page("failing", sample("html", "failing")), tmp_path / "frame.html",
                           1000, 900, DRIVE)
    dom = browser.run(frame, "--dump-dom", "--allow-file-access-from-files")
    n = len(documents.report("failing")["checks"])
    assert re.search(r'data-said="(.*?)"', dom).group(1).split(",") == [
        str(n), str(summary["fail"]), str(summary["pass"]), str(n), "2", "0",
        str(n), "open", "check-6", "saved"]


KEYS = """<script>
addEventListener("load", function () {
  var d = document.getElementById("f").contentDocument;
  document.body.dataset.mouse = [].filter.call(d.querySelectorAll("*"), function (e) {
    return getComputedStyle(e).cursor === "pointer" && !e.parentElement.closest("summary,button,a") &&
      !(e.tabIndex >= 0 || e.tagName === "SUMMARY");
  }).length;
});
</script>"""


def test_what_can_be_clicked_can_be_reached_with_keys(page, tmp_path):
    frame = browser.framed(page("failing", sample("html", "failing")), tmp_path / "frame.html",
                           1000, 900, KEYS)
    dom = browser.run(frame, "--dump-dom", "--allow-file-access-from-files")
    assert re.search(r'data-mouse="(\d+)"', dom).group(1) == "0"


COUNT = """<script>
addEventListener("load", function () {
  var d = document.getElementById("f").contentDocument;
  d.querySelector("button[data-show=pass]").click();
  document.body.dataset.shown = d.querySelectorAll(".check:not([hidden])").length;
});
</script>"""


def test_thousands_of_checks_can_be_used(page, tmp_path):
    text = sample("html", "large")
    frame = browser.framed(page("large", text), tmp_path / "frame.html", 1200, 900, COUNT)
    dom = browser.run(frame, "--dump-dom", "--allow-file-access-from-files")
    n = re.search(r"pass (\d+)</button>", text).group(1)
    assert re.search(r'data-shown="(\d+)"', dom).group(1) == n
    (ARTEFACTS / "large.html").unlink()


# --- The page of `history` -------------------------------------------------------------

PASTS = ("history", "history-one", "history-large")


def test_pages_of_the_past_fetch_and_run_nothing():
    for past in PASTS:
        text = sample("history-html", past)
        for tag, attributes in Elements(text).all:
            assert tag not in ("script", "img", "iframe", "object", "embed", "form", "base", "b"
                               ) or (tag == "b" and not attributes)
            assert not {"src", "style"} & set(attributes)
            assert not [name for name in attributes if name.startswith("on")]
            if "href" in attributes:
                assert attributes["href"].startswith(("#i-", "data:,"))
        assert "script-src" not in text and "default-src 'none'" in text


@pytest.mark.parametrize("past", PASTS)
def test_a_browser_shows_the_past_without_a_complaint(page, past):
    dom = browser.run(page(past, sample("history-html", past)), "--dump-dom")
    known = json.loads(sample("history-json", past))
    assert dom.count("<article") == dom.count("<figure") == len(known["checks"])
    worst = {"fail": 0, "inconclusive": 1, "warn": 2}
    ranks = [worst.get(s, 3) for s in re.findall(r'<article class="past (\w+)"', dom)]
    assert [r for r in ranks if r < 3] == sorted(r for r in ranks if r < 3)
    assert len(re.findall("<li>", dom.split("Changes, the latest first")[-1])) \
        == len(known["changes"]) or not known["changes"]


PLOTS = """<script>
addEventListener("load", function () {
  var d = document.getElementById("f").contentDocument, wrong = [];
  d.querySelectorAll(".plot svg").forEach(function (svg) {
    var box = svg.viewBox.baseVal;
    svg.querySelectorAll("path,rect").forEach(function (e) {
      var b = e.getBBox();
      if (b.x < -.1 || b.y < -.1 || b.x + b.width > box.width + .1 ||
          b.y + b.height > box.height + .1) { wrong.push(e.tagName + b.x + "," + b.width); }
    });
  });
  document.body.dataset.wrong = wrong.join();
  document.body.dataset.drawn = d.querySelectorAll(".plot path,.plot rect").length;
  document.body.dataset.wide = d.documentElement.scrollWidth;
  document.body.dataset.names = [].filter.call(d.querySelectorAll(".plot svg"),
    function (e) { return e.getAttribute("aria-label"); }).length;
  document.body.dataset.closed = d.querySelectorAll("details:not([open]) summary").length;
});
</script>"""


@pytest.mark.parametrize("past, width", [("history", 360), ("history", 1280), ("history-one", 768)])
def test_plots_stay_in_their_pictures_and_the_page_in_the_window(page, tmp_path, past, width):
    frame = browser.framed(page(past, sample("history-html", past)), tmp_path / "frame.html",
                           width, 900, PLOTS)
    dom = browser.run(frame, "--dump-dom", "--allow-file-access-from-files")
    said = dict(re.findall(r'data-(\w+)="(.*?)"', dom))
    known = json.loads(sample("history-json", past))
    assert (said["wrong"], said["wide"]) == ("", str(width))
    assert int(said["names"]) == len(known["checks"]) <= int(said["drawn"])


def test_pictures_of_the_past(page):
    address = page("history", sample("history-html", "history"))
    light = browser.picture(address, ARTEFACTS / "history-desktop.png", "1100,1900")
    dark = browser.picture(address, ARTEFACTS / "history-dark.png", "1100,1900", browser.DARK)
    assert light != dark
    frame = browser.framed(address, ARTEFACTS / "phone-frame.html", 390, 2400)
    browser.picture(frame, ARTEFACTS / "history-phone.png", "500,2400")
    to = ARTEFACTS / "history.pdf"
    to.unlink(missing_ok=True)
    browser.run(address, f"--print-to-pdf={to}", "--no-pdf-header-footer")
    assert to.read_bytes().startswith(b"%PDF")


def test_the_page_of_a_long_past_is_bounded():
    text = sample("history-html", "history-large")
    assert len(text) < 60_000 + 40_000 * len(json.loads(sample("history-json", "history"))["checks"])
    assert max(len(re.findall("[ML]", d)) for d in re.findall(r'<path d="([^"]*)"/></svg><fig', text)
               ) <= 2000
