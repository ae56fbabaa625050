"use strict";

function sortValue(row, column) {
  return row.cells[column].dataset.sort;
}

// Missing values stay last in either direction.
function compare(first, second, isNumber, sign) {
  if (first === "" || second === "") {
    return (first === "") - (second === "");
  }
  return sign * (isNumber ? first - second : first.localeCompare(second));
}

function sortBy(header) {
  const table = header.closest("table");
  const isAscending = header.getAttribute("aria-sort") !== "ascending";
  const isNumber = header.classList.contains("number");
  const rows = [...table.tBodies[0].rows];
  rows.sort((one, two) => compare(
    sortValue(one, header.cellIndex), sortValue(two, header.cellIndex), isNumber, isAscending ? 1 : -1));
  table.tBodies[0].append(...rows);
  for (const other of table.tHead.rows[0].cells) {
    other.removeAttribute("aria-sort");
  }
  header.setAttribute("aria-sort", isAscending ? "ascending" : "descending");
}

function showProbe(select) {
  for (const picture of select.closest("section").querySelectorAll("[data-probe]")) {
    picture.hidden = picture.dataset.probe !== select.value;
  }
}

for (const button of document.querySelectorAll("th button")) {
  button.addEventListener("click", () => sortBy(button.closest("th")));
}
for (const select of document.querySelectorAll("select.probe")) {
  select.closest("p").hidden = false;
  select.addEventListener("change", () => showProbe(select));
  showProbe(select);
}
document.documentElement.dataset.ready = "yes";
