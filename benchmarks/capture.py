"""What the folder of maps of one run costs: maps, influence, diagnostics, page, figures.

    python benchmarks/capture.py [--quick]

64 probes of 128 symbols from a Transformer of 4 layers, 4 heads and width 128 (untrained: what is
computed is the same), with the settings that a task has by default. Seconds of one thread by the
clock, and of the processor; the second is what the work takes on a machine that does nothing else.
Wanted: 20 seconds in all.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from side_by_side import RESULTS, machine

from seqarena.attribution.asked import ask, diagnosed
from seqarena.attribution.influence.replacements import Replacements
from seqarena.attribution.influence_plan import InfluencePlan
from seqarena.attribution.over_validation import ValidationSample, over_validation
from seqarena.attribution.probe_set import probe_set
from seqarena.attribution.store.artifacts import Attribution, write_artifacts
from seqarena.attribution.store.manifest import Origin
from seqarena.attribution.viewer.of_capture import viewed_of
from seqarena.attribution.viewer.page import page_of
from seqarena.batch import sequences_of
from seqarena.data.manifest import Manifest, Provenance
from seqarena.data.part import Part
from seqarena.families.catalogue import build_family, parse_family
from seqarena.schema import DataSchema
from seqarena.tasks.influence import InfluenceConfig

QUICK = "--quick" in sys.argv
N_PROBES, TIME, N_SYMBOLS = (8, 32, 64) if QUICK else (64, 128, 64)
WANTED = 20.0


@dataclass(frozen=True)
class Took:
    """What a part took."""

    part: str
    clock: float
    processor: float


def main() -> None:
    """Print and write the table."""
    torch.set_num_threads(1)
    schema = DataSchema("density", n_symbols=N_SYMBOLS, max_length=TIME)
    settings = {"kind": "transformer", "model_dim": 128, "n_layers": 4, "n_heads": 4}
    family: Any = build_family(parse_family(settings, at="family"), schema, seed=0)
    family.fitted.fill_(True)
    family.eval()
    generator = np.random.default_rng(0)
    values = [generator.integers(0, N_SYMBOLS, TIME) for _ in range(N_PROBES)]
    symbols = tuple(f"s{symbol}" for symbol in range(N_SYMBOLS))
    manifest = Manifest("bench", schema, Provenance("", "", ""), {}, symbols=symbols)
    probes = probe_set(Part(sequences_of(values)), np.arange(N_PROBES), manifest)
    config = InfluenceConfig()
    replacements = Replacements.of(
        sequences_of(values), config.seed, config.n_draws, config.exact_up_to
    )
    plan = InfluencePlan(replacements, config.n_probes, config.max_steps)

    took: list[Took] = []
    maps = timed("native maps", took, lambda: ask(family, probes))
    asked = timed("native maps and influence", took, lambda: ask(family, probes, plan))
    found = timed("diagnostics", took, lambda: diagnosed(family, asked.capture, probes))
    sample = ValidationSample.of(Part(sequences_of(values)), N_PROBES * TIME)
    timed("means over 64 validation examples", took, lambda: over_validation(family, sample))
    del maps
    page = timed("page", took, lambda: page_of(viewed_of(asked.capture, "bench")))
    with tempfile.TemporaryDirectory() as folder:
        whole = Attribution(asked.capture, Origin(cuts=asked.cuts), found.table, found.summary)
        path = Path(folder) / "attention"
        written = timed(
            "files, with the page and figures",
            took,
            lambda: write_artifacts(path, whole, lambda cut: page_of(viewed_of(cut, "bench"))),
        )
        sizes = {file.name: file.stat().st_size for file in written.files}
    report(took, sizes, len(page))


def timed(part: str, took: list[Took], work: Callable[[], Any]) -> Any:
    """Do a part, and note what it took."""
    clock, processor = time.perf_counter(), time.process_time()
    done = work()
    took.append(Took(part, time.perf_counter() - clock, time.process_time() - processor))
    return done


def report(took: list[Took], sizes: dict[str, int], page_bytes: int) -> None:
    """Print the table, and write it unless it is a quick one."""
    about = machine()
    counted = [one for one in took if one.part not in ("native maps", "page")]
    total = replace(
        took[0],
        part="in all",
        clock=sum(one.clock for one in counted),
        processor=sum(one.processor for one in counted),
    )
    lines = [
        "# What the maps of a run cost",
        "",
        f"{N_PROBES} probes of {TIME} symbols, Transformer of 4 layers and 4 heads, width 128. "
        f"Wanted: {WANTED:.0f} s in all. Measured on {about['cores']} cores of {about['cpu']} that "
        f"others used too, one thread, torch {about['torch']}.",
        "",
        "| part | clock [s] | processor [s] |",
        "|:--|--:|--:|",
        *(f"| {one.part} | {one.clock:.2f} | {one.processor:.2f} |" for one in (*took, total)),
        "",
        "| file | bytes |",
        "|:--|--:|",
        *(f"| {name} | {n_bytes:,} |" for name, n_bytes in sizes.items()),
        "",
        f"All probes on one page would be {page_bytes:,} bytes.",
    ]
    text = "\n".join(lines)
    print(text)
    if not QUICK:
        (RESULTS / "capture.md").write_text(text + "\n")


if __name__ == "__main__":
    main()
