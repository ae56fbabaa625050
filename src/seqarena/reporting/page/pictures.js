// Which of the examples the attention pictures show.

function showProbe(select) {
  for (const picture of select.closest("section").querySelectorAll("[data-probe]")) {
    picture.hidden = picture.dataset.probe !== select.value;
  }
}

function makeProbes(select) {
  select.closest("p").hidden = false;
  select.addEventListener("change", () => showProbe(select));
  showProbe(select);
}
