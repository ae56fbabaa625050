// One map as coloured cells, with labels, gold outlines, a colour bar, and the frames below it.

const GOLD = "#d9480f";

function drawHeatmap(pen, matrix, place, limit, mark = true) {
  pen.fill(0, 0, place.width, place.height, pageColour("card"));
  drawCells(pen, matrix, place, limit);
  drawGold(pen, matrix, place);
  pen.frame(place.left - 0.5, place.top - 0.5, place.plot.width + 1, place.plot.height + 1, pageColour("soft"));
  if (mark) {
    drawCursor(pen, matrix, place);
  }
  drawStrip(pen, place);
  drawRowLabels(pen, matrix, place);
  drawColumnLabels(pen, matrix, place);
  drawColourBar(pen, matrix, place, limit);
}

function drawCells(pen, matrix, place, limit) {
  const colours = rampOf(matrix);
  const zero = css(colourOf(matrix, 0, limit, colours));
  pen.fill(place.left, place.top, place.plot.width, place.plot.height, zero);
  for (let row = 0; row < place.shown.rows; row += 1) {
    const all = matrix.row(place.first.row + row);
    const values = all.subarray(place.first.column, place.first.column + place.shown.columns);
    values.forEach((value, column) => {
      const colour = Number.isNaN(value) ? zero : css(colourOf(matrix, value, limit, colours));
      if (colour !== zero) {
        pen.fill(...cellBox(place, row, column), colour);
      }
    });
    hatchUnseen(pen, values, place, row);
  }
}

// Cells in a row where nothing can be looked at, as one.
function hatchUnseen(pen, values, place, row) {
  for (let column = 0; column < values.length; column += 1) {
    const first = column;
    while (column < values.length && Number.isNaN(values[column])) {
      column += 1;
    }
    if (column > first) {
      const [x, y, , height] = cellBox(place, row, first);
      const spot = [x, y, cellBox(place, row, column)[0] - x, height];
      pen.fill(...spot, pageColour("card"));
      pen.hatch(...spot, pageColour("line"));
    }
  }
}

// Gold spans and links of outputs and input steps.
function goldOf(matrix) {
  const one = example();
  if (matrix.columns.side !== "input" || matrix.rows.side !== "output" || one.axes[1]?.side !== "output") {
    return [];
  }
  const spans = one.gold.map(([first, after], row) => [row, first, after]);
  return one.gold.length > 0 ? spans.filter(([, first]) => first >= 0) : one.links.map(([step, row]) => [row, step, step + 1]);
}

function drawGold(pen, matrix, place) {
  for (const [entry, first, after] of goldOf(matrix)) {
    const row = entry - matrix.firstRow - place.first.row;
    const left = Math.max(first - place.first.column, 0);
    const right = Math.min(after - place.first.column, place.shown.columns);
    if (row >= 0 && row < place.shown.rows && left < right) {
      const spot = [place.left + left * place.cell.width, place.top + row * place.cell.height];
      const size = [(right - left) * place.cell.width, place.cell.height];
      pen.frame(...spot, ...size, "#ffffff", 3);
      pen.frame(...spot, ...size, GOLD, 1.6);
    }
  }
}

function drawCursor(pen, matrix, place) {
  const row = state.row - matrix.firstRow - place.first.row;
  const column = state.column - place.first.column;
  if (row < 0 || row >= place.shown.rows || column < 0 || column >= place.shown.columns) {
    return;
  }
  const x = place.left + column * place.cell.width;
  const y = place.top + row * place.cell.height;
  const isRow = state.reading === "row";
  const band = isRow ? [place.left, y, place.plot.width, place.cell.height] : [x, place.top, place.cell.width, place.plot.height];
  pen.frame(...band, pageColour("ink"), 1, [3, 3]);
  pen.frame(x - 0.5, y - 0.5, place.cell.width + 1, place.cell.height + 1, "#ffffff", 4);
  pen.frame(x - 0.5, y - 0.5, place.cell.width + 1, place.cell.height + 1, "#000000", 2);
}

function drawRowLabels(pen, matrix, place) {
  const room = place.left - 26;
  const every = Math.ceil((LABEL_SIZE + 1) / place.cell.height);
  for (let row = 0; row < place.shown.rows; row += 1) {
    const entry = matrix.firstRow + place.first.row + row;
    const isChosen = entry === state.row;
    if (row % every === 0 || isChosen) {
      const y = place.top + (row + 0.5) * place.cell.height;
      drawRowLabel(pen, matrix, entry, isChosen, place.left - 5, y, room);
    }
  }
  const middle = place.top + place.plot.height / 2;
  const noun = fitted(matrix.rows.noun, place.plot.height, LABEL_SIZE);
  // One row says itself what it is.
  pen.text(9, middle, matrix.rows.n === 1 && noun !== matrix.rows.noun ? "" : noun, { turned: true, colour: pageColour("soft") });
}

function drawRowLabel(pen, matrix, entry, isChosen, x, y, room) {
  const label = fitted(textOf(matrix.rows, entry), room, LABEL_SIZE);
  if (isChosen) {
    // On its own ground, since it may stand between two others.
    pen.fill(x - room - 1, y - LABEL_SIZE / 2 - 2, room + 4, LABEL_SIZE + 4, pageColour("accent"));
  }
  // Bold letters are wider, and must not lose their first.
  const bold = isChosen && 1.12 * widthOf(label, LABEL_SIZE) <= room;
  pen.text(x, y, label, { align: "right", colour: pageColour(isChosen ? "on-accent" : "ink"), bold });
}

function drawColumnLabels(pen, matrix, place) {
  const texts = labelsOf(matrix.columns, place.first.column, place.shown.columns);
  texts.forEach((text, column) => {
    const isChosen = place.first.column + column === state.column;
    if (column % place.across.every === 0 || isChosen) {
      drawColumnLabel(pen, text, isChosen, place.left + (column + 0.5) * place.cell.width, place);
    }
  });
  const y = place.labelTop + place.labelHeight + 10;
  pen.text(place.left + place.plot.width / 2, y, matrix.columns.noun, { colour: pageColour("soft") });
}

function drawColumnLabel(pen, text, isChosen, x, place) {
  const { size, isTurned } = place.across;
  const label = fitted(text, isTurned ? place.labelHeight - 6 : 200, size);
  const half = (size + 4) / 2;
  const reach = isTurned ? half : Math.max(half, widthOf(label, size) / 2 + 3);
  if (isChosen) {
    pen.fill(x - reach, place.labelTop, 2 * reach, place.labelHeight, pageColour("accent"));
  }
  const y = place.labelTop + (isTurned ? 3 : 9);
  const align = isTurned ? "right" : "center";
  const colour = pageColour(isChosen ? "on-accent" : "ink");
  pen.text(x, y, label, { size, align, turned: isTurned, colour, bold: isChosen });
}

function drawColourBar(pen, matrix, place, limit) {
  const colours = rampOf(matrix);
  const x = place.left + place.plot.width + 14;
  const height = Math.floor(Math.max(Math.min(place.plot.height, 260), Math.min(110, place.height - 2 * HEAD_ROOM)));
  const lowest = matrix.signed ? -limit : 0;
  for (let step = 0; step < height; step += 1) {
    const value = limit - ((step + 0.5) / height) * (limit - lowest);
    pen.fill(x, place.top + step, 12, 1, css(colourOf(matrix, value, limit, colours)));
  }
  pen.frame(x, place.top, 12, height, pageColour("soft"), 0.75);
  for (const share of [0, 0.5, 1]) {
    const value = limit - share * (limit - lowest);
    const y = place.top + Math.max(5, Math.min(height - 5, share * height));
    pen.text(x + 16, y, barText(value, limit, share === 0 && matrix.top > limit), { size: 10, align: "left", colour: pageColour("ink") });
  }
  pen.text(x + 57, place.top + height / 2, matrix.unit, { size: 10, turned: true, colour: pageColour("soft") });
}

function barText(value, limit, isMore) {
  const digits = limit >= 10 ? 0 : limit >= 0.995 ? 2 : 3;
  const text = limit < 0.01 && value !== 0 ? value.toExponential(1) : value.toFixed(digits);
  return `${isMore ? "≥" : ""}${text.replaceAll("-", "−")}`;
}
