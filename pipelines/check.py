"""Stage `check`: MARK DIGESTS. Reads all of params.yaml before any stage deletes its outputs."""

from pathlib import Path

from seqarena.experiment.warm_start import run_stage


def main(argv: list[str]) -> None:
    """Complain about every mistake in params.yaml and the user's own files, or leave the mark."""
    from seqarena.experiment.own_files import refuse_broken_files
    from seqarena.experiment.question import read_asked
    from seqarena.experiment.stage_parameters import write_stage_parameters

    mark, digests = map(Path, argv)
    suite, _ = read_asked()
    refuse_broken_files(suite)
    write_stage_parameters(suite, digests)
    mark.parent.mkdir(parents=True, exist_ok=True)
    # Constant, so that the stages behind this one run again for their own reasons only.
    mark.write_text("params.yaml holds no mistake\n")


if __name__ == "__main__":
    run_stage(main)
