// Links to runs of MLflow, below an address that the reader gives. Nothing is asked of it here.

const PLACE = "seqarena.mlflow";

// A page in a sandboxed frame has no storage: then the address is forgotten.
function recall() {
  try {
    return localStorage.getItem(PLACE) ?? "";
  } catch {
    return "";
  }
}

function remember(address) {
  try {
    localStorage.setItem(PLACE, address);
  } catch {
    // Nothing is lost but the address.
  }
}

function checked(address) {
  try {
    const url = new URL(address);
    return /^https?:$/.test(url.protocol) ? url.href.replace(/[#?].*$/, "").replace(/\/+$/, "") : "";
  } catch {
    return "";
  }
}

function linkRuns(address) {
  const start = checked(address);
  for (const link of document.querySelectorAll("a[data-path]")) {
    if (start) {
      link.href = `${start}/${link.dataset.path}`;
      link.rel = "noopener noreferrer";
      link.target = "_blank";
    } else {
      link.removeAttribute("href");
    }
  }
}

function makeRuns(form) {
  const field = form.querySelector("input");
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  field.value = recall();
  field.addEventListener("input", () => {
    remember(field.value);
    linkRuns(field.value);
  });
  linkRuns(field.value);
}
