// Texts of both sides: choose an entry of one, and the other is shaded by the map.

const MAX_CHIPS = 240;

function showTokens({ matrices }) {
  const [matrix] = matrices;
  const hasTexts = matrix && (matrix.rows.texts !== null || matrix.columns.texts !== null);
  byId("tokens").hidden = !hasTexts;
  if (hasTexts) {
    const limit = limitOf(matrix, matrices);
    fillSide("rows", matrix, matrix.firstRow, matrix.nRows, limit);
    fillSide("columns", matrix, 0, matrix.nColumns, limit);
    fillBeside(matrix, matrices[1], matrices);
  }
}

// The same side again, shaded by the map that stands beside the first.
function fillBeside(matrix, other, matrices) {
  const isRow = state.reading === "row";
  const side = isRow ? "columns" : "rows";
  const row = state.row - (other?.firstRow ?? 0);
  const isThere = other && other[side].n === matrix[side].n && row >= 0 && row < other.nRows;
  byId("beside-texts").hidden = !isThere;
  if (isThere) {
    const values = isRow ? other.row(row) : columnOf(other, state.column);
    const first = isRow ? 0 : other.firstRow;
    const [start, shown] = windowOf(first, values.length, isRow ? state.column : state.row);
    const limit = limitOf(other, matrices);
    const chips = Array.from({ length: shown }, (_, index) => plainChip(other, other[side], start + index, values[start + index - first], limit));
    byId("beside-chips").replaceChildren(...chips);
    byId("beside-chips").dir = directionOf(other[side].texts);
    byId("beside-title").replaceChildren(`${other[side].noun} · shaded by the map beside it: `, isolated([other.entry.run, other.entry.name].filter(Boolean).join(" · ")));
  }
}

function plainChip(matrix, axis, entry, value, limit) {
  const chip = isolated(textOf(axis, entry), "span");
  chip.className = "chip";
  shade(chip, matrix, value, limit);
  return chip;
}

function windowOf(first, n, chosen) {
  return [Math.max(first, Math.min(chosen - MAX_CHIPS / 2, first + n - MAX_CHIPS)), Math.min(n, MAX_CHIPS)];
}

function fillSide(side, matrix, first, n, limit) {
  const axis = matrix[side];
  const isRows = side === "rows";
  const chosen = isRows ? state.row : state.column;
  const isRead = (state.reading === "row") === isRows;
  const [start, shown] = windowOf(first, n, chosen);
  const values = isRead ? null : valuesRead(matrix);
  const chips = Array.from({ length: shown }, (_, index) => {
    const entry = start + index;
    return chipOf({ side, axis, entry, isChosen: entry === chosen, isRead }, matrix, values && values[entry - first], limit);
  });
  keepFocus(byId(`${side}-chips`), chips, chosen - start);
  byId(`${side}-chips`).dir = directionOf(axis.texts);
  byId(`${side}-title`).textContent = titleOf(axis, isRead, start, shown, n);
  markFound(byId(`${side}-chips`), axis, start);
}

// What the chosen row holds of each column, or the chosen column of each row.
function valuesRead(matrix) {
  return state.reading === "row" ? matrix.row(state.row - matrix.firstRow) : columnOf(matrix, state.column);
}

function titleOf(axis, isRead, start, shown, n) {
  const cut = shown < n ? ` (${start + 1} to ${start + shown} of ${n})` : "";
  return `${axis.noun}${cut} · ${isRead ? "choose one to shade the other side" : "shaded by the map"}`;
}

function chipOf({ side, axis, entry, isChosen, isRead }, matrix, value, limit) {
  const chip = isolated(textOf(axis, entry), "button");
  chip.type = "button";
  chip.className = "chip";
  chip.dataset.entry = entry;
  chip.tabIndex = isChosen ? 0 : -1;
  chip.setAttribute("aria-pressed", String(isChosen && isRead));
  chip.classList.toggle("at", isChosen);
  if (value !== null) {
    shade(chip, matrix, value, limit);
  }
  chip.addEventListener("click", () => chooseChip(side, entry));
  return chip;
}

function shade(chip, matrix, value, limit) {
  if (Number.isNaN(value)) {
    chip.classList.add("unseen");
    return;
  }
  const colour = colourOf(matrix, value, limit);
  chip.style.background = css(colour);
  chip.style.color = inkOn(colour);
  // A bar as long as the value says it without colour; below zero it is dashed.
  chip.style.setProperty("--share", Math.min(1, Math.abs(value) / limit).toFixed(3));
  chip.classList.add(value < 0 ? "less" : "more");
}

function chooseChip(side, entry) {
  change(side === "rows" ? { row: entry, reading: "row" } : { column: entry, reading: "column" });
}

// The chips are made anew; who had the focus keeps it.
function keepFocus(place, chips, chosen) {
  const hadFocus = place.contains(document.activeElement);
  place.replaceChildren(...chips);
  if (hadFocus) {
    chips[chosen]?.focus({ preventScroll: true });
  }
}

function markFound(place, axis, start) {
  const found = axis.texts === null ? null : foundIn(axis.texts, state.query);
  if (found) {
    [...place.children].slice(Math.max(0, found[0] - start), Math.max(0, found[1] - start)).forEach((chip) => chip.classList.add("found"));
  }
}

// First entry of a text that matches, and the one after its last; null: none.
function foundIn(texts, query) {
  if (query === "") {
    return null;
  }
  return foundJoined(texts, query, "") ?? foundJoined(texts, query, " ");
}

function foundJoined(texts, query, between) {
  const folded = texts.map((text) => folding(text) + between);
  const at = folded.join("").indexOf(query);
  if (at < 0) {
    return null;
  }
  let end = 0;
  const ends = folded.map((text) => (end += text.length));
  const first = ends.findIndex((place) => place > at);
  return [first, ends.findIndex((place) => place >= at + query.length - (query.endsWith(" ") ? 1 : 0)) + 1 || texts.length];
}

function folding(text) {
  return text.normalize("NFKC").toLocaleLowerCase();
}
