"""Influence of steps: one input at a time against batches of variants, with equal maps.

    python benchmarks/influence.py [--quick]

Both ask the same family about the same replacements. The loop is what the definition says: replace
a step, ask, compare by scipy, go on. Times are the processor's, on one thread. Parameters are those
that a family starts from; those of the Markov chain are counts. `difference` is the largest between
the two maps; `future` is the largest change of a log-probability up to the step that was replaced.
"""

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy.spatial.distance import jensenshannon
from side_by_side import RESULTS, machine, threads

from seqarena.attribution.influence.asking import asking, with_inputs
from seqarena.attribution.influence.measure import Influence, measure_influence
from seqarena.attribution.influence.replacements import Replacements
from seqarena.batch import Sequences, collate, collate_all, sequences_of
from seqarena.families.catalogue import AnyFamily, FamilyConfig, build_family
from seqarena.families.predictive import choices_of
from seqarena.parsing import parse
from seqarena.schema import DataSchema

QUICK = "--quick" in sys.argv
SAMPLED, EXACT = 0, 64
HMM = {"kind": "hidden_markov", "n_states": 16}
TRANSFORMER = {"kind": "transformer"}
LARGE = {"kind": "transformer", "n_layers": 4, "model_dim": 128}


@dataclass(frozen=True)
class Work:
    """One family, and the examples that it is asked about."""

    name: str
    family: dict[str, Any]
    length: int
    n_symbols: int | None
    """None: frames of 12 numbers, in 9 classes."""
    exact_up_to: int
    loops: bool = True
    """Whether the loop is tried: it would take minutes where sequences are long."""

    def schema(self) -> DataSchema:
        """Return what the family must know of the data."""
        if self.n_symbols is None:
            return DataSchema("classification", dim=12, n_classes=9, max_length=self.length)
        return DataSchema("density", n_symbols=self.n_symbols, max_length=self.length)

    def data(self) -> Sequences:
        """Return sixty examples."""
        draw = np.random.default_rng(0)
        if self.n_symbols is None:
            frames = draw.normal(size=(60, self.length, 12)).astype(np.float32)
            return sequences_of(list(frames), labels=[row % 9 for row in range(60)])
        return sequences_of(list(draw.integers(0, self.n_symbols, (60, self.length))))


WORKS = (
    Work("Markov chain, order 3", {"kind": "markov_chain", "order": 3}, 32, 8, EXACT),
    Work("HMM, 16 states", HMM, 32, 8, EXACT),
    Work("LSTM", {"kind": "lstm"}, 32, 8, EXACT),
    Work("Transformer", TRANSFORMER, 32, 8, EXACT),
    Work("GRU, frames, 9 classes", {"kind": "gru"}, 20, None, SAMPLED),
    Work("Transformer, frames, 9 classes", TRANSFORMER, 20, None, SAMPLED),
    Work(
        "HMM, 16 states", {"kind": "hidden_markov", "n_states": 16}, 128, 60, SAMPLED, loops=False
    ),
    Work("LSTM", {"kind": "lstm"}, 128, 60, SAMPLED, loops=False),
    Work("Transformer, 2 layers of 64", TRANSFORMER, 128, 60, SAMPLED, loops=False),
    Work("Transformer, 4 layers of 128", LARGE, 128, 60, SAMPLED, loops=False),
)


def family_of(work: Work) -> AnyFamily:
    """Return the family as it starts, or, of a Markov chain, counted."""
    family: Any = build_family(parse(FamilyConfig, work.family, "family"), work.schema(), 0)
    if work.family["kind"] == "markov_chain":
        family.maximise(family.expect(collate_all(work.data())))
    if work.family["kind"] == "hidden_markov":
        family.initialise(work.data(), work.data(), 0)
    family.fitted.fill_(True)
    return family.eval()


def by_loop(family: AnyFamily, data: Sequences, replacements: Replacements) -> np.ndarray:
    """Return the effect of each step of the first example, one variant at a time."""
    example = collate(data, np.array([0]))
    own = data.sequence(0)
    variants = replacements.variants(0, own)
    # Where rounding makes scipy's divergence negative, its root is no number.
    with asking(family), np.errstate(invalid="ignore"):
        said = choices_of(family, example)[0].double().exp().numpy()
        effect = np.zeros((len(said), len(own)))
        for at, step in enumerate(variants.step):
            other = with_inputs(example, replacements.put(own, variants, slice(at, at + 1)))
            then = choices_of(family, other)[0].double().exp().numpy()
            if step >= 0:
                apart = [jensenshannon(*pair, base=2) ** 2 for pair in zip(said, then, strict=True)]
                effect[:, step] += variants.weight[at] * np.nan_to_num(apart)
    return effect


def timed(run: Callable[[], Any]) -> tuple[Any, float]:
    """Return what a call returns, and the processor's time that it took [seconds]."""
    began = time.process_time()
    return run(), time.process_time() - began


def row_of(work: Work) -> str:
    """Time both, and compare what they found."""
    family, data = family_of(work), work.data()
    replacements = Replacements.of(data, 0, exact_up_to=work.exact_up_to)

    def ours() -> Influence:
        return measure_influence(family, data, np.array([0]), replacements)

    found, _ = timed(ours)
    seconds = statistics.median(timed(ours)[1] for _ in range(3))
    loop = ["", "", ""]
    if work.loops:
        effect, taken = timed(lambda: by_loop(family, data, replacements))
        apart = np.abs(effect - found.maps[0].effect).max()
        loop = [f"{taken * 1e3:.0f}", f"{taken / seconds:.1f}", f"{apart:.0e}"]
    cells = [
        work.name,
        str(work.length),
        str(work.n_symbols or "frames"),
        str(found.cost.n_variants),
        f"{seconds * 1e3:.1f}",
        *loop,
        f"{found.cost.future:g}",
    ]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Print the table, and write it to `results/influence.md`."""
    head = (
        "| family | steps | symbols | variants | batches [ms] | loop [ms] | ratio | difference "
        "[bits] | future [nats] |\n| :-- | --: | --: | --: | --: | --: | --: | --: | --: |"
    )
    with threads(1):
        lines = [head]
        for work in WORKS[:6] if QUICK else WORKS:
            lines.append(row_of(work))
            print(lines[-1], flush=True)
        facts = ", ".join(f"{key} {value}" for key, value in machine().items())
    text = "\n".join(lines)
    (RESULTS / "influence.md").write_text(f"# Influence of one example\n\n{facts}\n\n{text}\n")


if __name__ == "__main__":
    torch.manual_seed(0)
    main()
