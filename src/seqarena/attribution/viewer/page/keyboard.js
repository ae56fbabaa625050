// Everything without a mouse.

const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

function moveCell(panel, event) {
  const { matrix } = panel;
  const far = { Home: { column: 0 }, End: { column: matrix.nColumns - 1 }, PageUp: { row: state.row - 10 }, PageDown: { row: state.row + 10 } };
  if (ARROWS[event.key]) {
    const [down, across] = ARROWS[event.key];
    moveTo(panel, { row: state.row + down, column: state.column + across });
  } else if (far[event.key]) {
    moveTo(panel, far[event.key]);
  } else if (event.key === "Enter" || event.key === " ") {
    change({ reading: state.reading === "row" ? "column" : "row" });
  } else {
    return;
  }
  event.preventDefault();
}

function moveTo(panel, place) {
  Object.assign(state, place);
  clampPlace();
  change({ first: reveal(panel) });
}

// In the texts: left and right go along a side, up and down to the other.
function moveChip(event) {
  const chip = event.target.closest(".chip");
  const step = ARROWS[event.key];
  if (!chip || !step) {
    return;
  }
  event.preventDefault();
  const isRows = chip.parentElement.id === "rows-chips";
  if (step[0] !== 0) {
    byId(isRows ? "columns-chips" : "rows-chips").querySelector(".at")?.focus();
    return;
  }
  // In a text from right to left, the next entry stands on the left.
  const isRightToLeft = getComputedStyle(chip.parentElement).direction === "rtl";
  chooseChip(isRows ? "rows" : "columns", Number(chip.dataset.entry) + (isRightToLeft ? -step[1] : step[1]));
}

function turnHead(by) {
  const nHeads = entryOf(state.slots[0])?.shape[0] ?? 1;
  turnSlots("head", by, nHeads);
}

function turnLayer(by) {
  turnSlots("layer", by, groupsOf(example())[state.slots[0].group]?.length ?? 1);
}

// The map beside it goes along, where it is of the same mechanism of another run.
function turnSlots(part, by, n) {
  const turned = (state.slots[0][part] + by + n) % n;
  const [one, other] = state.slots.map((slot) => slot && entryOf(slot));
  const isAlike = other && one.name === other.name && one.run !== other.run;
  change({ slots: state.slots.map((slot, index) => (index === 0 || isAlike ? clampedSlot({ ...slot, [part]: turned }) : slot)) });
}

const KEYS = {
  "[": () => turnHead(-1),
  "]": () => turnHead(1),
  "{": () => turnLayer(-1),
  "}": () => turnLayer(1),
  n: () => showExample(state.example + 1),
  p: () => showExample(state.example - 1),
  "+": () => zoom(1),
  "-": () => zoom(-1),
  "/": () => byId("search").focus(),
  "?": () => byId("help").showModal(),
};

function pressKey(event) {
  const isTyping = event.target.closest("input, select, textarea, dialog");
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey || !KEYS[event.key]) {
    return;
  }
  event.preventDefault();
  KEYS[event.key]();
}

function startKeyboard() {
  document.addEventListener("keydown", pressKey);
  byId("tokens").addEventListener("keydown", moveChip);
  // Not forms: a sandboxed frame may not send any, not even to a dialog.
  for (const button of document.querySelectorAll(".close")) {
    button.addEventListener("click", () => button.closest("dialog").close());
  }
  byId("help-open").addEventListener("click", () => byId("help").showModal());
}
