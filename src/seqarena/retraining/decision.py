"""What was decided of one challenger, with all that it rests on: a folder of its own.

`decision.json` and `decision.md` say it, `journal.jsonl` tells it to MLflow, `package/` is what a
version of the registry is made of (where it was approved), and the answers of both models lie
beside them.
"""

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from seqarena.errors import ArtifactError
from seqarena.retraining.gate.verdict import Verdict, failed

DECISION_FILE = "decision.json"
PAGE_FILE = "decision.md"
JOURNAL_FILE = "journal.jsonl"


@dataclass(frozen=True)
class Contestant:
    """A model in a decision."""

    experiment: str
    seed: int
    fingerprint: str
    data: dict[str, str]
    """Content hash of each split that it was fitted to and judged on."""
    version: str | None = None
    """In the registry; None: not yet."""
    decision: str | None = None
    """Which decision made that version; None: nobody knows, or this one."""


@dataclass(frozen=True)
class Decision:
    """What was decided, and why."""

    identity: str
    name: str
    task: str
    inputs: dict[str, str]
    changed: list[str]
    challenger: Contestant | None
    """None: the data was refused before anything was fitted."""
    champion: Contestant | None
    """None: there was none."""
    verdicts: list[Verdict]
    """Of every rule."""
    metrics: dict[str, float]
    """What was measured: of both models on each test set, and what the challenger cost."""
    n_left_out: int = 0
    """Test examples that one of the models was fitted to."""
    provenance: dict[str, str] = field(default_factory=dict)
    """Commit of the code."""

    @property
    def promotes(self) -> bool:
        """Whether nothing failed."""
        return self.challenger is not None and not failed(self.verdicts)

    def lines(self) -> list[str]:
        """Return every verdict as a line."""
        return [each.line() for each in self.verdicts]


def write_decision(folder: Path, decision: Decision) -> None:
    """Write both forms of a decision into its folder."""
    text = json.dumps(asdict(decision), indent=2, allow_nan=False, ensure_ascii=False)
    (folder / DECISION_FILE).write_text(text + "\n", encoding="utf-8")
    (folder / PAGE_FILE).write_text(_page(decision), encoding="utf-8")


def read_decision(folder: Path) -> Decision:
    """Read a decision.

    Raises:
        ArtifactError: the file is missing or altered.
    """
    path = folder / DECISION_FILE
    try:
        fields: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        for who in ("challenger", "champion"):
            fields[who] = None if fields[who] is None else Contestant(**fields[who])
        fields["verdicts"] = [Verdict(**each) for each in fields["verdicts"]]
        return Decision(**fields)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArtifactError(f"{path}: is no decision ({error!r}); restore the file.") from None


def settle_folder(unfinished: Path, folder: Path) -> None:
    """Give a folder that is whole its name, in one step; what a crash left there makes way."""
    if folder.exists():
        shutil.rmtree(folder)
    unfinished.rename(folder)


def _page(decision: Decision) -> str:
    ours, theirs = decision.challenger, decision.champion
    rows = [f"| {each.rule} | {each.result} | {_cell(each.words)} |" for each in decision.verdicts]
    measured = [f"| {name} | {value:.6g} |" for name, value in decision.metrics.items()]
    return "\n".join(
        [
            f"# {decision.name}: {'promoted' if decision.promotes else 'not promoted'}",
            "",
            f"Decision `{decision.identity}`. Changed: {', '.join(decision.changed)}.",
            "",
            f"- challenger: {_who(ours)}",
            f"- champion: {_who(theirs)}",
            f"- test examples left out because a model was fitted to them: {decision.n_left_out}",
            "",
            "| rule | result | why |",
            "| :-- | :-- | :-- |",
            *rows,
            "",
            "| measured | value |",
            "| :-- | --: |",
            *measured,
            "",
        ]
    )


def _who(contestant: Contestant | None) -> str:
    if contestant is None:
        return "none"
    version = f", version {contestant.version}" if contestant.version else ""
    told = f"{contestant.experiment} seed {contestant.seed}, fit `{contestant.fingerprint}`"
    return f"{told}{version}"


def _cell(words: str) -> str:
    return words.replace("|", "\\|")


def champion_facts(contestant: Contestant | None) -> Mapping[str, Any] | None:
    """Return a contestant as the ledger keeps it."""
    return None if contestant is None else asdict(contestant)
