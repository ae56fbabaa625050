"""Seeds whose fit diverged: results like others, which a report counts and nothing waits for.

A fit is a function of settings, data, code and seed: what diverged once diverges again, and is not
tried again.
"""

import json
from collections.abc import Mapping
from pathlib import Path

FILE = "diverged.json"


def write_diverged(folder: Path, messages: Mapping[int, str]) -> None:
    """Keep what was said of every seed that diverged, beside the fits of the others.

    Args:
        folder: of an experiment's fits; it is made.
        messages: by seed; none: a note of an earlier run goes.
    """
    path = folder / FILE
    if not messages:
        path.unlink(missing_ok=True)
        return
    folder.mkdir(parents=True, exist_ok=True)
    content = {str(seed): message for seed, message in sorted(messages.items())}
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def read_diverged(folder: Path) -> dict[int, str]:
    """Return what was said of every seed that diverged; empty where none did."""
    path = folder / FILE
    if not path.is_file():
        return {}
    content: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return {int(seed): message for seed, message in content.items()}
