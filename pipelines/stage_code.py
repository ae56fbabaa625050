"""Stages `prepare_code`, `train_code`, `evaluate_code`: STAGE CHECKSUMS."""

from pathlib import Path

from seqarena.experiment.warm_start import run_stage


def main(argv: list[str]) -> None:
    """Write the checksums of the files that the stages of a kind are made of."""
    from seqarena.experiment.stage_code import write_stage_code

    stage, checksums = argv
    write_stage_code(stage, Path(checksums))


if __name__ == "__main__":
    run_stage(main)
