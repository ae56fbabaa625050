// The one to three heat maps that stand side by side: a map, the one beside it, and their difference.

const panels = [];

function makePanel(index) {
  const caption = element("figcaption");
  const canvas = element("canvas", { tabindex: "0", role: "application", "aria-roledescription": "heat map", "aria-describedby": "readout" });
  canvas.setAttribute("aria-label", ["Heat map", "Second heat map", "Difference of the two heat maps"][index]);
  const across = sliderOf("First column shown", "column");
  const down = sliderOf("First row shown", "row");
  const note = element("p", { class: "soft" });
  const saving = element("p", { class: "saving" }, ...savingButtons(index));
  const figure = element("figure", { class: "panel" }, caption, canvas, across.label, down.label, note, saving);
  const panel = { figure, caption, canvas, across, down, note, index, matrix: null, place: null, limit: 1 };
  canvas.addEventListener("pointermove", (event) => followPointer(panel, event));
  canvas.addEventListener("pointerleave", hideTip);
  canvas.addEventListener("click", (event) => chooseAt(panel, event));
  canvas.addEventListener("keydown", (event) => moveCell(panel, event));
  return panel;
}

function sliderOf(name, side) {
  const input = element("input", { type: "range", min: "0" });
  const label = element("label", { class: "slider" }, `${name} `, input);
  input.addEventListener("input", () => change({ first: { ...state.first, [side]: Number(input.value) } }));
  return { input, label };
}

function showPanels({ matrices, why }) {
  const place = byId("panels");
  place.style.setProperty("--n", matrices.length);
  // All of them first: each is as wide as the others leave it.
  panels.forEach((panel, index) => {
    panel.figure.hidden = index >= matrices.length;
  });
  matrices.forEach((matrix, index) => showPanel(panels[index], matrix, matrices));
  byId("no-difference").hidden = why === null;
  byId("no-difference").textContent = why ?? "";
  byId("no-map").hidden = matrices.length > 0;
}

function showPanel(panel, matrix, matrices) {
  const width = Math.max(240, panel.figure.clientWidth - 18);
  panel.matrix = matrix;
  panel.limit = limitOf(matrix, matrices);
  panel.place = layoutOf(matrix, width);
  panel.caption.replaceChildren(...captionOf(panel.index, matrix));
  drawHeatmap(new CanvasPen(panel.canvas, width, panel.place.height), matrix, panel.place, panel.limit);
  setSlider(panel.across, matrix.nColumns, panel.place.shown.columns, panel.place.first.column);
  setSlider(panel.down, matrix.nRows, panel.place.shown.rows, panel.place.first.row);
  panel.note.textContent = noteOf(matrix);
}

function setSlider({ input, label }, n, shown, first) {
  label.hidden = shown >= n;
  input.max = n - shown;
  input.value = first;
}

function captionOf(index, matrix) {
  const [group, meaning] = KINDS[matrix.kind];
  if (index === 2) {
    return [`Difference: the first less the second [${matrix.unit}]`];
  }
  const slot = state.slots[index];
  const { entry } = matrix;
  const which = [entry.layer === null ? "" : ` · layer ${entry.layer}`, headsOf(entry, slot.head)];
  const badge = element("span", { class: `badge ${group.toLowerCase()}` });
  badge.textContent = group;
  const run = entry.run === "" ? [] : [isolated(entry.run, "strong"), " · "];
  return [badge, " ", ...run, isolated(entry.name), `: ${meaning}`, ...which];
}

function headsOf(entry, head) {
  if (entry.mean_of > 1) {
    return ` · mean of ${entry.mean_of} heads`;
  }
  return entry.shape[0] > 1 ? ` · head ${head + 1} of ${entry.shape[0]}` : "";
}

function noteOf(matrix) {
  const notes = [];
  if (matrix.isCut) {
    notes.push("The largest entries of each row alone are stored; the others are drawn as 0.");
  }
  if (matrix.error > 0.0005) {
    notes.push(`Numbers are rounded: by at most ${matrix.error.toPrecision(1)}.`);
  }
  if (goldOf(matrix).length > 0) {
    notes.push("Orange outlines: where the output comes from, by the data.");
  }
  return notes.join(" ");
}

function pointOf(panel, event) {
  const { left, top } = panel.canvas.getBoundingClientRect();
  return cellAt(panel.place, event.clientX - left, event.clientY - top);
}

function followPointer(panel, event) {
  const cell = panel.place && pointOf(panel, event);
  if (cell) {
    showTip(panel.matrix, cell, event.clientX, event.clientY);
  } else {
    hideTip();
  }
}

function chooseAt(panel, event) {
  const cell = pointOf(panel, event);
  if (cell) {
    change({ row: cell.row + panel.matrix.firstRow, column: cell.column });
  }
}

// Scroll the window so far that the chosen cell is in it.
function reveal(panel) {
  const { place, matrix } = panel;
  const within = (at, first, n) => Math.max(Math.min(first, at), at - n + 1);
  return {
    row: within(state.row - matrix.firstRow, place.first.row, place.shown.rows),
    column: within(state.column, place.first.column, place.shown.columns),
  };
}
