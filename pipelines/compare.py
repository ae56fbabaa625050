"""Stage `compare`: PREPARED RUNS REPORTS."""

from pathlib import Path

from seqarena.experiment.warm_start import run_stage


def main(argv: list[str]) -> None:
    """Put every experiment of params.yaml into one report."""
    # Imported here, so that a warm process can take over before they are paid for.
    from seqarena.experiment.compare import compare
    from seqarena.experiment.suite import read_suite

    prepared, runs, reports = map(Path, argv)
    compare(read_suite(), prepared, runs, reports)


if __name__ == "__main__":
    run_stage(main)
