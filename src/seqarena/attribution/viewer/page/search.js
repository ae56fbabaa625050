// Search over the texts of all examples: what is found is listed, and marked in the tokens.

const MAX_RESULTS = 12;

function haystacksOf(one) {
  return [one.id, one.label ?? "", ...one.axes.flatMap((axis) => (axis.texts === null ? [] : [axis.texts.join(""), axis.texts.join(" ")]))];
}

let haystacks = null;

function foundExamples(query) {
  haystacks ??= data.examples.map((one) => haystacksOf(one).map(folding));
  return haystacks.flatMap((texts, number) => (texts.some((text) => text.includes(query)) ? [number] : []));
}

function search(text) {
  const query = folding(text.trim());
  const found = query === "" ? [] : foundExamples(query);
  byId("found").textContent = query === "" ? "" : `${found.length} of ${data.examples.length} examples`;
  byId("results").replaceChildren(...found.slice(0, MAX_RESULTS).map((number) => resultOf(number)));
  change({ query });
  return found;
}

function resultOf(number) {
  const button = isolated(exampleName(data.examples[number], number), "button");
  button.type = "button";
  button.addEventListener("click", () => showFound(number));
  return element("li", {}, button);
}

// Show an example with the chosen column, or row, on the first place that matches.
function showFound(number) {
  chooseExample(number);
  const entry = entryOf(state.slots[0]);
  const place = (axis) => (axis === undefined || axis.texts === null ? null : foundIn(axis.texts, state.query));
  const column = entry && place(example().axes[entry.columns]);
  const row = entry && !column && place(example().axes[entry.rows]);
  change(column ? { column: column[0], reading: "column" } : {}, row ? { row: row[0], reading: "row" } : {});
}

function startSearch() {
  byId("search").addEventListener("input", (event) => search(event.target.value));
  byId("search").addEventListener("keydown", (event) => {
    const found = event.key === "Enter" ? search(event.target.value) : [];
    if (found.length > 0) {
      const after = found.find((number) => number > state.example);
      showFound(found.includes(state.example) ? (after ?? found[0]) : found[0]);
    }
    if (event.key === "Escape") {
      event.target.value = "";
      search("");
      panels[0].canvas.focus();
    }
  });
}
