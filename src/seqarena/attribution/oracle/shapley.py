"""Shapley values of steps: what each adds, averaged over every order of replacing them.

Where steps can stand in for each other, replacing one at a time shows nothing; the mean over all
orders divides what replacing all of them does. L. S. Shapley (1953); sampled orders: Castro, Gómez
& Tejada (2009), as captum implements both.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from seqarena.attribution.influence.asking import asking
from seqarena.attribution.influence.influence_map import InfluenceMap
from seqarena.attribution.influence.replacements import Replacements
from seqarena.attribution.oracle.coalitions import Coalitions
from seqarena.batch import Batch
from seqarena.errors import ConfigError, DataError
from seqarena.families.predictive import OutputKind, output_kind
from seqarena.seeds import derive_seed

_MAX_EXACT = 5


@dataclass(frozen=True)
class ShapleySetting:
    """How far and how exactly is looked."""

    window: int = 16
    """Most steps that are players; those farther away stay as they are."""
    n_orders: int = 25
    """Orders that are drawn where there are more than 5 players; of fewer, all are gone through."""

    def __post_init__(self) -> None:
        for name in ("window", "n_orders"):
            if getattr(self, name) < 1:
                raise ConfigError([f"shapley.{name}: {getattr(self, name)}; should be 1 or more."])


@dataclass(frozen=True)
class ShapleyRow:
    """Of one output; values sum to what replacing the whole window does."""

    steps: Int[np.ndarray, "players"]
    effect: Float[np.ndarray, "players"]
    """Share of each step in the divergence that replacing the window makes; below 0 where a step
    works against the others [bits]."""
    change: Float[np.ndarray, "players"]
    """Share in what replacing the window takes from log p of the gold output [bits]."""
    total: float
    """Divergence that replacing the window makes [bits]."""
    residual: float
    """Sum of `effect` less `total`: Shapley values are efficient, so this is rounding [bits]."""


def shapley_map(
    model: object,
    example: Batch,
    rows: Bool[np.ndarray, "output"],
    replacements: Replacements,
    setting: ShapleySetting | None = None,
) -> tuple[InfluenceMap, float]:
    """Return the Shapley values of the steps for some outputs of an example, and the residual.

    The map's `whole` is what replacing the window does, 0 in rows that were not asked for; the
    residual is the largest of all rows [bits].

    Args:
        model: whoever is asked.
        example: a batch of one, without padding.
        rows: outputs that are asked for (`redundancy.redundant_rows`).
        replacements: what is put in the place of steps.
        setting: how far and how exactly is looked.

    Raises:
        DataError: the model says nothing of single outputs, or outputs are frames.
        ArtifactError: the model is in training mode.
    """
    n_steps = int(example.lengths[0])
    effect, change = np.zeros((2, len(rows), n_steps))
    valid, whole = np.zeros(effect.shape, dtype=bool), np.zeros(len(rows))
    residual = 0.0
    for output in np.flatnonzero(rows).tolist():
        row = shapley_row(model, example, output, replacements, setting)
        effect[output, row.steps], change[output, row.steps] = row.effect, row.change
        valid[output, row.steps], whole[output] = True, row.total
        residual = max(residual, abs(row.residual))
    return InfluenceMap(effect, change, whole, version="shapley", valid=valid), residual


def shapley_row(
    model: object,
    example: Batch,
    output: int,
    replacements: Replacements,
    setting: ShapleySetting | None = None,
) -> ShapleyRow:
    """Return the Shapley values of the steps for one output; arguments as `shapley_map`.

    O(orders · players) coalitions, each of which is asked about once.

    Raises:
        DataError: as `shapley_map`.
        ArtifactError: as `shapley_map`.
    """
    setting = setting or ShapleySetting()
    kind = output_kind(model, example)
    if kind is None or kind == "frames":
        raise DataError(
            f"{type(model).__name__} gives no probabilities of choices at single outputs, which "
            "Shapley values divide."
        )
    steps = _window(kind, output, int(example.lengths[0]), setting.window)
    if not len(steps):
        return ShapleyRow(steps, np.zeros(0), np.zeros(0), 0.0, 0.0)
    with asking(model):
        players = Coalitions(model, example, output, steps, replacements)
        seed = derive_seed(replacements.seed, "shapley", int(example.rows[0]), output)
        effect, change = _attributed(players, setting.n_orders, seed)
        total = float(players.values(np.ones((1, len(steps)), dtype=bool))[0, 0])
    return ShapleyRow(steps, effect, change, total, float(effect.sum()) - total)


def _attributed(players: Coalitions, n_orders: int, seed: int) -> Float[np.ndarray, "2 players"]:
    # Here, so that nobody else waits for captum.
    from captum.attr import ShapleyValues, ShapleyValueSampling

    def value(replaced: Tensor) -> Tensor:
        return torch.from_numpy(players.values(replaced.bool().cpu().numpy()))

    n = len(players.steps)
    everyone, nobody = torch.ones(1, n), torch.zeros(1, n)
    at_once = {"baselines": nobody, "perturbations_per_eval": n}
    with _own_random_numbers(seed):
        if n <= _MAX_EXACT:
            found = ShapleyValues(value).attribute(everyone, **at_once)
        else:
            sampling = ShapleyValueSampling(value)
            found = sampling.attribute(everyone, n_samples=n_orders, **at_once)
    return np.asarray(found[0].double().numpy())


def _window(kind: OutputKind, output: int, n_steps: int, width: int) -> Int[np.ndarray, "players"]:
    """Return the nearest steps that an output may depend on; of a label or a target, the last."""
    match kind:
        case "symbols":
            return np.arange(max(0, output - width), output)
        case "tags":
            first = min(max(0, output - width // 2), max(0, n_steps - width))
            return np.arange(first, min(n_steps, first + width))
        case _:
            return np.arange(max(0, n_steps - width), n_steps)


@contextmanager
def _own_random_numbers(seed: int) -> Iterator[None]:
    """Let captum, which draws from torch's global generator, do so without a trace."""
    with torch.random.fork_rng(devices=[]):
        torch.random.manual_seed(seed)
        yield
