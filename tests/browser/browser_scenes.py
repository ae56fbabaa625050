"""Pages that the browser tests open."""

import numpy as np

from seqarena.attribution.capture import Capture, ProbeMap
from seqarena.attribution.influence.influence_map import InfluenceMap
from seqarena.attribution.probes import Probe
from seqarena.attribution.viewer.of_capture import beside, viewed_of
from seqarena.attribution.viewer.page import page_of
from seqarena.attribution.viewer.viewed import Viewed, ViewedTable

WORDS = ("the", "old", "oak", "tree")
DATE = Probe(
    0, "date", 4, WORDS, ("1", "9", "<end>"), gold=((0, 1), (2, 4), (-1, -1)), label="oak year"
)
ARABIC = Probe(1, "arabic", 3, ("شجرة", "قديمة", "جدا"), ("x", "<end>"))
CHINESE = Probe(2, "chinese", 3, ("老", "橡", "树"), ("y", "<end>"))


def shares(seed, *shape) -> np.ndarray:
    scores = np.random.default_rng(seed).random(shape) ** 4
    return (scores / scores.sum(axis=-1, keepdims=True)).astype(np.float32)


def maps_of(probe: Probe, seed: int) -> tuple[ProbeMap, ...]:
    n_outputs, n_steps = len(probe.outputs), probe.n_steps
    return tuple(
        ProbeMap(f"{name}.{layer}.{kind}", "weights", shares(seed + layer, 3, rows, n_steps))
        for layer in range(2)
        for name, kind, rows in (("encoder", "self", n_steps), ("decoder", "cross", n_outputs))
    )


def influence_of(probe: Probe) -> InfluenceMap:
    effect = 0.5 * shares(7, len(probe.outputs), probe.n_steps)
    valid = np.ones(effect.shape, bool)
    valid[0, -1] = False
    return InfluenceMap(effect, effect - 0.1, whole=effect.sum(axis=1), valid=valid)


def capture(seed: int = 0, probes: tuple[Probe, ...] = (DATE, ARABIC, CHINESE)) -> Capture:
    maps = tuple(maps_of(probe, seed) for probe in probes)
    return Capture(probes, maps, tuple(map(influence_of, probes)))


def dates() -> Viewed:
    table = ViewedTable("Agreement", ("layer", "divergence"), (("first", 0.25),), "In bits.")
    return viewed_of(capture(), "Where dates looked", {"seed": "0"}, (table,))


def two_runs() -> Viewed:
    first = viewed_of(capture(0), "", run="lstm")
    return beside(first, viewed_of(capture(5), "", run="transformer"), "Two runs")


def dates_page() -> str:
    return page_of(dates())


def settle(page):
    """Wait until all that was asked for is shown."""
    page.wait_for_selector("html[data-rendered=yes]")


def cross(layer: int) -> np.ndarray:
    """Weights that the first example's decoder has in a layer: (head, row, column)."""
    return maps_of(DATE, 0)[2 * layer + 1].values
