// Everything that can be used begins here; without a script the page can still be read.

function openForPrint() {
  for (const folded of document.querySelectorAll("main details:not([open])")) {
    folded.open = true;
    folded.dataset.printed = "yes";
  }
}

function closeAfterPrint() {
  for (const folded of document.querySelectorAll("details[data-printed]")) {
    folded.open = false;
    delete folded.dataset.printed;
  }
}

makeSortable();
document.querySelectorAll("svg.chart").forEach(makeAskable);
document.querySelectorAll(".legend").forEach(makeLegend);
document.querySelectorAll(".families").forEach(makeFilter);
document.querySelectorAll(".server").forEach(makeRuns);
document.querySelectorAll("select.probe").forEach(makeProbes);
document.querySelector(".menu").open = matchMedia("(min-width: 64rem)").matches;
addEventListener("beforeprint", openForPrint);
addEventListener("afterprint", closeAfterPrint);
document.documentElement.dataset.rendered = "yes";
