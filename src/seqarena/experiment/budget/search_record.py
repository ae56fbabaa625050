"""What a random search found: all of its trials, those that failed too."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from seqarena.errors import ArtifactError

LOSS_OF_LABELS = "-log p(label | x) on the validation split [nats per example]"
LOSS_OF_FITS = "the validation loss of the fit [nats per scored step, or as its notes say]"
SEARCH_FILE = "search.json"
TRIALS_FOLDER = "trials"


@dataclass(frozen=True)
class Trial:
    """One setting that was tried."""

    number: int
    settings: Mapping[str, Any]
    """What was drawn, by the dotted knob."""
    seed: int
    """Of its fit."""
    fingerprint: str
    loss: float | None
    """On the validation split; None: it failed, or its loss is not finite."""
    message: str = ""
    """Why it failed; empty: it did not."""
    n_parameters: int | None = None
    wall_seconds: float | None = None
    training_flops: float | None = None

    @property
    def rank(self) -> tuple[float, int]:
        """What trials are sorted by, the best first; of equal ones the earlier."""
        return (math.inf if self.loss is None else self.loss, self.number)


@dataclass(frozen=True)
class SearchRecord:
    """All trials of one experiment, in the order in which they were drawn."""

    experiment: str
    loss: str
    """What the loss of its trials is."""
    trials: tuple[Trial, ...]

    @property
    def n_failed(self) -> int:
        """Trials without a finite loss."""
        return sum(each.loss is None for each in self.trials)

    @property
    def n_different(self) -> int:
        """Settings that differ: a small space gives some of them again."""
        return len({json.dumps(dict(each.settings), sort_keys=True) for each in self.trials})

    @property
    def selected(self) -> Trial:
        """The trial with the lowest validation loss."""
        return min(self.trials, key=lambda each: each.rank)

    @property
    def median(self) -> Trial:
        """The middle trial, of an even number the better one of the two in the middle."""
        ordered = sorted(self.trials, key=lambda each: each.rank)
        return ordered[(len(ordered) - 1) // 2]


def write_record(folder: Path, record: SearchRecord) -> Path:
    """Write the record beside the fits of the experiment."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / SEARCH_FILE
    path.write_text(json.dumps(asdict(record), indent=2, allow_nan=False) + "\n")
    return path


def read_record(folder: Path) -> SearchRecord | None:
    """Return the record beside the fits of an experiment, or None where nothing was searched.

    Raises:
        ArtifactError: the file is no such record.
    """
    path = folder / SEARCH_FILE
    if not path.exists():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        trials = tuple(Trial(**each) for each in content.pop("trials"))
        return SearchRecord(**content, trials=trials)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ArtifactError(
            f"{path}: not a whole record of a search ({error}); train the experiment again "
            "(`dvc repro`)."
        ) from None
