// The input itself, where it is no text: frames below a map, and regions with a map laid over them.

const framesRead = new Map();
const MAX_FRAMES = 12;
const MAX_PICTURES = 12;

async function readFrames(one) {
  if (one.frames !== null && !framesRead.has(one)) {
    framesRead.set(one, await inflate(one.frames.chunk));
  }
}

// Grey from white, the smallest value, to nearly black.
function greyPicture(width, height, shadeAt) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const pixels = new ImageData(width, height);
  for (let index = 0; index < width * height; index += 1) {
    const grey = 255 - Math.round(0.85 * shadeAt(index % width, Math.floor(index / width)));
    pixels.data.set([grey, grey, grey, 255], index * 4);
  }
  canvas.getContext("2d").putImageData(pixels, 0, 0);
  return canvas;
}

// The tenths at either end are cut, where one large dimension would hide the others. A spectrogram
// has one unit, and its floor already.
function contrast(shades) {
  if (example().spectrum !== null) {
    return (shade) => shade;
  }
  const sorted = Uint8Array.from(shades).sort();
  const low = sorted[Math.floor(0.1 * (sorted.length - 1))];
  const high = sorted[Math.ceil(0.9 * (sorted.length - 1))];
  return (shade) => (low < high ? (255 * (Math.min(high, Math.max(low, shade)) - low)) / (high - low) : shade);
}

function drawStrip(pen, place) {
  if (place.strip.height === 0) {
    return;
  }
  const shades = framesRead.get(example());
  const dim = example().frames.shape[1];
  const contrasted = contrast(shades);
  const { column } = place.first;
  const picture = greyPicture(place.shown.columns, dim, (x, y) => contrasted(shades[(column + x) * dim + y]));
  pen.image(picture, place.left, place.strip.top, place.plot.width, place.strip.height);
  pen.frame(place.left - 0.5, place.strip.top - 0.5, place.plot.width + 1, place.strip.height + 1, pageColour("soft"));
  nameStrip(pen, place, place.left - 5, dim);
}

function nameStrip(pen, place, x, dim) {
  const [top, bottom] = [place.strip.top + 6, place.strip.top + place.strip.height - 6];
  const { spectrum } = example();
  const [above, below] = spectrum === null ? ["input", `1–${dim}`] : [spectrum.highest, spectrum.lowest];
  pen.text(x, top, above, { align: "right", size: spectrum === null ? LABEL_SIZE : 10, colour: pageColour("soft") });
  pen.text(x, bottom, below, { align: "right", size: 10, colour: pageColour("soft") });
}

// A region is a square of pixels where it can be one, else its mean.
function regionPicture(one, frame) {
  const shades = framesRead.get(one);
  const [rows, columns] = one.grid;
  const dim = one.frames.shape[1];
  const side = Number.isInteger(Math.sqrt(dim)) ? Math.sqrt(dim) : 1;
  return greyPicture(columns * side, rows * side, (x, y) => {
    const region = frame * rows * columns + Math.floor(y / side) * columns + Math.floor(x / side);
    const pixels = shades.subarray(region * dim, (region + 1) * dim);
    return side * side === dim ? pixels[(y % side) * side + (x % side)] : pixels.reduce((a, b) => a + b, 0) / dim;
  });
}

function hasRegions(matrix) {
  const one = example();
  return one.grid !== null && one.frames !== null && matrix.columns.side === "input" && one.frames.shape[0] === matrix.nColumns;
}

function showRegions({ matrices }) {
  // The maps alone: a difference is read beside them.
  const shown = matrices.slice(0, 2).filter(hasRegions);
  byId("regions").hidden = shown.length === 0;
  byId("regions-shown").replaceChildren(...shown.flatMap((matrix) => figuresOf(matrix, matrices, shown.length > 1)));
}

function figuresOf(matrix, matrices, isNamed) {
  const limit = limitOf(matrix, matrices);
  const nFrames = matrix.nColumns / (example().grid[0] * example().grid[1]);
  const whose = isNamed ? `${[matrix.entry.run, matrix.entry.name].filter(Boolean).join(" · ")}, ` : "";
  return nFrames > 1 ? filmOf(matrix, limit, nFrames, whose) : rowsOf(matrix, limit, whose, matrix === matrices[0]);
}

// Of a film: the chosen row over frames that are passed over evenly.
function filmOf(matrix, limit, nFrames, whose) {
  const n = Math.min(nFrames, MAX_FRAMES);
  const chosen = Array.from({ length: n }, (_, index) => Math.round((index * (nFrames - 1)) / Math.max(1, n - 1)));
  const row = Math.max(0, Math.min(state.row - matrix.firstRow, matrix.nRows - 1));
  const name = `${whose}${nameOf(matrix.rows, row + matrix.firstRow)}`;
  return chosen.map((frame) => regionFigure(matrix, row, frame, limit, `${name}, frame ${frame + 1} of ${nFrames}`, false));
}

// Of a picture: the picture itself, and the rows about the chosen one.
function rowsOf(matrix, limit, whose, isFirst) {
  const n = Math.min(matrix.nRows, MAX_PICTURES);
  const first = Math.max(0, Math.min(state.row - matrix.firstRow - Math.floor(n / 2), matrix.nRows - n));
  const input = regionFigure(matrix, null, 0, limit, "input");
  const rows = Array.from({ length: n }, (_, index) => first + index);
  const nameRow = (row) => `${whose}${nameOf(matrix.rows, row + matrix.firstRow)}`;
  const figures = rows.map((row) => regionFigure(matrix, row, 0, limit, nameRow(row)));
  return isFirst ? [input, ...figures] : figures;
}

function regionFigure(matrix, row, frame, limit, name, mayBeChosen = true) {
  const canvas = element("canvas", { class: "regions", "aria-hidden": "true" });
  const isChosen = mayBeChosen && row !== null && row + matrix.firstRow === state.row;
  const figure = element("figure", isChosen ? { class: "chosen" } : {}, isolated(name, "figcaption"), canvas);
  drawRegions(canvas, matrix, row, frame, limit);
  canvas.addEventListener("click", (event) => {
    const [rows, columns] = example().grid;
    const y = Math.floor((event.offsetY / canvas.clientHeight) * rows);
    const x = Math.floor((event.offsetX / canvas.clientWidth) * columns);
    change({ row: row === null ? state.row : row + matrix.firstRow, column: frame * rows * columns + y * columns + x });
  });
  return figure;
}

function drawRegions(canvas, matrix, row, frame, limit) {
  const [rows, columns] = example().grid;
  const size = Math.max(4, Math.floor(168 / Math.max(rows, columns)));
  const pen = new CanvasPen(canvas, columns * size, rows * size);
  pen.image(regionPicture(example(), frame), 0, 0, columns * size, rows * size);
  const first = frame * rows * columns;
  for (let region = 0; region < rows * columns; region += 1) {
    const spot = [(region % columns) * size, Math.floor(region / columns) * size, size, size];
    if (row !== null) {
      veil(pen, spot, matrix, matrix.at(row, first + region), limit);
    }
    if (example().links.some(([step]) => step === first + region)) {
      pen.frame(...spot, GOLD, 1.5);
    }
    if (first + region === state.column && row !== null) {
      pen.frame(spot[0] + 1, spot[1] + 1, size - 2, size - 2, "#ffffff", 3);
      pen.frame(spot[0] + 1, spot[1] + 1, size - 2, size - 2, "#000000", 1.5);
    }
  }
}

// The larger a value, the less of the picture shines through.
function veil(pen, spot, matrix, value, limit, most = 0.8) {
  if (!Number.isNaN(value)) {
    const share = Math.abs(strength(value, limit));
    pen.fill(...spot, css(colourOf(matrix, value, limit), 0.1 + (most - 0.1) * share));
  }
}
