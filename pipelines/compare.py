"""Stage `compare`: PREPARED RUNS REPORTS."""

from pathlib import Path

from seqarena.experiment.warm_start import run_stage


def main(argv: list[str]) -> None:
    """Answer the question of params.yaml in one report of every experiment."""
    # Imported here, so that a warm process can take over before they are paid for.
    from seqarena.experiment.compare import compare
    from seqarena.experiment.question import read_asked

    prepared, runs, reports = map(Path, argv)
    suite, question = read_asked()
    compare(suite, question, prepared, runs, reports)


if __name__ == "__main__":
    run_stage(main)
