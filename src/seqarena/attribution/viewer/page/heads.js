// All heads of all layers of a mechanism, as small pictures; a click opens one.

const THUMB = 96;

let headsKey = "";

async function showHeads({ matrices }) {
  const [matrix] = matrices;
  const group = groupsOf(example())[state.slots[0].group] ?? [];
  const nHeads = group.reduce((total, entry) => total + entry.shape[0], 0);
  byId("heads").hidden = nHeads < 2;
  const key = JSON.stringify([state.example, state.slots[0].group, state.scale, state.curve, state.palettes, isDark()]);
  if (nHeads > 1 && key !== headsKey) {
    headsKey = key;
    await fillHeads(group, matrices, key);
  }
  markHead();
}

async function fillHeads(group, matrices, key) {
  const place = byId("heads-shown");
  place.replaceChildren();
  place.classList.toggle("many", group.length > 1);
  for (const [layer, entry] of group.entries()) {
    const numbers = await readMap(entry);
    if (key !== headsKey) {
      return;
    }
    const thumbs = entry.tops.map((_, head) => thumbOf(matrixOf(example(), entry, numbers, head), layer, head, entry));
    const name = element("span", { class: "layer-name" });
    name.textContent = entry.layer === null ? "" : `layer ${entry.layer}`;
    place.append(element("div", { class: "layer" }, name, ...thumbs));
    // Let the page be painted between layers.
    await new Promise((resolve) => setTimeout(resolve));
  }
  markHead();
}

function thumbOf(matrix, layer, head, entry) {
  const canvas = element("canvas", { "aria-hidden": "true" });
  const label = document.createElement("span");
  label.textContent = `head ${head + 1}`;
  const button = element("button", { type: "button", class: "thumb" }, canvas, label);
  button.setAttribute("aria-label", `${entry.layer === null ? "" : `layer ${entry.layer}, `}head ${head + 1}, largest ${numberText(matrix.top)}`);
  button.dataset.layer = layer;
  button.dataset.head = head;
  drawThumb(canvas, matrix);
  button.addEventListener("click", () => change({ slots: [{ ...state.slots[0], layer, head }, state.slots[1]] }));
  return button;
}

function drawThumb(canvas, matrix) {
  const [height, width] = [Math.min(matrix.nRows, THUMB), Math.min(matrix.nColumns, THUMB)];
  canvas.width = width;
  canvas.height = height;
  const largest = pooled(matrix, height, width);
  const limit = ownLimit(matrix) || 1;
  const colours = rampOf(matrix);
  const empty = channels(isDark() ? "#161b22" : "#f6f8fa");
  const pixels = new ImageData(width, height);
  largest.forEach((value, index) => {
    const colour = Number.isNaN(value) ? empty : colourOf(matrix, value, limit, colours);
    pixels.data.set([...colour, 255], index * 4);
  });
  canvas.getContext("2d").putImageData(pixels, 0, 0);
}

// The largest value of each block: a thin diagonal stays seen.
function pooled(matrix, height, width) {
  const made = new Float32Array(height * width).fill(NaN);
  for (let row = 0; row < matrix.nRows; row += 1) {
    const values = matrix.row(row);
    const line = Math.floor((row * height) / matrix.nRows) * width;
    for (let column = 0; column < matrix.nColumns; column += 1) {
      const at = line + Math.floor((column * width) / matrix.nColumns);
      if (!(Math.abs(values[column]) <= Math.abs(made[at])) && !Number.isNaN(values[column])) {
        made[at] = values[column];
      }
    }
  }
  return made;
}

function markHead() {
  const { layer, head } = state.slots[0];
  for (const thumb of byId("heads-shown").querySelectorAll(".thumb")) {
    const isChosen = Number(thumb.dataset.layer) === layer && Number(thumb.dataset.head) === head;
    thumb.setAttribute("aria-pressed", String(isChosen));
  }
}
