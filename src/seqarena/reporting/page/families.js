// Who is in view: families by the list for the whole page, experiments by the legend of a task.

const hiddenFamilies = new Set();
const hiddenSeries = new Set();

function isOff(element) {
  return hiddenFamilies.has(element.dataset.family) || hiddenSeries.has(element.dataset.series);
}

function showAll() {
  for (const element of document.querySelectorAll(".series")) {
    element.classList.toggle("off", isOff(element));
  }
  for (const element of document.querySelectorAll("tr[data-family], figure[data-family]")) {
    element.classList.toggle("off", hiddenFamilies.has(element.dataset.family));
  }
  for (const button of document.querySelectorAll(".legend [data-series]")) {
    button.setAttribute("aria-pressed", String(!hiddenSeries.has(button.dataset.series)));
    button.hidden = hiddenFamilies.has(button.dataset.family);
  }
}

function toggle(set, key, isShown) {
  if (isShown) {
    set.delete(key);
  } else {
    set.add(key);
  }
}

function makeLegend(legend) {
  const own = [...legend.querySelectorAll("[data-series]")];
  legend.hidden = false;
  for (const button of own) {
    button.addEventListener("click", () => {
      toggle(hiddenSeries, button.dataset.series, hiddenSeries.has(button.dataset.series));
      showAll();
    });
  }
  legend.querySelector(".reset").addEventListener("click", () => {
    own.forEach((button) => hiddenSeries.delete(button.dataset.series));
    showAll();
  });
}

function makeFilter(list) {
  const boxes = [...list.querySelectorAll("input")];
  const read = () => {
    boxes.forEach((box) => toggle(hiddenFamilies, box.value, box.checked));
    showAll();
  };
  list.hidden = false;
  list.addEventListener("change", read);
  for (const button of list.querySelectorAll("[data-all]")) {
    button.addEventListener("click", () => {
      boxes.forEach((box) => { box.checked = button.dataset.all === "yes"; });
      read();
    });
  }
}
