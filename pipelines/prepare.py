"""Stage `prepare`: TASK FOLDER."""

import sys
import time
from pathlib import Path
from typing import Any

from seqarena.errors import ConfigError
from seqarena.experiment.warm_start import run_stage


def main(argv: list[str]) -> None:
    """Turn the source of one task into three Arrow files and a manifest."""
    # Imported here, so that a warm process can take over before they are paid for.
    from seqarena.parsing import parse
    from seqarena.tasks.config import TaskConfig
    from seqarena.tasks.prepare import prepare_task

    if len(argv) != 2:
        raise ConfigError([f"prepare.py: expected a task and a folder, got {argv}."])
    name, folder = argv
    config: TaskConfig = parse(TaskConfig, _entry(name), f"tasks.{name}")
    began = time.perf_counter()
    manifest = prepare_task(name, config, Path(folder))
    sizes = ", ".join(f"{split} {each.n_sequences}" for split, each in manifest.splits.items())
    seconds = time.perf_counter() - began
    sys.stdout.write(f"{name}: {sizes} sequences in {seconds:.1f} s\n")
    counts = [f"{what.replace('_', ' ')} {n:,}" for what, n in manifest.counts.items() if n]
    if counts:
        sys.stdout.write(f"{name}: {', '.join(counts)}\n")


def _entry(name: str) -> Any:
    from seqarena.parsing import nearest, read_yaml

    tasks = read_yaml(Path("params.yaml")).get("tasks")
    if not isinstance(tasks, dict) or name not in tasks:
        known = [str(each) for each in tasks] if isinstance(tasks, dict) else []
        raise ConfigError([f"tasks.{name}: there is no such task; {nearest(name, known)}"])
    return tasks[name]


if __name__ == "__main__":
    run_stage(main)
