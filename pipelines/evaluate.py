"""Stage `evaluate`: EXPERIMENT PREPARED FITS EVALUATION METRICS. It alone reads the test split."""

from pathlib import Path

from seqarena.experiment.warm_start import run_stage


def main(argv: list[str]) -> None:
    """Score every seed of one experiment on the test split."""
    # Imported here, so that a warm process can take over before they are paid for.
    from seqarena.experiment.evaluate import evaluate
    from seqarena.experiment.suite import read_experiment

    name, *paths = argv
    prepared, fits, evaluation, metrics = map(Path, paths)
    evaluate(read_experiment(name), prepared, fits, evaluation, metrics)


if __name__ == "__main__":
    run_stage(main)
