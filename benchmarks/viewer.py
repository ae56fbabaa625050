"""What a page of maps weighs, how long it is written, and how soon Chromium shows it.

    python benchmarks/viewer.py

Weights are softmaxes of random scores: real ones have more rows alike, and deflate better. First
paint and the whole page are counted from the start of loading a file, median of five loads; "shown"
is when the chosen map, the texts and the lists stand there (small pictures of heads may follow).
"""

import shutil
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

from seqarena.attribution.capture import Capture, ProbeMap
from seqarena.attribution.probes import Probe
from seqarena.attribution.viewer.of_capture import viewed_of
from seqarena.attribution.viewer.page import write_page

_LOADS = 5
_FLAGS = "--no-sandbox --disable-gpu --disable-background-networking --disable-sync".split()
_RESULTS = Path(__file__).parent / "results" / "viewer.md"
_SHOWN = """() => new Promise((resolve) => {
  const look = () => document.documentElement.dataset.rendered === "yes"
    ? resolve(performance.now()) : setTimeout(look, 5);
  look();
})"""
_FIRST_PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"


def capture_of(
    n_examples: int, n_layers: int, n_heads: int, time_: int, *, causal: bool
) -> Capture:
    """Return examples of `time_` symbols, each with a map of every layer."""
    rng = np.random.default_rng(0)
    texts = tuple(f"w{number}" for number in range(time_))
    name = "decoder" if causal else "encoder"
    probes = tuple(Probe(row, str(row), time_, texts) for row in range(n_examples))
    maps = tuple(
        tuple(
            ProbeMap(
                f"{name}.{layer}.self", "weights", _weights(rng, n_heads, time_, causal), causal
            )
            for layer in range(n_layers)
        )
        for _ in probes
    )
    return Capture(probes, maps)


def _weights(rng: np.random.Generator, n_heads: int, time_: int, causal: bool) -> np.ndarray:
    scores = 2 * rng.normal(size=(n_heads, time_ - causal, time_))
    if causal:
        scores = np.where(np.tri(time_ - 1, time_, dtype=bool), scores, -np.inf)
    shares = np.exp(scores - scores.max(axis=2, keepdims=True))
    return (shares / shares.sum(axis=2, keepdims=True)).astype(np.float32)


def load_times(path: Path) -> tuple[float, float] | None:
    """Return medians of first paint and of the shown page [s]; None without a browser."""
    chromium = shutil.which("chromium")
    if chromium is None:
        return None
    from playwright.sync_api import sync_playwright

    paints, shows = [], []
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=chromium, args=_FLAGS)
        for _ in range(_LOADS):
            page = browser.new_page()
            page.goto(path.as_uri(), wait_until="commit")
            shows.append(page.evaluate(_SHOWN) / 1000)
            page.wait_for_timeout(300)
            paints.append(page.evaluate(_FIRST_PAINT) / 1000)
            page.close()
        browser.close()
    return statistics.median(paints), statistics.median(shows)


def row_of(name: str, capture: Capture, folder: Path) -> str:
    """Write and load one page, and return its line of the table."""
    path = folder / "page.html"
    began = time.perf_counter()
    n_bytes = write_page(path, viewed_of(capture, name))
    seconds = time.perf_counter() - began
    times = load_times(path)
    shown = "no browser | no browser" if times is None else f"{times[0]:.2f} | {times[1]:.2f}"
    return f"| {name} | {n_bytes / 1e6:.2f} | {seconds:.2f} | {shown} |"


def main() -> None:
    """Print the table, and keep it."""
    scenes = {
        "12 layers x 12 heads x 128 symbols": capture_of(1, 12, 12, 128, causal=False),
        "the same, causal": capture_of(1, 12, 12, 128, causal=True),
        "8 examples x 4 layers x 4 heads x 128 symbols": capture_of(8, 4, 4, 128, causal=False),
        "64 examples x 2 layers x 4 heads x 24 symbols": capture_of(64, 2, 4, 24, causal=False),
    }
    lines = [
        "# Pages of maps\n",
        "`python benchmarks/viewer.py`\n",
        "| page | MB | written [s] | first paint [s] | shown [s] |",
        "|:--|--:|--:|--:|--:|",
    ]
    with tempfile.TemporaryDirectory() as folder:
        lines += [row_of(name, capture, Path(folder)) for name, capture in scenes.items()]
    table = "\n".join(lines) + "\n"
    print(table)
    _RESULTS.write_text(table, encoding="utf-8")


if __name__ == "__main__":
    main()
