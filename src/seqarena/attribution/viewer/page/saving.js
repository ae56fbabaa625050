// A map as PNG, as SVG, and as CSV: downloaded or copied; where a frame forbids that, shown to be copied.

const SAVING = [
  ["PNG", savePng],
  ["SVG", saveSvg],
  ["CSV", saveCsv],
  ["Copy PNG", copyPng],
  ["Copy SVG", copySvg],
];

function savingButtons(index) {
  return SAVING.map(([name, save]) => {
    const button = element("button", { type: "button", class: "small" }, name);
    button.addEventListener("click", () => save(panels[index], button));
    return button;
  });
}

function fileName(panel, ending) {
  const { layer, head } = state.slots[panel.index] ?? state.slots[0];
  return `example-${state.example + 1}-layer-${layer + 1}-head-${head + 1}.${ending}`;
}

// A frame with a sandbox may refuse downloads, and says nothing: it is asked nothing.
function isAlone() {
  return window.self === window.top;
}

function pictureOf(panel) {
  const canvas = document.createElement("canvas");
  const { width, height } = panel.place;
  drawHeatmap(new CanvasPen(canvas, width, height, 2), panel.matrix, panel.place, panel.limit, false);
  return canvas;
}

function drawingOf(panel) {
  const pen = new SvgPen(panel.place.width, panel.place.height);
  drawHeatmap(pen, panel.matrix, panel.place, panel.limit, false);
  return pen.document();
}

function savePng(panel) {
  if (isAlone()) {
    pictureOf(panel).toBlob((blob) => download(blob, fileName(panel, "png")));
  } else {
    showPicture(panel);
  }
}

function saveSvg(panel) {
  saveText(drawingOf(panel), "image/svg+xml", fileName(panel, "svg"));
}

function showPicture(panel) {
  showSaved("Picture: copy it from here", pictureOf(panel).toDataURL("image/png"), null);
}

async function copyPng(panel, button) {
  const blob = await new Promise((resolve) => pictureOf(panel).toBlob(resolve));
  const copying = () => navigator.clipboard.write([new ClipboardItem({ "image/png": blob })]);
  copied(copying, button, () => showPicture(panel));
}

function copySvg(panel, button) {
  const text = drawingOf(panel);
  copied(() => navigator.clipboard.writeText(text), button, () => showSaved("Copy the text of the drawing", null, text));
}

// The clipboard is closed to most frames, which complain when it is asked for; elsewhere the reader
// may refuse it.
async function copied(copying, button, otherwise) {
  if (!isAlone()) {
    otherwise();
    return;
  }
  try {
    await copying();
  } catch {
    otherwise();
    return;
  }
  // A second click comes while the button still says that the first was heard.
  button.dataset.name ??= button.textContent;
  button.textContent = "Copied";
  setTimeout(() => (button.textContent = button.dataset.name), 1500);
}

function saveCsv(panel) {
  saveText(csvOf(panel.matrix), "text/csv", fileName(panel, "csv"));
}

function saveText(text, type, name) {
  if (isAlone()) {
    download(new Blob([text], { type }), name);
  } else {
    showSaved(`Copy the text of ${name}`, null, text);
  }
}

function download(blob, name) {
  const address = URL.createObjectURL(blob);
  const link = element("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}

function csvOf(matrix) {
  const columns = Array.from({ length: matrix.nColumns }, (_, column) => quoted(labelled(matrix.columns, column)));
  const lines = [["", ...columns].join(",")];
  for (let row = 0; row < matrix.nRows; row += 1) {
    const values = Array.from(matrix.row(row), (value) => (Number.isNaN(value) ? "" : String(Number(value.toPrecision(6)))));
    lines.push([quoted(labelled(matrix.rows, row + matrix.firstRow)), ...values].join(","));
  }
  return `${lines.join("\r\n")}\r\n`;
}

// The number comes first, so that no token is taken for a formula.
function labelled(axis, entry) {
  const number = String(entry + axis.first_number);
  return axis.texts === null ? number : `${number} ${visible(axis.texts[entry])}`;
}

function quoted(text) {
  return `"${text.replaceAll('"', '""')}"`;
}

function showSaved(title, image, text) {
  byId("saved-title").textContent = title;
  byId("saved-image").hidden = image === null;
  byId("saved-text").hidden = byId("saved-copy").hidden = text === null;
  byId("saved-image").src = image ?? "data:,";
  byId("saved-text").value = text ?? "";
  byId("saved").showModal();
  byId("saved-text").select();
}

function startSaving() {
  byId("saved-copy").addEventListener("click", async () => {
    byId("saved-text").select();
    // The clipboard is closed to sandboxed frames; the older command is not.
    const isCopied = document.execCommand("copy");
    byId("saved-title").textContent = isCopied ? "Copied" : "Copy the marked text";
  });
}
