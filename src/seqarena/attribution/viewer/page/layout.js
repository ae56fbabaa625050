// Where the parts of a heat map stand, in pixels of the page.

const ZOOMS = [5, 9, 14, 20, 30];
const LARGEST_CELL = 34;
const TALLEST = 620;
const BAR_ROOM = 74;
const HEAD_ROOM = 8;
const LABEL_SIZE = 11;
const STRIP = 84;

// How many entries stand in `room`, and how large each is.
function cellsIn(room, n, largest) {
  const smallest = ZOOMS[state.zoom];
  const shown = Math.max(1, Math.min(n, Math.floor(room / smallest)));
  return { shown, size: Math.max(smallest, Math.min(largest, room / shown)) };
}

function layoutOf(matrix, width) {
  const left = Math.ceil(roomForRows(matrix, width)) + 26;
  const across = cellsIn(width - left - BAR_ROOM, matrix.nColumns, LARGEST_CELL);
  // Cells are squares where they can be, and never so flat that a label has no room.
  const largest = matrix.nRows <= 12 ? Math.max(across.size, 26) : Math.max(across.size, ZOOMS[state.zoom]);
  const tallest = Math.max(240, Math.min(TALLEST, 1.5 * across.size * across.shown));
  const down = cellsIn(tallest, matrix.nRows, Math.min(LARGEST_CELL, largest));
  const place = {
    left,
    top: HEAD_ROOM,
    cell: { width: across.size, height: down.size },
    shown: { rows: down.shown, columns: across.shown },
    first: firstShown(matrix, down.shown, across.shown),
    plot: { width: across.size * across.shown, height: down.size * down.shown },
  };
  return { ...place, ...below(matrix, place, width) };
}

function firstShown(matrix, nRows, nColumns) {
  return {
    row: Math.max(0, Math.min(state.first.row, matrix.nRows - nRows)),
    column: Math.max(0, Math.min(state.first.column, matrix.nColumns - nColumns)),
  };
}

// Edges of a cell on whole pixels, so that no seam shows between two.
function cellBox(place, row, column) {
  const { left, top, cell } = place;
  const x = Math.round(left + column * cell.width);
  const y = Math.round(top + row * cell.height);
  return [x, y, Math.round(left + (column + 1) * cell.width) - x, Math.round(top + (row + 1) * cell.height) - y];
}

function roomForRows(matrix, width) {
  const most = Math.min(150, width * 0.24);
  const texts = labelsOf(matrix.rows, matrix.firstRow, Math.min(matrix.nRows, 300));
  return Math.min(most, Math.max(18, ...texts.map((text) => widthOf(text, LABEL_SIZE))));
}

function labelsOf(axis, first, n) {
  return Array.from({ length: n }, (_, index) => textOf(axis, first + index));
}

// The strip of the input's frames, where it has any, the labels of the columns, and their noun.
function below(matrix, place, width) {
  const strip = hasStrip(matrix) ? STRIP : 0;
  const texts = labelsOf(matrix.columns, place.first.column, place.shown.columns);
  const size = Math.max(8, Math.min(LABEL_SIZE, place.cell.width - 1));
  const widest = Math.max(...texts.map((text) => widthOf(text, size)));
  // Numbers and single characters may be passed over; words are turned, as many as can stand there.
  const mayPass = matrix.columns.texts === null || widest <= 1.4 * size;
  const isTurned = !mayPass && widest > place.cell.width - 1;
  const room = isTurned ? size + 1 : widest + (matrix.columns.texts === null ? 6 : 2);
  const every = Math.ceil(room / place.cell.width);
  const labels = isTurned ? Math.min(110, widest) + 6 : 18;
  const bottom = place.top + place.plot.height;
  return {
    strip: { top: bottom + 6, height: strip },
    across: { size, isTurned, every },
    labelTop: bottom + (strip ? strip + 12 : 4),
    labelHeight: labels,
    width,
    // The colour bar needs some height, however few rows there are.
    height: Math.max(bottom + (strip ? strip + 12 : 4) + labels + 20, 132),
  };
}

function hasStrip(matrix) {
  const one = example();
  return one.frames !== null && one.grid === null && matrix.columns.side === "input" && one.frames.shape[0] === matrix.nColumns;
}

// The cell at a point of the canvas; null outside the plot.
function cellAt(place, x, y) {
  const row = Math.floor((y - place.top) / place.cell.height);
  const column = Math.floor((x - place.left) / place.cell.width);
  const isInside = row >= 0 && column >= 0 && row < place.shown.rows && column < place.shown.columns;
  return isInside ? { row: row + place.first.row, column: column + place.first.column } : null;
}
