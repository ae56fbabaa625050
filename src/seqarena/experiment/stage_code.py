"""What the stages of a kind are made of, as one file that each of them depends on.

Every stage that listed its modules would have them in `dvc.lock`, which DVC parses and writes anew
after each stage that it ran: with some hundred stages that takes longer than many a stage does. So
the modules are dependencies of one stage (`train_code`), and its output is one of all others.
"""

from pathlib import Path

from seqarena.data.file_hash import code_files, file_sha256
from seqarena.parsing import read_yaml

CODE_STAGES = ("prepare_code", "train_code", "evaluate_code")
"""Stages that write such a file."""


def write_stage_code(stage: str, path: Path, stages_file: Path = Path("dvc.yaml")) -> None:
    """Write the checksum and the path of each file that a stage depends on, as `sha256sum` does.

    Args:
        stage: in `stages_file`.
        path: of what is written; the same bytes for the same files.
        stages_file: of DVC.

    Raises:
        ConfigError: it cannot be read.
    """
    declared = read_yaml(stages_file)["stages"][stage]["deps"]
    files = sorted({file for each in declared for file in code_files(Path(each))})
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = (f"{file_sha256(file)}  {file.as_posix()}\n" for file in files)
    path.write_text("".join(lines), encoding="utf-8")
