"""Every published figure beside what the reports of a checkout hold, over all of its suites."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from seqarena.errors import ArtifactError
from seqarena.reporting.formatting import BESIDE, beside
from seqarena.reporting.markdown import markdown_table
from seqarena.reporting.published import Beside, PublishedFigure

_REPORT = Path("reports") / "comparison.json"
_DEFAULT_SUITE = "params.yaml"


def published_figures(checkout: Path) -> list[str]:
    """Return the lines of a Markdown table, and a line that counts the outcomes.

    Raises:
        ArtifactError: no report is there that holds a figure, or one is not whole.
    """
    found = list(_figures(checkout))
    if not found:
        raise ArtifactError(
            f"{checkout / _REPORT}: there is no report with a published figure, here or below "
            "suites/; run `make suite NAME=published`, or another suite."
        )
    rows = [(suite, each.task, *beside(each)) for suite, each in found]
    outcomes = [each.outcome for _, each in found]
    counts = [f"{outcomes.count(name)} {name}" for name in dict.fromkeys(sorted(outcomes))]
    return [*markdown_table(("suite", "task", *BESIDE), rows), "", f"{', '.join(counts)}."]


def _figures(checkout: Path) -> Iterator[tuple[str, Beside]]:
    for folder in (checkout, *sorted(checkout.glob("suites/*"))):
        suite = _DEFAULT_SUITE if folder == checkout else folder.name
        for task in _tasks(folder / _REPORT).values():
            for fields in task.get("published", []):
                yield suite, _read(fields)


def _tasks(path: Path) -> dict[str, Any]:
    try:
        tasks: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["tasks"]
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError) as error:
        raise ArtifactError(
            f"{path}: not a whole report ({error!r}); run its `dvc repro` again."
        ) from None
    return tasks


def _read(fields: dict[str, Any]) -> Beside:
    derived = ("outcome", "remark")
    own = {name: value for name, value in fields.items() if name not in derived}
    own["figure"] = PublishedFigure(**own["figure"])
    own["differences"] = tuple(own["differences"])
    return Beside(**own)
