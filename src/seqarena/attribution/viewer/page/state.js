// What is chosen, and who is told when it changes.

const data = JSON.parse(byId("data").textContent);

const state = {
  example: 0,
  // Who stands where: the map, and the one beside it or null. `group` is a place in groupsOf.
  slots: [{ group: 0, layer: 0, head: 0 }, null],
  // Entries of the axes of the first map; `reading` says whether its row or its column is read.
  row: 0,
  column: 0,
  reading: "row",
  first: { row: 0, column: 0 },
  zoom: 0,
  scale: "usual",
  curve: "linear",
  palettes: { shares: "", signed: "" },
  query: "",
};

const KINDS = {
  weights: ["Mechanism", "attention weight"],
  posterior: ["Mechanism", "posterior probability"],
  responsibility: ["Mechanism", "responsibility of a component"],
  count_context: ["Mechanism", "part of the probability, by length of context"],
  affinity: ["Mechanism", "same state at both steps"],
  gradient: ["Gradient", "slope of the gold output's log-probability, times the input"],
  effect: ["Effect", "effect on what is predicted"],
  change: ["Effect", "change of the gold output's log-probability"],
  oracle: ["Effect", "effect in the process that made the data"],
  score: ["Score", "how far apart maps are at each output"],
  difference: ["Difference", "difference"],
};

function example() {
  return data.examples[state.example];
}

// Maps of all layers of one mechanism of one run: a choice of the picker.
function groupsOf(one) {
  const groups = new Map();
  for (const entry of one.maps) {
    const key = JSON.stringify([entry.run, entry.name, entry.kind]);
    groups.set(key, [...(groups.get(key) ?? []), entry]);
  }
  return [...groups.values()];
}

function entryOf(slot) {
  const group = groupsOf(example())[slot.group];
  return group?.[Math.min(slot.layer, group.length - 1)];
}

// The most telling map first: posteriors of links that stand beside attention, of several runs their effect, else where outputs look at the input, else what there is.
function preferredGroup(one) {
  const groups = groupsOf(one);
  const links = groups.findIndex((_, index) => attentionBeside(groups, index) >= 0);
  if (links >= 0) {
    return links;
  }
  if (groups[0]?.[0].kind === "effect" && counterpartOf(one, 0) >= 0) {
    return 0;
  }
  const cross = groups.findIndex(([entry]) => entry.name.includes("cross"));
  return Math.max(0, cross);
}

// The same map of another run, where several runs are compared; -1: there is none.
function counterpartOf(one, first) {
  const groups = groupsOf(one);
  const entry = groups[first]?.[0];
  const isAlike = ([other]) => other.run !== entry.run && other.name === entry.name && other.kind === entry.kind;
  const alike = entry ? groups.findIndex(isAlike) : -1;
  return alike < 0 ? attentionBeside(groups, first) : alike;
}

// Where an alignment model's posteriors of links stand beside networks: the attention that is read against them.
function attentionBeside(groups, first) {
  const entry = groups[first]?.[0];
  if (entry?.kind !== "posterior" || !entry.name.includes("cross")) {
    return -1;
  }
  return groups.findIndex(([other]) => other.run !== entry.run && other.kind === "weights" && other.name.includes("cross"));
}

// Keep the chosen mechanism when another example is shown, as far as that has it.
function chooseExample(number) {
  const before = state.slots.map((slot) => slot && entryOf(slot));
  state.example = (number + data.examples.length) % data.examples.length;
  const groups = groupsOf(example());
  state.slots = state.slots.map((slot, index) => slot && movedSlot(slot, before[index], groups, index));
  resetPlace();
}

function movedSlot(slot, entry, groups, index) {
  const same = ([one]) => one.run === entry?.run && one.name === entry?.name && one.kind === entry?.kind;
  const found = groups.findIndex(same);
  if (found < 0 && index > 0) {
    return null;
  }
  return clampedSlot({ ...slot, group: found < 0 ? preferredGroup(example()) : found });
}

function clampedSlot(slot) {
  const group = groupsOf(example())[slot.group] ?? [];
  const layer = Math.max(0, Math.min(slot.layer, group.length - 1));
  const nHeads = group[layer]?.shape[0] ?? 1;
  return { ...slot, layer, head: Math.max(0, Math.min(slot.head, nHeads - 1)) };
}

function resetPlace() {
  const entry = entryOf(state.slots[0]);
  state.row = entry?.first_row ?? 0;
  state.column = 0;
  state.first = { row: 0, column: 0 };
}

// The nearest entries that the map has.
function clampPlace() {
  const entry = entryOf(state.slots[0]);
  if (entry) {
    const last = entry.first_row + entry.shape[1] - 1;
    state.row = Math.max(entry.first_row, Math.min(state.row, last));
    state.column = Math.max(0, Math.min(state.column, entry.shape[2] - 1));
  }
}

const listeners = [];

function onChange(listener) {
  listeners.push(listener);
}

let turn = 0;

// Listeners run in order with what is shown; a newer change overtakes one that waits for numbers.
async function change(...what) {
  Object.assign(state, ...what);
  clampPlace();
  turn += 1;
  const mine = turn;
  document.documentElement.dataset.rendered = "no";
  const shown = await shownMatrices();
  if (mine === turn) {
    listeners.forEach((listener) => listener(shown));
    document.documentElement.dataset.rendered = "yes";
  }
}

async function shownMatrices() {
  const chosen = state.slots.filter((slot) => slot !== null && entryOf(slot) !== undefined);
  const matrices = [];
  await readFrames(example());
  for (const slot of chosen) {
    const entry = entryOf(slot);
    matrices.push(matrixOf(example(), entry, await readMap(entry), slot.head));
  }
  const why = matrices.length === 2 ? whyNoDifference(...matrices) : null;
  if (matrices.length === 2 && why === null) {
    matrices.push(differenceOf(...matrices));
  }
  return { matrices, why };
}
