// The tables and the facts that came with the maps.

function showTables() {
  for (const table of data.tables) {
    const title = element("h2");
    title.textContent = table.title;
    const isNumber = (column) => table.rows.every((row) => typeof row[column] !== "string");
    const head = element("tr", {}, ...table.head.map((text, column) => tableCell(text, "th", isNumber(column))));
    const rows = table.rows.map((row) => element("tr", {}, ...row.map((value) => tableCell(value, "td"))));
    const made = element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows));
    const note = element("p", { class: "soft" });
    note.textContent = table.note;
    const scroll = element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Table" }, made);
    byId("tables").append(element("section", {}, title, scroll, note));
  }
}

function tableCell(value, tag, isNumber = typeof value !== "string") {
  const cell = element(tag, isNumber ? { class: "number" } : {});
  cell.append(isolated(typeof value === "string" ? value : numberText(value)));
  return cell;
}

function showFacts() {
  byId("facts").hidden = data.facts.length === 0;
  for (const [name, value] of data.facts) {
    byId("facts-list").append(element("div", {}, isolated(name, "dt"), isolated(value, "dd")));
  }
  byId("left-out").hidden = data.left_out === 0;
  byId("left-out").textContent = `${data.left_out} maps of later examples are not on this page: it would have become too large. The stored numbers hold them all.`;
}
