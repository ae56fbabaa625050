// Sorting by a column: missing values stay last in either direction.

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
  const at = header.cellIndex;
  const rows = [...table.tBodies[0].rows];
  rows.sort((one, two) => compare(
    one.cells[at].dataset.sort, two.cells[at].dataset.sort, isNumber, isAscending ? 1 : -1));
  table.tBodies[0].append(...rows);
  for (const other of table.tHead.rows[0].cells) {
    other.removeAttribute("aria-sort");
  }
  header.setAttribute("aria-sort", isAscending ? "ascending" : "descending");
}

function makeSortable() {
  for (const button of document.querySelectorAll("th button")) {
    button.addEventListener("click", () => sortBy(button.closest("th")));
  }
}
