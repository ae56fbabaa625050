"""Stage `train`: EXPERIMENT PREPARED FITS."""

from pathlib import Path

from seqarena.experiment.warm_start import run_stage


def main(argv: list[str]) -> None:
    """Fit every seed of one experiment."""
    # Imported here, so that a warm process can take over before they are paid for.
    from seqarena.experiment.suite import read_experiment
    from seqarena.experiment.train import train

    name, prepared, fits = argv
    train(read_experiment(name), Path(prepared), Path(fits))


if __name__ == "__main__":
    run_stage(main)
