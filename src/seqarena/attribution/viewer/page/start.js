// The page begins: what is shown first, and when it is said to be shown.

function startTheme() {
  byId("theme").addEventListener("click", () => {
    document.documentElement.dataset.theme = isDark() ? "light" : "dark";
    change();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => change());
}

// Paper is white: maps are drawn anew for it, at once, since printing does not wait.
function startPrinting() {
  let before;
  window.addEventListener("beforeprint", () => {
    before = document.documentElement.dataset.theme;
    document.documentElement.dataset.theme = "light";
    redraw();
  });
  window.addEventListener("afterprint", () => {
    if (before === undefined) {
      delete document.documentElement.dataset.theme;
    } else {
      document.documentElement.dataset.theme = before;
    }
    redraw();
  });
}

function redraw() {
  const drawn = panels.filter((panel) => panel.matrix !== null && !panel.figure.hidden);
  const matrices = drawn.map((panel) => panel.matrix);
  drawn.forEach((panel) => showPanel(panel, panel.matrix, matrices));
  showStrips({ matrices });
  showTokens({ matrices });
}

// A mechanism is not shown without what it does, where that is known and there is room.
function showEffectBeside() {
  const groups = groupsOf(example());
  const isFirst = (kind) => groups.findIndex(([entry]) => entry.kind === kind);
  const effect = isFirst("effect") >= 0 ? isFirst("effect") : isFirst("change");
  const isMechanism = groups[state.slots[0].group]?.[0] && KINDS[groups[state.slots[0].group][0].kind][0] === "Mechanism";
  if (state.slots[1] === null && isMechanism && effect >= 0 && innerWidth >= 800) {
    state.slots[1] = clampedSlot({ group: effect, layer: 0, head: 0 });
  }
}

function start() {
  panels.push(makePanel(0), makePanel(1), makePanel(2));
  byId("panels").append(...panels.map((panel) => panel.figure));
  [showPickers, showPanels, showRegions, showStrips, showTokens, showReadout, showHeads].forEach(onChange);
  [startPickers, startSearch, startSaving, startKeyboard, startTheme, startPrinting, showFacts, showTables].forEach((each) => each());
  new ResizeObserver(redraw).observe(byId("panels"));
  if (data.examples.length > 0) {
    state.slots[0] = clampedSlot({ group: preferredGroup(example()), layer: Infinity, head: 0 });
    const beside = counterpartOf(example(), state.slots[0].group);
    state.slots[1] = beside < 0 ? null : clampedSlot({ group: beside, layer: Infinity, head: 0 });
    resetPlace();
    showEffectBeside();
    change();
  } else {
    byId("no-map").hidden = false;
    byId("no-map").textContent = "This page has no examples.";
    byId("main").hidden = true;
    document.documentElement.dataset.rendered = "yes";
  }
}

start();
