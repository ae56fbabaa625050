"""How long every diagnostic takes: 64 probes of 128 steps, 4 layers of 4 heads, one thread.

    python benchmarks/diagnostics.py

Influence maps are drawn at random: what they cost to compute is another matter.
"""

import time
from collections.abc import Callable

import numpy as np
import torch
from side_by_side import RESULTS, machine

from seqarena.attribution.capture import Capture, capture_maps
from seqarena.attribution.diagnostics.diagnose import Diagnosis, captured_measures, diagnose
from seqarena.attribution.diagnostics.streaming import stream_rows
from seqarena.attribution.influence.influence_map import InfluenceMap
from seqarena.attribution.probe_set import ProbeSet
from seqarena.attribution.probes import Probe
from seqarena.batch import Sequences, sequences_of
from seqarena.families.fitted_network import Neural
from seqarena.families.neural import TransformerConfig, build_neural
from seqarena.schema import DataSchema
from seqarena.tasks.diagnostics import DiagnosticsConfig

N_PROBES, TIME, N_SYMBOLS = 64, 128, 32


def main() -> None:
    """Print and keep the seconds of the maps alone, of the whole by default, and of a stream."""
    torch.set_num_threads(1)
    model, data, capture = scene(N_PROBES)
    few, some, captured = scene(8)
    config, rows = DiagnosticsConfig(), DiagnosticsConfig(rows=True)
    works = {
        "maps and influence of 64 probes": lambda: list(captured_measures(capture, config)),
        "all that is on by default, 64 probes": lambda: diagnose(model, capture, data),
        "the same with single rows": lambda: diagnose(model, capture, data, rows),
        "all that is on by default, 8 probes": lambda: diagnose(few, captured, some),
        "means over 64 sequences as a stream": lambda: stream_rows(model, data),
    }
    lines = [
        "# Diagnostics of maps\n",
        ", ".join(f"{name} {value}" for name, value in machine().items()) + "\n",
        "`python benchmarks/diagnostics.py`: 64 probes of 128 steps, 4 layers of 4 heads.\n",
        "| what | seconds | rows of the table | numbers of the summary |",
        "|:--|--:|--:|--:|",
        *(f"| {what} | {' | '.join(spent(work))} |" for what, work in works.items()),
    ]
    table = "\n".join(lines) + "\n"
    print(table, end="")
    (RESULTS / "diagnostics.md").write_text(table, encoding="utf-8")


def scene(n_probes: int) -> tuple[Neural, Sequences, Capture]:
    """Return a Transformer, sequences, and the maps and influence of all of them."""
    config = TransformerConfig(kind="transformer", n_layers=4, n_heads=4, model_dim=64)
    schema = DataSchema("density", n_symbols=N_SYMBOLS, max_length=TIME)
    model = build_neural(config, schema, torch.Generator().manual_seed(0))
    model.fitted.fill_(True)
    model.eval()
    draws = np.random.default_rng(0)
    data = sequences_of([draws.integers(N_SYMBOLS, size=TIME) for _ in range(n_probes)])
    probes = tuple(Probe(row, str(row), TIME) for row in range(n_probes))
    captured = capture_maps(model, ProbeSet(probes, data))
    influence = tuple(_influence(draws) for _ in probes)
    return model, data, Capture(probes, captured.maps, influence)


def spent(work: Callable[[], object]) -> tuple[str, str, str]:
    """Return how long a work takes, the second time, and how much comes out of a diagnosis."""
    work()
    began = time.perf_counter()
    result = work()
    seconds = f"{time.perf_counter() - began:.2f}"
    if isinstance(result, Diagnosis):
        return seconds, str(result.table.num_rows), str(len(result.summary))
    return seconds, "", ""


def _influence(draws: np.random.Generator) -> InfluenceMap:
    effect = np.tril(draws.random((TIME, TIME)), -1)
    return InfluenceMap(effect, effect - 0.5, effect.sum(axis=1))


if __name__ == "__main__":
    main()
