// Frames that are no regions, as those of speech: the input from left to right, and the chosen row laid over it.

const STRIP_TALL = 120;
const PROFILE = 40;

function showStrips({ matrices }) {
  // The maps alone: a difference is read beside them.
  const shown = matrices.slice(0, 2).filter(hasStrip);
  byId("strips").hidden = shown.length === 0;
  byId("strips-shown").replaceChildren(...shown.map((matrix) => stripFigure(matrix, matrices)));
}

function stripFigure(matrix, matrices) {
  const row = Math.max(0, Math.min(state.row - matrix.firstRow, matrix.nRows - 1));
  const { run, name } = matrix.entry;
  const words = [run, name, nameOf(matrix.rows, row + matrix.firstRow), spectrumWords()];
  const caption = words.filter(Boolean).join(" · ");
  const canvas = element("canvas", { class: "strip", "aria-hidden": "true" });
  const width = Math.max(240, byId("panels").clientWidth - 26);
  drawOverStrip(new CanvasPen(canvas, width, STRIP_TALL + PROFILE), matrix, row, width, limitOf(matrix, matrices));
  canvas.addEventListener("click", (event) => {
    const column = Math.floor((event.offsetX / canvas.clientWidth) * matrix.nColumns);
    change({ row: row + matrix.firstRow, column: Math.min(column, matrix.nColumns - 1) });
  });
  return element("figure", {}, isolated(caption, "figcaption"), canvas);
}

function spectrumWords() {
  const { spectrum } = example();
  return spectrum === null ? "" : `over the ${spectrum.name}, ${spectrum.lowest} to ${spectrum.highest} upwards (${spectrum.scale}), dark is loud`;
}

// Above the frames with the row as a veil, below how large each value is, from the line upwards.
function drawOverStrip(pen, matrix, row, width, limit) {
  const shades = framesRead.get(example());
  const dim = example().frames.shape[1];
  const contrasted = contrast(shades);
  const picture = greyPicture(matrix.nColumns, dim, (x, y) => contrasted(shades[x * dim + y]));
  pen.image(picture, 0, 0, width, STRIP_TALL);
  const size = width / matrix.nColumns;
  for (let column = 0; column < matrix.nColumns; column += 1) {
    const value = matrix.at(row, column);
    // How large a value is stands below; what was heard there is to be seen.
    veil(pen, [column * size, 0, size, STRIP_TALL], matrix, value, limit, 0.5);
    const high = Number.isNaN(value) ? 0 : Math.min(1, Math.abs(value) / (limit || 1)) * (PROFILE - 6);
    pen.fill(column * size, STRIP_TALL + PROFILE - high, Math.max(1, size), high, pageColour(value < 0 ? "warn" : "accent"));
  }
  for (const [entry, first, after] of goldOf(matrix)) {
    if (entry === row + matrix.firstRow) {
      pen.frame(first * size, 1, (after - first) * size, STRIP_TALL - 2, "#ffffff", 4);
      pen.frame(first * size, 1, (after - first) * size, STRIP_TALL - 2, GOLD, 2);
    }
  }
  pen.frame(state.column * size, 0, size, STRIP_TALL, "#ffffff", 3);
  pen.frame(state.column * size, 0, size, STRIP_TALL, "#000000", 1.5);
}
