"use strict";
(() => {
  const root = document.documentElement;
  const written = Date.parse(root.dataset.written);
  const tell = () => {
    const seconds = Math.max(0, Math.round((Date.now() - written) / 1000));
    document.getElementById("age").textContent =
      seconds < 120 ? `, ${seconds} s ago` : `, ${Math.round(seconds / 60)} min ago`;
    const isOver = document.getElementById("state").textContent !== "running";
    document.getElementById("stale").hidden = isOver || seconds <= Number(root.dataset.stale);
  };
  // A reader of lines that were opened is not interrupted.
  const renew = () => {
    if (!document.hidden && !document.querySelector("details[open]")) location.reload();
  };
  tell();
  setInterval(tell, 1000);
  setInterval(renew, 30000);
  root.dataset.rendered = "yes";
})();
