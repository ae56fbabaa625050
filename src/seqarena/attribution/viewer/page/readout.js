// The numbers in words: of the chosen cell, of the cell under the pointer, and of the whole row.

const N_LARGEST = 10;
const MEANINGS = {
  weights: "How much of each column went into the mean that the mechanism passed on for this row. A row sums to 1 over what it may look at.",
  link: "How probable it is that the output of the row comes from the step of the column.",
  posterior: "How probable each row is at each column, given all of the input.",
  responsibility: "Which component of the mixture accounts for each frame.",
  count_context: "Which part of the probability of each symbol was counted after contexts of each length.",
  affinity: "How probably both steps are in the same hidden state. Being in the same state is no contribution.",
  gradient: "The slope of the gold output's log-probability along the step's vector, times the vector: a first guess at what the step adds. Nothing was replaced.",
  effect: "How far the prediction of the row moves when the column is replaced by what the data might have there. 0: not at all.",
  change: "What the column adds to the log-probability of the gold output. Below 0: it speaks against it.",
  oracle: "What the same replacement does to the process that made the data: the map that a perfect model would have.",
  score: "How far apart two maps are at the output of this row, as the divergence of their rows: across two families, and within one: the mean of two seeds, and the farthest two.",
  difference: "The first map less the second.",
};

function isLink({ kind, rows }) {
  return kind === "posterior" && rows.side === "output";
}

function cellText(matrix, row, column) {
  const value = matrix.at(row, column);
  if (Number.isNaN(value)) {
    return "cannot look here, or not computed";
  }
  if (matrix.isCut && value === 0) {
    return "not among the largest of its row, which alone are stored";
  }
  return `${numberText(value, matrix.error)} ${matrix.unit}`;
}

function factsOf(matrix, row, column) {
  const facts = [
    [nameOf(matrix.rows, row + matrix.firstRow), nameOf(matrix.columns, column)],
    ["value", cellText(matrix, row, column)],
    ["sum of row", numberText(matrix.sum(row))],
    ["sum of column", numberText(sumOfColumn(matrix, column))],
  ];
  const whole = matrix.whole(row);
  return whole === null ? facts : [...facts, ["all replaced at once", `${numberText(whole)} ${matrix.unit}`]];
}

function sumOfColumn(matrix, column) {
  let sum = 0;
  for (let row = 0; row < matrix.nRows; row += 1) {
    sum += matrix.at(row, column) || 0;
  }
  return sum;
}

// The same cell of the map that stands beside it, and the difference.
function factsBeside(others, entry, column) {
  return others.flatMap((other, index) => {
    const row = entry - other.firstRow;
    const isThere = row >= 0 && row < other.nRows && column < other.nColumns;
    return isThere ? [[index === 0 ? "beside it" : "difference", cellText(other, row, column)]] : [];
  });
}

function factLines(matrix, row, column, further = []) {
  const [[from, to], ...own] = factsOf(matrix, row, column);
  const numbers = [...own, ...further];
  const head = element("p", { class: "pair" }, isolated(from), " → ", isolated(to));
  const list = element("dl");
  for (const [name, value] of numbers) {
    const [term, detail] = [document.createElement("dt"), document.createElement("dd")];
    term.textContent = name;
    detail.textContent = value;
    list.append(element("div", {}, term, " ", detail));
  }
  return [head, list];
}

function showReadout({ matrices }) {
  const [matrix] = matrices;
  const place = byId("readout");
  place.replaceChildren();
  if (matrix) {
    const row = state.row - matrix.firstRow;
    const further = factsBeside(matrices.slice(1), state.row, state.column);
    place.append(...factLines(matrix, row, state.column, further));
    byId("meaning").textContent = MEANINGS[isLink(matrix) ? "link" : matrix.kind];
    showLargest(matrix, row);
  }
}

function showTip(matrix, cell, x, y) {
  const tip = byId("tip");
  tip.hidden = false;
  tip.replaceChildren(...factLines(matrix, cell.row, cell.column));
  const width = tip.offsetWidth;
  tip.style.left = `${Math.max(4, Math.min(x + 14, innerWidth - width - 8))}px`;
  tip.style.top = `${y + 16 + tip.offsetHeight > innerHeight ? y - tip.offsetHeight - 10 : y + 16}px`;
}

function hideTip() {
  byId("tip").hidden = true;
}

// What the row, or the column, that is read looks at most.
function showLargest(matrix, row) {
  const isRow = state.reading === "row";
  const values = isRow ? matrix.row(row) : columnOf(matrix, state.column);
  const axis = isRow ? matrix.columns : matrix.rows;
  const first = isRow ? 0 : matrix.firstRow;
  const order = Array.from(values.keys()).filter((index) => values[index] !== 0 && !Number.isNaN(values[index]));
  order.sort((one, other) => Math.abs(values[other]) - Math.abs(values[one]));
  const name = isRow ? nameOf(matrix.rows, row + matrix.firstRow) : nameOf(matrix.columns, state.column);
  byId("largest-title").replaceChildren("Largest for ", isolated(name));
  const rows = order.slice(0, N_LARGEST).map((index) => largestLine(axis, first + index, values[index], matrix));
  byId("largest-rows").replaceChildren(...rows);
  byId("largest-none").hidden = rows.length > 0;
}

function largestLine(axis, entry, value, matrix) {
  const number = document.createElement("td");
  number.textContent = numberText(value, matrix.error);
  number.className = "number";
  const button = isolated(nameOf(axis, entry), "button");
  button.type = "button";
  button.className = "plain";
  button.addEventListener("click", () => moveTo(panels[0], state.reading === "row" ? { column: entry } : { row: entry }));
  return element("tr", {}, element("td", {}, button), number);
}
