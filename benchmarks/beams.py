"""Fitted transducers of a suite, asked again with a beam: how a fit decodes is no part of it.

    python benchmarks/beams.py FOLDER BEAM

FOLDER is the workspace of a suite, such as `suites/words`. Prints the error rate of each network
there that writes, greedily and with a beam that compares log-probabilities.
"""

import sys
from pathlib import Path

from seqarena.data.arrow_store import read_split
from seqarena.data.manifest import verify_prepared
from seqarena.data.splits import Split
from seqarena.evaluation.evaluate import evaluate_model
from seqarena.experiment.layout import Workspace
from seqarena.families.neural import NeuralTransducer
from seqarena.families.store import load_family
from seqarena.networks.decoding import DecodingConfig


def error_rate(model: NeuralTransducer, prepared: Path, decoding: DecodingConfig) -> str:
    """Return error rate and exact match on the test split, written down."""
    schema = verify_prepared(prepared).schema
    model.decoding = decoding
    test = read_split(prepared, Split.TEST)
    metrics = evaluate_model(model, test, schema).metrics
    rate = metrics[f"{schema.target_unit}_error_rate"]
    return f"{rate:.4f} ({metrics['exact_match']:.3f})"


def main(folder: Path, beam: int) -> None:
    """Print a line for each model and seed."""
    workspace = Workspace(folder, folder)
    print(f"| experiment | seed | greedy: error rate (exact match) | beam {beam} |")
    print("| :-- | :-- | --: | --: |")
    for fit in sorted(folder.glob("runs/*/fit/seed-*")):
        experiment = fit.parts[-3]
        model = load_family(fit)
        if not isinstance(model, NeuralTransducer) or model.schema.task_kind != "transduction":
            continue
        prepared = workspace.prepared(experiment.split("-")[0])
        wide = DecodingConfig(beam=beam, length_penalty=0.0)
        cells = [error_rate(model, prepared, each) for each in (DecodingConfig(), wide)]
        print(f"| {experiment} | {fit.name.removeprefix('seed-')} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
