"""Tables of a written report without its pictures, to be set into another page."""

import re
from typing import Literal, get_args

Part = Literal["glance", "scores", "pairs", "search", "published", "details", "maps"]
"""The best of every task and what may be concluded; all scores; pair by pair; what was searched;
figures beside published ones; calibration and slices; where models look."""

PARTS: tuple[Part, ...] = get_args(Part)

_CAPTIONS: dict[str, Part] = {
    "Pair by pair:": "pairs",
    "Random search:": "search",
    "Every trial:": "search",
    "Beside published figures:": "published",
    "Calibration:": "details",
    "By ": "details",
    "Mechanism against effect": "maps",
    "Where every two of them look:": "maps",
}
_GLANCE = "Every task at a glance:"
_PICTURES = ("![", "Where each of them looked")
_HEADING = re.compile(r"^## ")
_LINK = re.compile(r" \(\[[^\]]*\]\([^)]*\)\)")


def extract(report: str, parts: tuple[Part, ...]) -> list[str]:
    """Return the lines of some parts of a report, a heading of the third level for each task.

    Tasks that have nothing of these parts are left out, and so are links, which lead to files
    beside the report.
    """
    head, *sections = re.split(r"(?m)^(?=## )", report)
    lines = _glance(head) if "glance" in parts else []
    for section in sections:
        heading, *body = section.splitlines()
        chosen = _squeezed(_of_parts(body, parts))
        if chosen:
            lines += [_HEADING.sub("### ", heading), "", *chosen, ""]
    return lines[:-1]


def _glance(head: str) -> list[str]:
    told = head.partition(f"{_GLANCE}\n")[2].splitlines()
    lines = _squeezed([line for line in told if not line.startswith(_PICTURES)])
    return [*lines, ""] if lines else []


def _of_parts(body: list[str], parts: tuple[Part, ...]) -> list[str]:
    part: Part = "scores"
    chosen = []
    for line in body:
        part = next((own for start, own in _CAPTIONS.items() if line.startswith(start)), part)
        if part in parts and not line.startswith(_PICTURES):
            chosen.append(_LINK.sub("", line) if part == "maps" else line)
    return chosen


def _squeezed(lines: list[str]) -> list[str]:
    """Take off blank lines at either end, and all but one of those in a row."""
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")
    return text.splitlines()
