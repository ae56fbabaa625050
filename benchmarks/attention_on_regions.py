"""Which share of pooling attention lies on the regions that a label is about.

    python benchmarks/attention_on_regions.py PREPARED EVALUATION...

PREPARED is a prepared task whose test split links regions to the label (moving_digits); each
EVALUATION is the `evaluation` folder of an experiment on it. The mean is over the kept probes of
all seeds, heads averaged; "even" is what attention without preference would have there.
"""

import sys
from pathlib import Path

import numpy as np

from seqarena.attribution.films import share_on
from seqarena.attribution.store.artifacts import read_maps
from seqarena.data.arrow_store import read_part
from seqarena.data.links import Links
from seqarena.data.splits import Split


def shares(evaluation: Path, links: Links) -> list[tuple[float, float]]:
    """Return the share of each probe of each seed, and the share of even attention."""
    found = []
    for folder in sorted(evaluation.glob("seed-*/attention")):
        capture = read_maps(folder)
        for probe, maps in zip(capture.probes, capture.maps, strict=True):
            pooling = next(one for one in maps if one.name == "pooling")
            weights = pooling.values.astype(np.float64)[:, 0].mean(axis=0)
            steps = links.sequence(probe.row)[:, 0]
            found.append((share_on(weights, steps), len(steps) / len(weights)))
    return found


def main(prepared: str, *evaluations: str) -> None:
    """Print a line for each experiment."""
    links = read_part(Path(prepared), Split.TEST).links
    if links is None:
        raise SystemExit(f"{prepared}: nobody says which regions the labels are about.")
    print("| experiment | probes | on the regions | even |\n|:--|--:|--:|--:|")
    for evaluation in map(Path, evaluations):
        found = np.array(shares(evaluation, links))
        name = evaluation.resolve().parent.name
        print(f"| {name} | {len(found)} | {found[:, 0].mean():.2f} | {found[:, 1].mean():.2f} |")


if __name__ == "__main__":
    main(*sys.argv[1:])
