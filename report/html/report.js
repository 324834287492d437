"use strict";
(function () {
  var tools = document.getElementById("tools");
  var checks = Array.prototype.slice.call(document.querySelectorAll(".check"));
  var families = Array.prototype.slice.call(document.querySelectorAll(".family"));
  var find = document.getElementById("find");
  var shown = document.getElementById("shown");
  var status = "all";

  function apply() {
    var words = find.value.toLowerCase();
    var n = 0;
    checks.forEach(function (check) {
      var fits = (status === "all" || check.dataset.status === status) &&
        check.dataset.find.indexOf(words) >= 0;
      check.hidden = !fits;
      n += fits ? 1 : 0;
    });
    families.forEach(function (family) {
      family.hidden = !family.querySelector(".check:not([hidden])");
    });
    shown.textContent = n === checks.length ? "" : n + " of " + checks.length + " shown";
  }

  checks.forEach(function (check) {
    check.dataset.find = check.querySelector(".name").textContent.toLowerCase() + " " +
      check.querySelector(".addr").textContent.toLowerCase();
  });
  if (tools) {
    tools.hidden = false;
    tools.addEventListener("click", function (event) {
      var button = event.target.closest("button[data-show]");
      if (!button) { return; }
      status = button.dataset.show;
      tools.querySelectorAll("button[data-show]").forEach(function (other) {
        other.setAttribute("aria-pressed", String(other === button));
      });
      apply();
    });
    find.addEventListener("input", apply);
  }

  function follow() {
    var target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    if (!target || !target.classList.contains("check")) { return; }
    if (target.hidden) {
      find.value = "";
      tools.querySelector("button[data-show=all]").click();
    }
    target.open = true;
    target.scrollIntoView();
    target.querySelector("summary").focus();
  }
  window.addEventListener("hashchange", follow);
  follow();

  window.addEventListener("beforeprint", function () {
    checks.forEach(function (check) {
      if (check.dataset.status !== "pass" && check.dataset.status !== "skipped") { check.open = true; }
    });
  });

  var save = document.getElementById("save");
  save.hidden = false;
  save.addEventListener("click", function () {
    var text = document.getElementById("report-json").textContent;
    var url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    var link = document.createElement("a");
    link.href = url;
    link.download = "vnetprobe-report.json";
    link.click();
    setTimeout(function () { URL.revokeObjectURL(url); }, 10000);
  });
})();
