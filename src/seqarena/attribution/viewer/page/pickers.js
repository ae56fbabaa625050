// Which example, which map, which layer and head, what beside it, and how it is coloured.

function optionOf(value, text, isSelected) {
  const made = document.createElement("option");
  made.value = value;
  made.textContent = text;
  made.selected = isSelected;
  return made;
}

function fill(select, choices, chosen) {
  select.replaceChildren(...choices.map(([value, text]) => optionOf(value, text, String(value) === String(chosen))));
}

function snippetOf(one) {
  const axis = one.axes.find((each) => each.texts !== null && each.side !== null && each.n > 1);
  if (!axis) {
    return `${one.axes[0].n} steps`;
  }
  const between = axis.texts.every((text) => text.length <= 1) ? "" : " ";
  return shortened(axis.texts.slice(0, 60).map((text) => (text === " " ? " " : visible(text))).join(between), 48);
}

function exampleName(one, number) {
  const label = one.label === null ? [] : [`label ${visible(one.label)}`];
  return [`${number + 1}. ${visible(one.id)}`, snippetOf(one), ...label].join(" · ");
}

function groupName(group) {
  const [entry] = group;
  const run = entry.run === "" ? "" : `${visible(entry.run)} · `;
  return `${run}${visible(entry.name)}: ${KINDS[entry.kind][1]}`;
}

function fillGroups(select, groups, chosen, isOptional) {
  const made = isOptional ? [optionOf("", "nothing", chosen === "")] : [];
  for (const name of ["Mechanism", "Effect", "Gradient", "Score", "Difference"]) {
    const options = groups.flatMap((group, index) =>
      KINDS[group[0].kind][0] === name ? [optionOf(index, groupName(group), index === chosen)] : [],
    );
    if (options.length > 0) {
      made.push(element("optgroup", { label: name }, ...options));
    }
  }
  select.replaceChildren(...made);
}

function showPickers() {
  const groups = groupsOf(example());
  byId("example").value = state.example;
  fillGroups(byId("map"), groups, state.slots[0].group, false);
  fillGroups(byId("beside"), groups, state.slots[1] === null ? "" : state.slots[1].group, true);
  showSlot(0, groups, "layer", "head");
  showSlot(1, groups, "beside-layer", "beside-head");
  const isSigned = isSignedShown();
  byId("palette").closest("label").hidden = isSigned === null;
  fill(byId("palette"), paletteChoices(isSigned), isSigned ? state.palettes.signed : state.palettes.shares);
}

function isSignedShown() {
  const entry = entryOf(state.slots[0]);
  return entry ? entry.signed : null;
}

function paletteChoices(isSigned) {
  return [["", "as suits the kind"], ...Object.keys(isSigned ? SIGNED : SHARES).map((name) => [name, name])];
}

function showSlot(index, groups, layerId, headId) {
  const slot = state.slots[index];
  const group = slot === null ? [] : (groups[slot.group] ?? []);
  const layers = group.map((entry, layer) => [layer, entry.layer === null ? String(layer + 1) : String(entry.layer)]);
  const nHeads = group[slot?.layer ?? 0]?.shape[0] ?? 0;
  fill(byId(layerId), layers, slot?.layer);
  fill(byId(headId), Array.from({ length: nHeads }, (_, head) => [head, String(head + 1)]), slot?.head);
  byId(layerId).closest("label").hidden = layers.length < 2;
  byId(headId).closest("label").hidden = nHeads < 2;
}

function changeSlot(index, part) {
  const slots = [...state.slots];
  slots[index] = clampedSlot({ ...(slots[index] ?? { layer: state.slots[0].layer, head: state.slots[0].head }), ...part });
  change({ slots });
}

function startPickers() {
  fill(byId("example"), data.examples.map((one, number) => [number, exampleName(one, number)]), 0);
  byId("example").addEventListener("change", (event) => showExample(Number(event.target.value)));
  byId("previous").addEventListener("click", () => showExample(state.example - 1));
  byId("next").addEventListener("click", () => showExample(state.example + 1));
  for (const [id, index, part] of [["map", 0, "group"], ["layer", 0, "layer"], ["head", 0, "head"], ["beside-layer", 1, "layer"], ["beside-head", 1, "head"]]) {
    byId(id).addEventListener("change", (event) => changeSlot(index, { [part]: Number(event.target.value) }));
  }
  byId("beside").addEventListener("change", ({ target }) => {
    return target.value === "" ? change({ slots: [state.slots[0], null] }) : changeSlot(1, { group: Number(target.value) });
  });
  byId("scale").addEventListener("change", ({ target }) => change({ scale: target.value }));
  byId("curve").addEventListener("change", ({ target }) => change({ curve: target.value }));
  byId("palette").addEventListener("change", ({ target }) => {
    change({ palettes: { ...state.palettes, [isSignedShown() ? "signed" : "shares"]: target.value } });
  });
  byId("closer").addEventListener("click", () => zoom(1));
  byId("further").addEventListener("click", () => zoom(-1));
}

function showExample(number) {
  chooseExample(number);
  change();
}

function zoom(by) {
  change({ zoom: Math.max(0, Math.min(ZOOMS.length - 1, state.zoom + by)) });
}
