// Maps as matrices, one for each head: `row(r)` gives the numbers of a row, NaN where nothing is.

const decoded = new Map();

function readMap(entry) {
  if (!decoded.has(entry)) {
    decoded.set(entry, inflate(entry.chunk).then((bytes) => decodeMap(entry, new ByteReader(bytes))));
  }
  return decoded.get(entry);
}

function decodeMap(entry, reader) {
  return entry.n_kept === null ? decodeWhole(entry, reader) : decodeLargest(entry, reader);
}

function columnsHeld(entry, row) {
  const nColumns = entry.shape[2];
  return entry.reach === null ? nColumns : Math.max(0, Math.min(nColumns, row + entry.reach + 1));
}

function decodeWhole(entry, reader) {
  const [nHeads, nRows, nColumns] = entry.shape;
  const held = Array.from({ length: nRows }, (_, row) => columnsHeld(entry, row));
  const stored = readLevels(reader, entry, nHeads * held.reduce((total, n) => total + n, 0));
  const values = new Float32Array(nHeads * nRows * nColumns);
  let at = 0;
  for (let line = 0; line < nHeads * nRows; line += 1) {
    const n = held[line % nRows];
    values.set(stored.subarray(at, at + n), line * nColumns);
    at += n;
  }
  const sums = reader.numbers(Float32Array, nHeads * nRows);
  if (entry.has_valid) {
    dropInvalid(values, reader.take(Math.ceil((nRows * nColumns) / 8)), nRows * nColumns);
  }
  return { values, sums };
}

function dropInvalid(values, bits, nCells) {
  for (let cell = 0; cell < values.length; cell += 1) {
    const bit = cell % nCells;
    if (!((bits[bit >> 3] >> (7 - (bit & 7))) & 1)) {
      values[cell] = NaN;
    }
  }
}

function decodeLargest(entry, reader) {
  const [nHeads, nRows] = entry.shape;
  const values = readLevels(reader, entry, nHeads * nRows * entry.n_kept);
  const sums = reader.numbers(Float32Array, nHeads * nRows);
  const columns = reader.numbers(Uint32Array, nHeads * nRows * entry.n_kept);
  return { values, sums, columns };
}

function matrixOf(example, entry, numbers, head) {
  const rowOf = entry.n_kept === null ? wholeRow : largestOfRow;
  return {
    entry,
    kind: entry.kind,
    unit: entry.unit,
    signed: entry.signed,
    error: entry.error,
    nRows: entry.shape[1],
    nColumns: entry.shape[2],
    firstRow: entry.first_row,
    rows: example.axes[entry.rows],
    columns: example.axes[entry.columns],
    isCut: entry.is_cut,
    top: entry.tops[head] ?? 0,
    row: (row) => rowOf(entry, numbers, head, row),
    at: (row, column) => cellOf(entry, numbers, head, row, column),
    sum: (row) => numbers.sums[head * entry.shape[1] + row],
    whole: (row) => (entry.whole === null ? null : entry.whole[row]),
  };
}

function wholeRow(entry, numbers, head, row) {
  const [, nRows, nColumns] = entry.shape;
  const start = (head * nRows + row) * nColumns;
  return numbers.values.subarray(start, start + nColumns);
}

function largestOfRow(entry, numbers, head, row) {
  const [, nRows, nColumns] = entry.shape;
  const values = new Float32Array(nColumns);
  const start = (head * nRows + row) * entry.n_kept;
  for (let index = start; index < start + entry.n_kept; index += 1) {
    if (numbers.columns[index] < nColumns) {
      values[numbers.columns[index]] = numbers.values[index];
    }
  }
  return values;
}

// One number, without making a row of many thousands for it.
function cellOf(entry, numbers, head, row, column) {
  if (entry.n_kept === null) {
    return wholeRow(entry, numbers, head, row)[column];
  }
  const start = (head * entry.shape[1] + row) * entry.n_kept;
  const place = numbers.columns.subarray(start, start + entry.n_kept).indexOf(column);
  return place < 0 ? 0 : numbers.values[start + place];
}

// What was measured: the same of a model and of the process that made the data, on one scale.
function measureOf({ kind, unit }) {
  return `${kind === "oracle" ? "effect" : kind} [${unit}]`;
}

// Why no difference can be drawn; null: it can.
function whyNoDifference(one, other) {
  if (measureOf(one) !== measureOf(other)) {
    return "No difference is drawn: the two maps are of different kinds, and do not measure the same thing.";
  }
  const fits = one.nRows === other.nRows && one.nColumns === other.nColumns && one.firstRow === other.firstRow;
  return fits ? null : "No difference is drawn: the two maps have different rows or columns.";
}

function differenceOf(one, other) {
  const row = (number) => {
    const theirs = other.row(number);
    return one.row(number).map((value, column) => value - theirs[column]);
  };
  const made = {
    ...one,
    kind: "difference",
    signed: true,
    error: one.error + other.error,
    isCut: one.isCut || other.isCut,
    row,
    at: (number, column) => one.at(number, column) - other.at(number, column),
    sum: (number) => one.sum(number) - other.sum(number),
    whole: () => null,
  };
  made.top = topOf(made, Math.max(one.top, other.top));
  return made;
}

// Of a matrix too large to be looked through, the given bound.
function topOf(matrix, bound) {
  if (matrix.nRows * matrix.nColumns > 1e6) {
    return bound;
  }
  let top = 0;
  for (let row = 0; row < matrix.nRows; row += 1) {
    for (const value of matrix.row(row)) {
      top = Math.abs(value) > top ? Math.abs(value) : top;
    }
  }
  return top;
}

function columnOf(matrix, column) {
  return Float32Array.from({ length: matrix.nRows }, (_, row) => matrix.at(row, column));
}
