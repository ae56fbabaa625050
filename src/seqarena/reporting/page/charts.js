// Asking a chart: the nearest value under the pointer, or the next one by arrow keys.

const REACH = 26;

// Every value of a chart that is in view, with its place in the drawing.
function valuesOf(chart) {
  const found = [];
  for (const group of chart.querySelectorAll(".series:not(.off)")) {
    for (const mark of group.querySelectorAll(".mark[data-tip]")) {
      const [x, y] = mark.getAttribute("transform").match(/-?[\d.]+/g).map(Number);
      found.push({ x, y, group, element: mark, tip: mark.dataset.tip });
    }
    for (const line of group.querySelectorAll(".trace")) {
      const [xs, ys] = [line.dataset.x.split(" "), line.dataset.y.split(" ")];
      line.getAttribute("points").split(" ").forEach((corner, index) => {
        const [x, y] = corner.split(",").map(Number);
        const tip = `${line.dataset.tip}: ${ys[index]} at ${xs[index]}`;
        found.push({ x, y, group, element: line, tip });
      });
    }
  }
  return found;
}

function forget(chart) {
  chart.classList.remove("asked");
  for (const each of chart.querySelectorAll(".lit, .asked")) {
    each.classList.remove("lit", "asked");
  }
  document.getElementById("tip").hidden = true;
}

function placeTip(chart, value) {
  const tip = document.getElementById("tip");
  const at = new DOMPoint(value.x, value.y).matrixTransform(chart.getScreenCTM());
  tip.textContent = value.tip;
  tip.hidden = false;
  const left = Math.min(at.x + 12, innerWidth - tip.offsetWidth - 8);
  const above = at.y - tip.offsetHeight - 12;
  tip.style.left = `${Math.max(8, left)}px`;
  tip.style.top = `${above > 0 ? above : at.y + 14}px`;
}

function ask(chart, value) {
  forget(chart);
  chart.classList.add("asked");
  value.group.classList.add("lit");
  value.element.classList.add("asked");
  placeTip(chart, value);
}

function nearest(chart, event) {
  const at = new DOMPoint(event.clientX, event.clientY)
    .matrixTransform(chart.getScreenCTM().inverse());
  let best = null;
  let least = REACH ** 2;
  for (const value of valuesOf(chart)) {
    const distance = (value.x - at.x) ** 2 + (value.y - at.y) ** 2;
    if (distance < least) {
      [best, least] = [value, distance];
    }
  }
  return best;
}

function step(chart, state, by) {
  const values = valuesOf(chart);
  if (values.length) {
    state.at = (state.at + by + values.length) % values.length;
    ask(chart, values[state.at]);
  }
}

function makeAskable(chart) {
  const state = { at: -1 };
  const moves = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
  const look = (event) => {
    const value = nearest(chart, event);
    if (value) {
      ask(chart, value);
    } else {
      forget(chart);
    }
  };
  chart.addEventListener("pointermove", look);
  chart.addEventListener("pointerdown", look);
  chart.addEventListener("pointerleave", () => forget(chart));
  chart.addEventListener("blur", () => forget(chart));
  chart.addEventListener("keydown", (event) => {
    if (event.key in moves) {
      event.preventDefault();
      step(chart, state, moves[event.key]);
    } else if (event.key === "Escape") {
      forget(chart);
    }
  });
}
